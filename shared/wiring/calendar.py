"""Wiring of calendars."""

from shared.request import Request
from shared.runtime import Runtime, current
from shared.scheduling.calendar import Calendar
from shared.store.events import DynamoEventStore


def calendar(request: Request) -> Calendar:
    """Returns the calendar of `request`."""
    runtime = current()
    return Calendar(event_store(runtime), request, runtime.settings.deleted_seconds)


def event_store(runtime: Runtime) -> DynamoEventStore:
    """Returns the events table of `runtime`."""
    return DynamoEventStore(runtime.clients, runtime.settings.events_table)
