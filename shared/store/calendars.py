"""The access table: calendars, and the lists of users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from shared.ids import CalendarId, UserId, default_calendar
from shared.sharing.calendars import CalendarRecord, ListEntry, LogEntry, Member
from shared.sharing.grants import FirstShare, Lookup
from shared.store import access_keys
from shared.store.access_items import (
    PURGED_AT,
    calendar_item,
    calendar_of,
    entry_of,
    log_entry_of,
    member_of,
    settings_attributes,
    truth,
)
from shared.store.batches import batch_get
from shared.store.codec import Item, number, text
from shared.store.faults import failed_conditions, store_faults
from shared.store.grant_writes import Action, GrantWrites

if TYPE_CHECKING:
    from shared.store.client import Clients

# Of a user's list, of some 150 bytes each: most users have fewer, so that a page of theirs is never short.
PAGE_ENTRIES: Final = 100


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A page of the items of a calendar whose sort keys begin with `prefix`, behind the one at `start`."""

    table: str
    calendar_id: CalendarId
    prefix: str
    start: Item | None
    limit: int
    backward: bool = False

    def read(self, clients: "Clients") -> tuple[list[Item], str | None]:
        """Returns the items, and the rest of the sort key behind which it goes on: one strongly consistent Query."""
        query: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "pk = :calendar AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {
                ":calendar": text(access_keys.access_partition(self.calendar_id)),
                ":prefix": text(self.prefix),
            },
            "ConsistentRead": True,
            "Limit": self.limit,
            "ScanIndexForward": not self.backward,
        }
        if self.start is not None:
            query["ExclusiveStartKey"] = self.start
        with store_faults():
            page = clients.dynamodb.query(**query)
        last = page.get("LastEvaluatedKey")
        return page["Items"], None if last is None else last["sk"]["S"].removeprefix(self.prefix)


