"""Wiring of calendars."""

from typing import TYPE_CHECKING, TypeVar

from shared.request import Request
from shared.runtime import current
from shared.scheduling.calendar import Calendar
from shared.store.events import DynamoEventStore
from shared.wiring.grants import shared_events
from shared.wiring.quotas import quotas, usage_table

if TYPE_CHECKING:
    from shared.scheduling.booking_changes import Bookings
    from shared.scheduling.series_calendar import SeriesCalendar

Made = TypeVar("Made", bound=Calendar)


def calendar(request: Request) -> Calendar:
    """Returns the calendar of `request`."""
    return _made(Calendar, request)


def series_calendar(request: Request) -> "SeriesCalendar":
    """Returns the calendar of `request`, for changes that may concern single occurrences of a series."""
    from shared.scheduling.series_calendar import SeriesCalendar  # noqa: PLC0415 only changes need it

    return _made(SeriesCalendar, request)


def _made(kind: type[Made], request: Request) -> Made:
    deleted_seconds = current().settings.deleted_seconds
    return kind(event_store(request), request, deleted_seconds, _bookings, quotas(request))


def _bookings(request: Request) -> "Bookings":
    from shared.wiring.bookings import bookings  # noqa: PLC0415 most events are on one calendar

    return bookings(request)


def event_store(request: Request) -> DynamoEventStore:
    """Returns the events of the calendar of `request`."""
    if not request.access.own:
        return shared_events(request)
    runtime = current()
    return DynamoEventStore(runtime.clients, runtime.settings.events_table, usage_table(runtime))
