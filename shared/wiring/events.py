"""What the function of events needs beside the calendar."""

from shared.history.calendar_reader import CalendarReader
from shared.history.time_travel import TimeTravel
from shared.request import Request
from shared.runtime import current
from shared.scheduling.creation import Creation
from shared.wiring.calendar import calendar
from shared.wiring.versions import history, history_store


def creation(request: Request) -> Creation:
    """Returns what creates events in the calendar of `request`."""
    return Creation(request, calendar(request), history_store(current()).first)


def calendar_reader(request: Request) -> CalendarReader:
    """Returns what reads the calendar of `request`, as it is and as it was."""
    runtime = current()
    versions = history(request)
    past = TimeTravel(request, history_store(runtime), versions, runtime.clients.outer_pool.map)
    return CalendarReader(request, calendar(request), versions, past)
