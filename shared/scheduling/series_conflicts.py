"""The conflicts of a series in a calendar.

Events are read range by range from where the series begins. Where a length class has more than a page of them, what
lies near each of the next occurrences is read, and near each that was moved or added; and one page behind the last of
the next ones. How far that goes is told: later events are compared with the series when they are written, so only what
is booked already can be missed, far ahead, or before now. `shared.recurrence.pairs` compares it with other series.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from itertools import islice
from typing import Final

from shared.errors import COLLISIONS_SHOWN, Contended
from shared.ids import EventId, HistoryId, made_at
from shared.recurrence.pairs import TimeTaken, compared_until
from shared.retries import Deadline
from shared.scheduling.conflicts import ConflictsFound, ConflictStore, latest_of, standing
from shared.scheduling.events import NO_HISTORY_ID, Content, Event
from shared.scheduling.fences import Fence
from shared.scheduling.instants import LAST, Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import CLASSES, ClassRange, overlap_ranges
from shared.scheduling.recurrences import busy_between, instant, occurrence_event, series_of, takes_time, utc
from shared.scheduling.window_reader import position_of
from shared.series_errors import TooManySeries

# How many events of each class are read at once.
PAGE: Final = 300
# The occurrences near which events are looked for one by one, if a class has more than a page: so many, in two years,
# from the start and, if that is past, from now on.
NEAR: Final = 366
NEAR_SECONDS: Final = 2 * 366 * 24 * 3600
# How many of them are looked at before a conflict ends the search.
_TOGETHER: Final = 50
# How many series that take time a calendar may have: a check reads all of them.
MAX_SERIES: Final = 500


def find_series_conflicts(
    store: ConflictStore,
    event: Event,
    fences: Sequence[Fence],
    deadline: Deadline,
    besides: EventId | None = None,
) -> ConflictsFound:
    """Returns the conflicts of a series in its calendar, one with each event that is in its way, and how far it looked.

    The event with the id `besides` is in nobody's way.

    Raises:
        Contended: the conflicts cannot be determined yet.
        TooManySeries: the calendar has as many series as it may.
    """
    return _Search(store, event, fences, deadline, besides).run()


@dataclass
class _Search:
    """A search for the conflicts of the series `event`.

    Attributes:
        store: What is read.
        event: The series.
        fences: All fences of the calendar, as they were read before.
        deadline: When the time is up.
        besides: The id of an event that is in nobody's way.
        found: The events and series that were read.
        known_until: The instant before which all events are among `found`.
    """

    store: ConflictStore
    event: Event
    fences: Sequence[Fence]
    deadline: Deadline
    besides: EventId | None = None
    found: list[Event] = field(default_factory=list)
    known_until: Instant = LAST
    # What was found of each version of another event: most are asked about twice.
    _met: dict[tuple[EventId, HistoryId], Event | None] = field(default_factory=dict)

    def run(self) -> ConflictsFound:
        extent, calendar_id = self.event.content.extent, self.event.calendar_id
        ranges = overlap_ranges(extent)
        pages, others = self.store.read_with_series(calendar_id, ranges, extent.start, PAGE, extent, opaque=True)
        self.found = [*others, *(each for page in pages for each in page.found)]
        if len({each.id for each in others} - {self.event.id}) >= MAX_SERIES and self._adds_one():
            raise TooManySeries(MAX_SERIES)
        more = [
            each.behind(page.read_up_to)
            for each, page in zip(ranges, pages, strict=True)
            if page.read_up_to is not None
        ]
        if more and not self._conflicts(latest_of(self.found, self.event, self.besides).values()):
            self._look_ahead(more)
        found = latest_of(self.found, self.event, self.besides)
        suspected = self._conflicts(found.values())
        current = standing(self.store, self.event, extent, found, self.fences, self.besides)
        conflicts = self._conflicts(current)
        if ended_untruly(suspected, conflicts, more):
            raise Contended("what was in the way is not any more")
        complete = not (suspected and more) and len(conflicts) <= COLLISIONS_SHOWN
        compared = (self._compared_until(each) for each in current if each.content.recurs)
        return ConflictsFound(conflicts, complete, min([self.known_until, extent.end, *compared]))

    def _adds_one(self) -> bool:
        """Returns whether the calendar would have one more series that takes time: what is split off did before."""
        stored = self.store.get_many(self.event.calendar_id, [self.event.id]).get(self.event.id)
        there = stored is not None and not stored.deleted and stored.content.recurs and stored.content.busy
        return not there and self.besides is None

    @property
    def _now(self) -> datetime:
        """Returns when the series is written (UTC, without a zone)."""
        return datetime.fromisoformat(made_at(self.event.history_id)[:19])

    @cached_property
    def _mine(self) -> TimeTaken:
        return _time_taken(self.event.content)

    def _conflicts(self, others: Iterable[Event]) -> list[Event]:
        """Returns the first conflict with each of `others`, by start: no more than are shown, and one."""
        first = (self._first_with(other) for other in others)
        return sorted(islice((each for each in first if each is not None), COLLISIONS_SHOWN + 1), key=position_of)

    def _first_with(self, other: Event) -> Event | None:
        if other.history_id == NO_HISTORY_ID:
            return self._meeting(other)
        version = other.id, other.history_id
        if version not in self._met:
            self._met[version] = self._meeting(other)
        return self._met[version]

    def _meeting(self, other: Event) -> Event | None:
        content = other.content
        if not content.recurs:
            return other if _takes_time_of(content, self.event.content) else None
        # Hundreds of series, each with hundreds of exceptions, take seconds.
        if self.deadline.over():
            raise Contended("no time is left to compare series")
        met = self._mine.meeting(_time_taken(content), self._now)
        return None if met is None else occurrence_event(other, met.other)

    def _compared_until(self, other: Event) -> Instant:
        """Returns until when the series was compared with another one: LAST, if one of both ends before."""
        return instant(compared_until(self._mine.series, series_of(other.content), self._now))

    def _look_ahead(self, more: Sequence[ClassRange]) -> None:
        """Reads on in the classes of which a page was not enough: near each of the next occurrences, and behind them.

        Adds to `found`, and sets `known_until`. Ends with the first conflict.
        """
        # Not from an occurrence on that was moved or added before: two years from there may hold nothing else.
        start = self.event.content.start
        first, following = self._next(start), self._next(max(start, instant(self._now)))
        apart = [Interval(instant(each.start), instant(each.end)) for each in self._mine.moved_or_added]
        near = following or first
        reads = [read for each in dict.fromkeys((*following, *first, *apart)) for read in _reads(more, each)]
        for at in range(0, len(reads), _TOGETHER):
            if self.deadline.over():
                raise Contended("no time is left to read on")
            part = reads[at : at + _TOGETHER]
            pages = self.store.read_each(self.event.calendar_id, part, PAGE)
            self.found += [each for page in pages for each in page.found]
            cut = [start for (_, start), page in zip(part, pages, strict=True) if page.read_up_to is not None]
            if cut:
                self.known_until = min(cut)
                return
            if self._conflicts(
                latest_of((each for page in pages for each in page.found), self.event, self.besides).values()
            ):
                return
        # Not from the end of the last of them: another one may begin while it lasts, if it was moved.
        self._read_behind(more, near[-1].start if near else start)

    def _next(self, start: Instant) -> list[Interval]:
        """Returns when the next occurrences from `start` on take time."""
        found = busy_between(self.event.content, Interval(start, shifted(start, NEAR_SECONDS)))
        return [Interval(instant(each.start), instant(each.end)) for each in islice(found, NEAR)]

    def _read_behind(self, more: Sequence[ClassRange], last: Instant) -> None:
        """Reads a page of each class of what ends after `last`."""
        reads = list(_reads(more, Interval(last, max(last, self.event.content.extent.end))))
        pages = self.store.read_each(self.event.calendar_id, reads, PAGE)
        self.found += [each for page in pages for each in page.found]
        self.known_until = min([LAST, *(page.read_up_to[0] for page in pages if page.read_up_to is not None)])


def ended_untruly(suspected: Sequence[Event], conflicts: Sequence[Event], more: Sequence[ClassRange]) -> bool:
    """Returns whether a search has ended with what was in the way, which has moved since: the rest was not read."""
    return bool(suspected and more) and not conflicts


def meet(one: Content, other: Content, now: Instant) -> bool:
    """Returns whether two contents, one of which recurs, take the same time: two series within what is compared."""
    if not one.recurs:
        one, other = other, one
    if not other.recurs:
        return _takes_time_of(other, one)
    return _time_taken(one).meeting(_time_taken(other), utc(now)) is not None


def _takes_time_of(single: Content, series: Content) -> bool:
    return single.opaque and next(busy_between(series, single.interval), None) is not None


def _time_taken(content: Content) -> TimeTaken:
    return TimeTaken(series_of(content), partial(takes_time, content))


def _reads(more: Sequence[ClassRange], window: Interval) -> Iterator[tuple[ClassRange, Instant]]:
    """Yields what has to be read of the rest of each class for the events that overlap `window`."""
    longest = dict(CLASSES)
    for each in more:
        low = (shifted(window.start, -longest[each.name]), EventId(""))
        part = replace(each, high=(window.end, EventId("")))
        if low > each.low:
            part = replace(part, low=low, after_low=False)
        if not part.empty:
            yield part, window.start
