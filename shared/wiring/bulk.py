"""What a bulk creation needs, put together from the runtime."""

from shared.request import Request
from shared.runtime import current
from shared.scheduling.bulk import BulkCreation
from shared.scheduling.caller import Caller
from shared.store.bulk import DynamoBulkStore


def bulk_creation(caller: Caller, seconds: float) -> BulkCreation:
    """Creates events in the calendar of `caller`, for one request that has `seconds` left."""
    runtime = current()
    request = Request.by(caller, runtime.now_ns())
    store = DynamoBulkStore(runtime.clients, runtime.settings.events_table)
    return BulkCreation(caller.user_id, store, request, runtime.deadline(seconds), runtime.settings.deleted_seconds)
