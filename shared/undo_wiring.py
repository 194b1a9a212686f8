"""What an undo needs, put together from the runtime."""

from shared import scheduling_wiring, versions_wiring
from shared.runtime import current
from shared.scheduling.caller import Caller
from shared.scheduling.undo import Undo


def undo(caller: Caller, seconds: float) -> Undo:
    """Takes back operations in the calendar of `caller`, for one request that has `seconds` left."""
    runtime = current()
    return Undo(
        caller.user_id,
        versions_wiring.history_store(runtime),
        scheduling_wiring.event_store(runtime),
        versions_wiring.history(caller),
        scheduling_wiring.calendar(caller, seconds),
        runtime.patience(seconds),
        runtime.now_ns() // 1_000_000,
        runtime.clients.outer_pool.map,
    )
