"""Occurrences without a length: transparent, whatever else of the series changes."""

from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA
from tests.integration.series.occurrences import SECOND, THIRD, change, made, path, problem, single

pytestmark = pytest.mark.usefixtures("deployment")

INSTANT = {"start": "2027-03-22T11:00:00Z", "end": "2027-03-22T11:00:00Z"}
REFUSED = [("transparency", f"must leave {SECOND} transparent, or give it a length: it has none")]


def reminders() -> dict[str, Any]:
    """A transparent series, of which the second occurrence has no length."""
    series = made(transparency="transparent")
    assert change(series, INSTANT).status == 200
    found: dict[str, Any] = ADA("GET", f"/events/{series['id']}").body
    return found


def test_a_series_does_not_make_an_occurrence_without_length_opaque() -> None:
    series = reminders()
    opaque = {"transparency": "opaque"}
    assert problem(ADA("PATCH", f"/events/{series['id']}", opaque)) == REFUSED
    assert problem(ADA("PATCH", f"/events/{series['id']}?dry_run=true", opaque)) == REFUSED
    assert problem(ADA("PUT", f"/events/{series['id']}", {**series, **opaque})) == REFUSED
    assert problem(ADA("PATCH", f"{path(series, THIRD)}?scope=all", opaque)) == REFUSED
    assert problem(ADA("PATCH", f"{path(series)}?scope=following", opaque)) == REFUSED
    assert [field for field, _ in problem(change(series, opaque))] == ["transparency"]
    assert single("2027-03-22T10:30:00Z", "2027-03-22T11:30:00Z").status == 201
    # Later ones have a length.
    assert ADA("PATCH", f"{path(series, THIRD)}?scope=following", opaque).status == 200


def test_one_that_stays_transparent_may_have_no_length() -> None:
    series = made()
    assert change(series, {**INSTANT, "transparency": "transparent"}).status == 200
    assert ADA("PATCH", f"/events/{series['id']}", {"transparency": "transparent"}).status == 200
    assert change(series, {"transparency": "transparent"}).status == 200
    again = ADA("PATCH", f"/events/{series['id']}", {"transparency": "opaque"})
    # What is said of it as the series has it is not kept.
    assert problem(again) == REFUSED


def test_a_cancelled_one_comes_back_with_a_length() -> None:
    series = reminders()
    assert ADA("DELETE", path(series)).status == 204
    assert ADA("PATCH", f"/events/{series['id']}", {"transparency": "opaque"}).status == 200
    assert [field for field, _ in problem(change(series, {"cancelled": False}))] == ["cancelled"]
    assert change(series, {"cancelled": False, "start": None, "end": None}).status == 200


def test_an_opaque_occurrence_of_a_transparent_series_keeps_its_length() -> None:
    series = made(transparency="transparent")
    assert change(series, {"transparency": "opaque"}).status == 200
    assert [field for field, _ in problem(ADA("PATCH", f"/events/{series['id']}", {"end": series["start"]}))] == ["end"]


def test_the_rollback_of_one_occurrence_gives_it_no_length(deployment: Deployment) -> None:
    series = reminders()
    assert change(series, {"start": None, "end": None}).status == 200
    assert ADA("PATCH", f"/events/{series['id']}", {"transparency": "opaque"}).status == 200
    deployment.record()
    target = {"history_id": series["history_id"]}
    (fault,) = problem(ADA("POST", f"/events/{series['id']}/rollback?occurrence={SECOND}", target))
    assert fault[0] == "history_id"
    assert "only a transparent event may have no length" in fault[1]


SKIPPED, AFTER = "20111230", "20120101"
# Every second day in Samoa, which went without the 30th of December 2011.
DAYS: dict[str, Any] = {
    "title": "Fair",
    "all_day": True,
    "start_date": "2011-12-28",
    "end_date": "2011-12-29",
    "time_zone": "Pacific/Apia",
    "transparency": "opaque",
    "recurrence": {"rule": "FREQ=DAILY;INTERVAL=2;COUNT=3"},
}
YEAR = "from=2011-12-25T00:00:00Z&to=2012-01-10T00:00:00Z"
BUSY = [
    {"start": "2011-12-28T10:00:00Z", "end": "2011-12-29T10:00:00Z"},
    {"start": "2011-12-31T10:00:00Z", "end": "2012-01-01T10:00:00Z"},
]


def test_a_day_that_its_zone_has_skipped_takes_no_time() -> None:
    days = ADA("POST", "/events", DAYS).body
    assert ADA("GET", f"/free-busy?{YEAR}").body["busy"] == BUSY
    around = ("2011-12-30T09:00:00Z", "2011-12-30T11:00:00Z")
    series = single(*around, time_zone="UTC", recurrence={"rule": "FREQ=DAILY;COUNT=1"})
    assert series.status == 201, series
    assert ADA("DELETE", f"/events/{series.body['id']}").status == 204
    assert single(*around).status == 201
    listed = ADA("GET", f"/events/{days['id']}/occurrences?{YEAR}").body["items"]
    assert [(each["recurrence_id"], each["start"] == each["end"], each["transparency"]) for each in listed] == [
        ("20111228", False, "opaque"),
        (SKIPPED, True, "transparent"),
        (AFTER, False, "opaque"),
    ]


def test_what_was_read_of_a_skipped_day_can_be_sent_back() -> None:
    days = ADA("POST", "/events", DAYS).body
    read = ADA("GET", path(days, SKIPPED)).body
    assert change(days, read, SKIPPED).body == read
    assert change(days, {"title": "x"}, SKIPPED).body["changed_fields"] == ["title"]
    assert problem(change(days, {"transparency": "opaque"}, SKIPPED))[0][0] == "transparency"
    moved = change(days, {"start_date": "2011-12-31", "end_date": "2012-01-01"}, SKIPPED)
    assert (moved.status, moved.body["transparency"]) == (200, "opaque")
    back = change(days, {"start_date": None, "end_date": None}, SKIPPED)
    assert (back.status, back.body["transparency"], back.body["changed_fields"]) == (200, "transparent", ["title"])
    assert ADA("GET", f"/free-busy?{YEAR}").body["busy"] == BUSY
