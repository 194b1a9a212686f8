"""Wiring of calendars and members that are shared."""

from shared.ids import CalendarId
from shared.observability import security_event
from shared.request import Client, Request
from shared.runtime import current
from shared.sharing.calendars import LogEntry
from shared.sharing.catalogue import Catalogue
from shared.sharing.deletion import Deletion
from shared.sharing.grants import GrantReport
from shared.sharing.log import read_log
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
    return Catalogue(_store(), request, report_to(client))


def deletion(request: Request) -> Deletion:
    """Returns the deletion and the restoration of calendars, for the user of `request`."""
    return Deletion(_store(), request, current().settings.deleted_seconds)


def role_changes(
    request: Request, calendar_id: CalendarId, limit: int, cursor: str | None
) -> tuple[list[LogEntry], str | None]:
    """Returns a page of the log of a calendar, for the user of `request` (`log.read_log`)."""
    return read_log(_store(), request, calendar_id, limit, cursor)


def _store() -> DynamoCatalogueStore:
    runtime = current()
    return DynamoCatalogueStore(runtime.clients, runtime.settings.access_table)
