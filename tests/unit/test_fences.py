from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import EventId
from shared.scheduling.fences import RECENT, Fence, FenceEntry, latest_entries
from shared.scheduling.instants import FIRST, LAST, Instant, of_seconds, shifted
from shared.scheduling.intervals import MAX_DURATION_SECONDS, Interval
from tests.harness.samples import END, START, event, new_id

starts = st.integers(-2_208_000_000, 253_000_000_000).map(of_seconds)  # a year before the end of 9999 and earlier
lengths = st.one_of(st.integers(1, 8 * 86_400), st.integers(1, MAX_DURATION_SECONDS))


def week_of(moment: datetime) -> str:
    year, week, _ = moment.isocalendar()
    return f"{year:04d}-W{week:02d}"


@pytest.mark.parametrize(
    ("start", "end", "weeks"),
    [
        ("2026-11-22T09:00:00Z", "2026-11-22T10:00:00Z", ["2026-W47"]),
        ("2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z", ["2026-W47"]),
        ("2026-11-22T23:59:59Z", "2026-11-23T00:00:01Z", ["2026-W47", "2026-W48"]),
        ("2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z", ["2026-W48"]),
        ("2026-12-31T00:00:00Z", "2027-01-05T00:00:00Z", ["2026-W53", "2027-W01"]),
        ("2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z", ["2026-W53"]),
        ("2029-12-31T00:00:00Z", "2029-12-31T01:00:00Z", ["2030-W01"]),
        ("1969-12-31T23:59:59Z", "1970-01-05T00:00:00Z", ["1970-W01"]),
        (FIRST, "1900-01-08T00:00:00Z", ["1900-W01"]),  # a Monday
        (FIRST, shifted(FIRST, 1), ["1900-W01"]),
        ("9999-12-31T00:00:00Z", LAST, ["9999-W52"]),
    ],
)
def test_an_interval_touches_these_weeks(start: Instant, end: Instant, weeks: list[str]) -> None:
    assert Interval(start, end).iso_weeks() == weeks


@given(starts, lengths)
def test_the_weeks_are_those_of_every_hour_and_of_the_last_second(start: Instant, length: int) -> None:
    end = shifted(start, length)
    begins, ends = (datetime.fromisoformat(each) for each in (start, end))
    moments = [begins + timedelta(hours=hour) for hour in range(0, length // 3600 + 1, 12)]
    expected = sorted({week_of(each) for each in (*moments, ends - timedelta(seconds=1)) if each < ends})
    assert Interval(start, end).iso_weeks() == expected


@given(starts)
def test_no_event_touches_more_than_54_weeks(start: Instant) -> None:
    assert len(Interval(start, shifted(start, MAX_DURATION_SECONDS)).iso_weeks()) in (53, 54)


@given(starts, lengths, st.integers(-400 * 86_400, 400 * 86_400), lengths)
def test_intervals_that_overlap_share_a_week(start: Instant, length: int, distance: int, other_length: int) -> None:
    other_start = shifted(start, distance)
    one = Interval(start, shifted(start, length))
    other = Interval(other_start, shifted(other_start, other_length))
    if one.overlaps(other):
        assert set(one.iso_weeks()) & set(other.iso_weeks())


def test_a_fence_takes_the_id_of_the_write_that_moves_it() -> None:
    written = event()
    moved = Fence("2027-W09").moved(written)
    assert moved == Fence("2027-W09", written.history_id, (FenceEntry(written.id, written.history_id, START, END),))


def test_a_fence_remembers_the_last_writes_newest_first() -> None:
    fence, written = Fence("2027-W09"), [event() for _ in range(RECENT + 3)]
    for each in written:
        fence = fence.moved(each)
    assert [entry.event_id for entry in fence.recent] == [each.id for each in reversed(written[3:])]


def test_only_the_latest_write_of_an_event_counts_and_only_if_it_overlaps() -> None:
    moved_away, moved_here, elsewhere = (EventId(new_id()) for _ in range(3))
    first, second, third = (new_id() for _ in range(3))
    later = (Instant("2027-03-01T12:00:00Z"), Instant("2027-03-01T13:00:00Z"))
    here, there = FenceEntry(moved_away, first, START, END), FenceEntry(moved_away, second, *later)
    back = [FenceEntry(moved_here, third, START, END), FenceEntry(moved_here, first, *later)]
    fences = [
        Fence("2027-W09", second, (there, here)),
        Fence("2027-W10", third, (*back, FenceEntry(elsewhere, third, *later))),
    ]
    for order in (fences, fences[::-1]):
        assert latest_entries(order, Interval(START, END)) == {moved_here: back[0]}
