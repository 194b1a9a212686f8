"""A series that moves with one of its occurrences: that one is afterwards where the request put it."""

from typing import Any

import pytest

from tests.harness.payloads import ADA
from tests.integration.series.occurrences import change, made, occurrences, path, problem
from tests.integration.series.test_all_by_occurrence import WHOLE_DAYS

pytestmark = pytest.mark.usefixtures("deployment")

SCOPES = pytest.mark.parametrize("scope", ["following", "all"])
DAILY: dict[str, Any] = {
    "start": "2027-03-01T09:00:00",
    "end": "2027-03-01T10:00:00",
    "time_zone": "Europe/Berlin",
    "recurrence": {"rule": "FREQ=DAILY;COUNT=40"},
}
TENTH = "20270310T090000"
MARCH = "from=2027-03-01T00:00:00Z&to=2027-04-20T00:00:00Z"


def starts(series: dict[str, Any]) -> list[str]:
    return [each["start"] for each in occurrences(series, MARCH)]


@SCOPES
def test_one_that_was_moved_before_is_where_it_was_put(scope: str) -> None:
    series = made(**DAILY)
    change(series, {"start": "2027-03-10T11:00:00Z", "end": "2027-03-10T12:00:00Z", "title": "Tenth"}, TENTH)
    change(series, {"start": "2027-03-12T20:00:00Z", "end": "2027-03-12T21:00:00Z"}, "20270312T090000")
    reply = change(series, {"start": "2027-03-10T13:00:00Z", "end": "2027-03-10T14:00:00Z"}, TENTH, scope=scope)
    assert reply.status == 200, reply
    # All move by two hours, from where it was; of others, what was moved by itself stays.
    assert reply.body["recurrence"]["changed"] == {
        "20270310T110000": {"title": "Tenth", "start": "2027-03-10T13:00:00Z", "end": "2027-03-10T14:00:00Z"},
        "20270312T110000": {"start": "2027-03-12T20:00:00Z", "end": "2027-03-12T21:00:00Z"},
    }
    there = starts(reply.body)
    at = there.index("2027-03-10T13:00:00Z")
    assert there[at : at + 4] == [
        "2027-03-10T13:00:00Z",
        "2027-03-11T10:00:00Z",
        "2027-03-12T20:00:00Z",
        "2027-03-13T10:00:00Z",
    ]


@SCOPES
def test_one_that_is_put_where_the_others_are_has_no_time_of_its_own(scope: str) -> None:
    series = made(**DAILY)
    change(series, {"end": "2027-03-10T08:30:00Z"}, TENTH)
    reply = change(series, {"start": "2027-03-10T08:00:00Z", "end": "2027-03-10T10:00:00Z"}, TENTH, scope=scope)
    assert reply.body["recurrence"]["changed"] == {}
    found = occurrences(reply.body, MARCH)
    assert {each["end"][11:] for each in found if each["start"] < "2027-03-28"} == {"10:00:00Z"}


@SCOPES
def test_whole_days_that_were_moved_before_are_where_they_were_put(scope: str) -> None:
    series = made(**{**WHOLE_DAYS, "start": None, "end": None})
    change(series, {"start_date": "2027-03-24", "end_date": "2027-03-26"}, "20270322")
    reply = change(series, {"start_date": "2027-03-25", "end_date": "2027-03-27"}, "20270322", scope=scope)
    assert reply.status == 200, reply
    found = {each["recurrence_id"]: each["start_date"] for each in occurrences(reply.body, MARCH)}
    assert (found["20270323"], found["20270330"]) == ("2027-03-25", "2027-03-30")


@SCOPES
@pytest.mark.parametrize(
    "times",
    [
        {"start": "2027-03-20T09:00:00", "end": "2027-03-20T10:00:00"},
        {"start": "2027-03-20T09:00:00-04:00", "end": "2027-03-20T10:00:00-04:00"},
        {"start": "2027-03-20T13:00:00Z", "end": "2027-03-20T14:00:00Z"},
    ],
)
def test_a_start_in_another_zone_is_the_start_there(times: dict[str, str], scope: str) -> None:
    series = made(
        **{**DAILY, "recurrence": {"rule": "FREQ=DAILY;UNTIL=20270401T070000Z", "excluded": ["20270322T090000"]}}
    )
    reply = change(series, {**times, "time_zone": "America/New_York"}, "20270320T090000", scope=scope)
    assert reply.status == 200, reply
    found = occurrences(reply.body, MARCH)
    there = next(each for each in found if each["start"] == "2027-03-20T13:00:00Z")
    # The clock is put forward on the 14th there.
    assert (there["start_local"], there["time_zone"]) == ("2027-03-20T09:00:00-04:00", "America/New_York")
    assert {each["start_local"][11:19] for each in found} == {"09:00:00"}
    days = [each["start_local"][:10] for each in found]
    assert ("2027-03-22" not in days, days[-1]) == (True, "2027-04-01")
    assert days[0] == ("2027-03-01" if scope == "all" else "2027-03-20")


