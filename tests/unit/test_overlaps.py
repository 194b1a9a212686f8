"""What collides with what, against a comparison of each with each."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from shared.errors import Throttled
from shared.ids import EventId
from shared.scheduling import overlaps
from shared.scheduling.events import Event
from shared.scheduling.instants import shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.overlaps import Numbered, among, between, collisions, windows_of
from tests.harness.samples import END, OWNER, START, content, event

SECONDS = 3.0


def some(dice: random.Random, count: int) -> list[Numbered]:
    made = []
    for number in range(count):
        start = shifted(START, 3600 * dice.randrange(200))
        end = shifted(start, 1800 * dice.randint(1, dice.choice([2, 4, 60])))
        made.append(Numbered(Interval(start, end), number))
    return made


@pytest.mark.parametrize("seed", range(20))
def test_each_pair_is_found_once(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 a test's data
    ours, theirs = some(dice, 60), some(dice, 40)
    pairs = [
        (a.number, b.number) for a in ours for b in ours if a.number < b.number and a.interval.overlaps(b.interval)
    ]
    assert sorted(among(ours)) == sorted(pairs)
    pairs = [(a.number, b.number) for a in ours for b in theirs if a.interval.overlaps(b.interval)]
    assert sorted(between(ours, theirs)) == sorted(pairs)


def test_back_to_back_is_no_overlap() -> None:
    busy = [Numbered(Interval(START, END), 0), Numbered(Interval(END, shifted(END, 60)), 1)]
    assert list(among(busy)) == []
    assert list(between(busy[:1], busy[1:])) == []


@pytest.mark.parametrize("seed", range(20))
def test_windows_cover_all_and_leave_out_the_longest_gaps(seed: int) -> None:
    busy = some(random.Random(seed), 30)  # noqa: S311 a test's data
    windows = windows_of(busy)
    assert 1 <= len(windows) <= overlaps.WINDOWS
    assert all(any(low <= each.interval.start and each.interval.end <= high for low, high in windows) for each in busy)
    assert all(first.end < second.start for first, second in pairwise(windows))


def test_a_gap_of_a_year_is_not_read() -> None:
    later = shifted(START, 366 * 86_400)
    intervals = [(START, END), (shifted(END, 60), shifted(END, 120)), (later, shifted(later, 60))]
    busy = [Numbered(Interval(*each), number) for number, each in enumerate(intervals)]
    assert windows_of(busy, 2) == [(START, shifted(END, 120)), (later, shifted(later, 60))]


class Crowd:
    """A calendar with `events`, which tells at most what it has."""

    def __init__(self, events: list[Event], complete: bool = True) -> None:
        self.events = events
        self.complete = complete

    def crowd(self, calendar_id: str, windows: Sequence[Interval], seconds: float) -> tuple[list[Event], bool]:
        assert (calendar_id, seconds) == (OWNER, SECONDS)
        assert windows == [(START, END)]
        return self.events, self.complete


def test_what_a_report_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = [(index, EventId(f"{index}"), content()) for index in range(3)]
    batch.append((3, EventId("3"), content(transparency="transparent")))
    there = event()
    own = event(event_id="1")
    found = collisions(Crowd([there, own]), OWNER, batch, SECONDS)
    assert found.within == [(0, 1), (0, 2), (1, 2)]
    assert found.calendar == [(0, there), (1, there), (2, there)]
    assert found.complete
    assert not collisions(Crowd([there], complete=False), OWNER, batch, SECONDS).complete
    monkeypatch.setattr(overlaps, "PAIRS_REPORTED", 2)
    monkeypatch.setattr(overlaps, "EVENTS_REPORTED", 2)
    found = collisions(Crowd([there]), OWNER, batch, SECONDS)
    assert (len(found.within), len(found.calendar), found.complete) == (2, 2, False)


def test_a_look_that_fails_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def crowd(*_: object) -> tuple[list[Event], bool]:
        raise Throttled("slow down")

    calendar = Crowd([])
    monkeypatch.setattr(calendar, "crowd", crowd)
    found = collisions(calendar, OWNER, [(index, EventId(f"{index}"), content()) for index in range(2)], SECONDS)
    assert (found.within, found.calendar, found.complete) == ([(0, 1)], [], False)
