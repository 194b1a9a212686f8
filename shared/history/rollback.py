"""Rollback of an event to one of its versions, which also restores a deleted event."""

from dataclasses import dataclass

from shared.history.reading import History, with_content
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.previews import Preview
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
    calendar: Calendar

    def roll_back(
        self,
        event_id: EventId,
        history_id: HistoryId,
        terms: Terms,
        calendars: tuple[CalendarId, ...] | None = None,
    ) -> RolledBack:
        """Restores the content of the event at version `history_id`, as a new version.

        With `calendars` it is on these instead of those that it was on then.

        Raises:
            NotFound, NotRecordedYet, ContentErased, and the errors of `Calendar.roll_back`.
        """
        target = self._target(event_id, history_id)
        event = self.calendar.roll_back(target, terms, calendars)
        return RolledBack(event, event.stamp.operation_id == self.request.operation_id)

    def preview(
        self,
        event_id: EventId,
        history_id: HistoryId,
        terms: Terms,
        calendars: tuple[CalendarId, ...] | None = None,
    ) -> Preview:
        """Returns the result that `roll_back` would have, without writing. Raises its errors, except EventConflict."""
        target = self._target(event_id, history_id)
        return self.calendar.preview(lambda calendar: calendar.roll_back(target, terms, calendars))

    def _target(self, event_id: EventId, history_id: HistoryId) -> Event:
        (target,) = self.history.versions(event_id, history_id)
        return with_content(target)
