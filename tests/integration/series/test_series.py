"""Series as a whole: created, listed, read, changed and deleted over their routes."""

from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, tag

pytestmark = pytest.mark.usefixtures("deployment")

# Nine o'clock on Mondays in Berlin, where the clock is put forward on 28 March 2027.
WEEKLY: dict[str, Any] = {
    "title": "Standup",
    "start": "2027-03-15T08:00:00Z",
    "end": "2027-03-15T09:00:00Z",
    "time_zone": "Europe/Berlin",
    "recurrence": {"rule": "FREQ=WEEKLY"},
}
WINDOW = "from=2027-03-15T00:00:00Z&to=2027-04-12T00:00:00Z"
STARTS = ["2027-03-15T08:00:00Z", "2027-03-22T08:00:00Z", "2027-03-29T07:00:00Z", "2027-04-05T07:00:00Z"]


def made(**fields: Any) -> dict[str, Any]:
    """Creates a series."""
    reply = ADA("POST", "/events", {**WEEKLY, **fields})
    assert reply.status == 201, reply
    assert isinstance(reply.body, dict)
    return reply.body


def recurrence(**fields: Any) -> dict[str, Any]:
    """What makes the series weekly, and more."""
    return {**WEEKLY["recurrence"], **fields}


def listed(window: str = WINDOW) -> list[dict[str, Any]]:
    """What a listing has, from page to page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = ADA("GET", f"/events?{window}&limit=3{cursor}")
        assert page.status == 200, page
        found += page.body["items"]
        if page.body["next_cursor"] is None:
            return found
        cursor = f"&cursor={page.body['next_cursor']}"


def single(start: str, end: str, **fields: Any) -> Any:
    """Tries to create an event."""
    return ADA("POST", "/events", {"title": "Single", "start": start, "end": end, **fields})


def test_a_series_is_created_and_read(deployment: Deployment) -> None:
    series = made()
    assert series["recurrence"] == {
        "rule": "FREQ=WEEKLY",
        "dates": [],
        "excluded": [],
        "changed": {},
        "ends": None,
        "checked_until": "9999-12-31T23:59:59Z",
    }
    assert (series["start"], series["end"]) == (WEEKLY["start"], WEEKLY["end"])
    (item,) = deployment.events()
    assert item["span"]["S"] == f"r#9999-12-31T23:59:59Z#{series['id']}"
    assert item["series_start"]["S"] == WEEKLY["start"]
    reply = ADA("GET", f"/events/{series['id']}")
    assert (reply.body, reply.headers["ETag"]) == (series, tag(series))


def test_its_occurrences_are_listed_by_the_clock_of_its_zone() -> None:
    series = made()
    other = single("2027-03-22T07:00:00Z", "2027-03-22T08:00:00Z").body
    found = listed()
    assert [each["start"] for each in found] == sorted([*STARTS, other["start"]])
    occurrences = [each for each in found if each["title"] == "Standup"]
    assert [each["id"] for each in occurrences] == [
        f"{series['id']}_{day}T090000" for day in ("20270315", "20270322", "20270329", "20270405")
    ]
    assert {each["history_id"] for each in occurrences} == {series["history_id"]}
    assert {each["recurrence"] is None for each in occurrences} == {True}


def test_a_series_is_listed_once_if_asked_for() -> None:
    series = made()
    other = single("2027-03-22T07:00:00Z", "2027-03-22T08:00:00Z").body
    assert listed(f"{WINDOW}&expand=false") == [series, other]
    assert ADA("GET", f"/events?{WINDOW}&expand=no").body["errors"][0]["field"] == "expand"


def test_it_takes_its_time_at_each_occurrence() -> None:
    made()
    for start in (*STARTS, "2031-06-02T07:00:00Z"):
        refused = single(start, f"{start[:14]}30:00Z")
        assert refused.status == 409, start
        (conflict,) = refused.body["conflicts"]
        assert conflict["start"] == start
        assert conflict["title"] == "Standup"
        assert refused.body["next_free"] == f"{start[:11]}{int(start[11:13]) + 1:02}:00:00Z"
    assert single("2027-03-23T08:00:00Z", "2027-03-23T09:00:00Z").status == 201
    busy = ADA("GET", f"/free-busy?{WINDOW}").body["busy"]
    assert [each["start"] for each in busy] == [*STARTS[:2], "2027-03-23T08:00:00Z", *STARTS[2:]]


def test_it_is_refused_where_an_occurrence_has_no_room() -> None:
    taken = single("2027-04-05T07:30:00Z", "2027-04-05T08:30:00Z").body
    refused = ADA("POST", "/events", WEEKLY)
    assert refused.status == 409
    assert [each["id"] for each in refused.body["conflicts"]] == [taken["id"]]
    assert (refused.body["next_free"], refused.body["next_free_search"]) == (None, "stopped")
    # Without that day it has.
    assert made(recurrence=recurrence(excluded=["20270405T090000"]))["version"] == 1


def test_what_ends_takes_no_more_time() -> None:
    series = made(recurrence={"rule": "FREQ=WEEKLY;COUNT=2"})
    assert series["recurrence"]["ends"] == "2027-03-22T09:00:00Z"
    assert [each["start"] for each in listed()] == STARTS[:2]
    assert single(STARTS[2], "2027-03-29T08:00:00Z").status == 201
    longer = ADA("PATCH", f"/events/{series['id']}", {"recurrence": {"rule": "FREQ=WEEKLY"}})
    assert longer.status == 409


def test_what_was_read_can_be_sent_back() -> None:
    series = made(recurrence=recurrence(excluded=["20270405T090000"]))
    path = f"/events/{series['id']}"
    same = ADA("PUT", path, series)
    assert (same.status, same.body) == (200, series), same
    moved = ADA("PUT", path, {**series, "start": "2027-03-15T09:00:00Z", "end": "2027-03-15T10:00:00Z"})
    assert moved.status == 200, moved
    # What was left out follows the time of day.
    assert moved.body["recurrence"]["excluded"] == ["20270405T100000"]
    assert [each["start"][11:13] for each in listed()] == ["09", "09", "08"]
    wrong = {**moved.body, "recurrence": {**moved.body["recurrence"], "ends": "2028-01-01T00:00:00Z"}}
    refused = ADA("PUT", path, wrong)
    assert [each["field"] for each in refused.body["errors"]] == ["recurrence.ends"]


def test_an_event_that_becomes_a_series_says_its_zone() -> None:
    needed = [{"field": "time_zone", "message": "is required for a series: its occurrences are at local times of it"}]
    event = single("2027-03-15T08:00:00Z", "2027-03-15T09:00:00Z").body
    path, weekly = f"/events/{event['id']}", {"recurrence": {"rule": "FREQ=WEEKLY"}}
    for fields in (weekly, {**weekly, "time_zone": None}):
        refused = ADA("PATCH", path, fields)
        assert (refused.status, refused.body.get("errors")) == (422, needed)
    assert ADA("PATCH", path, {"time_zone": None}).body == event
    assert ADA("PATCH", path, {**weekly, "time_zone": "UTC"}).status == 200
    # One that has another zone says that already.
    other = single("2027-03-15T12:00:00Z", "2027-03-15T13:00:00Z", time_zone="Europe/Berlin").body
    series = ADA("PATCH", f"/events/{other['id']}", weekly)
    assert (series.status, series.body["time_zone"]) == (200, "Europe/Berlin")
    occurrence = f"/events/{other['id']}_20270322T130000"
    for again, query in ((f"/events/{other['id']}", ""), (occurrence, "?scope=all"), (occurrence, "?scope=following")):
        refused = ADA("PATCH", f"{again}{query}", {"time_zone": None})
        assert (refused.status, refused.body.get("errors")) == (422, needed)
    back = ADA("PATCH", f"/events/{other['id']}", {"recurrence": None, "time_zone": None})
    assert (back.status, back.body["time_zone"]) == (200, "UTC")


@pytest.mark.parametrize("exceptions", ["keep", "drop"])
@pytest.mark.parametrize("fields", [{}, {"start": "2027-03-15T09:00:00Z", "end": "2027-03-15T10:00:00Z"}])
def test_what_a_change_excludes_is_an_occurrence(exceptions: str, fields: dict[str, Any]) -> None:
    series = made(recurrence={"rule": "FREQ=WEEKLY", "excluded": ["20270322T090000"]})
    path = f"/events/{series['id']}"
    hour = "10" if fields else "09"
    excluded = [f"20270329T{hour}0000", f"20270330T{hour}0000"]
    refused = ADA("PATCH", path, {"recurrence": {"excluded": excluded}, **fields}, exceptions=exceptions)
    assert refused.status == 422, refused
    assert refused.body["errors"] == [
        {"field": "recurrence.excluded[1]", "message": "must be an occurrence of the series"}
    ]
    assert ADA("GET", path).body == series


def test_exceptions_are_dropped_only_if_asked_for() -> None:
    series = made(recurrence=recurrence(excluded=["20270405T090000"]))
    path = f"/events/{series['id']}"
    tuesdays = {"start": "2027-03-16T08:00:00Z", "end": "2027-03-16T09:00:00Z"}
    refused = ADA("PATCH", path, tuesdays)
    assert refused.status == 422
    (error,) = refused.body["errors"]
    assert error["field"] == "exceptions"
    assert "20270405T090000" in error["message"]
    dropped = ADA("PATCH", f"{path}?exceptions=drop", tuesdays)
    assert (dropped.status, dropped.body["recurrence"]["excluded"]) == (200, [])


def test_a_series_becomes_one_event_and_back() -> None:
    series = made()
    path = f"/events/{series['id']}"
    one = ADA("PATCH", path, {"recurrence": None})
    assert (one.status, one.body["recurrence"]) == (200, None)
    assert [each["start"] for each in listed()] == STARTS[:1]
    again = ADA("PATCH", path, {"recurrence": {"rule": "freq=daily"}})
    assert again.body["errors"][0]["field"] == "recurrence.rule"
    again = ADA("PATCH", path, {"recurrence": {"rule": "COUNT=3;FREQ=DAILY"}})
    assert again.body["recurrence"]["rule"] == "FREQ=DAILY;COUNT=3"
    assert len(listed()) == 3


def test_a_deleted_series_takes_no_time_and_is_restored(deployment: Deployment) -> None:
    series = made()
    deployment.record()
    path = f"/events/{series['id']}"
    assert ADA("DELETE", path).status == 204
    assert listed() == []
    taken = single(STARTS[1], "2027-03-22T09:00:00Z").body
    back = {"history_id": series["history_id"]}
    refused = ADA("POST", f"{path}/rollback", back)
    assert [each["id"] for each in refused.body["conflicts"]] == [taken["id"]]
    assert ADA("DELETE", f"/events/{taken['id']}").status == 204
    assert ADA("POST", f"{path}/rollback", back).body["recurrence"]["rule"] == "FREQ=WEEKLY"
    assert [each["start"] for each in listed()] == STARTS


def test_exceptions_follow_the_clock_of_another_zone() -> None:
    late = {"start": "2027-03-15T22:00:00Z", "end": "2027-03-15T23:00:00Z", "recurrence": {"rule": "FREQ=DAILY"}}
    series = made(**{**late, "recurrence": {"rule": "FREQ=DAILY;COUNT=9", "excluded": ["20270317T230000"]}})
    before = [each["start"] for each in listed()]
    moved = ADA("PATCH", f"/events/{series['id']}", {"time_zone": "Asia/Tokyo"})
    assert (moved.status, moved.body["recurrence"]["excluded"]) == (200, ["20270318T070000"]), moved
    assert [each["start"] for each in listed()] == before


def test_a_moved_occurrence_does_not_become_one_of_whole_days() -> None:
    series = made()
    path = f"/events/{series['id']}"
    moved = {"start": "2027-03-23T10:00:00Z", "end": "2027-03-23T11:00:00Z"}
    assert ADA("PATCH", f"{path}_20270322T090000", moved).status == 200
    days = {"all_day": True, "start_date": "2027-03-15", "end_date": "2027-03-16"}
    refused = ADA("PATCH", path, days)
    assert [each["field"] for each in refused.body["errors"]] == ["exceptions"], refused
    dropped = ADA("PATCH", f"{path}?exceptions=drop", days)
    assert (dropped.status, dropped.body["recurrence"]["changed"]) == (200, {})


def test_the_second_of_two_equal_times_is_no_start_of_a_series() -> None:
    twice = {"start": "2027-10-31T02:30:00+01:00", "end": "2027-10-31T03:30:00+01:00"}
    refused = ADA("POST", "/events", {**WEEKLY, **twice})
    assert [each["field"] for each in refused.body["errors"]] == ["start"], refused
    assert made(start="2027-10-31T02:30:00+02:00", end="2027-10-31T02:30:00+01:00")["start"] == "2027-10-31T00:30:00Z"


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"rule": "FREQ=HOURLY"}, "recurrence.rule", "FREQ"),
        ({"rule": "FREQ=WEEKLY;BYDAY=TU"}, "recurrence.rule", "start is no occurrence of the rule: the first after it"),
        ({"rule": "FREQ=WEEKLY", "excluded": ["20270316T090000"]}, "recurrence.excluded[0]", "must be an occurrence"),
        ({"rule": "FREQ=WEEKLY", "dates": ["20270316"]}, "recurrence.dates[0]", "must be a local time such as"),
        ({"rule": "FREQ=WEEKLY", "dates": ["20270231T090000"]}, "recurrence.dates[0]", "must be a local time"),
        ({"rule": "FREQ=WEEKLY", "ends": None}, "recurrence.ends", ""),
        ({"dates": []}, "recurrence.rule", ""),
        ({"rule": "FREQ=WEEKLY", "skip": "x"}, "recurrence.skip", ""),
    ],
)
def test_what_is_not_taken_is_refused_by_name(given: dict[str, Any], field: str, message: str) -> None:
    refused = ADA("POST", "/events", {**WEEKLY, "recurrence": given})
    assert refused.status == 422, refused
    assert [each["field"] for each in refused.body["errors"]] == [field]
    assert message in refused.body["errors"][0]["message"]


def test_a_series_has_a_zone_of_its_own() -> None:
    without = {name: value for name, value in WEEKLY.items() if name != "time_zone"}
    refused = ADA("POST", "/events", without)
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "time_zone")
