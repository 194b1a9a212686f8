"""The access table: invitations."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from shared.ids import CalendarId, UserId
from shared.scheduling.roles import InvitedRole
from shared.sharing.grants import FirstShare, Lookup, Refusal
from shared.sharing.invitations import Invitation
from shared.store import access_keys
from shared.store.batches import batch_get
from shared.store.calendars import ItemPage, found_in, found_keys
from shared.store.codec import Item, number, text
from shared.store.grant_writes import Action, refusal_of
from shared.store.members import DynamoMemberStore

if TYPE_CHECKING:
    from shared.store.client import Clients


class DynamoInvitationStore(DynamoMemberStore):
    """Invitations in the access table. All methods raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: "Clients", table: str) -> None:
        """Uses the access table of name `table`. A code names no user, so there is no directory."""
        super().__init__(clients, table, directory="")

    def invited(self, calendar_id: CalendarId, user_id: UserId, invitation_id: str) -> tuple[Lookup, Invitation | None]:
        """Returns a calendar, the membership of a user, and an invitation: one strongly consistent BatchGetItem."""
        key = access_keys.invitation_key(calendar_id, invitation_id)
        items = batch_get(self._clients, {self._table: [*found_keys(calendar_id, user_id), key]})[self._table]
        found = next((invitation_of(item) for item in items if item["sk"] == key["sk"]), None)
        return found_in([item for item in items if item["sk"] != key["sk"]], user_id), found

    def add(
        self, calendar_id: CalendarId, invitation: Invitation, *, holder: UserId | None, first: FirstShare | None
    ) -> Refusal | None:
        """Stores an invitation, if the calendar is there and `holder` is an owner: one TransactWriteItems.

        Returns:
            Why not, if a condition did not hold.
        """
        item = {**access_keys.invitation_key(calendar_id, invitation.id), **_attributes(invitation)}
        held = self._writes.held(calendar_id, holder) if first is None else [*self._writes.first(first)]
        return self._write([*held, Action(self._writes.put(item))])

    def drop(self, calendar_id: CalendarId, invitation_id: str, *, holder: UserId | None) -> Refusal | None:
        """Deletes an invitation, if the calendar is there and `holder` is an owner: one TransactWriteItems.

        Returns:
            Why not, if a condition did not hold.
        """
        key = access_keys.invitation_key(calendar_id, invitation_id)
        return self._write([*self._writes.held(calendar_id, holder), Action(self._writes.delete(key))])

    def invitations(
        self, calendar_id: CalendarId, user_id: UserId, after: str, limit: int
    ) -> tuple[Lookup, list[Invitation], str | None]:
        """Returns what `find` returns, a page of invitations, and behind which it goes on.

        One BatchGetItem beside one Query, both strongly consistent.
        """
        start = access_keys.invitation_key(calendar_id, after) if after else None
        page = ItemPage(self._table, calendar_id, access_keys.INVITATION_PREFIX, start, limit)
        running = self._clients.pool.submit(page.read, self._clients)
        try:
            found = self.find(calendar_id, user_id)
        finally:
            items, following = running.result()
        return found, [each for item in items if (each := invitation_of(item)) is not None], following

    def _write(self, actions: Sequence[Action]) -> Refusal | None:
        failed = self._transact([each.action for each in actions])
        return refusal_of(actions, failed) if failed else None


def _attributes(invitation: Invitation) -> Item:
    return {
        "role": text(invitation.role),
        "label": text(invitation.label),
        "made_by": text(invitation.made_by),
        "created_at": number(invitation.created_at),
        "expires_at": number(invitation.expires_at),
    }


def invitation_of(item: Item) -> Invitation | None:
    """Returns the invitation in an item with its key; None if it gives no role that an invitation may give."""
    role = item["role"]["S"]
    if role not in get_args(InvitedRole):
        return None
    return Invitation(
        item["sk"]["S"].removeprefix(access_keys.INVITATION_PREFIX),
        role,
        item["label"]["S"],
        UserId(item["made_by"]["S"]),
        int(item["created_at"]["N"]),
        int(item["expires_at"]["N"]),
    )
