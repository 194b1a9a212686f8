"""What the function of events needs beside the calendar and the versions, put together from the runtime."""

from shared.history.time_travel import TimeTravel
from shared.runtime import current
from shared.scheduling.caller import Caller
from shared.scheduling.creation import Creation
from shared.wiring import calendar as scheduling_wiring
from shared.wiring import versions as versions_wiring


def creation(caller: Caller, seconds: float) -> Creation:
    """Creates events in the calendar of `caller`, for one request that has `seconds` left."""
    runtime = current()
    first = versions_wiring.history_store(runtime).first
    return Creation(caller.user_id, scheduling_wiring.calendar(caller, seconds), first, runtime.now_ns() // 1_000_000)


def time_travel(caller: Caller) -> TimeTravel:
    """The calendar of `caller` as it was."""
    runtime = current()
    return TimeTravel(
        caller.user_id,
        versions_wiring.history_store(runtime),
        versions_wiring.history(caller),
        runtime.clients.outer_pool.map,
    )
