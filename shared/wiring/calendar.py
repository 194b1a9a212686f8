"""Wiring of calendars."""

from shared.request import Request
from shared.runtime import current
from shared.scheduling.calendar import Calendar
from shared.store.events import DynamoEventStore
from shared.wiring.grants import shared_events
from shared.wiring.quotas import quotas, usage_table


def calendar(request: Request) -> Calendar:
    """Returns the calendar of `request`."""
    runtime = current()
    return Calendar(event_store(request), request, runtime.settings.deleted_seconds, quotas(request))


def event_store(request: Request) -> DynamoEventStore:
    """Returns the events of the calendar of `request`."""
    if not request.access.own:
        return shared_events(request)
    runtime = current()
    return DynamoEventStore(runtime.clients, runtime.settings.events_table, usage_table(runtime))
