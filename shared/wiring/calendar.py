"""Wiring of calendars."""

from shared.request import Request
from shared.runtime import Runtime, current
from shared.scheduling.calendar import Calendar
from shared.store.events import DynamoEventStore
from shared.wiring.quotas import quotas, usage_table


def calendar(request: Request) -> Calendar:
    """Returns the calendar of `request`."""
    runtime = current()
    return Calendar(event_store(runtime), request, runtime.settings.deleted_seconds, quotas(request))


def event_store(runtime: Runtime) -> DynamoEventStore:
    """Returns the events table of `runtime`."""
    return DynamoEventStore(runtime.clients, runtime.settings.events_table, usage_table(runtime))
