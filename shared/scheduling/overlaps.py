"""What collides with what among many events: one sweep over their starts."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final, Protocol

from shared.errors import StoreFault
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import Instant, seconds_between

if TYPE_CHECKING:
    from shared.scheduling.free_time import Interval

# What a report tells at most, and the windows that it reads: one Query for each length class of each, of one page.
PAIRS_REPORTED: Final = 10_000
EVENTS_REPORTED: Final = 1_000
WINDOWS: Final = 8

Busy = tuple[Instant, Instant, int]


@dataclass(frozen=True, slots=True)
class Collisions:
    """What collides: pairs of indices of a batch, and indices with what is in the calendar.

    `complete` is false if there may be more than a report tells or reads.
    """

    within: Sequence[tuple[int, int]]
    calendar: Sequence[tuple[int, Event]]
    complete: bool


class CrowdStore(Protocol):
    """What a report needs of the events table."""

    def crowd(self, calendar_id: str, windows: "Sequence[Interval]", seconds: float) -> tuple[list[Event], bool]:
        """Live opaque events that overlap one of `windows`, in bounded reads and time, and whether that are all."""


def among(busy: Sequence[Busy]) -> Iterator[tuple[int, int]]:
    """The numbers of each two of `busy` that overlap, by the start of the later one."""
    there: list[tuple[Instant, int]] = []
    for start, end, number in sorted(busy):
        _leave(there, start)
        for _, other in there:
            yield min(number, other), max(number, other)
        heapq.heappush(there, (end, number))


def between(ours: Sequence[Busy], theirs: Sequence[Busy]) -> Iterator[tuple[int, int]]:
    """The numbers of one of `ours` and one of `theirs` wherever they overlap, by the start of the later one."""
    arrivals = sorted([(*each, True) for each in ours] + [(*each, False) for each in theirs])
    ours_there: list[tuple[Instant, int]] = []
    theirs_there: list[tuple[Instant, int]] = []
    for start, end, number, is_ours in arrivals:
        _leave(ours_there, start)
        _leave(theirs_there, start)
        if is_ours:
            yield from ((number, other) for _, other in theirs_there)
        else:
            yield from ((other, number) for _, other in ours_there)
        heapq.heappush(ours_there if is_ours else theirs_there, (end, number))


def _leave(there: list[tuple[Instant, int]], now: Instant) -> None:
    while there and there[0][0] <= now:
        heapq.heappop(there)


def windows_of(busy: Sequence[Busy], most: int = WINDOWS) -> "list[Interval]":
    """At most `most` intervals that cover `busy`, leaving out the longest gaps."""
    merged: list[Interval] = []
    for start, end, _ in sorted(busy):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    gaps = range(1, len(merged))
    longest = sorted(gaps, key=lambda at: seconds_between(merged[at - 1][1], merged[at][0]), reverse=True)[: most - 1]
    cuts = [0, *sorted(longest), len(merged)]
    return [(merged[low][0], merged[high - 1][1]) for low, high in pairwise(cuts)]


def collisions(
    store: CrowdStore, calendar_id: str, batch: Sequence[tuple[int, str, Content]], seconds: float
) -> Collisions:
    """What the events of `batch` (index, event id, content) collide with among each other and in the calendar.

    What is read of the calendar is what can be read in `seconds`.
    """
    busy = [(content.start, content.end, index) for index, _, content in batch if content.opaque]
    within = list(islice(among(busy), PAIRS_REPORTED + 1))
    own = {event_id for _, event_id, _ in batch}
    try:
        crowd, complete = store.crowd(calendar_id, windows_of(busy), seconds) if busy else ([], True)
    except StoreFault:
        crowd, complete = [], False  # what is only told is no reason to fail
    others = [event for event in crowd if event.id not in own]
    theirs = [(event.content.start, event.content.end, number) for number, event in enumerate(others)]
    found = list(islice(between(busy, theirs), EVENTS_REPORTED + 1))
    complete = complete and len(within) <= PAIRS_REPORTED and len(found) <= EVENTS_REPORTED
    told = sorted((index, others[number].content.start, number) for index, number in found[:EVENTS_REPORTED])
    calendar = [(index, others[number]) for index, _, number in told]
    return Collisions(sorted(within[:PAIRS_REPORTED]), calendar, complete)
