"""Writes to the history table: version items for stream records, and deletions for the retention sweep."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Final

from botocore.exceptions import ClientError

from shared.errors import StoreFault, Throttled
from shared.history.changes import Change, VersionRef
from shared.history.recording import NotKept
from shared.ids import ItemKey
from shared.retries import Deadline
from shared.store.batches import BATCH_WRITE_ITEMS, batch_delete, batch_write
from shared.store.client import Clients
from shared.store.codec import ERASED, Item, text
from shared.store.faults import store_faults
from shared.store.keys import key_of
from shared.store.stream import version_item
from shared.store.version_erasing import erased_item

# Errors that a retry cannot fix: an item of more than 400 KB, a key attribute of another type, or an empty one.
REFUSALS: Final = {"ValidationException", "SerializationException"}


class VersionWriter:
    """Writes version items. Writes are idempotent."""

    def __init__(self, clients: Clients, table: str, swept_below: str = "", replayed_below: str = "") -> None:
        """Uses the history table of name `table`.

        A version whose successor has an id below `swept_below` is past its retention, and is not written again. One
        with an id below `replayed_below` is written without its content, if that of its event is erased.
        """
        self._clients = clients
        self._table = table
        self._swept_below = swept_below
        self._replayed_below = replayed_below

    def write(self, changes: Iterable[Change], deadline: Deadline) -> NotKept:
        """Writes the version of each of `changes`, each once, in concurrent chunks of 25.

        Returns:
            The versions that were not written in time, and those that the database refuses to store.
        """
        refs: dict[ItemKey, VersionRef] = {}
        waiting: dict[ItemKey, Item] = {}
        for change in changes:
            item = version_item(change)
            refs[key_of(item)], waiting[key_of(item)] = change.ref, item
        outlived, late = self._outlived(waiting, deadline)
        waiting = {key: item for key, item in waiting.items() if key not in outlived and key not in late}
        late |= self._erase_replayed(waiting, deadline)
        chunks = _chunks([item for key, item in waiting.items() if key not in late])
        refused: dict[ItemKey, str] = {}
        for left, never in self._clients.pool.map(lambda chunk: self._write_chunk(chunk, deadline), chunks):
            late.update(key_of(item) for item in left)
            refused.update(never)
        return NotKept(frozenset(refs[each] for each in late), {refs[each]: why for each, why in refused.items()})

    def delete(self, places: Iterable[Item], deadline: Deadline) -> list[Item]:
        """Deletes the items at `places`, in concurrent chunks of 25. Returns the keys that were not deleted in time."""
        chunks = _chunks(list(places))
        deleting = self._clients.pool.map(lambda chunk: self._until_done(batch_delete, chunk, deadline), chunks)
        return list(chain.from_iterable(deleting))

    def _write_chunk(self, items: Sequence[Item], deadline: Deadline) -> tuple[Sequence[Item], dict[ItemKey, str]]:
        """Writes up to 25 items. Returns those not written in time, and why for each that the database refuses.

        One refused item fails its whole call, so after a refusal the items are written one by one.
        """
        try:
            return self._until_done(batch_write, items, deadline), {}
        except ClientError as fault:
            if fault.response["Error"]["Code"] not in REFUSALS:
                raise
            if len(items) == 1:
                return [], {key_of(items[0]): str(fault)}
        late: list[Item] = []
        refused: dict[ItemKey, str] = {}
        for item in items:
            left, never = self._write_chunk([item], deadline)
            late.extend(left)
            refused.update(never)
        return late, refused

    def _until_done(self, call: Callable[..., list[Item]], items: Sequence[Item], deadline: Deadline) -> Sequence[Item]:
        """Retries `call` with the items that it leaves, until none is left or the time is up. Returns those left."""
        left = items

        def attempt() -> None:
            nonlocal left
            left = call(self._clients.dynamodb_once, self._table, left)
            if left:
                raise Throttled("UnprocessedItems")

        with suppress(StoreFault):
            deadline.retry(attempt)  # writes and deletions are idempotent
        return left

    def _erase_replayed(self, waiting: dict[ItemKey, Item], deadline: Deadline) -> set[ItemKey]:
        """Removes the content of versions in `waiting` whose content is erased.

        All versions up to a deletion are erased together, and that of the deletion as well. So one is erased if it is,
        or if its successor is. Makes one Query for each version that is old enough; usually there is none.

        Returns:
            The versions of which this is not known in time.
        """
        replayed = [key for key in waiting if key[1] < self._replayed_below]
        unknown: set[ItemKey] = set()
        erased = self._clients.pool.map(lambda key: self._is_erased(key, deadline), replayed)
        for key, is_erased in zip(replayed, erased, strict=True):
            if is_erased is None:
                unknown.add(key)
            elif is_erased:
                waiting[key] = erased_item(waiting[key])
        return unknown

    def _is_erased(self, key: ItemKey, deadline: Deadline) -> bool | None:
        """Returns whether the first recorded version from `key` on is erased; None if not known in time."""

        def query() -> list[Item]:
            with store_faults():
                response = self._clients.dynamodb_once.query(
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk AND sk >= :sk",
                    ExpressionAttributeValues={":pk": text(key[0]), ":sk": text(key[1])},
                    ProjectionExpression="#erased",
                    ExpressionAttributeNames={"#erased": ERASED},
                    ConsistentRead=True,
                    Limit=1,
                )
            return response["Items"]

        try:
            return any(ERASED in item for item in deadline.retry(query))
        except StoreFault:
            return None

    def _outlived(self, items: Iterable[ItemKey], deadline: Deadline) -> tuple[set[ItemKey], set[ItemKey]]:
        """Returns which of `items` a sweep has removed or would remove, and for which this is not known in time.

        Makes one Query for each event that has a version old enough; usually there is none.
        """
        old: dict[str, list[ItemKey]] = {}
        for partition, history_id in items:
            if history_id < self._swept_below:
                old.setdefault(partition, []).append((partition, history_id))
        outlived: set[ItemKey] = set()
        unknown: set[ItemKey] = set()
        successors = self._clients.pool.map(lambda partition: self._newest_old(partition, deadline), old)
        for places, newest in zip(old.values(), successors, strict=True):
            if newest is None:
                unknown.update(places)
            else:
                outlived.update(each for each in places if each[1] < newest)
        return outlived, unknown

    def _newest_old(self, partition: str, deadline: Deadline) -> str | None:
        """Returns the newest recorded history_id below `swept_below`; empty if there is none, None if not in time."""

        def query() -> list[Item]:
            with store_faults():
                response = self._clients.dynamodb_once.query(
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk AND sk < :below",
                    ExpressionAttributeValues={":pk": text(partition), ":below": text(self._swept_below)},
                    ProjectionExpression="sk",
                    ScanIndexForward=False,
                    ConsistentRead=True,
                    Limit=1,
                )
            return response["Items"]

        try:
            return next((item["sk"]["S"] for item in deadline.retry(query)), "")
        except StoreFault:
            return None


def _chunks(items: Sequence[Item]) -> list[Sequence[Item]]:
    return [items[at : at + BATCH_WRITE_ITEMS] for at in range(0, len(items), BATCH_WRITE_ITEMS)]
