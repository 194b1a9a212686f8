"""Wiring of undo."""

from shared.history.undo import Undo
from shared.request import Request
from shared.runtime import current
from shared.wiring.calendar import event_store, series_calendar
from shared.wiring.grants import shared_bulk
from shared.wiring.versions import history, history_store


def undo(request: Request) -> Undo:
    """Returns the undo for the calendar of `request`."""
    side_by_side = current().clients.outer_pool.map
    versions, past, events = history_store(request), history(request), series_calendar(request)
    if request.access.own:
        return Undo(request, versions, event_store(request), past, events, side_by_side)
    store = shared_bulk(request)
    return Undo(request, versions, store, past, events, side_by_side, store.delete_each)
