"""Reads of a calendar in its current state, or as of an instant in the past."""

from dataclasses import dataclass, replace

from shared import cursors
from shared.errors import InvalidRequest
from shared.history.reading import History
from shared.history.time_travel import TimeTravel
from shared.ids import EventId
from shared.request import Request
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, of_seconds
from shared.scheduling.recurrences import parts_of
from shared.scheduling.updates import live_occurrence
from shared.scheduling.windows import Window, occurrences_page


@dataclass(frozen=True, slots=True)
class CalendarReader:
    """Reader of the calendar of `request`.

    `as_of_ms` is in milliseconds since 1970; None reads the current state.
    """

    request: Request
    calendar: Calendar
    history: History
    past: TimeTravel

    def get(self, event_id: EventId, as_of_ms: int | None = None) -> Event:
        """Returns an event or an occurrence, in its current state or as of `as_of_ms`.

        Raises:
            NotFound: there is none; or the occurrence is cancelled.
            NotRecordedYet.
        """
        stored_id, recurrence_id = parts_of(event_id)
        event = self.calendar.get(stored_id) if as_of_ms is None else self.history.as_of(stored_id, as_of_ms)
        return event if recurrence_id is None else live_occurrence(event, recurrence_id)

    def occurrences(
        self, event_id: EventId, start: Instant | None, end: Instant | None, limit: int, cursor: str | None = None
    ) -> tuple[list[Event], str | None]:
        """Returns at most `limit` occurrences of a series in `[start, end)`, by start, and the cursor of the next page.

        An event that is no series takes place once, and is its own only one. The window is that of `page`.

        Raises:
            NotFound, EmptyWindow, InvalidCursor.
        """
        query = cursors.in_calendar(f"occurrences of {event_id}", self.request.calendar_id)
        window = Window.of(start, end, cursor, of_seconds(self.request.now), query)
        return occurrences_page(self.calendar.get(event_id), window, limit)

    def page(
        self,
        start: Instant | None,
        end: Instant | None,
        limit: int,
        cursor: str | None = None,
        as_of_ms: int | None = None,
        *,
        expand: bool = True,
    ) -> tuple[list[Event], str | None]:
        """Returns at most `limit` events that overlap `[start, end)`, by start, and the cursor of the next page.

        By default the window begins now and is 31 days long. With `expand` series are listed as their occurrences, and
        otherwise once.

        Raises:
            EmptyWindow, InvalidCursor, NotRecordedYet.
            InvalidRequest: series are to be listed once as of the past.
        """
        now = of_seconds(self.request.now)
        if as_of_ms is None:
            query = cursors.in_calendar("window" if expand else "window of series", self.request.calendar_id)
            window = Window.of(start, end, cursor, now, query)
            return self.calendar.page(replace(window, expand=expand), limit)
        if not expand:
            raise InvalidRequest.of("expand", "must be true with as_of")
        query = cursors.in_calendar(f"window as of {as_of_ms}", self.request.calendar_id)
        window = Window.of(start, end, cursor, now, query)
        return self.past.page(window, as_of_ms, limit)
