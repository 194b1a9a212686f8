"""Erasure of what the access table holds of a calendar, and the calendars that are to be purged."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from shared.ids import CalendarId, ItemKey, UserId
from shared.retries import Deadline
from shared.store import access_keys
from shared.store.access_items import PURGED_AT
from shared.store.client import Clients
from shared.store.codec import Item, number, text
from shared.store.erasing import PAGE_ITEMS, BatchEraser, CalendarEraser, Erased, counted
from shared.store.faults import failed_conditions, store_faults
from shared.store.keys import key_of

_DUE = f"deleted_at <= :before OR attribute_exists({PURGED_AT})"


class AccessEraser:
    """Erasure of a calendar's members and of what is known of it."""

    def __init__(self, clients: Clients, table: str, deadline: Callable[[], Deadline]) -> None:
        """Uses the access table of name `table`; each call gets its own `deadline`."""
        self._batches = BatchEraser(clients, deadline)
        self._table = table

    def erase_calendar(self, calendar_id: CalendarId) -> Erased:
        """Erases the members of a calendar, its place in their lists, and the rest, the calendar itself last.

        A place in a list goes before the membership by which it is found.
        """
        calendar = access_keys.calendar_key(calendar_id)
        last: list[Item] = []
        after: Item | None = None
        while True:
            where, after = self._batches.query(
                self._table,
                "pk = :pk",
                {":pk": text(access_keys.access_partition(calendar_id))},
                ConsistentRead=True,
                Limit=PAGE_ITEMS,
                **({} if after is None else {"ExclusiveStartKey": after}),
            )
            users = [_member_in(key) for key in where if key["sk"]["S"].startswith(access_keys.MEMBER_PREFIX)]
            listed = [access_keys.listed_key(each, calendar_id) for each in users]
            self._batches.delete(self._table, listed)
            last += [key for key in where if key == calendar]
            gone = [key for key in where if key != calendar]
            self._batches.delete(self._table, gone)
            yield counted("access", [*listed, *gone])
            if after is None:
                break
        self._batches.delete(self._table, last)
        yield counted("access", last)


def _member_in(key: Item) -> UserId:
    return UserId(key["sk"]["S"].removeprefix(access_keys.MEMBER_PREFIX))


class DynamoPurgeStore:
    """Deleted calendars, in all tables that hold something of them."""

    def __init__(
        self,
        clients: Clients,
        table: str,
        events: CalendarEraser,
        deadline: Callable[[], Deadline],
        now: Callable[[], int],
    ) -> None:
        """Uses the access table of name `table`, and `events`; each call gets its own `deadline`."""
        self._clients = clients
        self._table = table
        self._access = AccessEraser(clients, table, deadline)
        self._events = events
        self._deadline = deadline
        self._now = now

    def due(self, after: ItemKey | None, deleted_before: int) -> tuple[list[CalendarId], ItemKey | None]:
        """Returns the calendars among a page of the table that are to be purged, and the last key of the page.

        One Scan, of 1 MB of items of any kind.
        """
        scan: dict[str, Any] = {
            "TableName": self._table,
            "FilterExpression": f"sk = :calendar AND ({_DUE})",
            "ExpressionAttributeValues": {":calendar": text("CALENDAR"), ":before": number(deleted_before)},
            "ProjectionExpression": "pk",
        }
        if after is not None:
            scan["ExclusiveStartKey"] = {"pk": text(after[0]), "sk": text(after[1])}

        def once() -> Mapping[str, Any]:
            with store_faults():
                return self._clients.dynamodb.scan(**scan)

        page = self._deadline().retry(once)
        last = page.get("LastEvaluatedKey")
        prefix = access_keys.access_partition(CalendarId(""))
        found = [CalendarId(item["pk"]["S"].removeprefix(prefix)) for item in page["Items"]]
        return found, None if last is None else key_of(last)

    def claim(self, calendar_id: CalendarId, deleted_before: int) -> bool:
        """Makes sure that a calendar is not restored any more: one UpdateItem. Returns whether it is to be purged."""

        def once() -> bool:
            with store_faults():
                try:
                    self._clients.dynamodb.update_item(
                        TableName=self._table,
                        Key=access_keys.calendar_key(calendar_id),
                        UpdateExpression=f"SET {PURGED_AT} = :now",
                        ConditionExpression=f"attribute_exists(sk) AND ({_DUE})",
                        ExpressionAttributeValues={":now": number(self._now()), ":before": number(deleted_before)},
                    )
                except ClientError as fault:
                    if not failed_conditions(fault):
                        raise
                    return False
            return True

        return self._deadline().retry(once)

    def erase(self, calendar_id: CalendarId) -> Iterator[Mapping[str, int]]:
        """Deletes events, fences and claims, versions and counts, and then who had access, the calendar last."""
        yield from self._events.erase_events(calendar_id, self._now())
        yield from self._events.erase_versions(calendar_id)
        yield from self._access.erase_calendar(calendar_id)
