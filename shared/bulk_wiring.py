"""What a bulk creation needs, put together from the runtime; apart, so that no other function loads it."""

from shared.runtime import current
from shared.scheduling import ids
from shared.scheduling.bulk import BulkCreation
from shared.scheduling.calendar import Request
from shared.scheduling.caller import Caller
from shared.scheduling.patience import Patience
from shared.store.creations import CreationStore


def bulk_creation(caller: Caller, seconds: float) -> BulkCreation:
    """Creates events in the calendar of `caller`, for one request that has `seconds` left."""
    runtime = current()
    now_ns = runtime.now_ns()
    request = Request(caller.user_id, operation_id=ids.new_id(now_ns), now_ns=now_ns)
    patience = Patience(seconds, runtime.monotonic, runtime.sleep, runtime.jitter)
    store = CreationStore(runtime.clients, runtime.settings.events_table)
    return BulkCreation(caller.user_id, store, request, patience, runtime.settings.deleted_seconds)
