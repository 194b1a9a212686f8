"""Wiring of calendars and members that are shared."""

from shared.ids import CalendarId
from shared.observability import security_event
from shared.request import Client, Request
from shared.runtime import current
from shared.sharing.calendars import LogEntry
from shared.sharing.catalogue import Catalogue
from shared.sharing.grants import GrantReport
from shared.store.calendars import DynamoCatalogueStore


def report_to(client: Client) -> GrantReport:
    """Returns what logs each change of a role, asked for by `client`, as a security event."""

    def report(calendar_id: CalendarId, entry: LogEntry) -> None:
        security_event(
            "GrantsChanged",
            user_id=entry.user_id,
            source=client.source,
            by=entry.by,
            calendar_id=calendar_id,
            before=entry.before,
            after=entry.after,
        )

    return report


def catalogue(request: Request, client: Client) -> Catalogue:
    """Returns the calendars that the user of `request` has or may see."""
    runtime = current()
    store = DynamoCatalogueStore(runtime.clients, runtime.settings.access_table)
    return Catalogue(store, request, report_to(client))
