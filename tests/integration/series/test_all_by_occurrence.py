"""All of a series, changed as seen at one of its occurrences; and occurrences of whole days."""

from typing import Any

import pytest

from tests.harness.payloads import ADA
from tests.integration.series.occurrences import (
    MOVED,
    SECOND,
    THIRD,
    cancel,
    change,
    made,
    occurrences,
    path,
    problem,
    recurrence,
    single,
)

pytestmark = pytest.mark.usefixtures("deployment")

WHOLE_DAYS: dict[str, Any] = {
    "title": "Sprint",
    "all_day": True,
    "start_date": "2027-03-15",
    "end_date": "2027-03-17",
    "time_zone": "Europe/Berlin",
    "recurrence": {"rule": "FREQ=WEEKLY"},
}


def whole(series: dict[str, Any], fields: dict[str, Any], recurrence_id: str = THIRD, **query: Any) -> Any:
    return change(series, fields, recurrence_id, scope="all", **query)


def test_all_move_by_the_difference() -> None:
    series = made(recurrence=recurrence(rule="FREQ=WEEKLY;BYDAY=MO,WE", excluded=["20270324T090000"]))
    change(series, {"title": "Second"}, SECOND)
    change(series, MOVED | {"start": "2027-03-26T10:00:00Z", "end": "2027-03-26T11:00:00Z"}, "20270331T090000")
    # The third is in summer time: by the clock, from Monday at nine to Tuesday at half past ten.
    moved = whole(series, {"start": "2027-03-30T08:30:00Z", "end": "2027-03-30T09:30:00Z"})
    assert (moved.status, moved.body["id"], moved.body["start"]) == (200, series["id"], "2027-03-16T09:30:00Z")
    held = moved.body["recurrence"]
    assert held["rule"] == "FREQ=WEEKLY;BYDAY=TU,TH"
    assert held["excluded"] == ["20270325T103000"]
    assert {each: sorted(fields) for each, fields in held["changed"].items()} == {
        "20270323T103000": ["title"],
        "20270401T103000": ["end", "start"],
    }
    # What was moved by itself stays where it is.
    assert [each["start"] for each in occurrences(series)][:5] == [
        "2027-03-16T09:30:00Z",
        "2027-03-18T09:30:00Z",
        "2027-03-23T09:30:00Z",
        "2027-03-26T10:00:00Z",
        "2027-03-30T08:30:00Z",
    ]


def test_other_fields_change_all_but_what_exceptions_have_of_their_own() -> None:
    series = made()
    change(series, {"title": "Second"}, SECOND)
    renamed = whole(series, {"title": "Daily", "location": "Room 5"})
    assert (renamed.body["title"], renamed.body["start"]) == ("Daily", series["start"])
    assert [(each["title"], each["location"]) for each in occurrences(series)] == [
        (title, "Room 5") for title in ("Daily", "Second", "Daily", "Daily")
    ]
    assert whole(series, {"title": "Daily"}).body == renamed.body


def test_a_rule_that_does_not_fit_is_named() -> None:
    series = made(recurrence={"rule": "FREQ=MONTHLY;BYDAY=3MO"})
    tuesday = {"start": "2027-04-20T07:00:00Z", "end": "2027-04-20T08:00:00Z"}
    ((field, message),) = problem(whole(series, tuesday, "20270419T090000"))
    assert field == "recurrence.rule"
    assert message.startswith("has BYDAY, which the new start does not fit")


def test_conflicts_are_looked_for() -> None:
    series = made()
    other = single("2027-04-05T07:45:00Z", "2027-04-05T08:45:00Z")
    assert other.status == 409
    other = single("2027-04-05T08:00:00Z", "2027-04-05T08:45:00Z").body
    refused = whole(series, {"end": "2027-03-29T08:30:00Z"})
    assert [each["id"] for each in refused.body["conflicts"]] == [other["id"]]
    assert whole(series, {"end": "2027-03-29T08:30:00Z"}, on_conflict="allow").body["end"] == "2027-03-15T09:30:00Z"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"cancelled": True}, "cancelled"),
        ({"start": None, "end": None}, "start"),
        ({"all_day": True, "start_date": "2027-03-29", "end_date": "2027-03-30"}, "all_day"),
        ({"start": "2027-03-29T09:00:00+01:00"}, "start"),
        ({"recurrence": {"rule": "FREQ=WEEKLY;BYDAY=TU"}}, "recurrence.rule"),
    ],
)
def test_what_all_cannot_be_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    series = made()
    assert problem(whole(series, fields))[0][0] == named
    assert ADA("GET", f"/events/{series['id']}").body == series


def test_local_times_are_those_of_the_zone() -> None:
    series = made()
    local = {"start": "2027-03-29T11:00:00", "end": "2027-03-29T12:00:00", "time_zone": "Europe/Berlin"}
    assert change(series, local, THIRD).body["start"] == "2027-03-29T09:00:00Z"
    assert problem(change(series, {"start": "2027-03-29T11:00:00+01:00"}, THIRD))[0][0] == "start"
    # By the difference from where it is.
    assert whole(series, local | {"start": "2027-03-29T10:30:00"}).body["start"] == "2027-03-15T07:30:00Z"


def test_all_of_it_is_deleted() -> None:
    series = made()
    assert cancel(series, THIRD, scope="all").status == 204
    assert ADA("GET", f"/events/{series['id']}").status == ADA("GET", path(series)).status == 404
    assert cancel(series, THIRD, scope="all").status == 404
    assert [each["id"] for each in ADA("GET", "/events/deleted").body["items"]] == [series["id"]]


def test_occurrences_of_whole_days() -> None:
    reply = ADA("POST", "/events", WHOLE_DAYS)
    assert reply.status == 201, reply
    series = reply.body
    read = ADA("GET", path(series, "20270329")).body
    assert (read["start_date"], read["end_date"], read["start"]) == ("2027-03-29", "2027-03-31", "2027-03-28T22:00:00Z")
    assert (read["all_day"], read["start_local"], read["original_start"]) == (True, None, "2027-03-28T22:00:00Z")
    assert change(series, read, "20270329").body == read
    moved = change(series, {"start_date": "2027-03-30", "end_date": "2027-04-02"}, "20270329").body
    assert (moved["start"], moved["end"]) == ("2027-03-29T22:00:00Z", "2027-04-01T22:00:00Z")
    assert moved["changed_fields"] == ["start", "end"]
    back = change(series, {"start_date": None, "end_date": None}, "20270329").body
    assert (back["changed_fields"], back["start_date"]) == ([], "2027-03-29")
    assert problem(change(series, {"start": "2027-03-29T08:00:00Z"}, "20270329"))[0][0] == "start"
    # As of an event of whole days, other dates say where it starts and ends.
    later = {**back, "start_date": "2027-03-30"}
    another = {**later, "start": "2027-03-30T22:00:00Z"}
    assert problem(change(series, another, "20270329", scope="following"))[0][0] == "start"
    tail = change(series, later, "20270329", scope="following")
    assert (tail.status, tail.body["recurrence"]["rule"], tail.body["end_date"]) == (200, "FREQ=WEEKLY", "2027-03-31")
    assert [each["start_date"] for each in occurrences(series)] == ["2027-03-15", "2027-03-22"]
