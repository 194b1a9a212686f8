"""What reading versions needs, put together from the runtime."""

from shared.history.reading import History
from shared.runtime import Runtime, current
from shared.scheduling.caller import Caller
from shared.store.history import DynamoHistoryStore


def history(caller: Caller) -> History:
    """The versions of the events of `caller`."""
    runtime = current()
    return History(caller.user_id, history_store(runtime), runtime.now_ns() // 1_000_000)


def history_store(runtime: Runtime) -> DynamoHistoryStore:
    """The history table of `runtime`."""
    return DynamoHistoryStore(runtime.clients, runtime.settings.history_table, runtime.settings.events_table)
