"""What is in the calendar of a request."""

from collections.abc import Sequence
from typing import Protocol

from shared import cursors, ids
from shared.errors import InvalidCursor
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.events import Event
from shared.scheduling.free_time import QUERY as FREE_BUSY
from shared.scheduling.free_time import FreeBusyQuery, read_free_busy
from shared.scheduling.instants import Instant, of_seconds
from shared.scheduling.intervals import Interval
from shared.scheduling.range_reader import DeletedPage, sizes
from shared.scheduling.updates import live
from shared.scheduling.window_reader import WindowStore
from shared.scheduling.windows import Window, read_page


class ReadStore(WindowStore, Protocol):
    """The reads of the events table that a calendar needs."""

    def get(self, calendar_id: CalendarId, event_id: EventId) -> Event | None:
        """Returns the event, deleted or not, read strongly consistent."""

    def deleted(self, calendar_id: CalendarId, now: int, limit: int, before: HistoryId | None) -> DeletedPage:
        """Returns a page of the deleted events that can be restored at `now`, latest first, those after `before`."""


class CalendarReading:
    """The events in the calendar of a request."""

    def __init__(self, store: ReadStore, request: Request) -> None:
        """Reads the calendar of `request`."""
        self._store = store
        self._request = request
        self._calendar_id = request.calendar_id

    def get(self, event_id: EventId) -> Event:
        """Returns a live event. Raises NotFound."""
        return live(self._store.get(self._calendar_id, event_id))

    def stored(self, event_id: EventId) -> Event | None:
        """Returns the event, deleted or not; None if there is none, or none that can be restored."""
        found = self._store.get(self._calendar_id, event_id)
        return None if found is None or found.expired(self._request.now) else found

    def with_uid(self, uid: str) -> list[Event]:
        """Returns the live event to which its client gave the name `uid`, if there is one."""
        found = self._store.get(self._calendar_id, ids.of_uid(self._calendar_id, uid))
        return [found] if found is not None and not found.deleted and found.uid == uid else []

    def page(self, window: Window, limit: int) -> tuple[list[Event], str | None]:
        """Returns at most `limit` events of `window`, by start, and the cursor of the next page."""
        return read_page(self._store, self._calendar_id, window, limit)

    def free_busy(
        self, start: Instant | None, end: Instant | None, cursor: str | None = None
    ) -> tuple[Interval, list[Interval], str | None]:
        """Returns the requested window, its busy intervals, merged, and the cursor of the next page.

        Raises:
            EmptyWindow, WindowTooLong, InvalidCursor.
        """
        name = cursors.in_calendar(FREE_BUSY, self._calendar_id)
        query = FreeBusyQuery.of(start, end, cursor, of_seconds(self._request.now), name)
        busy, next_cursor = read_free_busy(self._store, self._calendar_id, query)
        return query.window.interval, busy, next_cursor

    def deleted(self, limit: int, cursor: str | None) -> tuple[Sequence[Event], str | None]:
        """Returns at most `limit` deleted events that can still be restored, latest first, and the next cursor.

        Expired ones are skipped, within the maximum number of rounds of a listing. Raises InvalidCursor.
        """
        query = cursors.in_calendar("deleted", self._calendar_id)
        before = None
        if cursor is not None:
            before = HistoryId(cursors.decode(query, cursor, ("before",))["before"])
            if not ids.is_id(before):
                raise InvalidCursor
        found: list[Event] = []
        for size in sizes(limit + 1):
            page = self._store.deleted(self._calendar_id, self._request.now, size, before)
            found += page.events
            if len(found) > limit:
                found, before = found[:limit], found[limit - 1].history_id
                break
            if page.read_up_to is None:
                return found, None
            before = page.read_up_to
        return found, cursors.encode(query, {"before": before or ""})
