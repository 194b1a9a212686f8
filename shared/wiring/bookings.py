"""Wiring of events on several calendars. Its imports are needed by requests about such events alone."""

from shared.request import Request
from shared.runtime import current
from shared.scheduling.booking_changes import Bookings
from shared.scheduling.bookings import BookingWriter
from shared.store.bookings import DynamoBookingStore
from shared.wiring.quotas import quotas, usage_table


def bookings(request: Request) -> Bookings:
    """Returns the changes of events on several calendars, by `request`."""
    runtime = current()
    settings = runtime.settings
    store = DynamoBookingStore(
        runtime.clients, settings.events_table, usage_table(runtime), settings.access_table, runtime.monotonic
    )
    return Bookings(
        request,
        BookingWriter(store, request, settings.deleted_seconds, quotas, runtime.clients.outer_pool.map),
    )
