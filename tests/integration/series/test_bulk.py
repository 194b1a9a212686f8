"""Series among the events of a bulk request."""

from typing import Any, Final

import pytest

from shared.scheduling.bulk_items import MOST_SERIES
from tests.harness.openapi_document import check
from tests.harness.payloads import ADA
from tests.integration.series.test_series import WEEKLY, listed, made, recurrence

pytestmark = pytest.mark.usefixtures("deployment")

Json = dict[str, Any]
SINGLE: Final = {"title": "Single", "start": "2027-03-29T07:30:00Z", "end": "2027-03-29T07:45:00Z"}
ENDING: Final = {**WEEKLY, "recurrence": recurrence(rule="FREQ=WEEKLY;COUNT=3")}


def bulk(events: list[Json], query: str = "", **headers: str) -> Any:
    reply = ADA("POST", f"/events/bulk{query}", {"events": events}, headers=headers)
    check("POST", "/events/bulk", reply)
    return reply


def test_series_are_created_with_their_rule_in_its_canonical_form() -> None:
    reply = bulk([{**WEEKLY, "recurrence": recurrence(rule="BYDAY=MO;FREQ=WEEKLY;INTERVAL=1")}, SINGLE])
    assert reply.status == 201
    series = ADA("GET", f"/events/{reply.body['items'][0]['id']}").body
    assert series["recurrence"]["rule"] == "FREQ=WEEKLY;BYDAY=MO"
    assert series["recurrence"]["checked_until"] is None, "nothing was looked at"
    assert [each["title"] for each in listed()] == ["Standup", "Standup", "Standup", "Single", "Standup"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"recurrence": recurrence(rule="FREQ=HOURLY")}, "recurrence.rule"),
        ({"recurrence": recurrence(rule="FREQ=WEEKLY;BYDAY=TU")}, "recurrence.rule"),
        ({"recurrence": recurrence(excluded=["20270323T090000"])}, "recurrence.excluded[0]"),
        ({"recurrence": recurrence(dates=["tomorrow"])}, "recurrence.dates[0]"),
        ({"time_zone": None}, "time_zone"),
    ],
)
def test_what_is_not_taken_is_named_and_the_rest_created(fields: Json, field: str) -> None:
    wrong = {name: value for name, value in {**WEEKLY, **fields}.items() if value is not None}
    refused = bulk([SINGLE, wrong])
    assert refused.status == 422
    (error,) = refused.body["errors"]
    assert error["field"].removeprefix("events[1].").replace(".0", "[0]") == field
    skipped = bulk([SINGLE, wrong], "?on_invalid=skip")
    assert (skipped.status, [each["status"] for each in skipped.body["items"]]) == (207, [201, 422])


@pytest.mark.parametrize("query", ["", "?on_invalid=skip"])
def test_a_hundred_series_are_enough(query: str) -> None:
    refused = bulk([WEEKLY] * (MOST_SERIES + 1), query)
    assert (refused.status, refused.fields) == (422, ["events"])
    assert bulk([WEEKLY] * MOST_SERIES + [SINGLE]).status == 201


def test_a_repeated_request_tells_one_rule_from_another() -> None:
    key = {"Idempotency-Key": "4711"}
    first = bulk([ENDING], **key)
    assert bulk([ENDING], **key).body["items"] == first.body["items"]
    other = {**ENDING, "recurrence": recurrence(rule="FREQ=WEEKLY;COUNT=4")}
    assert bulk([other], **key).status == 422
    named = {**ENDING, "uid": "weekly@example.com"}
    assert bulk([named]).status == 201
    assert [each["status"] for each in bulk([named]).body["items"]] == [200]
    assert bulk([{**other, "uid": "weekly@example.com"}]).status == 207


def conflicts(events: list[Json]) -> tuple[list[list[int]], list[tuple[int, str]], bool]:
    """What a report lists: pairs, the first conflict of each event with each other event, and whether that is all."""
    found = bulk(events, "?conflicts=report").body["conflicts"]
    return found["within"], [(each["index"], each["start"]) for each in found["calendar"]], found["complete"]


def test_what_series_collide_with_is_reported() -> None:
    stored = ADA("POST", "/events", SINGLE).body
    other = made(start="2027-03-15T08:30:00Z", end="2027-03-15T08:45:00Z", transparency="transparent")
    assert stored["id"] != other["id"]
    apart = {**ENDING, "start": "2027-03-15T10:00:00Z", "end": "2027-03-15T11:00:00Z"}
    assert conflicts([ENDING, apart, {**ENDING, "title": "Again"}, {**SINGLE, "title": "New"}]) == (
        [[0, 2], [0, 3], [2, 3]],
        [(0, SINGLE["start"]), (2, SINGLE["start"]), (3, SINGLE["start"])],
        True,
    )


def test_the_first_conflict_with_a_series_is_reported() -> None:
    series = made()
    assert conflicts([ENDING, SINGLE]) == (
        [[0, 1]],
        [(0, series["start"]), (1, "2027-03-29T07:00:00Z")],
        True,
    )


def test_what_is_left_out_of_a_report_is_said() -> None:
    assert conflicts([WEEKLY])[2] is False, "it has no end"
    often = {**ENDING, "recurrence": recurrence(rule="FREQ=DAILY;COUNT=367")}
    assert conflicts([often])[2] is False
