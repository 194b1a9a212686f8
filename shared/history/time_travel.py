"""The calendar as it was: the events that overlapped a window, as of a moment in the past.

An index of all versions by calendar and span tells which events ever lay in the window. What is stored of each now
tells as a rule what it was at the moment: it has not changed since, or it was made later. Only what has changed since,
or is gone, is looked up as of the moment, at two reads each, and only so many for a request. Live requests pay nothing
for any of it.
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
from shared.scheduling.windows import Window, position_of

# How many versions of a range are read in one round at most: each may have to be looked up.
MOST_READ: Final = 500
# How many events one request looks up at most: all of the longest page, and the one more that tells of a next page.
LOOK_UPS: Final = 101

# Where a version lies, and its history_id.
Placed = tuple[Position, HistoryId]


class PastStore(Protocol):
    """What time travel needs of the history table, and of the events table beside it."""

    def read_positions(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], limit: int
    ) -> list[ClassPage[Placed]]:
        """A page of each range of the index by calendar, side by side."""

    def stored(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> Mapping[EventId, Event]:
        """The events of `event_ids` that are there now, deleted ones included, by id."""


@dataclass(frozen=True, slots=True)
class PositionVersions:
    """What the index tells of a position: the first and the last version there; `whole` if none can be missing."""

    first: HistoryId
    last: HistoryId
    whole: bool


@dataclass(frozen=True, slots=True)
class TimeTravel:
    """Reads the calendar of `request` as it was. `concurrently` is a `map` that runs calls at once."""

    request: Request
    store: PastStore
    history: History
    concurrently: Concurrently

    def page(self, window: Window, moment_ms: int, limit: int) -> tuple[list[Event], str | None]:
        """At most `limit` events of `window` as of `moment_ms`, by start, and the cursor to go on with.

        A page with a cursor has `limit` events, unless as many rounds as a listing has did not tell, or LOOK_UPS events
        were looked up. Raises NotRecordedYet.
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
                # As many as are missing, and more, the fewer of those before have been there.
                count = limit + 1 - len(events) + (seen - len(events)) * 4
                chunk = positions[seen : seen + min(count, MOST_READ)]
                told = self._told({each: known[each] for each in chunk}, moment_ms)
                doubtful = [position for position, (is_told, _) in told.items() if not is_told]
                over = doubtful[look_ups:]
                judged = {each: told[each] for each in told if not over or each < over[0]}
                events += self._as_it_was(judged, window, moment_ms)
                look_ups -= len(doubtful) - len(over)
                seen += len(judged)
                if over and len(events) <= limit:
                    # The first one is always judged: so the cursor moves.
                    return events, window.cursor(positions[seen - 1])
            if horizon is None or len(events) > limit:
                break
        if len(events) > limit:
            return events[:limit], window.cursor(position_of(events[limit - 1]))
        return events, None if horizon is None else window.cursor(horizon)

    def _told(
        self, known: Mapping[Position, PositionVersions], moment_ms: int
    ) -> dict[Position, tuple[bool, Event | None]]:
        """Whether what is stored of the event at each position tells what it was at the moment, and what."""
        stored = self.store.stored(self.request.calendar_id, sorted({event_id for _, event_id in known}))
        return {position: _told_by(stored.get(position[1]), known[position], moment_ms) for position in known}

    def _as_it_was(
        self, told: Mapping[Position, tuple[bool, Event | None]], window: Window, moment_ms: int
    ) -> list[Event]:
        """What lay at these positions and in the window at the moment; what is not told is looked up."""
        doubtful = [position for position, (is_told, _) in told.items() if not is_told]

        def look_up(position: Position) -> Event | None:
            try:
                return self.history.as_of(position[1], moment_ms)
            except NotFound:
                return None

        found = {position: event for position, (_, event) in told.items()}
        found.update(zip(doubtful, self.concurrently(look_up, doubtful), strict=True))
        # At another start then, an event lies at another position.
        return [
            event
            for position, event in found.items()
            if event is not None
            and not event.deleted
            and event.content.start == position[0]
            and event.content.interval.overlaps(window.interval)
        ]


def _known(placed: Iterable[Placed], page_ends: Collection[Position]) -> dict[Position, PositionVersions]:
    """What the index tells of each position, in order; a position counts once, however many versions lie there.

    The next page of a range begins behind the position at which one ended, whether or not more versions lie there.
    """
    known: dict[Position, PositionVersions] = {}
    for position, history_id in sorted(placed):
        first = known[position].first if position in known else history_id
        known[position] = PositionVersions(first, history_id, position not in page_ends)
    return known


def _told_by(stored: Event | None, known: PositionVersions, moment_ms: int) -> tuple[bool, Event | None]:
    """Whether what is stored of an event now tells what it was at the moment, and what: None is not there."""
    if moment_ms < 0:
        return True, None
    if stored is None or not known.whole:
        return False, None
    after = ids.derived_id(moment_ms + 1, 0)
    if stored.created_at > ids.made_at(ids.derived_id(moment_ms, 0)):
        # An event that its client has named may be made anew: one before it has versions of its own.
        made_once = stored.uid is None and stored.creation_digest is None
        return made_once or known.first >= after, None
    # A change around the API leaves the stored event its old id, and has a later one in the history.
    return known.last <= stored.history_id < after, stored
