"""Wiring of the search for a time at which several calendars are free."""

from collections.abc import Sequence

from shared.ids import CalendarId
from shared.request import Request
from shared.runtime import current
from shared.scheduling.access import CalendarAccess
from shared.scheduling.find_time import TimeFinder
from shared.store.access import GrantsReader
from shared.store.events import DynamoEventStore


def time_finder(request: Request) -> TimeFinder:
    """Returns what searches calendars for the user of `request`."""
    runtime = current()
    settings = runtime.settings

    def grants_of(calendar_ids: Sequence[CalendarId]) -> GrantsReader:
        accesses = [CalendarAccess(request.actor, each, "busy") for each in calendar_ids]
        return GrantsReader(runtime.clients, settings.access_table, accesses, runtime.monotonic)

    store = DynamoEventStore(runtime.clients, settings.events_table)
    return TimeFinder(store, grants_of, runtime.clients.outer_pool.map)
