"""The calendar as it was: the events that overlapped a window, as of a moment in the past.

An index of all versions by calendar and span tells which events ever lay in the window; each is then looked up as of
the moment. So a page costs four Queries, and two reads more for each event on it; live requests pay nothing for it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.errors import NotFound
from shared.scheduling.events import Event
from shared.scheduling.history import History
from shared.scheduling.spans import SpanRange, overlap_ranges
from shared.scheduling.windows import Position, Window


@dataclass(frozen=True, slots=True)
class PositionPage:
    """Where versions lie in one range of the index, and how far it was read; None: to its end."""

    positions: Sequence[Position]
    read_up_to: Position | None


class PastStore(Protocol):
    """What time travel needs of the history table."""

    def read_positions(self, owner: str, ranges: Sequence[SpanRange], limit: int) -> list[PositionPage]:
        """A page of each range of the index by calendar, side by side."""


Together = Callable[[Callable[[Position], Event | None], Iterable[Position]], Iterable[Event | None]]


@dataclass(frozen=True, slots=True)
class TimeTravel:
    """Reads the calendar of `owner` as it was. `together` calls a function for many arguments side by side."""

    owner: str
    store: PastStore
    history: History
    together: Together

    def page(self, window: Window, moment_ms: int, limit: int) -> tuple[list[Event], str | None]:
        """At most `limit` events of `window` as of `moment_ms`, by start, and the cursor to go on with.

        A page may be short, even empty, with a cursor. Raises NotRecordedYet.
        """
        ranges = [item for item in overlap_ranges(window.start, window.end, window.after) if item.low <= item.high]
        pages = self.store.read_positions(self.owner, ranges, limit)
        horizon = min((page.read_up_to for page in pages if page.read_up_to is not None), default=None)
        # A version that only shares its span with another one counts once: each event is looked up as of the moment.
        found = sorted({position for page in pages for position in page.positions})
        positions = [position for position in found if horizon is None or position <= horizon]
        after = horizon
        if len(positions) > limit:
            positions = positions[:limit]
            after = positions[-1]

        def as_it_was(position: Position) -> Event | None:
            start, event_id = position
            try:
                event = self.history.as_of(event_id, moment_ms)
            except NotFound:
                return None
            # At another start then, it lies at another position.
            return event if event.content.start == start and event.content.overlaps(window.start, window.end) else None

        events = [event for event in self.together(as_it_was, positions) if event is not None]
        return events, None if after is None else window.cursor(after)
