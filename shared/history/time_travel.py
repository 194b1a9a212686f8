"""Time travel: the events that overlapped a window, as of a moment in the past.

An index of all versions by calendar and time span yields the events that were ever in the window. The currently stored
event usually determines its state at the moment: it has not changed since, or it was created later. Only events that
have changed since, or no longer exist, are looked up as of the moment, at two reads each, and their number per request
is bounded. Requests for the current state pay nothing for any of this.

The same index yields, beside the events of the first round, all series that ever ended after the window began. What was
listed of them is found in `shared.history.past_series`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from shared.errors import NotFound
from shared.history.past_series import PastSeries, SeriesStore, SeriesVersion
from shared.history.past_states import IndexedVersions, state_from
from shared.history.reading import Concurrently, History
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant
from shared.scheduling.length_classes import ClassRange, Position
from shared.scheduling.range_reader import MARGIN, ClassPage, RangeReader, sizes
from shared.scheduling.window_reader import position_of
from shared.scheduling.windows import Window

# The most versions of a range that are read in one round: each may have to be looked up.
MOST_READ: Final = 500
# The most events that one request looks up: the longest page, plus one to determine whether there is a next page.
LOOK_UPS: Final = 101

# The position of a version, and its history_id.
Placed = tuple[Position, HistoryId]


class PastStore(SeriesStore, Protocol):
    """The reads of the history table and the events table that time travel needs."""

    def read_positions(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], limit: int
    ) -> list[ClassPage[Placed]]:
        """Returns a page of each range of the index by calendar, read concurrently."""

    def read_positions_and_series(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], limit: int, start: Instant
    ) -> tuple[list[ClassPage[Placed]], list[SeriesVersion]]:
        """Returns what `read_positions` does, and all versions of series that ended after `start`; concurrently."""

    def stored(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> Mapping[EventId, Event]:
        """Returns those of `event_ids` that are stored now, deleted ones included, by id."""


@dataclass(frozen=True, slots=True)
class TimeTravel:
    """Reader of past states of the calendar of `request`. `concurrently` is a `map` that runs calls concurrently."""

    request: Request
    store: PastStore
    history: History
    concurrently: Concurrently

    def page(self, window: Window, moment_ms: int, limit: int) -> tuple[list[Event], str | None]:
        """Returns at most `limit` events of `window` as of `moment_ms`, by start, and the cursor of the next page.

        Series are listed as their occurrences. A page with a cursor has `limit` events, unless it took the maximum
        number of rounds of a listing, or LOOK_UPS events or SERIES_LOOK_UPS series were looked up, or series have
        little in a year; then it may have fewer. Raises NotRecordedYet.
        """
        listing = _Listing(self, window, moment_ms)
        events, horizon = listing.single_events(limit)
        if listing.series_versions:
            series = PastSeries(window, moment_ms, listing.look_up)
            stored = listing.stored(event_id for event_id, _ in listing.series_versions)
            series.read(self.store, self.request.calendar_id, listing.series_versions, stored)
            events, horizon = series.merged(events, horizon, limit)
        if len(events) > limit:
            return events[:limit], window.cursor(position_of(events[limit - 1]))
        return events, None if horizon is None else window.cursor(horizon)


class _Listing:
    """The events of a window as of a moment, as one page of them is read."""

    def __init__(self, past: TimeTravel, window: Window, moment_ms: int) -> None:
        self._past = past
        self._calendar_id = past.request.calendar_id
        self._window = window
        self._moment_ms = moment_ms
        self._stored: dict[EventId, Event | None] = {}
        # Set with the first round.
        self.series_versions: list[SeriesVersion] | None = None

    def single_events(self, limit: int) -> tuple[list[Event], Position | None]:
        """Returns the events of the window that are no series, in order, and up to where these are all of them.

        There are more than `limit` of them unless the position is None, the maximum number of rounds was taken, or
        LOOK_UPS events were looked up.
        """
        reader: RangeReader[Placed] = RangeReader(self._window.ranges(), lambda placed: placed[0])
        events: list[Event] = []
        seen, look_ups = 0, LOOK_UPS
        horizon: Position | None = None
        for size in sizes(limit + MARGIN, MOST_READ):
            reader.read(partial(self._read, size))
            settled, horizon = reader.settled()
            known = _known(settled, reader.page_ends)
            positions = [*known]
            while seen < len(positions) and len(events) <= limit:
                # As many as are missing, plus more the fewer of the previous positions had an event at the moment.
                count = limit + 1 - len(events) + (seen - len(events)) * 4
                chunk = positions[seen : seen + min(count, MOST_READ)]
                states = self._states({each: known[each] for each in chunk})
                undecided = [position for position, (decided, _) in states.items() if not decided]
                over = undecided[look_ups:]
                resolved = {each: states[each] for each in states if not over or each < over[0]}
                events += self._as_of(resolved)
                look_ups -= len(undecided) - len(over)
                seen += len(resolved)
                if over and len(events) <= limit:
                    # The first position is always resolved, so the cursor advances.
                    return events, positions[seen - 1]
            if len(events) > limit:
                return events, positions[seen - 1]
            if horizon is None:
                break
        return events, horizon

    def _read(self, limit: int, ranges: Sequence[ClassRange]) -> list[ClassPage[Placed]]:
        store = self._past.store
        if self.series_versions is not None:
            return store.read_positions(self._calendar_id, ranges, limit)
        pages, self.series_versions = store.read_positions_and_series(
            self._calendar_id, ranges, limit, self._window.interval.start
        )
        return pages

    def stored(self, event_ids: Iterable[EventId]) -> dict[EventId, Event]:
        """Returns those of `event_ids` that are stored now: with the first of them, the series are read as well."""
        series = [event_id for event_id, _ in self.series_versions or ()]
        wanted = {*event_ids}
        missing = sorted({*wanted, *series}.difference(self._stored))
        if missing:
            self._stored |= dict.fromkeys(missing)
            self._stored |= self._past.store.stored(self._calendar_id, missing)
        return {event_id: event for event_id in wanted if (event := self._stored[event_id]) is not None}

    def look_up(self, event_ids: Sequence[EventId]) -> list[Event | None]:
        """Returns each of the events as of the moment; None if it did not exist. Raises NotRecordedYet."""

        def as_of(event_id: EventId) -> Event | None:
            try:
                return self._past.history.as_of(event_id, self._moment_ms)
            except NotFound:
                return None

        return list(self._past.concurrently(as_of, event_ids))

    def _states(self, known: Mapping[Position, IndexedVersions]) -> dict[Position, tuple[bool, Event | None]]:
        """Returns, by position, whether the stored event determines its state at the moment, and that state."""
        stored = self.stored(event_id for _, event_id in known)
        return {position: state_from(stored.get(position[1]), known[position], self._moment_ms) for position in known}

    def _as_of(self, states: Mapping[Position, tuple[bool, Event | None]]) -> list[Event]:
        """Returns the events at these positions and in the window at the moment; undecided ones are looked up."""
        undecided = [position for position, (decided, _) in states.items() if not decided]
        found = {position: event for position, (_, event) in states.items()}
        found.update(zip(undecided, self.look_up([event_id for _, event_id in undecided]), strict=True))
        # An event that had another start at the moment is listed at another position, and a series by its occurrences.
        return [
            event
            for position, event in found.items()
            if event is not None
            and not event.deleted
            and event.content.recurrence is None
            and event.content.start == position[0]
            and event.content.interval.overlaps(self._window.interval)
        ]


def _known(placed: Iterable[Placed], page_ends: Collection[Position]) -> dict[Position, IndexedVersions]:
    """Returns the versions that the index holds, by position, in order; a position with many versions occurs once.

    The next page of a range begins after the position at which the last one ended, even if that has more versions.
    """
    known: dict[Position, IndexedVersions] = {}
    for position, history_id in sorted(placed):
        first = known[position].first if position in known else history_id
        known[position] = IndexedVersions(first, history_id, position not in page_ends)
    return known
