"""Wiring of the function that purges deleted calendars."""

from collections.abc import Callable

from shared.runtime import current
from shared.sharing import purging
from shared.store.access_erasing import DynamoPurgeStore
from shared.store.erasing import CalendarEraser
from shared.wiring.maintenance import deadline


def purge(stop: Callable[[], bool], token: str | None) -> purging.Purge:
    """Purges the calendars that cannot be restored any more, from `token` on. Ends early when `stop` returns True."""
    runtime = current()
    settings, clients = runtime.settings, runtime.clients
    events = CalendarEraser(clients, settings.events_table, settings.history_table, deadline)
    store = DynamoPurgeStore(clients, settings.access_table, events, deadline, runtime.now)
    return purging.purge(store, runtime.now() - settings.deleted_seconds, stop, token)
