"""Wiring of reads of versions."""

from shared.history.reading import History
from shared.request import Request
from shared.runtime import current
from shared.store.history import DynamoHistoryStore
from shared.wiring.grants import shared_history


def history(request: Request) -> History:
    """Returns the versions of the events in the calendar of `request`."""
    return History(history_store(request), request)


def history_store(request: Request) -> DynamoHistoryStore:
    """Returns the history table, for the calendar of `request`."""
    if not request.access.own:
        return shared_history(request)
    runtime = current()
    return DynamoHistoryStore(runtime.clients, runtime.settings.history_table, runtime.settings.events_table)
