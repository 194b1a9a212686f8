"""The calendar as it was: the events that overlapped a window, as of a moment in the past.

An index of all versions by calendar and span tells which events ever lay in the window. What is stored of each now
tells as a rule what it was at the moment: it has not changed since, or it was made later. Only what has changed since,
or is gone, is looked up as of the moment, at two reads each. Live requests pay nothing for any of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from shared.errors import NotFound
from shared.scheduling import ids
from shared.scheduling.events import Event
from shared.scheduling.history import History
from shared.scheduling.rounds import MARGIN, ClassPage, Position, Rounds, sizes
from shared.scheduling.spans import SpanRange
from shared.scheduling.windows import Window, place

# How many versions of a range are read in one round at most: each may have to be looked up.
MOST_READ: Final = 500

# Where a version lies, and its history_id.
Placed = tuple[Position, str]


class PastStore(Protocol):
    """What time travel needs of the history table, and of the events table beside it."""

    def read_positions(self, owner: str, ranges: Sequence[SpanRange], limit: int) -> list[ClassPage[Placed]]:
        """A page of each range of the index by calendar, side by side."""

    def stored(self, owner: str, event_ids: Sequence[str]) -> Mapping[str, Event]:
        """The events of `event_ids` that are there now, deleted ones included, by id."""


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

        A page with a cursor has `limit` events, unless as many rounds as a listing has did not tell. Raises
        NotRecordedYet.
        """
        rounds: Rounds[Placed] = Rounds(window.ranges(), lambda placed: placed[0])
        events: list[Event] = []
        seen = 0
        horizon: Position | None = None
        for size in sizes(limit + MARGIN, MOST_READ):
            rounds.read(partial(self.store.read_positions, self.owner, limit=size))
            settled, horizon = rounds.settled()
            # The latest version at each position; a position counts once, however many versions lie there.
            latest = dict(sorted(settled))
            positions = [*latest]
            while seen < len(positions) and len(events) <= limit:
                # As many as are missing, and more, the fewer of those before have been there.
                count = limit + 1 - len(events) + (seen - len(events)) * 4
                chunk = positions[seen : seen + min(count, MOST_READ)]
                events += self._as_it_was({each: latest[each] for each in chunk}, window, moment_ms)
                seen += len(chunk)
            if horizon is None or len(events) > limit:
                break
        if len(events) > limit:
            return events[:limit], window.cursor(place(events[limit - 1]))
        return events, None if horizon is None else window.cursor(horizon)

    def _as_it_was(self, latest: Mapping[Position, str], window: Window, moment_ms: int) -> list[Event]:
        """What lay at these positions and in the window at the moment; `latest` has the last version known at each."""
        stored = self.store.stored(self.owner, sorted({event_id for _, event_id in latest}))
        then = {position: self._told_by(stored.get(position[1]), latest[position], moment_ms) for position in latest}
        doubtful = [position for position, (known, _) in then.items() if not known]

        def look_up(position: Position) -> Event | None:
            try:
                return self.history.as_of(position[1], moment_ms)
            except NotFound:
                return None

        found = {position: event for position, (_, event) in then.items()}
        found.update(zip(doubtful, self.together(look_up, doubtful), strict=True))
        # At another start then, an event lies at another position.
        return [
            event
            for position, event in found.items()
            if event is not None
            and not event.deleted
            and event.content.start == position[0]
            and event.content.overlaps(window.start, window.end)
        ]

    @staticmethod
    def _told_by(stored: Event | None, latest: str, moment_ms: int) -> tuple[bool, Event | None]:
        """Whether what is stored of an event now tells what it was at the moment, and what: None is not there."""
        if stored is None:
            return False, None
        if moment_ms < 0 or stored.created_at > ids.made_at(ids.derived_id(moment_ms, 0)):
            return True, None
        # A change around the API leaves the stored event its old id, and has a later one in the history.
        return latest <= stored.history_id < ids.derived_id(moment_ms + 1, 0), stored
