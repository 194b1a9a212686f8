"""What a change of a calendar needs, put together from the runtime.

The wirings are the one place that joins rules to their stores: a module for each thing wanted, so that a function loads
what it uses.
"""

from shared.request import Request
from shared.runtime import Runtime, current
from shared.scheduling.calendar import Calendar
from shared.scheduling.caller import Caller
from shared.store.events import DynamoEventStore


def calendar(caller: Caller, seconds: float) -> Calendar:
    """The calendar of `caller`, for one request that has `seconds` left."""
    runtime = current()
    request = Request.by(caller, runtime.now_ns())
    return Calendar(event_store(runtime), request, runtime.deadline(seconds), runtime.settings.deleted_seconds)


def event_store(runtime: Runtime) -> DynamoEventStore:
    """The events table of `runtime`."""
    return DynamoEventStore(runtime.clients, runtime.settings.events_table)
