"""What an undo needs, put together from the runtime."""

from shared.history.undo import Undo
from shared.runtime import current
from shared.scheduling.caller import Caller
from shared.wiring import calendar as scheduling_wiring
from shared.wiring import versions as versions_wiring


def undo(caller: Caller, seconds: float) -> Undo:
    """Takes back operations in the calendar of `caller`, for one request that has `seconds` left."""
    runtime = current()
    return Undo(
        caller.user_id,
        versions_wiring.history_store(runtime),
        scheduling_wiring.event_store(runtime),
        versions_wiring.history(caller),
        scheduling_wiring.calendar(caller, seconds),
        runtime.deadline(seconds),
        runtime.now_ns() // 1_000_000,
        runtime.clients.outer_pool.map,
    )
