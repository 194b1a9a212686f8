"""Wiring of the events function, in addition to the calendar."""

from shared.history.calendar_reader import CalendarReader
from shared.history.time_travel import TimeTravel
from shared.request import Request
from shared.runtime import current
from shared.scheduling.creation import Creation
from shared.wiring.calendar import calendar
from shared.wiring.versions import history, history_store


def creation(request: Request) -> Creation:
    """Returns the idempotent creation for the calendar of `request`."""
    return Creation(request, calendar(request), history_store(request).first)


def calendar_reader(request: Request) -> CalendarReader:
    """Returns the reader of the current and past states of the calendar of `request`."""
    runtime = current()
    versions = history(request)
    past = TimeTravel(request, history_store(request), versions, runtime.clients.outer_pool.map)
    return CalendarReader(request, calendar(request), versions, past)
