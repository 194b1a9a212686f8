"""Erasure of a user's name in the directory, of their memberships, and of the members of their own calendar."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from shared.errors import Contended
from shared.identity.erasures import Subject
from shared.ids import CalendarId, UserId, default_calendar
from shared.retries import Deadline
from shared.store import access_keys
from shared.store.access_erasing import AccessEraser
from shared.store.access_items import PURGED_AT
from shared.store.client import Clients
from shared.store.codec import Item, number, text
from shared.store.erasing import PAGE_ITEMS, BatchEraser, Erased
from shared.store.faults import failed_conditions, store_faults
from shared.store.grant_writes import GrantWrites


class MembershipEraser:
    """Erasure of what tells that a user has a name, and of which calendars they are a member."""

    def __init__(
        self,
        clients: Clients,
        tables: tuple[str, str],
        deadline: Callable[[], Deadline],
        now: Callable[[], int],
    ) -> None:
        """Uses the access table and the directory of these names; each call gets its own `deadline`."""
        self._clients = clients
        self._table, self._directory = tables
        self._deadline = deadline
        self._now = now
        self._batches = BatchEraser(clients, deadline)
        self._access = AccessEraser(clients, self._table, deadline)
        self._writes = GrantWrites(self._table)

    def erase(self, subject: Subject) -> Erased:
        """Erases the name first, so that nobody gives the user a role any more; then the default calendar's members.

        A calendar of which the user is the last owner has nobody who could restore it: it is deleted, and purged by the
        next run of that.
        """
        if subject.username is not None:
            yield Counter(names=self._erase_name(subject.username, subject.user_id))
        yield from self._access.erase_calendar(default_calendar(subject.user_id))
        for page in self._listed(subject.user_id):
            calendars = [each["sk"]["S"].removeprefix(access_keys.LISTED_PREFIX) for each in page]
            for calendar_id in calendars:
                self._leave(CalendarId(calendar_id), subject.user_id)
            own = calendars.count(default_calendar(subject.user_id))
            yield Counter(listed_calendars=len(calendars), members=len(calendars) - own)

    def _erase_name(self, username: str, user_id: UserId) -> int:
        """Deletes the entry of a name, unless it is another user's by now. Returns how many it has deleted."""

        def once() -> int:
            with store_faults():
                try:
                    gone = self._clients.dynamodb.delete_item(
                        TableName=self._directory,
                        Key=access_keys.directory_key(username),
                        ConditionExpression="attribute_not_exists(pk) OR user_id = :user",
                        ExpressionAttributeValues={":user": text(user_id)},
                        ReturnValues="ALL_OLD",
                    )
                except ClientError as fault:
                    if not failed_conditions(fault):
                        raise
                    return 0
            return len(gone.get("Attributes", {})) and 1

        return self._deadline().retry(once)

    def _listed(self, user_id: UserId) -> Iterator[Sequence[Item]]:
        """Yields pages of the keys of a user's list; strongly consistent."""
        after: Item | None = None
        while True:
            page, after = self._batches.query(
                self._table,
                "pk = :pk",
                {":pk": text(access_keys.list_partition(user_id))},
                ConsistentRead=True,
                Limit=PAGE_ITEMS,
                **({} if after is None else {"ExclusiveStartKey": after}),
            )
            yield page
            if after is None:
                return

    def _leave(self, calendar_id: CalendarId, user_id: UserId) -> None:
        """Ends a membership. The conditions tell which of the cases it is."""
        cases = (self._as_member, self._as_one_of_several, self._as_last_owner, self._of_no_calendar)

        def once() -> None:
            if not any(self._transact(case(calendar_id, user_id)) for case in cases):
                raise Contended("the owners have changed meanwhile")

        self._deadline().retry(once)

    def _gone(self, calendar_id: CalendarId, user_id: UserId) -> Iterator[dict[str, Any]]:
        yield self._writes.delete(access_keys.member_key(calendar_id, user_id))
        yield self._writes.delete(access_keys.listed_key(user_id, calendar_id))

    def _as_member(self, calendar_id: CalendarId, user_id: UserId) -> list[dict[str, Any]]:
        """Returns what ends a membership of who is no owner."""
        _, listed = self._gone(calendar_id, user_id)
        condition = "attribute_not_exists(sk) OR #role <> :owner"
        key = access_keys.member_key(calendar_id, user_id)
        return [self._writes.delete(key, condition, {":owner": text("owner")}), listed]

    def _as_one_of_several(self, calendar_id: CalendarId, user_id: UserId) -> list[dict[str, Any]]:
        """Returns what ends the membership of an owner, if others are left."""
        values: Item = {":user": {"SS": [user_id]}, ":one": number(1)}
        key = access_keys.calendar_key(calendar_id)
        condition = "attribute_exists(sk) AND (size(owners) > :one OR NOT contains(owners, :id))"
        calendar = self._writes.update(key, "DELETE owners :user", {**values, ":id": text(user_id)}, condition)
        return [calendar, *self._gone(calendar_id, user_id)]

    def _as_last_owner(self, calendar_id: CalendarId, user_id: UserId) -> list[dict[str, Any]]:
        """Returns what ends the membership of the last owner, and deletes the calendar for good."""
        now: Item = {":now": number(self._now())}
        deleted = "SET deleted_at = if_not_exists(deleted_at, :now)"
        calendar = self._writes.update(
            access_keys.calendar_key(calendar_id),
            f"{deleted}, {PURGED_AT} = :now, version = version + :one DELETE owners :user",
            {**now, ":one": number(1), ":user": {"SS": [user_id]}},
            "attribute_exists(sk) AND owners = :user",
        )
        states = [self._writes.update(key, deleted, now) for key in access_keys.state_keys(calendar_id)]
        return [calendar, *states, *self._gone(calendar_id, user_id)]

    def _of_no_calendar(self, calendar_id: CalendarId, user_id: UserId) -> list[dict[str, Any]]:
        """Returns what ends a membership in a calendar that another hand has deleted."""
        none = self._writes.delete(access_keys.calendar_key(calendar_id), "attribute_not_exists(sk)")
        return [none, *self._gone(calendar_id, user_id)]

    def _transact(self, actions: Sequence[dict[str, Any]]) -> bool:
        """Writes `actions`, all or none. Returns whether their conditions held."""
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(TransactItems=[*actions])  # type: ignore[list-item]
            except ClientError as fault:
                if not failed_conditions(fault):
                    raise
                return False
        return True
