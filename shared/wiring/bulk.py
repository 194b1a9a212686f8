"""Wiring of bulk creations."""

from shared.request import Request
from shared.runtime import current
from shared.scheduling.bulk import BulkCreation
from shared.store.bulk import DynamoBulkStore


def bulk_creation(request: Request) -> BulkCreation:
    """Returns the bulk creation for the calendar of `request`."""
    runtime = current()
    store = DynamoBulkStore(runtime.clients, runtime.settings.events_table)
    return BulkCreation(store, request, runtime.settings.deleted_seconds)
