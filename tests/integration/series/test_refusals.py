"""What is refused of series names what the request said, and says what to do."""

from typing import Any

import pytest

from tests.harness.payloads import ADA
from tests.integration.series.occurrences import MOVED, SECOND, THIRD, change, made, path, problem, single

pytestmark = pytest.mark.usefixtures("deployment")

OPAQUE = {"transparency": "opaque"}


def test_a_series_whose_occurrences_overlap_stays_transparent() -> None:
    series = made(transparency="transparent")
    for at in (SECOND, THIRD):
        assert change(series, MOVED, at).status == 200
    series = ADA("GET", f"/events/{series['id']}").body
    overlapping = [("transparency", f"must be transparent: two overlap at {MOVED['start']}")]
    assert problem(ADA("PATCH", f"/events/{series['id']}", OPAQUE)) == overlapping
    assert problem(ADA("PUT", f"/events/{series['id']}", {**series, **OPAQUE})) == overlapping
    assert problem(ADA("PATCH", f"{path(series)}?scope=all", OPAQUE)) == overlapping
    longer = {**OPAQUE, "end": "2027-03-24T09:00:00Z"}
    assert [field for field, _ in problem(ADA("PATCH", f"/events/{series['id']}", longer))] == ["end"]


def test_only_with_a_rule_an_event_becomes_a_series() -> None:
    event = f"/events/{single('2027-03-22T08:00:00Z', '2027-03-22T09:00:00Z').body['id']}"
    assert problem(ADA("PATCH", event, {"recurrence": {"dates": [SECOND]}, "time_zone": "UTC"})) == [
        ("recurrence.rule", "is required: the event has none yet")
    ]
    series = made(start="2027-03-15T12:00:00Z", end="2027-03-15T13:00:00Z")
    assert problem(ADA("PATCH", f"/events/{series['id']}", {"recurrence": {"rule": None}})) == [
        ("recurrence.rule", "is required: null in place of the recurrence makes one event of it")
    ]


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("99991231T235959", "must be a day from 1900-01-01 to 9999-12-30"),
        ("18991231T235959", "must be a day from 1900-01-01 to 9999-12-30"),
        ("20270230T090000", "must be a local time such as 20270322T090000"),
    ],
)
def test_a_date_on_which_no_occurrence_begins_is_refused(at: str, why: str) -> None:
    series = made()
    assert problem(ADA("PATCH", f"/events/{series['id']}", {"recurrence": {"dates": [SECOND, at]}})) == [
        ("recurrence.dates[1]", why)
    ]


def test_exceptions_are_those_of_a_series() -> None:
    event = single("2027-03-22T08:00:00Z", "2027-03-22T09:00:00Z").body
    at = f"/events/{event['id']}?exceptions=drop"
    said = {"title": "x", "start": event["start"], "end": event["end"]}
    weekly = {"recurrence": {"rule": "FREQ=WEEKLY"}, "time_zone": "UTC"}
    refused = [("exceptions", "must be left out, or keep: the event is no series")]
    changes: list[tuple[str, dict[str, Any]]] = [("PATCH", {"title": "x"}), ("PATCH", weekly), ("PUT", said)]
    for method, body in changes:
        assert problem(ADA(method, at, body)) == refused
    assert ADA("GET", f"/events/{event['id']}").body == event
    series = made(start="2027-03-15T12:00:00Z", end="2027-03-15T13:00:00Z")
    ended = ADA("PATCH", f"/events/{series['id']}?exceptions=drop", {"recurrence": None})
    assert (ended.status, ended.body["recurrence"]) == (200, None)


def test_where_an_occurrence_has_no_place_the_series_is_named() -> None:
    series = made()
    history_id = series["history_id"]
    said = {name: series[name] for name in ("title", "start", "end")}
    requests: list[tuple[str, str, dict[str, Any] | None]] = [
        ("PUT", "", said),
        ("POST", "/move", {"to": series["calendar_id"]}),
        ("POST", "/rollback", {"history_id": history_id}),
        ("GET", "/history", None),
        ("GET", f"/history/{history_id}", None),
        ("GET", f"/diff?from={history_id}&to={history_id}", None),
        ("GET", "/occurrences", None),
    ]
    why = "must be the id of the series, what is before the _: here nothing is done to a single occurrence"
    for method, rest, body in requests:
        assert problem(ADA(method, f"{path(series)}{rest}", body)) == [("event_id", why)], rest
    assert problem(ADA("GET", f"/events/{series['id']}_x/history")) == [("event_id", "must be a UUID")]
    back = ADA("POST", f"/events/{series['id']}/rollback?occurrence=x", {"history_id": history_id})
    assert problem(back) == [("occurrence", "must be a recurrence id, such as 20270322T090000")]
