"""Working hours are what the clock on the wall says, minute by minute, also on days when it changes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.scheduling.instants import FIRST, LAST, Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.working_hours import WEEKDAYS, Weekday, WorkingHours

MINUTE, HOUR, DAY = 60, 3600, 86_400
BERLIN = ZoneInfo("Europe/Berlin")
# Zones whose clocks change at odd hours, by half an hour, at midnight, by a whole day, or never.
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia", "Asia/Kolkata"]
# Near changes of some of those clocks: 2027-03-28 and 2027-10-31 (Berlin), 2027-04-03 and 2027-10-02 (Lord Howe),
# 2027-03-14 and 2027-11-07 (New York, Havana), 2011-12-29 (Apia has no 30th).
DAYS = ["2027-03-27", "2027-10-30", "2027-04-02", "2027-10-02", "2027-03-13", "2027-11-06", "2011-12-29", "2027-06-01"]
ALL = frozenset(WEEKDAYS)


def between(start: str, end: str, time_zone: str = "Europe/Berlin", days: Sequence[Weekday] = WEEKDAYS) -> WorkingHours:
    first, last = (int(clock[:2]) * HOUR + int(clock[3:]) * MINUTE for clock in (start, end))
    return WorkingHours(ZoneInfo(time_zone), first, last, frozenset(days))


def told(hours: WorkingHours, start: str, end: str) -> list[tuple[str, str]]:
    return [(one.start, one.end) for one in hours.within(Interval(Instant(start), Instant(end)))]


@given(
    st.sampled_from(ZONES),
    st.sampled_from(DAYS),
    st.integers(0, 3 * 48).map(lambda halves: halves * 30),
    st.integers(1, 3 * 48).map(lambda halves: halves * 30),
    st.integers(0, 47),
    st.integers(1, 48),
    st.frozensets(st.sampled_from(WEEKDAYS), min_size=1),
)
@example("Europe/Berlin", "2027-10-30", 0, 3 * 24 * 60, 5, 18, ALL)
@example("Europe/Berlin", "2027-03-27", 0, 3 * 24 * 60, 5, 18, ALL)
@example("Pacific/Apia", "2011-12-29", 0, 3 * 24 * 60, 0, 48, ALL)
def test_a_minute_is_within_just_when_a_clock_shows_it(
    zone: str, day: str, first: int, length: int, opens: int, lasts: int, weekdays: frozenset[Weekday]
) -> None:
    closes = min(48, opens + lasts)
    hours = WorkingHours(ZoneInfo(zone), opens * 30 * MINUTE, closes * 30 * MINUTE, weekdays)
    start = shifted(Instant(f"{day}T00:00:00Z"), first * MINUTE)
    window = Interval(start, shifted(start, length * MINUTE))
    found = list(hours.within(window))
    for each in found:
        assert window.contains(each)
        assert each.start < each.end
    assert all(one.end <= other.start for one, other in pairwise(found))
    # No clock changes at another time than on a quarter of an hour.
    for quarter in range(0, length, 15):
        moment = shifted(start, quarter * MINUTE)
        local = datetime.fromisoformat(moment).astimezone(hours.zone)
        minute = local.hour * 60 + local.minute
        expected = WEEKDAYS[local.weekday()] in weekdays and opens * 30 <= minute < closes * 30
        assert any(each.start <= moment < each.end for each in found) is expected, (moment, local)


@pytest.mark.parametrize(
    ("day", "hours", "parts"),
    [
        # The clock goes from 02:00 to 03:00 at 01:00Z: a day of 23 hours.
        ("2027-03-28", ("00:00", "24:00"), [("2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z")]),
        ("2027-03-28", ("09:00", "17:00"), [("2027-03-28T07:00:00Z", "2027-03-28T15:00:00Z")]),
        ("2027-03-28", ("02:30", "04:00"), [("2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z")]),
        ("2027-03-28", ("02:00", "03:00"), []),
        # And from 03:00 to 02:00 at 01:00Z: a day of 25 hours, with two hours from 02:00.
        ("2027-10-31", ("00:00", "24:00"), [("2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z")]),
        ("2027-10-31", ("09:00", "17:00"), [("2027-10-31T08:00:00Z", "2027-10-31T16:00:00Z")]),
        ("2027-10-31", ("02:00", "03:00"), [("2027-10-31T00:00:00Z", "2027-10-31T02:00:00Z")]),
        (
            "2027-10-31",
            ("02:15", "02:45"),
            [("2027-10-31T00:15:00Z", "2027-10-31T00:45:00Z"), ("2027-10-31T01:15:00Z", "2027-10-31T01:45:00Z")],
        ),
    ],
)
def test_hours_on_a_day_when_the_clock_changes(day: str, hours: tuple[str, str], parts: list[tuple[str, str]]) -> None:
    start = Instant(f"{day}T00:00:00Z")
    assert told(between(*hours, days=("SU",)), shifted(start, -DAY), shifted(start, 2 * DAY)) == parts


def test_days_are_those_of_the_zone() -> None:
    # In Auckland Monday begins on Sunday, 11:00Z.
    found = told(between("00:00", "08:00", "Pacific/Auckland", ["MO"]), "2027-02-27T00:00:00Z", "2027-03-05T00:00:00Z")
    assert found == [("2027-02-28T11:00:00Z", "2027-02-28T19:00:00Z")]


def test_days_that_touch_are_told_by_themselves() -> None:
    found = told(between("00:00", "24:00", "UTC", ["MO", "TU"]), "2027-03-01T06:00:00Z", "2027-03-08T00:00:00Z")
    assert found == [
        ("2027-03-01T06:00:00Z", "2027-03-02T00:00:00Z"),
        ("2027-03-02T00:00:00Z", "2027-03-03T00:00:00Z"),
    ]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "UTC"])
@pytest.mark.parametrize("window", [(FIRST, shifted(FIRST, 2 * DAY)), (shifted(LAST, -2 * DAY), LAST)])
def test_the_first_and_the_last_days_that_there_are(zone: str, window: tuple[Instant, Instant]) -> None:
    found = list(between("00:00", "24:00", zone).within(Interval(*window)))
    assert (found[0].start, found[-1].end) == window
    assert sum(each.length for each in found) == Interval(*window).length


def test_the_weekday_is_that_of_the_calendar() -> None:
    day = datetime(1970, 1, 1, tzinfo=BERLIN) - timedelta(days=400)
    for _ in range(800):
        midday = day.replace(hour=12)
        of_that_day = between("12:00", "12:30", days=[WEEKDAYS[midday.weekday()]])
        start = Instant(midday.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ"))
        assert [each.start for each in of_that_day.within(Interval(start, shifted(start, HOUR)))] == [start]
        day += timedelta(days=1)
