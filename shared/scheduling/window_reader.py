"""Reading what a calendar holds in a window: the ranges of its events, and beside the first of them its series."""

import heapq
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import takewhile
from typing import Final, Protocol

from shared.ids import CalendarId, EventId
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import ClassRange, Position
from shared.scheduling.range_reader import ClassPage, RangeReader
from shared.scheduling.recurrences import occurrences

_DAY: Final = 24 * 3600
# A page of a listing goes through so much time at most: each day of it is looked at, for each series.
EXPANDED_SECONDS: Final = 366 * _DAY
_FIRST_ID: Final = EventId("")


class WindowStore(Protocol):
    """The reads of the events table that a listing needs. All are strongly consistent."""

    def read_ranges(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], start: Instant, limit: int, *, opaque: bool = False
    ) -> list[ClassPage[Event]]:
        """Returns a page of each range, read concurrently.

        A page is read from the next `limit` events of its range, or from fewer if they are large. It contains those of
        them that end after `start` or begin at it. With `opaque` transparent events are excluded.
        """

    def read_with_series(
        self,
        calendar_id: CalendarId,
        ranges: Sequence[ClassRange],
        start: Instant,
        limit: int,
        window: Interval,
        *,
        opaque: bool = False,
    ) -> tuple[list[ClassPage[Event]], list[Event]]:
        """Returns what `read_ranges` does, and all series that take place in `window`, at least; read concurrently."""


def position_of(event: Event) -> Position:
    """Returns the position of `event` in a listing."""
    return event.content.start, event.id


class WindowReader:
    """The events of a calendar that overlap a window, and the occurrences of series, as far as they were read."""

    def __init__(
        self,
        store: WindowStore,
        calendar_id: CalendarId,
        window: Interval,
        ranges: Sequence[ClassRange],
        *,
        after: Position | None = None,
        opaque: bool = False,
        expand: bool = True,
    ) -> None:
        """Reads `ranges`, those of `window` for what is behind the position `after`; with `opaque` what takes time.

        With `expand` it has the occurrences of series, and otherwise the series that take place in the window.
        """
        self._store = store
        self._calendar_id = calendar_id
        self._window = window
        self._after = after
        self._opaque = opaque
        self._expand = expand
        self._reader = RangeReader(ranges, position_of)
        self._series: list[Event] | None = None
        self._expansion: Expansion | None = None

    @property
    def complete(self) -> bool:
        """Returns whether everything has been read."""
        return self._reader.complete and self._series is not None

    @property
    def found(self) -> list[Event]:
        """Returns the events found, and the series, each as a whole."""
        return [*self._reader.found, *(self._series or ())]

    def read(self, start: Instant, limit: int, wanted: int | None = None) -> None:
        """Reads the next page of each range: of the next `limit` events those that end after `start`.

        With `wanted` it reads only those ranges whose unread part may contain some of the first `wanted` events.
        """
        self._reader.read(partial(self._read, start, limit), wanted)

    def _read(self, start: Instant, limit: int, ranges: list[ClassRange]) -> list[ClassPage[Event]]:
        if self._series is not None:
            return self._store.read_ranges(self._calendar_id, ranges, start, limit, opaque=self._opaque)
        pages, self._series = self._store.read_with_series(
            self._calendar_id, ranges, start, limit, self._window, opaque=self._opaque
        )
        return pages

    def settled(self, wanted: int | None = None) -> tuple[list[Event], Position | None]:
        """Returns events and occurrences, in order, as far as all are known, and the position of that limit.

        The position is None if all are known. With `wanted`, at least that many are known before the limit, or it is
        EXPANDED_SECONDS behind the beginning.
        """
        events, horizon = self._reader.settled()
        if not self._expand:
            merged = sorted([*events, *self._whole()], key=position_of)
            return merged if horizon is None else _up_to(merged, horizon), horizon
        if self._expansion is None:
            self._expansion = Expansion(self._series or (), self._window, self._after, opaque=self._opaque)
        limit = self._expansion.read_up_to(horizon, wanted)
        if limit is not None and (horizon is None or limit < horizon):
            horizon = limit
        occurring = self._expansion.found
        if not occurring:
            # Mostly there are none.
            return events if horizon is None else _up_to(events, horizon), horizon
        merged = list(heapq.merge(events, occurring, key=position_of))
        return merged if horizon is None else _up_to(merged, horizon), horizon

    def _whole(self) -> Iterator[Event]:
        for series in self._series or ():
            behind = self._after is None or position_of(series) > self._after
            if behind and series.content.extent.overlaps(self._window):
                yield series


def _up_to(events: list[Event], horizon: Position) -> list[Event]:
    return list(takewhile(lambda event: position_of(event) <= horizon, events))


class Expansion:
    """The occurrences of series in a window, found slice by slice, in order."""

    def __init__(
        self, series: Sequence[Event], window: Interval, after: Position | None, *, opaque: bool = False
    ) -> None:
        """Finds those of `series` in `window` that are behind the position `after`; with `opaque` what takes time."""
        self._series = series
        self._window = window
        self._after = after
        self._opaque = opaque
        self._begin = max(window.start, after[0]) if after is not None else window.start
        self._end = self._begin
        self._days = 1
        self.found: list[Event] = []

    def read_up_to(self, horizon: Position | None, wanted: int | None) -> Position | None:
        """Finds occurrences up to `horizon`, or at least `wanted`. Returns up to where; None if there are no more."""
        if not self._series:
            return None
        last = self._window.end
        if horizon is not None:
            # That may be before the window, among what lasts since then, as occurrences may.
            last = min(last, shifted(max(self._begin, horizon[0]), 1))
        if wanted is not None:
            last = min(last, shifted(self._begin, EXPANDED_SECONDS))
        while self._end < last and (wanted is None or len(self.found) < wanted):
            end = last if wanted is None else min(last, shifted(self._end, self._days * _DAY))
            self.found += sorted(self._beginning_in(Interval(self._end, end)), key=position_of)
            self._end, self._days = end, self._days * 2
        return None if self._end >= self._window.end else (self._end, _FIRST_ID)

    def _beginning_in(self, part: Interval) -> Iterator[Event]:
        """Yields the occurrences that begin in `part`; in the first part of the window also those that began before."""
        first = part.start == self._begin
        for series in self._series:
            for each in occurrences(series, part):
                if self._opaque and not each.content.opaque:
                    continue
                if (each.content.start >= part.start or first) and self._is_wanted(each):
                    yield each

    def _is_wanted(self, occurrence: Event) -> bool:
        if self._after is not None and position_of(occurrence) <= self._after:
            return False
        return occurrence.content.interval.overlaps(self._window)
