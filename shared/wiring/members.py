"""Wiring of the members of calendars."""

from shared.request import Client, Request
from shared.runtime import current
from shared.sharing.members import Members
from shared.store.members import DynamoMemberStore
from shared.wiring.sharing import report_to


def members(request: Request, client: Client) -> Members:
    """Returns the members of calendars, for the user of `request`."""
    runtime = current()
    store = DynamoMemberStore(runtime.clients, runtime.settings.access_table, runtime.settings.directory_table)
    return Members(store, request, report_to(client))
