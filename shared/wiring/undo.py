"""Wiring of undo."""

from shared.history.undo import Undo
from shared.request import Request
from shared.runtime import current
from shared.wiring.calendar import calendar, event_store
from shared.wiring.versions import history, history_store


def undo(request: Request) -> Undo:
    """Returns the undo for the calendar of `request`."""
    runtime = current()
    return Undo(
        request,
        history_store(request),
        event_store(request),
        history(request),
        calendar(request),
        runtime.clients.outer_pool.map,
    )
