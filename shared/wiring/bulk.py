"""Wiring of bulk creations."""

from shared.request import Request
from shared.runtime import current
from shared.scheduling.admission import Admission
from shared.scheduling.bulk import BulkCreation
from shared.store.bulk import DynamoBulkStore
from shared.wiring.grants import shared_bulk
from shared.wiring.quotas import quotas, usage_table


def bulk_creation(request: Request) -> BulkCreation:
    """Returns the bulk creation for the calendar of `request`."""
    runtime = current()
    store = _store(request)
    admission = Admission(store, request, quotas(request))
    return BulkCreation(store, request, runtime.settings.deleted_seconds, admission)


def _store(request: Request) -> DynamoBulkStore:
    if not request.access.own:
        return shared_bulk(request)
    runtime = current()
    return DynamoBulkStore(runtime.clients, runtime.settings.events_table, usage_table(runtime))
