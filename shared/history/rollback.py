"""Rollback of an event to one of its versions, which also restores a deleted event."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import InvalidRequest
from shared.history.reading import History, with_content
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.events import Event
from shared.scheduling.previews import Preview
from shared.scheduling.series_calendar import SeriesCalendar
from shared.scheduling.terms import Terms


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The event after a rollback, and whether the rollback changed it: if not, there is no new version."""

    event: Event
    changed: bool


@dataclass(frozen=True, slots=True)
class Rollback:
    """Rollback of events in the calendar of `request`."""

    request: Request
    history: History
    calendar: SeriesCalendar

    def roll_back(
        self,
        event_id: EventId,
        history_id: HistoryId,
        terms: Terms,
        calendars: tuple[CalendarId, ...] | None = None,
        occurrence: str | None = None,
    ) -> RolledBack:
        """Restores the content of the event at version `history_id`, as a new version.

        With `calendars` it is on these instead of those that it was on then. With `occurrence`, a recurrence id, only
        what that occurrence of the series was is restored.

        Raises:
            NotFound, NotRecordedYet, ContentErased, and the errors of `Calendar.roll_back`.
            InvalidRequest: `calendars` and `occurrence` are given.
        """
        event = self._change(event_id, history_id, terms, calendars, occurrence)(self.calendar)
        return RolledBack(event, event.stamp.operation_id == self.request.operation_id)

    def preview(
        self,
        event_id: EventId,
        history_id: HistoryId,
        terms: Terms,
        calendars: tuple[CalendarId, ...] | None = None,
        occurrence: str | None = None,
    ) -> Preview:
        """Returns the result that `roll_back` would have, without writing. Raises its errors, except EventConflict."""
        return self.calendar.preview(self._change(event_id, history_id, terms, calendars, occurrence))

    def _change(
        self,
        event_id: EventId,
        history_id: HistoryId,
        terms: Terms,
        calendars: tuple[CalendarId, ...] | None,
        occurrence: str | None,
    ) -> Callable[[SeriesCalendar], Event]:
        if occurrence is not None and calendars is not None:
            raise InvalidRequest.of("calendars", "must be left out: they are the same for all occurrences")
        (version,) = self.history.versions(event_id, history_id)
        target = with_content(version)
        if occurrence is not None:
            return lambda calendar: calendar.roll_back_one(target, occurrence, terms)
        return lambda calendar: calendar.roll_back(target, terms, calendars)
