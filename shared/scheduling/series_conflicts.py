"""The conflicts of a series in a calendar.

Events are read range by range from where the series begins. Where a length class has more than a page of them, what
lies near each of the next occurrences is read, and one page behind the last of these. How far that goes is told: later
events are compared with the series when they are written, so only what is booked already, far ahead, can be missed.
Other series are compared over five years from where the later of both begins (`shared.recurrence.pairs`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from shared.errors import COLLISIONS_SHOWN, Contended
from shared.ids import EventId
from shared.recurrence.pairs import first_meeting
from shared.recurrence.series import Series
from shared.retries import Deadline
from shared.scheduling.conflicts import ConflictsFound, ConflictStore, latest_of, standing
from shared.scheduling.events import Event
from shared.scheduling.fences import Fence
from shared.scheduling.instants import LAST, Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import CLASSES, ClassRange, overlap_ranges
from shared.scheduling.recurrences import busy_series_of, instant, occurrence_event, utc
from shared.scheduling.window_reader import position_of
from shared.series_errors import TooManySeries

# How many events of each class are read at once.
PAGE: Final = 300
# The occurrences near which events are looked for one by one, if a class has more than a page: so many, in two years.
NEAR: Final = 366
NEAR_TIME: Final = timedelta(days=2 * 366)
# How many of them are looked at before a conflict ends the search.
_TOGETHER: Final = 50
# How many series that take time a calendar may have: a check reads all of them.
MAX_SERIES: Final = 500


def find_series_conflicts(
    store: ConflictStore, event: Event, fences: Sequence[Fence], deadline: Deadline
) -> ConflictsFound:
    """Returns the conflicts of a series in its calendar, one with each event that is in its way, and how far it looked.

    Raises:
        Contended: the conflicts cannot be determined yet.
        TooManySeries: the calendar has as many series as it may.
    """
    return _Search(store, event, fences, deadline).run()


@dataclass
class _Search:
    """A search for the conflicts of the series `event`.

    Attributes:
        store: What is read.
        event: The series.
        fences: All fences of the calendar, as they were read before.
        deadline: When the time is up.
        found: The events and series that were read.
        known_until: The instant before which all events are among `found`.
    """

    store: ConflictStore
    event: Event
    fences: Sequence[Fence]
    deadline: Deadline
    found: list[Event] = field(default_factory=list)
    known_until: Instant = LAST

    def run(self) -> ConflictsFound:
        extent, calendar_id = self.event.content.extent, self.event.calendar_id
        ranges = overlap_ranges(extent)
        pages, others = self.store.read_with_series(calendar_id, ranges, extent.start, PAGE, extent, opaque=True)
        if len({each.id for each in others} - {self.event.id}) >= MAX_SERIES:
            raise TooManySeries(MAX_SERIES)
        self.found = [*others, *(each for page in pages for each in page.found)]
        more = [
            each.behind(page.read_up_to)
            for each, page in zip(ranges, pages, strict=True)
            if page.read_up_to is not None
        ]
        if more and not self._conflicts(latest_of(self.found, self.event).values()):
            self._look_ahead(more)
        found = latest_of(self.found, self.event)
        suspected = self._conflicts(found.values())
        conflicts = self._conflicts(standing(self.store, self.event, extent, found, self.fences))
        if suspected and not conflicts and more:
            # What was in the way has moved, and the search had ended with it.
            raise Contended("what was in the way is not any more")
        complete = not (suspected and more) and len(conflicts) <= COLLISIONS_SHOWN
        return ConflictsFound(conflicts, complete, min(self.known_until, extent.end))

    @property
    def _series(self) -> Series:
        return busy_series_of(self.event.content)

    def _conflicts(self, others: Iterable[Event]) -> list[Event]:
        """Returns the first conflict with each of `others`, by start: no more than are shown, and one."""
        first = (self._first_with(other) for other in others)
        return sorted(islice((each for each in first if each is not None), COLLISIONS_SHOWN + 1), key=position_of)

    def _first_with(self, other: Event) -> Event | None:
        content = other.content
        if content.recurrence is None:
            taken = self._series.between(utc(content.start), utc(content.end))
            return other if next(taken, None) is not None else None
        met = first_meeting(self._series, busy_series_of(content))
        return None if met is None else occurrence_event(other, met[1])

    def _look_ahead(self, more: Sequence[ClassRange]) -> None:
        """Reads on in the classes of which a page was not enough: near each of the next occurrences, and behind them.

        Adds to `found`, and sets `known_until`. Ends with the first conflict.
        """
        start = utc(self.event.content.extent.start)
        near = [
            Interval(instant(each.start), instant(each.end))
            for each in islice(self._series.between(start, _later(start)), NEAR)
        ]
        reads = [read for each in near for read in _reads(more, each)]
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
            if self._conflicts(latest_of((each for page in pages for each in page.found), self.event).values()):
                return
        self._read_behind(more, near[-1].end if near else self.event.content.extent.start)

    def _read_behind(self, more: Sequence[ClassRange], last: Instant) -> None:
        """Reads a page of each class of what ends after `last`."""
        reads = list(_reads(more, Interval(last, max(last, self.event.content.extent.end))))
        pages = self.store.read_each(self.event.calendar_id, reads, PAGE)
        self.found += [each for page in pages for each in page.found]
        self.known_until = min([LAST, *(page.read_up_to[0] for page in pages if page.read_up_to is not None)])


def _later(start: datetime) -> datetime:
    return utc(shifted(instant(start), int(NEAR_TIME.total_seconds())))


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
