"""Two series that meet: the pairs of tests/files/recurrence.json, exceptions, and what overlaps itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from shared.recurrence import pairs
from shared.recurrence.pairs import HORIZON, ComparedWindow, Meeting, TimeTaken, compared_until, first_overlap, windows
from shared.recurrence.rules import parse_rule
from shared.recurrence.series import ENDLESS, Patch, Series
from tests.harness.vectors import VECTORS, instant, series_of
from tests.harness.work import counted

START: Final = datetime(2027, 3, 1, 9)  # noqa: DTZ001 local by its meaning
LOW: Final = START - timedelta(days=1)
HIGH: Final = START + timedelta(days=1830)
HOUR: Final = timedelta(hours=1)
FIVE_YEARS: Final = ("2027-03-08T08:00:00", "2032-03-11T08:00:00")
MOVED: Final = "20270315T090000"


def series(rule: str = "FREQ=WEEKLY", start: datetime = START, length: timedelta = HOUR, **more: Any) -> Series:
    return Series.of(parse_rule(rule, all_day=more.get("all_day", False)), start, "Europe/Berlin", length, **more)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def first_meeting(one: Series, other: Series, low: datetime, high: datetime) -> Meeting | None:
    return TimeTaken(one).first_meeting(TimeTaken(other), low, high)


def opaque(fields: Mapping[str, Any]) -> bool:
    return bool(fields.get("transparency", "opaque") == "opaque")


@pytest.mark.parametrize("vector", VECTORS["pairs"], ids=lambda vector: vector["id"])
def test_two_series_first_meet_then(vector: dict[str, Any]) -> None:
    one, other = series_of(vector["a"]), series_of(vector["b"])
    low = max(one.starts, other.starts)
    high = low + HORIZON
    assert timedelta(days=vector["horizon_days"]) == HORIZON
    expected = None if vector["first_meeting"] is None else instant(vector["first_meeting"])
    for first, second in ((one, other), (other, one)):
        met = first_meeting(first, second, low, high)
        if met is None:
            assert expected is None
        else:
            assert max(met.one.start, met.other.start) == expected
            assert met.one == first.occurrence(met.one.id)
            assert met.other == second.occurrence(met.other.id)


@pytest.mark.parametrize("exception", ["moved", "added"])
def test_an_exception_is_outside_of_the_pattern(exception: str) -> None:
    noon = at("2027-03-15T12:00:00")
    evening = noon + timedelta(hours=5)
    if exception == "moved":
        one = series(overrides={MOVED: Patch(start=evening, end=evening + HOUR)})
    else:
        one = series(dates=frozenset({evening + HOUR}))
    other = series("FREQ=DAILY", at("2027-03-01T18:30:00"))
    for first, second in ((one, other), (other, one)):
        met = first_meeting(first, second, LOW, HIGH)
        assert met is not None
        assert max(met.one.start, met.other.start) == at("2027-03-15T17:30:00")
    both = series(
        start=at("2027-03-02T13:00:00"), overrides={"20270316T130000": Patch(start=evening, end=noon + 9 * HOUR)}
    )
    assert first_meeting(one, both, LOW, HIGH) is not None


def test_what_was_cancelled_meets_nothing() -> None:
    other = series("FREQ=WEEKLY;COUNT=1", at("2027-03-15T09:00:00"))
    assert first_meeting(series(), other, LOW, HIGH) is not None
    assert first_meeting(series(excluded=frozenset({at("2027-03-15T09:00:00")})), other, LOW, HIGH) is None


def test_a_series_meets_nothing_after_its_end() -> None:
    other = series(start=at("2027-04-05T09:00:00"))
    assert first_meeting(series("FREQ=WEEKLY;UNTIL=20270405T065959Z"), other, LOW, HIGH) is None
    assert first_meeting(series("FREQ=WEEKLY;COUNT=5"), other, LOW, HIGH) is None
    for rule in ("FREQ=WEEKLY;UNTIL=20270405T070000Z", "FREQ=WEEKLY;COUNT=6"):
        assert first_meeting(series(rule), other, LOW, HIGH) is not None


def test_a_day_may_begin_or_end_with_some_of_its_times() -> None:
    noon = series("FREQ=DAILY;COUNT=3;BYHOUR=9,12", at("2027-03-01T12:00:00"))  # ends with that of the 2nd
    for day, time, meets in ((1, 9, False), (1, 12, True), (2, 9, True), (2, 12, True), (3, 9, False), (3, 12, False)):
        other = series("FREQ=YEARLY", at(f"2027-03-{day:02}T{time:02}:00:00"))
        assert (first_meeting(noon, other, LOW, HIGH) is not None) == meets
    morning = series("FREQ=DAILY;COUNT=3;BYHOUR=9,12", at("2027-03-01T09:00:00"))
    assert first_meeting(morning, series("FREQ=YEARLY", at("2027-03-02T12:00:00")), LOW, HIGH) is None


def test_only_what_takes_time_meets() -> None:
    other = TimeTaken(series("FREQ=WEEKLY;COUNT=1", at("2027-03-15T09:00:00")))
    transparent = series(overrides={MOVED: Patch({"transparency": "transparent"})})
    assert TimeTaken(transparent, opaque).first_meeting(other, LOW, HIGH) is None
    assert TimeTaken(transparent).first_meeting(other, LOW, HIGH) is not None
    one_only = TimeTaken(series(overrides={MOVED: Patch({"transparency": "opaque"})}), bool)
    for first, second in ((one_only, other), (other, one_only)):
        met = first.first_meeting(second, LOW, HIGH)
        assert met is not None
        assert met.one.id == met.other.id == MOVED
    assert (
        one_only.first_meeting(
            TimeTaken(series(start=at("2027-03-08T09:00:00"), rule="FREQ=WEEKLY;COUNT=1")), LOW, HIGH
        )
        is None
    )


def test_only_what_overlaps_the_window_meets() -> None:
    one, other = series(), series("FREQ=DAILY", at("2027-03-10T09:30:00"))
    low = at("2027-03-15T09:00:00")  # the end of both in UTC, where they meet first
    met = first_meeting(one, other, low, HIGH)
    assert met is not None
    assert met.one.id == "20270322T090000"
    assert first_meeting(one, other, low, at("2027-03-22T08:30:00")) is None
    assert first_meeting(one, other, low - timedelta(seconds=1), at("2027-03-22T08:30:00")) is not None


def test_of_several_that_meet_at_once_those_in_the_window_are_told() -> None:
    one, other = series("FREQ=DAILY", length=timedelta(days=3)), series("FREQ=YEARLY", length=timedelta(days=5))
    assert first_meeting(one, other, LOW, HIGH) == (
        one.occurrence("20270301T090000"),
        other.occurrence("20270301T090000"),
    )
    late = series("FREQ=YEARLY", at("2027-03-03T12:00:00"), timedelta(days=5))
    for low, first in (("2027-03-03T00:00:00", "20270301T090000"), ("2027-03-04T09:00:00", "20270302T090000")):
        for pair in ((one, late), (late, one)):
            met = first_meeting(*pair, at(low), HIGH)
            assert met is not None
            assert {met.one.id, met.other.id} == {first, "20270303T120000"}


def test_whole_days_meet_by_the_clock_of_their_zone() -> None:
    # 28 March has 23 hours in Berlin: it ends at 22:00 UTC.
    days = series("FREQ=YEARLY", at("2027-03-28"), timedelta(days=1), all_day=True)
    assert first_meeting(days, series("FREQ=YEARLY", at("2027-03-29")), LOW, at("2027-12-31")) is None
    two = series("FREQ=YEARLY", at("2027-03-27"), timedelta(days=2), all_day=True)
    assert first_meeting(two, series("FREQ=YEARLY", at("2027-03-29")), LOW, at("2027-12-31")) is None
    met = first_meeting(days, series("FREQ=YEARLY", at("2027-03-28T23:59:59")), LOW, HIGH)
    assert met is not None
    assert (met.other.start, met.one.end) == (at("2027-03-28T21:59:59"), at("2027-03-28T22:00:00"))


def test_a_series_is_told_apart_without_its_days(monkeypatch: pytest.MonkeyPatch) -> None:
    one = TimeTaken(series())
    assert one.timeline(LOW, HIGH).tracks
    monkeypatch.delattr(pairs.TimeTaken, "timeline")
    monkeypatch.setattr(pairs.TimeTaken, "timeline", lambda self, low, high: self._timelines[low, high], raising=False)
    assert one.first_meeting(TimeTaken(series(start=at("2027-03-01T14:00:00"))), LOW, HIGH) is None
    with pytest.raises(KeyError):
        one.first_meeting(TimeTaken(series(start=at("2027-03-02T09:00:00"))), LOW, HIGH)


@pytest.mark.parametrize(
    ("made", "overlap"),
    [
        (series("FREQ=DAILY", length=timedelta(hours=25)), "2027-03-02T08:00:00"),
        (series("FREQ=DAILY;BYHOUR=9,12", length=timedelta(hours=3)), None),
        (series("FREQ=DAILY;BYHOUR=9,12", length=timedelta(hours=3, seconds=1)), "2027-03-01T11:00:00"),
        # A day of 23 hours, on which the next occurrence begins before this one has lasted for 24.
        (series("FREQ=DAILY", length=timedelta(hours=24)), "2027-03-28T07:00:00"),
        (series("FREQ=DAILY", at("2027-03-01"), timedelta(days=1), all_day=True), None),
        (series("FREQ=DAILY", at("2027-03-01"), timedelta(days=2), all_day=True), "2027-03-01T23:00:00"),
        # 02:30 does not exist on 28 March, and becomes 03:30.
        (series("FREQ=DAILY;BYHOUR=2,3", at("2027-03-01T02:30:00")), "2027-03-28T01:30:00"),
        (series(dates=frozenset({at("2027-03-15T09:30:00")})), "2027-03-15T08:30:00"),
        (series(dates=frozenset({at("2027-03-15T10:00:00")})), None),
        (series(dates=frozenset({at("2027-03-15T09:00:00")})), None),
        (series(dates=frozenset({at("2040-03-05T09:30:00")})), "2040-03-05T08:30:00"),
        (
            series(overrides={MOVED: Patch(start=at("2027-03-22T07:30:00"), end=at("2027-03-22T08:30:00"))}),
            "2027-03-22T08:00:00",
        ),
        (series(overrides={MOVED: Patch(start=at("2027-03-15T09:00:00"), end=at("2027-03-15T10:00:00"))}), None),
        (series("FREQ=DAILY", length=timedelta(0)), None),
    ],
)
def test_a_series_that_overlaps_itself_is_told(made: Series, overlap: str | None) -> None:
    assert first_overlap(made) == (None if overlap is None else at(overlap))


def test_what_takes_no_time_does_not_overlap_its_series() -> None:
    added = series(
        dates=frozenset({at("2027-03-15T09:30:00")}), overrides={MOVED: Patch({"transparency": "transparent"})}
    )
    assert first_overlap(added, opaque) is None
    assert first_overlap(added) is not None


@pytest.mark.parametrize(
    ("rule", "now", "expected"),
    [
        ("FREQ=WEEKLY", "2026-01-01", [FIVE_YEARS]),
        ("FREQ=WEEKLY", "2028-01-01", [("2027-03-08T08:00:00", "2033-01-04")]),
        ("FREQ=WEEKLY", "2040-01-01", [FIVE_YEARS, ("2040-01-01", "2045-01-04")]),
        ("FREQ=WEEKLY;COUNT=3", "2026-01-01", [("2027-03-08T08:00:00", "2027-03-15T09:00:00")]),
        ("FREQ=WEEKLY;COUNT=3", "2040-01-01", [("2027-03-08T08:00:00", "2027-03-15T09:00:00")]),
        ("FREQ=WEEKLY;COUNT=1", "2026-01-01", []),
        ("FREQ=WEEKLY", "9999-12-01", [FIVE_YEARS, ("9999-12-01", "9999-12-31T23:59:59")]),
    ],
)  # fmt: skip
def test_rules_are_compared_from_the_later_start_and_from_now(
    rule: str, now: str, expected: list[tuple[str, str]]
) -> None:
    one, other = series(rule), series(start=START + timedelta(days=7))
    found = [ComparedWindow(at(low), at(high)) for low, high in expected]
    assert windows(one, other, at(now)) == windows(other, one, at(now)) == found
    ends = ENDLESS if not found or found[-1].high in (one.ends, other.ends) else found[-1].high
    assert compared_until(one, other, at(now)) == ends


@pytest.mark.parametrize(
    "where", ["1952-01-07T12:00:00", "2019-01-07T12:00:00", "2027-03-22T12:00:00", "9990-01-07T12:00:00"]
)
@pytest.mark.parametrize("kind", ["moved", "added"])
def test_what_was_moved_or_added_is_compared_wherever_it_is(where: str, kind: str) -> None:
    there = at(where)
    if kind == "moved":
        one = series(overrides={MOVED: Patch(start=there, end=there + HOUR)})
    else:
        one = series(dates=frozenset({there + timedelta(hours=1)}))
    daily = series("FREQ=DAILY", START + timedelta(hours=4))
    beside = series(start=START + timedelta(hours=4), dates=frozenset({there + timedelta(minutes=90)}))
    for other, meets in ((daily, there > START), (beside, True)):
        for first, second in ((one, other), (other, one)):
            met = TimeTaken(first).meeting(TimeTaken(second), at("2026-01-01"))
            assert (met is not None) == meets
            assert met is None or there <= max(met.one.start, met.other.start) < there + HOUR


def test_long_exceptions_of_a_transparent_series_are_not_held_against_all_of_it() -> None:
    hours = ",".join(map(str, range(24)))
    overrides = {
        f"202703{number:02}T090000": Patch(
            {"transparency": "opaque"}, at(f"{2030 + number * 2}-01-01"), at(f"{2031 + number * 2}-01-01")
        )
        for number in range(2, 12)
    }
    busy = series(f"FREQ=DAILY;BYHOUR={hours}", at("2027-03-01T00:00:00"), HOUR / 2, overrides=overrides)

    def takes(fields: Mapping[str, Any]) -> bool:
        return bool(fields.get("transparency", "transparent") == "opaque")

    with counted() as work:
        assert first_overlap(busy, takes) is None
        assert TimeTaken(busy, takes).meeting(TimeTaken(series("FREQ=YEARLY;COUNT=2")), at("2026-01-01")) is None
    assert work.calls < 20_000
