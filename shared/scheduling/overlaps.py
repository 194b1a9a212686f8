"""Pairs of overlapping events among many, found by one sweep over their starts."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final, NamedTuple, Protocol

from shared.errors import StoreFault
from shared.ids import CalendarId, EventId
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import Instant, seconds_between, shifted
from shared.scheduling.intervals import Interval, merged
from shared.scheduling.recurrences import busy_between, instant
from shared.scheduling.window_reader import EXPANDED_SECONDS

# The limits of a report: listed pairs, listed events, and windows, each read with one page per length class.
PAIRS_REPORTED: Final = 10_000
EVENTS_REPORTED: Final = 1_000
WINDOWS: Final = 8
# Of each series so many of the first occurrences are compared, and those of a year at most.
OCCURRENCES_COMPARED: Final = 366
# Two series may meet at every occurrence, and are one pair: so many overlaps are looked at for the pairs.
_LOOKED_AT: Final = 10 * PAIRS_REPORTED


class Numbered(NamedTuple):
    """A busy interval, and the number that identifies it in a report."""

    interval: Interval
    number: int


@dataclass(frozen=True, slots=True)
class Collisions:
    """Conflicts of a batch: pairs of its indices, and pairs of an index and an event in the calendar.

    `complete` is False if there may be conflicts beyond what a report lists or reads.
    """

    within: Sequence[tuple[int, int]]
    calendar: Sequence[tuple[int, Event]]
    complete: bool


class CrowdStore(Protocol):
    """The reads of the events table that a report needs."""

    def crowd(self, calendar_id: CalendarId, windows: Sequence[Interval], seconds: float) -> tuple[list[Event], bool]:
        """Returns live opaque events that overlap one of `windows`, and whether these are all.

        The reads are bounded in number and, to `seconds`, in time.
        """


def among(busy: Sequence[Numbered]) -> Iterator[tuple[int, int]]:
    """Yields the numbers of each overlapping pair of `busy`, in order of the start of the later one."""
    active: list[tuple[Instant, int]] = []
    for interval, number in sorted(busy):
        _drop_ended(active, interval.start)
        for _, other in active:
            yield min(number, other), max(number, other)
        heapq.heappush(active, (interval.end, number))


def between(ours: Sequence[Numbered], theirs: Sequence[Numbered]) -> Iterator[tuple[int, int]]:
    """Yields the numbers of each overlapping pair of one of `ours` and one of `theirs`.

    The pairs are in order of the start of the later one.
    """
    arrivals = sorted([(*each, True) for each in ours] + [(*each, False) for each in theirs])
    our_active: list[tuple[Instant, int]] = []
    their_active: list[tuple[Instant, int]] = []
    for interval, number, is_ours in arrivals:
        _drop_ended(our_active, interval.start)
        _drop_ended(their_active, interval.start)
        if is_ours:
            yield from ((number, other) for _, other in their_active)
        else:
            yield from ((other, number) for _, other in our_active)
        heapq.heappush(our_active if is_ours else their_active, (interval.end, number))


def _drop_ended(active: list[tuple[Instant, int]], now: Instant) -> None:
    while active and active[0][0] <= now:
        heapq.heappop(active)


def windows_of(busy: Sequence[Numbered], most: int = WINDOWS) -> list[Interval]:
    """Returns at most `most` intervals that cover `busy`, leaving out the longest gaps."""
    starts, ends = [each.interval.start for each in busy], [each.interval.end for each in busy]
    covered = merged((each.interval for each in busy), Interval(min(starts), max(ends))) if busy else []
    gaps = range(1, len(covered))
    longest = sorted(gaps, key=lambda at: seconds_between(covered[at - 1].end, covered[at].start), reverse=True)
    cuts = [0, *sorted(longest[: most - 1]), len(covered)]
    return [Interval(covered[low].start, covered[high - 1].end) for low, high in pairwise(cuts) if high > low]


def collisions(
    store: CrowdStore, calendar_id: CalendarId, batch: Sequence[tuple[int, EventId, Content]], seconds: float
) -> Collisions:
    """Returns the overlaps of the events of `batch` with each other and with events in the calendar.

    Args:
        store: Reads the events table.
        calendar_id: The calendar.
        batch: The index, event id and content of each event.
        seconds: The time limit of the reads of the calendar.
    """
    busy, complete = _busy((index, content) for index, _, content in batch)
    pairs = islice((pair for pair in among(busy) if pair[0] != pair[1]), _LOOKED_AT + 1)
    within = list(islice(_distinct(pairs, lambda pair: pair), PAIRS_REPORTED + 1))
    own = {event_id for _, event_id, _ in batch}
    try:
        crowd, whole = store.crowd(calendar_id, windows_of(busy), seconds) if busy else ([], True)
    except StoreFault:
        crowd, whole = [], False  # the report is informative: a failed read must not fail the request
    others = [event for event in crowd if event.stored_id not in own]
    theirs = [Numbered(event.content.interval, number) for number, event in enumerate(others)]
    met = islice(between(busy, theirs), _LOOKED_AT + 1)
    # Of a series the first conflict with each event, or with each other series, is listed.
    found = list(islice(_distinct(met, lambda pair: (pair[0], others[pair[1]].stored_id)), EVENTS_REPORTED + 1))
    exhausted = next(pairs, None) is next(met, None) is None
    complete = complete and whole and exhausted and len(within) <= PAIRS_REPORTED and len(found) <= EVENTS_REPORTED
    listed = sorted((index, others[number].content.start, number) for index, number in found[:EVENTS_REPORTED])
    calendar = [(index, others[number]) for index, _, number in listed]
    return Collisions(sorted(within[:PAIRS_REPORTED]), calendar, complete)


def _busy(contents: Iterable[tuple[int, Content]]) -> tuple[list[Numbered], bool]:
    """Returns when each of `contents` takes time, by its index, and whether that is all of it."""
    found: list[Numbered] = []
    complete = True
    for index, content in contents:
        if content.recurrence is None:
            found += [Numbered(content.interval, index)] if content.opaque else []
        elif content.busy:
            extent = content.extent
            year = Interval(extent.start, min(extent.end, shifted(extent.start, EXPANDED_SECONDS)))
            first = list(islice(busy_between(content, year), OCCURRENCES_COMPARED + 1))
            complete = complete and year == extent and len(first) <= OCCURRENCES_COMPARED
            times = (Interval(instant(each.start), instant(each.end)) for each in first[:OCCURRENCES_COMPARED])
            found += [Numbered(each, index) for each in times]
    return found, complete


def _distinct(pairs: Iterable[tuple[int, int]], key: Callable[[tuple[int, int]], object]) -> Iterator[tuple[int, int]]:
    """Yields those of `pairs` whose key none before has."""
    seen: set[object] = set()
    for pair in pairs:
        if key(pair) not in seen:
            seen.add(key(pair))
            yield pair
