"""Wiring of rollbacks."""

from shared.history.rollback import Rollback
from shared.request import Request
from shared.wiring.calendar import series_calendar
from shared.wiring.versions import history


def rollback(request: Request) -> Rollback:
    """Returns the rollback for the calendar of `request`."""
    return Rollback(request, history(request), series_calendar(request))