def test_an_offset_is_that_of_the_zone_in_the_request() -> None:
    series = made(**DAILY)
    berlin = {"start": "2027-03-20T10:00:00+01:00", "end": "2027-03-20T11:00:00+01:00"}
    for scope in ("following", "all"):
        named = problem(
            change(series, {**berlin, "time_zone": "America/New_York"}, "20270320T090000", scope=scope, dry_run="true")
        )
        assert [field for field, _ in named] == ["start", "end"]
        assert "America/New_York" in named[0][1]
        assert change(series, berlin, "20270320T090000", scope=scope, dry_run="true").status == 200
    assert change(series, {**berlin, "time_zone": "Europe/Berlin"}, "20270320T090000").status == 200


@SCOPES
def test_where_the_clock_is_changed_one_is_where_it_was_put_or_refused(scope: str) -> None:
    night = {**DAILY, "start": "2027-03-25T02:30:00", "end": "2027-03-25T02:45:00"}
    series = made(**night)
    before = ADA("GET", f"/events/{series['id']}").body
    # In the gap it takes place at half past three, and would be an hour before the start that is asked for.
    times = {"start": "2027-03-28T02:30:00Z", "end": "2027-03-28T02:45:00Z"}
    named = problem(change(series, times, "20270328T023000", scope=scope))
    assert named[0][0] == ("start" if scope == "all" else "scope")
    assert (
        change(
            series, {"start": "2027-03-29T02:30:00Z", "end": "2027-03-29T02:45:00Z"}, "20270329T023000", scope=scope
        ).status
        == 200
    )
    autumn = made(**{**night, "start": "2027-10-29T02:30:00", "end": "2027-10-29T02:45:00"})
    later = {"start": "2027-10-31T01:30:00Z", "end": "2027-10-31T01:45:00Z"}
    assert problem(change(autumn, later, "20271031T023000", scope=scope)) == [
        ("start", "must be the first of the two times at which the clock shows it")
    ]
    # Sent back where it is, it says nothing of its time.
    now = ADA("GET", path(autumn, "20271031T023000")).body
    assert change(autumn, now, "20271031T023000", scope=scope).status == 200
    assert ADA("GET", f"/events/{autumn['id']}").body["version"] == 1
    assert before["version"] == 1


def test_it_is_an_occurrence_of_the_rule_that_comes_with_its_start() -> None:
    series = made(**DAILY)
    times = {"start": "2027-03-10T13:00:00Z", "end": "2027-03-10T14:00:00Z"}
    weekly = {**times, "recurrence": {"rule": "FREQ=WEEKLY;COUNT=9"}}
    assert problem(change(series, weekly, TENTH, scope="all")) == [
        ("start", "must be where the rule then has an occurrence: or change the start by the id of the series")
    ]
    # From the 8th to the 10th, the first moves to the 3rd: a week before it.
    assert change(series, weekly, "20270308T090000", scope="all", dry_run="true").status == 200
    assert change(series, weekly, TENTH, scope="following").status == 200


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_whole_days_are_sent_back_with_other_dates(scope: str) -> None:
    """The document has the instants of the old dates, which may stand beside the new ones."""
    series = made(**{**WHOLE_DAYS, "start": None, "end": None})
    now = ADA("GET", path(series, "20270329")).body
    other = {"start_date": "2027-03-30", "end_date": "2027-04-01"}
    reply = ADA("PATCH", path(series, "20270329"), {**now, **other}, scope=scope)
    assert reply.status == 200, reply
    there = next(
        each
        for each in occurrences(series if scope == "this" else reply.body, MARCH)
        if each["start_date"] == "2027-03-30"
    )
    assert (there["start"], there["end"], there["end_date"]) == (
        "2027-03-29T22:00:00Z",
        "2027-03-31T22:00:00Z",
        "2027-04-01",
    )
    # Other instants contradict the dates.
    wrong = {**other, "start": "2027-03-20T23:00:00Z"}
    earlier = "20270323" if scope == "all" else "20270322"
    assert problem(ADA("PATCH", path(series, earlier), wrong)) == [
        ("start", "must be left out, or be 2027-03-29T22:00:00Z, where start_date begins")
    ]
