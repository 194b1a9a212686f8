"""Erasure of what the events table and the history table hold of a calendar.

Each method yields after a page of work, how many items of each kind it has erased. What is erased is not found again,
so an erasure that was interrupted begins anew. Raises Throttled and AnswerLost if the database stays too busy.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Any, Final, TypeVar

from shared.errors import Throttled
from shared.ids import CalendarId, UserId
from shared.retries import Deadline
from shared.store import keys
from shared.store.batches import BATCH_WRITE_ITEMS, batch_delete, batch_write
from shared.store.client import Clients
from shared.store.codec import ERASED_AT, HOME_CALENDAR, Item, erased_attributes, text
from shared.store.faults import store_faults
from shared.store.history import BY_CALENDAR, BY_HOME
from shared.store.item_kinds import Because, Table, kind_of

Erased = Iterator[Counter[str]]
Result = TypeVar("Result")

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

    def put_if(self, table: str, item: Item, condition: str, values: Item) -> None:
        """Puts `item` if `condition` holds. Raises Contended, Throttled, AnswerLost."""
        with store_faults():
            self._clients.dynamodb.put_item(
                TableName=table, Item=item, ConditionExpression=condition, ExpressionAttributeValues=values
            )

    def delete_if(self, table: str, key: Item, condition: str, values: Item) -> None:
        """Deletes the item at `key` if `condition` holds. Raises Contended, Throttled, AnswerLost."""
        with store_faults():
            self._clients.dynamodb.delete_item(
                TableName=table, Key=key, ConditionExpression=condition, ExpressionAttributeValues=values
            )

    def repeated(self, call: Callable[[], Result]) -> Result:
        """Returns the result of `call`, which is repeated with what it reads while others are faster, for some time."""
        return self._deadline().retry(call)

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

        What other calendars hold of its events goes first. An event is overwritten before it is deleted: the stream
        would otherwise show a deletion with the event's content, and a version would be made of it.
        """
        yield from self._erase_copies(calendar_id, now)
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
            self._overwrite([key for key in where if key["sk"]["S"].startswith(keys.EVENT_PREFIX)], now)
            self._batches.delete(self._events_table, where)
            yield counted("events", where)
            if after is None:
                return

    def _overwrite(self, events: Sequence[Item], now: int) -> None:
        self._batches.put(self._events_table, [_nothing_of(key, now) for key in events])

    def _erase_copies(self, calendar_id: CalendarId, now: int) -> Erased:
        """Erases the copies of the calendar's events in other calendars, and the versions of these copies.

        The index by home has every version of a copy, also of one that was taken off since, but only after a while. So
        the versions of a copy, by which it is found, go last. Until it is deleted, a copy keeps its home, by which an
        erasure that begins anew knows it.
        """
        for partitions in self._partitions(BY_HOME, HOME_CALENDAR, calendar_id):
            found = list(self._concurrently(lambda each: self._erase_copy(each, calendar_id, now), partitions))
            yield counted("events", [key for keys_of_one in found for key in keys_of_one or ()])
            managed = [each for each, copy in zip(partitions, found, strict=True) if copy is not None]
            yield from self._erase_all_of(managed, self._erase_newest_copies)

    def _erase_copy(self, partition: str, home: CalendarId, now: int) -> list[Item] | None:
        """Erases what `_copy` returns, on condition that it still is a copy of an event of `home`. Returns it."""
        values = {":home": text(home)}

        def once() -> list[Item] | None:
            copy = self._copy(partition, home)
            for key in copy or ():
                nothing = {**_nothing_of(key, now), "home": text(home)}
                self._batches.put_if(self._events_table, nothing, "home = :home", values)
                self._batches.delete_if(
                    self._events_table, key, f"home = :home AND attribute_exists({ERASED_AT})", values
                )
            return copy

        return self._batches.repeated(once)

    def _copy(self, partition: str, home: CalendarId) -> list[Item] | None:
        """Returns the key of the copy whose versions are in `partition`, if there is still one.

        None if it is no copy of an event of `home` any more: that was moved, here or to another calendar, which keeps
        it with all that its copies have been.
        """
        event = keys.event_of_partition(partition)
        if event is None:
            return None
        key = keys.event_key(*event)
        condition, values = "pk = :pk AND sk = :sk", {":pk": key["pk"], ":sk": key["sk"]}
        stored, _ = self._batches.query(
            self._events_table, condition, values, ProjectionExpression="home", ConsistentRead=True
        )
        if stored:
            return [key] if stored[0].get("home") == text(home) else None
        versions, _ = self._newest(partition, 1)
        return [] if versions and versions[0].get(HOME_CALENDAR) == text(keys.calendar(home)) else None

    def erase_versions(self, calendar_id: CalendarId) -> Erased:
        """Erases all versions of the calendar's events, also of events that are gone.

        The index by calendar has every version, but only after a while; the partition of an event has them at once, so
        one version that the index knows is enough to find all of the event. The newest go first: at any moment those
        left are without a gap, which a check of the history would report.
        """
        for partitions in self._partitions(BY_CALENDAR, "calendar", calendar_id):
            yield from self._erase_all_of(partitions, self._erase_newest)
        usage, _ = self._batches.query(
            self._history_table,
            "pk = :pk",
            {":pk": keys.usage_key(calendar_id)["pk"]},
            ConsistentRead=True,
        )
        self._batches.delete(self._history_table, usage)
        yield counted("history", usage)

    def _partitions(self, index: str, attribute: str, calendar_id: CalendarId) -> Iterator[list[str]]:
        """Yields the partitions of the versions that an index has of a calendar, by its pages."""
        after: Item | None = None
        while True:
            found, after = self._batches.query(
                self._history_table,
                f"{attribute} = :calendar",
                {":calendar": text(keys.calendar(calendar_id))},
                IndexName=index,
                Limit=PAGE_ITEMS,
                **({} if after is None else {"ExclusiveStartKey": after}),
            )
            yield sorted({item["pk"]["S"] for item in found})
            if after is None:
                return

    def _erase_all_of(self, partitions: list[str], erase: Callable[[str], tuple[int, bool]]) -> Erased:
        while partitions:
            done = list(self._concurrently(erase, partitions))
            yield Counter(versions=sum(count for count, _ in done))
            partitions = [each for each, (_, more) in zip(partitions, done, strict=True) if more]

    def _erase_newest(self, partition: str) -> tuple[int, bool]:
        """Deletes a page of an event's versions, newest first. Returns how many, and whether there are more."""
        where, more = self._newest(partition)
        return self._delete_versions(where), more

    def _erase_newest_copies(self, partition: str) -> tuple[int, bool]:
        """Does what `_erase_newest` does, down to the version as which the event was an event of that calendar."""
        where, more = self._newest(partition)
        copies = list(takewhile(lambda version: HOME_CALENDAR in version, where))
        return self._delete_versions(copies), more and len(copies) == len(where)

    def _newest(self, partition: str, limit: int = PAGE_ITEMS) -> tuple[list[Item], bool]:
        """Returns the newest versions of an event, newest first, and whether there are more: keys, and the homes."""
        where, after = self._batches.query(
            self._history_table,
            "pk = :pk",
            {":pk": text(partition)},
            ProjectionExpression=f"pk, sk, {HOME_CALENDAR}",
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=limit,
        )
        return where, after is not None

    def _delete_versions(self, versions: Sequence[Item]) -> int:
        where = [{"pk": each["pk"], "sk": each["sk"]} for each in versions]
        self._batches.delete_in_order(self._history_table, where)
        return len(where)


def is_erased(table: Table, item: Item) -> bool:
    """Returns whether an erasure deletes what has the key of `item`: also what is of no kind that is known."""
    kind = kind_of(table, *keys.key_of(item))
    return kind is None or not isinstance(kind.erased, Because)


def counted(table: Table, where: Sequence[Item]) -> Counter[str]:
    """Returns how many keys are of each kind."""
    kinds = (kind_of(table, *keys.key_of(key)) for key in where)
    return Counter(UNLISTED if kind is None else kind.name for kind in kinds)


def _nothing_of(key: Item, now: int) -> Item:
    """Returns what an erasure leaves of the event with this key, until it is deleted."""
    return {**key, **erased_attributes(keys.calendar_in(key), keys.event_id_in(key), now)}


def _chunks(items: Sequence[Item]) -> list[Sequence[Item]]:
    return [items[at : at + BATCH_WRITE_ITEMS] for at in range(0, len(items), BATCH_WRITE_ITEMS)]
