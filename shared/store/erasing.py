"""Erasure of what the events table and the history table hold of a calendar.

Each method yields after a page of work, how many items of each kind it has erased. What is erased is not found again,
so an erasure that was interrupted begins anew. Raises Throttled and AnswerLost if the database stays too busy.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from shared.errors import Throttled
from shared.ids import CalendarId, UserId
from shared.retries import Deadline
from shared.store import keys
from shared.store.batches import BATCH_WRITE_ITEMS, batch_delete, batch_write
from shared.store.client import Clients
from shared.store.codec import Item, erased_attributes, text
from shared.store.faults import store_faults
from shared.store.history import BY_CALENDAR
from shared.store.item_kinds import Because, Table, kind_of

Erased = Iterator[Counter[str]]

# Of one page: small enough that a function whose time is nearly up can end with it.
PAGE_ITEMS: Final = 500
# What is erased without being of a kind that is known.
UNLISTED: Final = "unlisted"


class BatchEraser:
    """Reads and deletions of many items of one table, with retries."""

    def __init__(self, clients: Clients, deadline: Callable[[], Deadline]) -> None:
        """Each call, with its retries, gets its own `deadline`."""
        self._clients = clients
        self._deadline = deadline

    def query(self, table: str, condition: str, values: Item, **more: Any) -> tuple[list[Item], Item | None]:
        """Returns a page of the keys that a Query finds, and the key after which the next page begins."""
        arguments: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ProjectionExpression": "pk, sk",
            **more,
        }

        def once() -> tuple[list[Item], Item | None]:
            with store_faults():
                page = self._clients.dynamodb.query(**arguments)
            return page["Items"], page.get("LastEvaluatedKey")

        return self._deadline().retry(once)

    def put(self, table: str, items: Sequence[Item]) -> None:
        """Puts `items`, in concurrent chunks of 25."""
        self._concurrently(lambda chunk: self._until_done(batch_write, table, chunk), items)

    def delete(self, table: str, where: Sequence[Item]) -> None:
        """Deletes the items at `where`, in concurrent chunks of 25."""
        self._concurrently(lambda chunk: self._until_done(batch_delete, table, chunk), where)

    def delete_in_order(self, table: str, where: Sequence[Item]) -> None:
        """Deletes the items at `where`, one chunk of 25 after the other."""
        for chunk in _chunks(where):
            self._until_done(batch_delete, table, chunk)

    def _concurrently(self, call: Callable[[Sequence[Item]], None], items: Sequence[Item]) -> None:
        for _ in self._clients.pool.map(call, _chunks(items)):
            pass

    def _until_done(self, call: Callable[..., list[Item]], table: str, items: Sequence[Item]) -> None:
        """Repeats `call` with what it leaves until nothing is left. It may be repeated: its result is the same."""
        left = items

        def attempt() -> None:
            nonlocal left
            left = call(self._clients.dynamodb_once, table, left)
            if left:
                raise Throttled("unprocessed")

        self._deadline().retry(attempt)


class CalendarEraser:
    """Erasure of a calendar's items and versions."""

    def __init__(
        self, clients: Clients, events_table: str, history_table: str, deadline: Callable[[], Deadline]
    ) -> None:
        """Uses the tables of these names; each call gets its own `deadline`."""
        self._batches = BatchEraser(clients, deadline)
        self._concurrently = clients.pool.map
        self._events_table = events_table
        self._history_table = history_table

    def erase_calendar(self, calendar_id: CalendarId, user_id: UserId, now: int) -> Erased:
        """Erases what the events table holds of the calendar and the user; `now` is in seconds since 1970."""
        yield from self.erase_events(calendar_id, now)
        yield from self._erase_partition(keys.bulk_counts(user_id), now)

    def erase_events(self, calendar_id: CalendarId, now: int) -> Erased:
        """Erases what the events table holds of the calendar; `now` is in seconds since 1970.

        An event is overwritten before it is deleted: the stream would otherwise show a deletion with the event's
        content, and a version would be made of it.
        """
        yield from self._erase_partition(keys.calendar(calendar_id), now)

    def _erase_partition(self, partition: str, now: int) -> Erased:
        after: Item | None = None
        while True:
            where, after = self._batches.query(
                self._events_table,
                "pk = :pk",
                {":pk": text(partition)},
                ConsistentRead=True,
                Limit=PAGE_ITEMS,
                **({} if after is None else {"ExclusiveStartKey": after}),
            )
            events = [key for key in where if key["sk"]["S"].startswith(keys.EVENT_PREFIX)]
            self._batches.put(
                self._events_table,
                [{**key, **erased_attributes(keys.calendar_in(key), keys.event_id_in(key), now)} for key in events],
            )
            self._batches.delete(self._events_table, where)
            yield counted("events", where)
            if after is None:
                return

    def erase_versions(self, calendar_id: CalendarId) -> Erased:
        """Erases all versions of the calendar's events, also of events that are gone.

        The index by calendar has every version, but only after a while; the partition of an event has them at once, so
        one version that the index knows is enough to find all of the event. The newest go first: at any moment those
        left are without a gap, which a check of the history would report.
        """
        after: Item | None = None
        while True:
            found, after = self._batches.query(
                self._history_table,
                "calendar = :calendar",
                {":calendar": text(keys.calendar(calendar_id))},
                IndexName=BY_CALENDAR,
                Limit=PAGE_ITEMS,
                **({} if after is None else {"ExclusiveStartKey": after}),
            )
            partitions = sorted({item["pk"]["S"] for item in found})
            while partitions:
                done = list(self._concurrently(self._erase_newest, partitions))
                yield Counter(versions=sum(count for count, _ in done))
                partitions = [each for each, (_, more) in zip(partitions, done, strict=True) if more]
            if after is None:
                break
        usage, _ = self._batches.query(
            self._history_table,
            "pk = :pk",
            {":pk": keys.usage_key(calendar_id)["pk"]},
            ConsistentRead=True,
        )
        self._batches.delete(self._history_table, usage)
        yield counted("history", usage)

    def _erase_newest(self, partition: str) -> tuple[int, bool]:
        """Deletes a page of an event's versions, newest first. Returns how many, and whether there are more."""
        where, after = self._batches.query(
            self._history_table,
            "pk = :pk",
            {":pk": text(partition)},
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=PAGE_ITEMS,
        )
        self._batches.delete_in_order(self._history_table, where)
        return len(where), after is not None


def is_erased(table: Table, item: Item) -> bool:
    """Returns whether an erasure deletes what has the key of `item`: also what is of no kind that is known."""
    kind = kind_of(table, *keys.key_of(item))
    return kind is None or not isinstance(kind.erased, Because)


def counted(table: Table, where: Sequence[Item]) -> Counter[str]:
    """Returns how many keys are of each kind."""
    kinds = (kind_of(table, *keys.key_of(key)) for key in where)
    return Counter(UNLISTED if kind is None else kind.name for kind in kinds)


def _chunks(items: Sequence[Item]) -> list[Sequence[Item]]:
    return [items[at : at + BATCH_WRITE_ITEMS] for at in range(0, len(items), BATCH_WRITE_ITEMS)]
