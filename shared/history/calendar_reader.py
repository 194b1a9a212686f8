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
from shared.scheduling.windows import Window


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
        """Returns an event, in its current state or as of `as_of_ms`. Raises NotFound, NotRecordedYet."""
        return self.calendar.get(event_id) if as_of_ms is None else self.history.as_of(event_id, as_of_ms)

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
