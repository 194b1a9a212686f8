"""Wiring of reads of versions."""

from shared.history.reading import History
from shared.request import Request
from shared.runtime import Runtime, current
from shared.store.history import DynamoHistoryStore


def history(request: Request) -> History:
    """Returns the versions of the events in the calendar of `request`."""
    return History(history_store(current()), request)


def history_store(runtime: Runtime) -> DynamoHistoryStore:
    """Returns the history table of `runtime`."""
    return DynamoHistoryStore(runtime.clients, runtime.settings.history_table, runtime.settings.events_table)
