"""Wiring of the members of calendars."""

from shared.ids import CalendarId
from shared.request import Client, Request
from shared.runtime import current
from shared.scheduling.roles import InvitedRole
from shared.sharing.calendars import Member
from shared.sharing.members import Members
from shared.sharing.transfers import transfer
from shared.store.members import DynamoMemberStore
from shared.wiring.sharing import report_to


def give_away(request: Request, client: Client, calendar_id: CalendarId, name: str, role: InvitedRole) -> Member:
    """Makes another member an owner of a calendar in place of the user of `request` (`transfers.transfer`)."""
    return transfer(_store(), request, report_to(client), calendar_id, name, role)


def members(request: Request, client: Client) -> Members:
    """Returns the members of calendars, for the user of `request`."""
    return Members(_store(), request, report_to(client))


def _store() -> DynamoMemberStore:
    runtime = current()
    return DynamoMemberStore(runtime.clients, runtime.settings.access_table, runtime.settings.directory_table)
