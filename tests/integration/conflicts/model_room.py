"""A room that a model's calendar books: another calendar, in which something takes place besides."""

from dataclasses import dataclass, field

from shared.ids import CalendarId, EventId
from shared.scheduling.access import CalendarAccess
from shared.scheduling.events import Content
from shared.scheduling.series_calendar import SeriesCalendar
from shared.store.access import GrantReader
from shared.store.shared_events import SharedEventStore
from tests.harness.clock import Clock
from tests.harness.samples import no_bookings, request
from tests.harness.sharing import SharedCalendar
from tests.integration.conflicts.contended_calendar import DELETED_SECONDS, ContendedCalendar, event_items


@dataclass
class Room:
    """A calendar of the user whose default calendar is `own`."""

    own: ContendedCalendar
    calendar_id: CalendarId = field(init=False)

    def __post_init__(self) -> None:
        self.calendar_id = SharedCalendar(self.own.runtime, self.own.user_id).calendar_id

    def calendar(self, now_ns: int) -> SeriesCalendar:
        """Returns the room as the user works on it."""
        runtime, clock = self.own.runtime, Clock()
        access = CalendarAccess(self.own.user_id, self.calendar_id, "write")
        grants = GrantReader(runtime.clients, runtime.settings.access_table, access, clock.monotonic)
        store = SharedEventStore(runtime.clients, runtime.settings.events_table, None, grants)
        asked = request(self.own.calendar_id, now_ns=now_ns, deadline=clock.deadline(8.0), access=access)
        return SeriesCalendar(store, asked, DELETED_SECONDS, no_bookings)

    def live(self) -> dict[EventId, tuple[bool, Content]]:
        """Returns what it holds: whether that is managed from elsewhere, and its content."""
        found = event_items(self.own.runtime, self.calendar_id)
        return {each.id: (each.elsewhere, each.content) for each in found if not each.deleted}
