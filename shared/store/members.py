"""The access table: members of calendars, and who has which name in the directory."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.ids import CalendarId, UserId
from shared.sharing.calendars import ListEntry, Member
from shared.sharing.grants import GrantWrite, Lookup, Refusal
from shared.store import access_keys
from shared.store.access_items import entry_attributes, entry_of, member_of, truth
from shared.store.batches import batch_get
from shared.store.calendars import ItemPage, found_in, found_keys
from shared.store.codec import Item
from shared.store.faults import failed_conditions, store_faults
from shared.store.grant_writes import EXISTS, GrantWrites, refusal_of

if TYPE_CHECKING:
    from shared.store.client import Clients


class DynamoMemberStore:
    """Members in the access table. All methods raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: "Clients", table: str, directory: str) -> None:
        """Uses the access table of name `table`, and the directory of name `directory`."""
        self._clients = clients
        self._table = table
        self._directory = directory
        self._writes = GrantWrites(table)

    def find(
        self,
        calendar_id: CalendarId,
        user_id: UserId,
        *,
        target: UserId | None = None,
        username: str | None = None,
    ) -> Lookup:
        """Returns a calendar, the membership of a user, that of `target`, and who is called `username`.

        One strongly consistent BatchGetItem.
        """
        wanted = {self._table: found_keys(calendar_id, user_id, target)}
        if username is not None:
            wanted[self._directory] = [access_keys.directory_key(username)]
        items = batch_get(self._clients, wanted)
        named = [(UserId(item["user_id"]["S"]), item["username"]["S"]) for item in items.get(self._directory, [])]
        return found_in(items[self._table], user_id, target, named[0] if named else None)

    def page(
        self, calendar_id: CalendarId, user_id: UserId, after: str, limit: int
    ) -> tuple[Lookup, list[Member], str | None]:
        """Returns what `find` returns, a page of members, and behind whom it goes on.

        One BatchGetItem beside one Query, both strongly consistent.
        """
        start = access_keys.member_key(calendar_id, UserId(after)) if after else None
        page = ItemPage(self._table, calendar_id, access_keys.MEMBER_PREFIX, start, limit)
        running = self._clients.pool.submit(page.read, self._clients)
        try:
            found = self.find(calendar_id, user_id)
        finally:
            items, following = running.result()
        return found, [member for item in items if (member := member_of(item)) is not None], following

    def own(self, calendar_id: CalendarId, user_id: UserId) -> tuple[Lookup, ListEntry | None]:
        """Returns what `find` returns, and the calendar's entry in the user's list: one BatchGetItem."""
        listed = access_keys.listed_key(user_id, calendar_id)
        items = batch_get(self._clients, {self._table: [*found_keys(calendar_id, user_id), listed]})[self._table]
        entry = next((entry_of(item) for item in items if item["pk"] == listed["pk"]), None)
        return found_in([item for item in items if item["pk"] != listed["pk"]], user_id), entry

    def write(self, write: GrantWrite) -> Refusal | None:
        """Writes changes of roles: one TransactWriteItems. Returns why not, if a condition did not hold."""
        actions = self._writes.grant(write)
        failed = self._transact([each.action for each in actions])
        return refusal_of(actions, failed) if failed else None

    def decide(self, user_id: UserId, before: ListEntry, after: ListEntry, *, new: bool) -> bool:
        """Stores `after` in a user's list, and in the membership whether it is accepted: one TransactWriteItems.

        Returns:
            Whether it did: not if the user is no member any more. With `new` that is not asked.
        """
        calendar_id = after.calendar_id
        attributes = {name: value for name, value in entry_attributes(after).items() if new or name != "role"}
        sets = ", ".join(f"#{name} = :{name}" for name in attributes)
        values: Item = {f":{name}": value for name, value in attributes.items()}
        removes = "" if "colour" in attributes else " REMOVE colour"
        key = access_keys.listed_key(user_id, calendar_id)
        actions = [self._writes.update(key, f"SET {sets}{removes}", values, None if new else EXISTS)]
        if before.accepted != after.accepted:
            actions.append(
                self._writes.update(
                    access_keys.member_key(calendar_id, user_id),
                    "SET accepted = :accepted",
                    {":accepted": truth(after.accepted)},
                    EXISTS,
                )
            )
        return not self._transact(actions)

    def _transact(self, actions: Sequence[Mapping[str, Any]]) -> dict[int, Item]:
        """Writes `actions`, all or none. Returns what is stored where a condition did not hold, by position."""
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(TransactItems=[*actions])  # type: ignore[list-item]
            except ClientError as fault:
                failed = failed_conditions(fault)
                if not failed:
                    raise
                return failed
        return {}
