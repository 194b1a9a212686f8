"""Wiring of invitations."""

from shared.request import Client, Request
from shared.runtime import current
from shared.sharing.invitations import Invitations
from shared.store.invitations import DynamoInvitationStore
from shared.wiring.sharing import report_to


def invitations(request: Request, client: Client) -> Invitations:
    """Returns the invitations to calendars, for the user of `request`."""
    runtime = current()
    store = DynamoInvitationStore(runtime.clients, runtime.settings.access_table)
    return Invitations(store, request, report_to(client), runtime.random_bytes)
