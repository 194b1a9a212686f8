"""What a scheduling request needs, put together from the runtime. The one place that joins its rules to its stores."""

from shared.runtime import Runtime, current
from shared.scheduling import ids
from shared.scheduling.calendar import Calendar, Request
from shared.scheduling.caller import Caller
from shared.scheduling.creation import Creation
from shared.scheduling.history import History
from shared.scheduling.patience import Patience
from shared.scheduling.time_travel import TimeTravel
from shared.scheduling.undo import Undo
from shared.store.events import EventStore
from shared.store.history import HistoryStore


def patience(seconds: float) -> Patience:
    """Retries for at most `seconds`."""
    runtime = current()
    return Patience(seconds, runtime.monotonic, runtime.sleep, runtime.jitter)


def calendar(caller: Caller, seconds: float) -> Calendar:
    """The calendar of `caller`, for one request that has `seconds` left."""
    runtime = current()
    now_ns = runtime.now_ns()
    request = Request(caller.user_id, operation_id=ids.new_id(now_ns), now_ns=now_ns)
    return Calendar(event_store(runtime), request, patience(seconds), runtime.settings.deleted_seconds)


def creation(caller: Caller, seconds: float) -> Creation:
    """Creates events in the calendar of `caller`, for one request that has `seconds` left."""
    runtime = current()
    now_ms = runtime.now_ns() // 1_000_000
    return Creation(caller.user_id, calendar(caller, seconds), history_store(runtime).first, now_ms)


def history(caller: Caller) -> History:
    """The versions of the events of `caller`."""
    runtime = current()
    return History(caller.user_id, history_store(runtime), runtime.now_ns() // 1_000_000)


def time_travel(caller: Caller) -> TimeTravel:
    """The calendar of `caller` as it was."""
    runtime = current()
    return TimeTravel(caller.user_id, history_store(runtime), history(caller), runtime.clients.outer_pool.map)


def undo(caller: Caller, seconds: float) -> Undo:
    """Takes back operations in the calendar of `caller`, for one request that has `seconds` left."""
    runtime = current()
    return Undo(
        caller.user_id,
        history_store(runtime),
        event_store(runtime),
        history(caller),
        calendar(caller, seconds),
        patience(seconds),
        runtime.now_ns() // 1_000_000,
        runtime.clients.outer_pool.map,
    )


def event_store(runtime: Runtime) -> EventStore:
    """The events table of `runtime`."""
    return EventStore(runtime.clients, runtime.settings.events_table)


def history_store(runtime: Runtime) -> HistoryStore:
    """The history table of `runtime`."""
    return HistoryStore(runtime.clients, runtime.settings.history_table, runtime.settings.events_table)
