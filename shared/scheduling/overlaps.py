"""What overlaps what among many events: one sweep over their starts."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final, NamedTuple, Protocol

from shared.errors import StoreFault
from shared.ids import CalendarId, EventId
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import Instant, seconds_between
from shared.scheduling.intervals import Interval, merged

# What a report lists at most, and the windows that it reads: one Query for each length class of each, of one page.
PAIRS_REPORTED: Final = 10_000
EVENTS_REPORTED: Final = 1_000
WINDOWS: Final = 8


class Numbered(NamedTuple):
    """A busy interval, and the number by which it is reported."""

    interval: Interval
    number: int


@dataclass(frozen=True, slots=True)
class Collisions:
    """What collides: pairs of indices of a batch, and indices with what is in the calendar.

    `complete` is false if there may be more than a report lists or reads.
    """

    within: Sequence[tuple[int, int]]
    calendar: Sequence[tuple[int, Event]]
    complete: bool


class CrowdStore(Protocol):
    """What a report needs of the events table."""

    def crowd(self, calendar_id: CalendarId, windows: Sequence[Interval], seconds: float) -> tuple[list[Event], bool]:
        """Returns live opaque events that overlap one of `windows`, and whether these are all.

        The reads are bounded, in number and in time.
        """


def among(busy: Sequence[Numbered]) -> Iterator[tuple[int, int]]:
    """Yields the numbers of each two of `busy` that overlap, by the start of the later one."""
    active: list[tuple[Instant, int]] = []
    for interval, number in sorted(busy):
        _drop_ended(active, interval.start)
        for _, other in active:
            yield min(number, other), max(number, other)
        heapq.heappush(active, (interval.end, number))


def between(ours: Sequence[Numbered], theirs: Sequence[Numbered]) -> Iterator[tuple[int, int]]:
    """Yields the numbers of one of `ours` and one of `theirs` that overlap, by the start of the later one."""
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
    """Returns what the events of `batch` (index, event id, content) overlap among each other and in the calendar.

    Of the calendar it reads what can be read in `seconds`.
    """
    busy = [Numbered(content.interval, index) for index, _, content in batch if content.opaque]
    within = list(islice(among(busy), PAIRS_REPORTED + 1))
    own = {event_id for _, event_id, _ in batch}
    try:
        crowd, complete = store.crowd(calendar_id, windows_of(busy), seconds) if busy else ([], True)
    except StoreFault:
        crowd, complete = [], False  # what is only reported is no reason to fail
    others = [event for event in crowd if event.id not in own]
    theirs = [Numbered(event.content.interval, number) for number, event in enumerate(others)]
    found = list(islice(between(busy, theirs), EVENTS_REPORTED + 1))
    complete = complete and len(within) <= PAIRS_REPORTED and len(found) <= EVENTS_REPORTED
    listed = sorted((index, others[number].content.start, number) for index, number in found[:EVENTS_REPORTED])
    calendar = [(index, others[number]) for index, _, number in listed]
    return Collisions(sorted(within[:PAIRS_REPORTED]), calendar, complete)
