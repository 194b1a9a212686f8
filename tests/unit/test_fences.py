from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import EventId
from shared.scheduling.fences import FENCES, RECENT, Fence, FenceEntry, fence_names, latest_entries
from shared.scheduling.instants import FIRST, LAST, Instant, of_seconds, shifted
from shared.scheduling.intervals import MAX_DURATION_SECONDS, Interval
from tests.harness.samples import END, START, event, new_id

starts = st.integers(-2_208_000_000, 253_000_000_000).map(of_seconds)  # a year before the end of 9999 and earlier
lengths = st.one_of(st.integers(1, 8 * 86_400), st.integers(1, MAX_DURATION_SECONDS))


def week_of(moment: datetime) -> int:
    """The number of weeks since Monday 1970-01-05."""
    return (int(moment.timestamp()) - 4 * 86_400) // (7 * 86_400)


def in_order(weeks: Iterable[int]) -> list[str]:
    """The names of the fences of these weeks, each once: the week of 1970-01-05 has the third one."""
    return list(dict.fromkeys(f"c{(2 + week) % 16:02d}" for week in weeks))


@pytest.mark.parametrize(
    ("start", "end", "names"),
    [
        ("2026-11-22T09:00:00Z", "2026-11-22T10:00:00Z", ["c09"]),
        ("2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z", ["c09"]),
        ("2026-11-22T23:59:59Z", "2026-11-23T00:00:01Z", ["c09", "c10"]),
        ("2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z", ["c10"]),
        ("2026-12-31T00:00:00Z", "2027-01-05T00:00:00Z", ["c15", "c00"]),  # from week 53 to week 1
        ("2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z", ["c15"]),
        ("2027-04-26T00:00:00Z", "2027-05-03T00:00:00Z", ["c00"]),  # sixteen weeks after the first one of 2027
        ("2026-12-31T00:00:00Z", "2027-04-19T00:00:00Z", ["c15", *(f"c{number:02d}" for number in range(15))]),
        ("2026-12-31T00:00:00Z", "2027-04-19T00:00:01Z", ["c15", *(f"c{number:02d}" for number in range(15))]),
        ("1969-12-31T23:59:59Z", "1970-01-05T00:00:00Z", ["c01"]),
        (FIRST, "1900-01-08T00:00:00Z", ["c13"]),  # a Monday
        (FIRST, shifted(FIRST, 1), ["c13"]),
        ("9999-12-31T00:00:00Z", LAST, ["c10"]),
    ],
)
def test_an_interval_has_these_fences(start: Instant, end: Instant, names: list[str]) -> None:
    assert fence_names(Interval(start, end)) == names


@given(starts, lengths)
def test_the_fences_are_those_of_the_weeks_of_every_half_day_and_of_the_last_second(
    start: Instant, length: int
) -> None:
    end = shifted(start, length)
    begins, ends = (datetime.fromisoformat(each) for each in (start, end))
    moments = [begins + timedelta(hours=hour) for hour in range(0, length // 3600 + 1, 12)]
    weeks = sorted({week_of(each) for each in (*moments, ends - timedelta(seconds=1)) if each < ends})
    assert fence_names(Interval(start, end)) == in_order(weeks)


@given(starts, st.integers(1, MAX_DURATION_SECONDS))
def test_no_event_has_a_fence_twice(start: Instant, length: int) -> None:
    names = fence_names(Interval(start, shifted(start, length)))
    assert len({*names}) == len(names) <= FENCES


@given(starts)
def test_an_event_of_a_year_has_all_fences(start: Instant) -> None:
    assert len(fence_names(Interval(start, shifted(start, 365 * 86_400)))) == FENCES


@given(starts, lengths, st.integers(-400 * 86_400, 400 * 86_400), lengths)
def test_intervals_that_overlap_share_a_fence(start: Instant, length: int, distance: int, other_length: int) -> None:
    other_start = shifted(start, distance)
    one = Interval(start, shifted(start, length))
    other = Interval(other_start, shifted(other_start, other_length))
    if one.overlaps(other):
        assert {*fence_names(one)} & {*fence_names(other)}


def calendars_at_once(fences: int, weeks: int) -> int:
    """On how many calendars an event of so many weeks fits in one transaction.

    On each it writes the event, moves the fences, and checks the right to do so: N * (min(W, F) + 2) actions. A
    transaction has at most 100.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
    """
    return 100 // (min(weeks, fences) + 2)


def test_an_event_of_a_year_fits_on_five_calendars() -> None:
    year = Interval(START, shifted(START, MAX_DURATION_SECONDS))
    assert calendars_at_once(FENCES, 54) == 100 // (len(fence_names(year)) + 2) == 5
    assert [calendars_at_once(FENCES, weeks) for weeks in (1, 2, 8, 18)] == [33, 25, 10, 5]
    assert [calendars_at_once(fences, 54) for fences in (24, 64)] == [3, 1]


def test_a_fence_takes_the_id_of_the_write_that_moves_it() -> None:
    written = event()
    moved = Fence("c08").moved(written)
    assert moved == Fence("c08", written.history_id, (FenceEntry(written.id, written.history_id, START, END),))


def test_a_fence_remembers_the_last_writes_newest_first() -> None:
    fence, written = Fence("c08"), [event() for _ in range(RECENT + 3)]
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
        Fence("c08", second, (there, here)),
        Fence("c09", third, (*back, FenceEntry(elsewhere, third, *later))),
    ]
    for order in (fences, fences[::-1]):
        assert latest_entries(order, Interval(START, END)) == {moved_here: back[0]}


def test_writes_of_other_weeks_of_a_fence_count_only_as_what_became_of_an_event() -> None:
    """The fence of this week and of the one sixteen weeks later is the same."""
    later = (shifted(START, 16 * 7 * 86_400), shifted(END, 16 * 7 * 86_400))
    assert fence_names(Interval(*later)) == fence_names(Interval(START, END))
    here, gone, other = event(), event(), event(*later)
    fence = Fence("c08").moved(here).moved(gone).moved(other).moved(event(*later, event_id=gone.id))
    assert [*latest_entries([fence], Interval(START, END))] == [here.id]
    assert {*latest_entries([fence], Interval(*later))} == {gone.id, other.id}
