"""Series at the first and the last years of the calendar: they take place there, or are refused by name."""

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from shared.errors import InvalidRequest
from shared.http.models import CreateEvent
from shared.scheduling.events import Content
from shared.scheduling.instants import FIRST, LAST, Instant
from shared.scheduling.intervals import Interval
from shared.scheduling.occurrence_changes import with_occurrence
from shared.scheduling.recurrences import Recurrence, occurrence, occurrences, takes_place
from tests.harness.samples import event
from tests.harness.work import counted

ZONES = ["UTC", "Asia/Tokyo", "Pacific/Kiritimati", "America/New_York", "Etc/GMT+12"]
LAST_DAYS = Interval(Instant("9999-12-20T00:00:00Z"), LAST)
FIRST_DAYS = Interval(FIRST, Instant("1900-01-20T00:00:00Z"))


def timed(start: str, end: str, time_zone: str, **recurrence: Any) -> Content:
    """The content of a series that a request has made."""
    body = {"title": "x", "start": start, "end": end, "time_zone": time_zone, "recurrence": recurrence}
    return CreateEvent.model_validate(body).content()


def whole_days(start: str, end: str, time_zone: str, **recurrence: Any) -> Content:
    """The content of a series of whole days that a request has made."""
    days = {"all_day": True, "start_date": start, "end_date": end}
    return CreateEvent.model_validate(
        {"title": "x", **days, "time_zone": time_zone, "recurrence": recurrence}
    ).content()


def listed(content: Content, window: Interval) -> list[Interval]:
    found = occurrences(replace(event(), content=content), window)
    return [each.content.interval for each in islice(found, 100)]


@pytest.mark.parametrize("time_zone", ZONES)
@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=DAILY;UNTIL=99991231T235959Z", "FREQ=DAILY;BYHOUR=20,23"])
@pytest.mark.parametrize("year", [1901, 2027, 9995, 9999])
def test_a_series_goes_on_to_the_end(year: int, rule: str, time_zone: str) -> None:
    content = timed(f"{year}-03-01T20:00:00", f"{year}-03-01T22:59:00", time_zone, rule=rule)
    assert len(listed(content, LAST_DAYS)) >= 10
    assert all(FIRST <= start < end <= LAST for start, end in listed(content, LAST_DAYS))


@pytest.mark.parametrize("time_zone", ZONES)
@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_whole_days_go_on_to_the_end(length: int, time_zone: str) -> None:
    content = whole_days("2027-03-01", f"2027-03-0{1 + length}", time_zone, rule=f"FREQ=DAILY;INTERVAL={length}")
    found = listed(content, LAST_DAYS)
    assert len(found) >= 11 // length
    assert max(found).end >= "9999-12-28T00:00:00Z"


@pytest.mark.parametrize("time_zone", ZONES)
@pytest.mark.parametrize("at", ["99991231T235959", "99991231T000000", "00010101T000000", "18991231T090000"])
def test_no_occurrence_is_outside_of_the_years(at: str, time_zone: str) -> None:
    content = timed("2027-03-01T09:00:00", "2027-03-01T10:00:00", time_zone, rule="FREQ=DAILY")
    assert occurrence(replace(event(), content=content), at) is None
    for name in ("dates", "excluded"):
        with pytest.raises(InvalidRequest) as refusal:
            timed("2027-03-01T09:00:00", "2027-03-01T10:00:00", time_zone, rule="FREQ=DAILY", **{name: [at]})
        assert [each.field for each in refusal.value.errors] == [f"recurrence.{name}[0]"]
    with pytest.raises(InvalidRequest, match=r"recurrence\.dates"):
        whole_days("2027-03-01", "2027-03-02", time_zone, rule="FREQ=DAILY", dates=[at[:8]])


def test_dates_are_within_the_years_in_utc() -> None:
    tokyo = {"rule": "FREQ=DAILY", "dates": ["19000101T000000"]}
    with pytest.raises(InvalidRequest, match=r"recurrence\.dates: must lie between the years 1900 and 9999 in UTC"):
        timed("2027-03-01T09:00:00", "2027-03-01T10:00:00", "Asia/Tokyo", **tokyo)
    content = timed("2027-03-01T09:00:00", "2027-03-01T10:00:00", "Etc/GMT+12", **tokyo)
    assert listed(content, FIRST_DAYS) == [("1900-01-01T12:00:00Z", "1900-01-01T13:00:00Z")]


@pytest.mark.parametrize("time_zone", ZONES)
@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "9999-12-31"])
def test_an_occurrence_moves_within_the_years(day: str, time_zone: str) -> None:
    content = whole_days("2027-03-01", "2027-03-02", time_zone, rule="FREQ=DAILY")
    with pytest.raises(InvalidRequest):
        with_occurrence(content, "20270305", {"start_date": day})


def test_what_a_script_has_written_outside_of_the_years_takes_place_once() -> None:
    written = timed("2027-03-01T09:00:00", "2027-03-01T10:00:00", "Asia/Tokyo", rule="FREQ=DAILY")
    for dates in (("00010101T000000",), ("99991231T235959",)):
        content = replace(written, recurrence=Recurrence("FREQ=DAILY", dates))
        assert not content.recurs
        assert listed(content, Interval(Instant("2027-02-01T00:00:00Z"), Instant("2027-04-01T00:00:00Z"))) == [
            written.interval
        ]


def test_whether_a_series_takes_place_is_not_looked_for_where_a_cancelled_one_was_moved() -> None:
    at = "20270302T090000"
    content = timed("2027-03-01T09:00:00Z", "2027-03-01T10:00:00Z", "UTC", rule="FREQ=DAILY;COUNT=3")
    later = {"start": Instant("9999-12-29T09:00:00Z"), "end": Instant("9999-12-29T10:00:00Z")}
    content = with_occurrence(content, at, later)
    for each in ("20270301T090000", at, "20270303T090000"):
        assert takes_place(content)
        content = with_occurrence(content, each, {"cancelled": True})
    with counted() as work:
        assert not takes_place(content)
    assert work.calls < 1_000
