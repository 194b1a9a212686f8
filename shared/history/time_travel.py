"""Time travel: the events that overlapped a window, as of a moment in the past.

An index of all versions by calendar and time span yields the events that were ever in the window. The currently stored
event usually determines its state at the moment: it has not changed since, or it was created later. Only events that
have changed since, or no longer exist, are looked up as of the moment, at two reads each, and their number per request
is bounded. Requests for the current state pay nothing for any of this.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from shared import ids
from shared.errors import NotFound
from shared.history.reading import Concurrently, History
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.events import Event
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


class PastStore(Protocol):
    """The reads of the history table and the events table that time travel needs."""

    def read_positions(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], limit: int
    ) -> list[ClassPage[Placed]]:
        """Returns a page of each range of the index by calendar, read concurrently."""

    def stored(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> Mapping[EventId, Event]:
        """Returns those of `event_ids` that are stored now, deleted ones included, by id."""


@dataclass(frozen=True, slots=True)
class PositionVersions:
    """The versions that the index holds at a position: the first and the last; `whole` if none can be missing."""

    first: HistoryId
    last: HistoryId
    whole: bool


@dataclass(frozen=True, slots=True)
class TimeTravel:
    """Reader of past states of the calendar of `request`. `concurrently` is a `map` that runs calls concurrently."""

    request: Request
    store: PastStore
    history: History
    concurrently: Concurrently

    def page(self, window: Window, moment_ms: int, limit: int) -> tuple[list[Event], str | None]:
        """Returns at most `limit` events of `window` as of `moment_ms`, by start, and the cursor of the next page.

        A page with a cursor has `limit` events, unless it took the maximum number of rounds of a listing, or LOOK_UPS
        events were looked up; then it may have fewer. Raises NotRecordedYet.
        """
        reader: RangeReader[Placed] = RangeReader(window.ranges(), lambda placed: placed[0])
        events: list[Event] = []
        seen, look_ups = 0, LOOK_UPS
        horizon: Position | None = None
        for size in sizes(limit + MARGIN, MOST_READ):
            reader.read(partial(self.store.read_positions, self.request.calendar_id, limit=size))
            settled, horizon = reader.settled()
            known = _known(settled, reader.page_ends)
            positions = [*known]
            while seen < len(positions) and len(events) <= limit:
                # As many as are missing, plus more the fewer of the previous positions had an event at the moment.
                count = limit + 1 - len(events) + (seen - len(events)) * 4
                chunk = positions[seen : seen + min(count, MOST_READ)]
                states = self._states({each: known[each] for each in chunk}, moment_ms)
                undecided = [position for position, (decided, _) in states.items() if not decided]
                over = undecided[look_ups:]
                resolved = {each: states[each] for each in states if not over or each < over[0]}
                events += self._as_of(resolved, window, moment_ms)
                look_ups -= len(undecided) - len(over)
                seen += len(resolved)
                if over and len(events) <= limit:
                    # The first position is always resolved, so the cursor advances.
                    return events, window.cursor(positions[seen - 1])
            if horizon is None or len(events) > limit:
                break
        if len(events) > limit:
            return events[:limit], window.cursor(position_of(events[limit - 1]))
        return events, None if horizon is None else window.cursor(horizon)

    def _states(
        self, known: Mapping[Position, PositionVersions], moment_ms: int
    ) -> dict[Position, tuple[bool, Event | None]]:
        """Returns, by position, whether the stored event determines its state at the moment, and that state."""
        stored = self.store.stored(self.request.calendar_id, sorted({event_id for _, event_id in known}))
        return {position: _state_from(stored.get(position[1]), known[position], moment_ms) for position in known}

    def _as_of(
        self, states: Mapping[Position, tuple[bool, Event | None]], window: Window, moment_ms: int
    ) -> list[Event]:
        """Returns the events at these positions and in the window at the moment; undecided ones are looked up."""
        undecided = [position for position, (decided, _) in states.items() if not decided]

        def look_up(position: Position) -> Event | None:
            try:
                return self.history.as_of(position[1], moment_ms)
            except NotFound:
                return None

        found = {position: event for position, (_, event) in states.items()}
        found.update(zip(undecided, self.concurrently(look_up, undecided), strict=True))
        # An event that had another start at the moment is listed at another position.
        return [
            event
            for position, event in found.items()
            if event is not None
            and not event.deleted
            and event.content.start == position[0]
            and event.content.interval.overlaps(window.interval)
        ]


def _known(placed: Iterable[Placed], page_ends: Collection[Position]) -> dict[Position, PositionVersions]:
    """Returns the versions that the index holds, by position, in order; a position with many versions occurs once.

    The next page of a range begins after the position at which the last one ended, even if that has more versions.
    """
    known: dict[Position, PositionVersions] = {}
    for position, history_id in sorted(placed):
        first = known[position].first if position in known else history_id
        known[position] = PositionVersions(first, history_id, position not in page_ends)
    return known


def _state_from(stored: Event | None, known: PositionVersions, moment_ms: int) -> tuple[bool, Event | None]:
    """Returns whether the stored event determines its state at the moment, and that state: None if it did not exist."""
    if moment_ms < 0:
        return True, None
    if stored is None or not known.whole:
        return False, None
    after = ids.derived_id(moment_ms + 1, 0)
    if stored.created_at > ids.made_at(ids.derived_id(moment_ms, 0)):
        # An event whose id comes from a client's name may be re-created after deletion: then earlier versions exist.
        created_once = stored.uid is None and stored.creation_digest is None
        return created_once or known.first >= after, None
    # A change that bypasses the API leaves the stored event with its old id, and has a later one in the history.
    return known.last <= stored.history_id < after, stored
