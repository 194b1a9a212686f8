"""Erasure of the content of versions in the history table: who changed an event, and when, is kept."""

from typing import Any, Final

from shared.errors import AnswerLost, Contended, Throttled
from shared.history.changes import VersionRef
from shared.ids import HistoryId
from shared.retries import Deadline
from shared.store import keys
from shared.store.client import Clients
from shared.store.codec import ERASED, HOME_CALENDAR, STAMP_ATTRIBUTES, Item, text
from shared.store.faults import store_faults

# Free text of the user is content, also where it belongs to a stamp. The ids that a client has chosen, and digests of
# content, are no attributes that stay.
_KEPT: Final = frozenset(
    {
        *("pk", "sk", "id", "calendar_id", "calendar", HOME_CALENDAR, "operation", "follows", "created_at"),
        "changed_at",
        *(each.name for each in STAMP_ATTRIBUTES if each.name != "reason"),
    }
)


def erased_item(version: Item) -> Item:
    """Returns a version item without content. In the index by calendar it takes no time any more."""
    kept = {name: value for name, value in version.items() if name in _KEPT}
    return {**kept, "span": text(keys.deleted_span(HistoryId(version["sk"]["S"]))), ERASED: {"BOOL": True}}


class VersionEraser:
    """Erases the content of versions, each on condition that it is still there. An erasure can be repeated."""

    def __init__(self, clients: Clients, table: str) -> None:
        """Uses the history table of name `table`."""
        self._clients = clients
        self._table = table

    def erase(self, last: VersionRef, deadline: Deadline) -> int:
        """Erases the content of an event's versions up to `last`, inclusive. Returns how many had content.

        Raises:
            Throttled, AnswerLost: Some versions are left; the erasure has to be repeated.
        """
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk <= :last",
            "FilterExpression": "attribute_not_exists(#erased)",
            "ExpressionAttributeNames": {"#erased": ERASED},
            "ExpressionAttributeValues": {
                ":pk": text(keys.history_partition(last.calendar_id, last.event_id)),
                ":last": text(last.history_id),
            },
            "ConsistentRead": True,
        }
        erased = 0
        while True:
            page = deadline.retry(lambda: self._page(query), on=(AnswerLost, Throttled))
            erased += sum(self._clients.pool.map(lambda item: self._erase(item, deadline), page["Items"]))
            if "LastEvaluatedKey" not in page:
                return erased
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _page(self, query: dict[str, Any]) -> dict[str, Any]:
        with store_faults():
            return dict(self._clients.dynamodb.query(**query))

    def _erase(self, version: Item, deadline: Deadline) -> bool:
        """Returns whether the version was there to be erased: a sweep, or the erasure of an account, may be faster."""

        def put() -> None:
            with store_faults():
                self._clients.dynamodb.put_item(
                    TableName=self._table, Item=erased_item(version), ConditionExpression="attribute_exists(pk)"
                )

        try:
            deadline.retry(put, on=(AnswerLost, Throttled))
        except Contended:
            return False
        return True
