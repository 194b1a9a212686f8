"""Users who book calendars by the domain's calls, many of them at once, and the rooms that they book."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from shared import ids
from shared.ids import CalendarId, OperationId, UserId, default_calendar
from shared.request import Request
from shared.retries import Deadline
from shared.runtime import Runtime
from shared.scheduling.access import CalendarAccess
from shared.scheduling.booking_changes import Bookings
from shared.scheduling.bookings import BookingWriter
from shared.scheduling.calendar import Calendar
from shared.store.access import GrantReader
from shared.store.access_keys import member_key
from shared.store.batches import BATCH_WRITE_ITEMS, batch_write
from shared.store.bookings import DynamoBookingStore
from shared.store.client import Clients
from shared.store.codec import text
from shared.store.events import DynamoEventStore
from shared.store.shared_events import SharedEventStore
from tests.harness.sharing import SharedCalendar

DELETED_SECONDS: Final = 86_400
# Time enough for all retries on a machine that is busy.
RETRY_SECONDS: Final = 60.0


@dataclass
class Booker:
    """A user. Each call of `request` is a request of its own; `pauses` counts the attempts beyond the first."""

    runtime: Runtime
    user_id: UserId
    store: type[DynamoBookingStore] = DynamoBookingStore
    pauses: int = 0

    @property
    def default(self) -> CalendarId:
        """Returns the user's default calendar."""
        return default_calendar(self.user_id)

    def request(self, calendar_id: CalendarId) -> Request:
        """Returns a new request to a calendar."""
        self.pauses = 0
        now_ns = time.time_ns()
        jitter = partial(random.uniform, 0)  # a delay, not a secret
        deadline = Deadline(RETRY_SECONDS, time.monotonic, self._sleep, jitter)
        own = CalendarAccess.to_own(self.user_id)
        access = own if calendar_id == self.default else CalendarAccess(self.user_id, calendar_id, "book")
        return Request(access, "booker", "", OperationId(ids.new_id(now_ns)), now_ns, deadline)

    def calendar(self, request: Request) -> Calendar:
        """Returns the calendar of a request."""
        settings, clients = self.runtime.settings, self.runtime.clients
        store = DynamoEventStore(clients, settings.events_table)
        if not request.access.own:
            grants = GrantReader(clients, settings.access_table, request.access, time.monotonic)
            store = SharedEventStore(clients, settings.events_table, None, grants)
        return Calendar(store, request, DELETED_SECONDS, self.bookings)

    def bookings(self, request: Request) -> Bookings:
        """Returns the changes of events on several calendars, by `request`."""
        settings, clients = self.runtime.settings, self.runtime.clients
        store = self.store(clients, settings.events_table, None, settings.access_table, time.monotonic)
        return Bookings(request, BookingWriter(store, request, DELETED_SECONDS, None, clients.outer_pool.map))

    def _sleep(self, seconds: float) -> None:
        self.pauses += 1
        time.sleep(seconds)


def rooms(
    runtime: Runtime, count: int, bookers: Sequence[UserId] = (), editor: UserId | None = None
) -> list[CalendarId]:
    """Makes rooms that `bookers` may book as members, or else everyone. Returns their ids."""
    made = []
    for _ in range(count):
        room = SharedCalendar(runtime)
        if editor is not None:
            room.grant(editor, "editor")
        if not bookers:
            room.set_state("booker")
        items = [{**member_key(room.calendar_id, each), "role": text("booker")} for each in bookers]
        for at in range(0, len(items), BATCH_WRITE_ITEMS):
            assert batch_write(runtime.clients.dynamodb, room.table, items[at : at + BATCH_WRITE_ITEMS]) == []
        made.append(room.calendar_id)
    return made


def on_clients_of_their_own(runtime: Runtime, count: int, make: Callable[[str], Clients] = Clients) -> list[Runtime]:
    """Returns runtimes that share the tables, each with connections and threads of its own."""
    endpoint = runtime.clients.dynamodb.meta.endpoint_url
    made = [make(endpoint) for _ in range(count)]
    # Made now, and not by many threads at once.
    assert not any(None in (each.dynamodb, each.pool, each.outer_pool) for each in made)
    return [replace(runtime, clients=clients) for clients in made]