class DynamoCatalogueStore:
    """Calendars in the access table. All methods raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: "Clients", table: str) -> None:
        """Uses the access table of name `table`."""
        self._clients = clients
        self._table = table
        self._writes = GrantWrites(table)

    def create(self, calendar: CalendarRecord, owner: Member, log: Sequence[LogEntry]) -> None:
        """Stores a new calendar and its first member: one TransactWriteItems. Its id is new, so it overwrites none."""
        actions = [
            self._writes.put(calendar_item(calendar)),
            *self._writes.states(calendar),
            *self._writes.joined(calendar.id, owner),
            *(each.action for each in self._writes.logged(calendar.id, log)),
        ]
        with store_faults():
            self._clients.dynamodb.transact_write_items(TransactItems=actions)  # type: ignore[arg-type]

    def find(self, calendar_id: CalendarId, user_id: UserId) -> Lookup:
        """Returns a calendar and the membership of a user: one strongly consistent BatchGetItem."""
        return found_in(self._read([*found_keys(calendar_id, user_id)]), user_id)

    def listed(self, user_id: UserId, after: str, *, accepted: bool) -> tuple[list[ListEntry], str | None]:
        """Returns a page of a user's list, and behind which calendar it goes on: one strongly consistent Query."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :user AND begins_with(sk, :calendar)",
            "FilterExpression": "accepted = :accepted",
            "ExpressionAttributeValues": {
                ":user": text(access_keys.list_partition(user_id)),
                ":calendar": text(access_keys.LISTED_PREFIX),
                ":accepted": truth(accepted),
            },
            "ConsistentRead": True,
            "Limit": PAGE_ENTRIES,
        }
        if after:
            query["ExclusiveStartKey"] = access_keys.listed_key(user_id, CalendarId(after))
        with store_faults():
            page = self._clients.dynamodb.query(**query)
        last = page.get("LastEvaluatedKey")
        entries = [entry for item in page["Items"] if (entry := entry_of(item)) is not None]
        return entries, None if last is None else last["sk"]["S"].removeprefix(access_keys.LISTED_PREFIX)

    def calendars(self, wanted: Sequence[CalendarId]) -> Mapping[CalendarId, CalendarRecord]:
        """Returns those of `wanted` that exist: one strongly consistent BatchGetItem for each hundred."""
        items = self._read([access_keys.calendar_key(each) for each in wanted])
        return {calendar.id: calendar for calendar in map(calendar_of, items)}

    def default(
        self, user_id: UserId, wanted: Sequence[CalendarId]
    ) -> tuple[CalendarRecord | None, ListEntry | None, Mapping[CalendarId, CalendarRecord]]:
        """Returns the default calendar of a user, its entry in their list, and those of `wanted` that exist.

        One strongly consistent BatchGetItem, for at most 98 of them.
        """
        own = default_calendar(user_id)
        keys = [access_keys.calendar_key(each) for each in (own, *wanted)]
        items = self._read([access_keys.listed_key(user_id, own), *keys])
        entry = None
        found = {}
        for item in items:
            if item["pk"]["S"] == access_keys.list_partition(user_id):
                entry = entry_of(item)
            else:
                calendar = calendar_of(item)
                found[calendar.id] = calendar
        return found.pop(own, None), entry, found

    def log(
        self, calendar_id: CalendarId, user_id: UserId, before: str | None, limit: int
    ) -> tuple[Lookup, list[LogEntry], str | None]:
        """Returns what `find` returns, a page of the log of the calendar, and before which entry it goes on.

        One BatchGetItem beside one Query, both strongly consistent.
        """
        start = None if before is None else access_keys.log_key(calendar_id, before)
        page = ItemPage(self._table, calendar_id, access_keys.LOG_PREFIX, start, limit, backward=True)
        running = self._clients.pool.submit(page.read, self._clients)
        try:
            found = self.find(calendar_id, user_id)
        finally:
            items, following = running.result()
        return found, [log_entry_of(item) for item in items], following

    def change(
        self,
        before: CalendarRecord,
        after: CalendarRecord,
        *,
        holder: UserId | None,
        log: Sequence[LogEntry],
        first: FirstShare | None,
    ) -> bool:
        """Stores the settings of `after`, and its state if that differs: one TransactWriteItems.

        Returns:
            Whether it did: not if the calendar has another version than `before` or is deleted, or `holder` is no
            owner.
        """
        actions: list[Action] = []
        if first is not None:
            actions += self._writes.first(FirstShare(after, first.owner))
        else:
            actions.append(Action(self._settings(before, after)))
            if (before.settings.everyone, before.settings.strict) != (after.settings.everyone, after.settings.strict):
                actions += map(Action, self._writes.states(after))
        if holder is not None:
            actions.append(self._writes.holder(after.id, holder))
        actions += self._writes.logged(after.id, log)
        return self._holds(actions)

    def delete(self, calendar_id: CalendarId, holder: UserId, now: int) -> bool:
        """Deletes a calendar that is no default calendar, if `holder` is an owner: one TransactWriteItems.

        Returns:
            Whether it did: not if a condition did not hold, of which `find` tells the reason.
        """
        calendar = self._writes.update(
            access_keys.calendar_key(calendar_id),
            "SET deleted_at = :now, changed_at = :now, version = version + :one",
            {":now": number(now), ":one": number(1), ":default": text(calendar_id)},
            "attribute_exists(sk) AND attribute_not_exists(deleted_at) AND NOT contains(owners, :default)",
        )
        states = [
            self._writes.update(key, "SET deleted_at = :now", {":now": number(now)})
            for key in access_keys.state_keys(calendar_id)
        ]
        return self._holds([Action(calendar), *map(Action, states), self._writes.holder(calendar_id, holder)])

    def restore(self, calendar_id: CalendarId, holder: UserId, now: int, deleted_after: int) -> bool:
        """Restores a calendar that was deleted after `deleted_after`, if `holder` is an owner: one TransactWriteItems.

        Returns:
            Whether it did: not if a condition did not hold, as when its purge has begun.
        """
        calendar = self._writes.update(
            access_keys.calendar_key(calendar_id),
            "SET changed_at = :now, version = version + :one REMOVE deleted_at",
            {":now": number(now), ":one": number(1), ":after": number(deleted_after)},
            f"deleted_at > :after AND attribute_not_exists({PURGED_AT})",
        )
        states = [self._writes.update(key, "REMOVE deleted_at", {}) for key in access_keys.state_keys(calendar_id)]
        return self._holds([Action(calendar), *map(Action, states), self._writes.holder(calendar_id, holder)])

    def _holds(self, actions: Sequence[Action]) -> bool:
        """Writes `actions`, all or none. Returns whether their conditions held."""
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(TransactItems=[each.action for each in actions])  # type: ignore[misc]
            except ClientError as fault:
                if not failed_conditions(fault):
                    raise
                return False
        return True

    def _settings(self, before: CalendarRecord, after: CalendarRecord) -> dict[str, Any]:
        attributes = settings_attributes(after)
        sets = ", ".join(f"#{each} = :{each}" for each in attributes)
        values: Item = {f":{each}": value for each, value in attributes.items()}
        removes = "" if "everyone" in attributes else " REMOVE everyone"
        return self._writes.update(
            access_keys.calendar_key(after.id),
            f"SET {sets}{removes}",
            {**values, ":before": number(before.version)},
            "version = :before AND attribute_not_exists(deleted_at)",
        )

    def _read(self, keys: Sequence[Item]) -> list[Item]:
        return batch_get(self._clients, {self._table: keys})[self._table]


def found_keys(calendar_id: CalendarId, user_id: UserId, target: UserId | None = None) -> list[Item]:
    """Returns the keys of a calendar, and of the memberships of one or two users."""
    users = dict.fromkeys((user_id,) if target is None else (user_id, target))
    return [access_keys.calendar_key(calendar_id), *(access_keys.member_key(calendar_id, each) for each in users)]


def found_in(
    items: Sequence[Item], user_id: UserId, target: UserId | None = None, named: tuple[UserId, str] | None = None
) -> Lookup:
    """Returns what is at the keys of `found_keys`, and who is named."""
    calendar: CalendarRecord | None = None
    members: dict[UserId, Member] = {}
    for item in items:
        if not item["sk"]["S"].startswith(access_keys.MEMBER_PREFIX):
            calendar = calendar_of(item)
        elif (member := member_of(item)) is not None:
            members[member.user_id] = member
    return Lookup(calendar, members.get(user_id), None if target is None else members.get(target), named)
