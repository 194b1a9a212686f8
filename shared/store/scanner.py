"""Scans of the history table: reads for the continuity check, and reads and deletions for a sweep."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from shared import ids
from shared.errors import AnswerLost, Contended, StoreFault, Throttled
from shared.history.changes import VersionRef
from shared.history.continuity import Mark
from shared.history.retention import Place, Stored
from shared.ids import CalendarId, EventId, HistoryId, ItemKey
from shared.retries import Deadline
from shared.scheduling.events import EXTERNAL, NO_HISTORY_ID
from shared.scheduling.quotas import NOTHING, TEXTS, Usage, bytes_of
from shared.store import keys
from shared.store.batches import batch_get
from shared.store.client import Clients
from shared.store.codec import ERASED, Item, text
from shared.store.faults import store_faults
from shared.store.keys import key_of
from shared.store.usage import DynamoUsageStore
from shared.store.version_erasing import VersionEraser
from shared.store.versions import VersionWriter

T = TypeVar("T")

_MARK = ("sk", "version", "changed_by", "follows", "history_id")
# What is counted of an event.
_SIZED = (*TEXTS, "uid", "recurrence")


class HistoryScanner:
    """Reads both tables from end to end, one page (1 MB) per call. Calls that are throttled or lost are retried."""

    def __init__(self, clients: Clients, table: str, events_table: str, deadline: Callable[[], Deadline]) -> None:
        """Uses the history table of name `table`, and the events table; each call gets its own `deadline`."""
        self._clients = clients
        self._table = table
        self._events_table = events_table
        self._deadline = deadline
        self._usage = DynamoUsageStore(clients, table)

    def version_page(self, after: ItemKey | None) -> tuple[list[tuple[ItemKey, Mark]], ItemKey | None]:
        """Returns a page of the versions of all events, and the key to continue from; eventually consistent."""
        items, following = self._scan(self._table, after, ("pk", *_MARK))
        return [(key_of(item), _mark(item, item["sk"]["S"])) for item in _versions(items)], following

    def places(self, after: ItemKey | None) -> tuple[list[Place], ItemKey | None]:
        """Returns a page of all versions, and the key to continue from; eventually consistent."""
        items, following = self._scan(self._table, after, ("pk", "sk", "change_type", ERASED))
        return [
            Place(key_of(item), item.get("change_type", {}).get("S", ""), ERASED in item) for item in _versions(items)
        ], following

    def ref_of(self, key: ItemKey) -> VersionRef:
        """Returns the identifier of the version at `key`."""
        return VersionRef(*self.event_of(key), HistoryId(key[1]))

    def stored(self, versions: Sequence[VersionRef]) -> dict[VersionRef, Stored]:
        """Returns, by version, what is stored of the events of `versions`: one BatchGetItem per hundred."""
        wanted = {key_of(keys.event_key(each.calendar_id, each.event_id)): each for each in versions}
        table = self._events_table
        found = self._retry(lambda: batch_get(self._clients, {table: [_key(each) for each in wanted]})[table])
        return {wanted[key_of(item)]: _stored(item) for item in found}

    def erase(self, version: VersionRef) -> int | None:
        """Erases the content of the event's versions up to this one. Returns of how many; None if not in time."""
        try:
            return VersionEraser(self._clients, self._table).erase(version, self._deadline())
        except StoreFault:
            return None

    def live_page(self, after: ItemKey | None) -> tuple[list[tuple[VersionRef, Mark]], ItemKey | None]:
        """Returns a page of all events' latest versions, including deleted events, and the key to continue from."""
        items, following = self._scan(self._events_table, after, ("pk", *_MARK, "change_type", *_SIZED))
        events = [item for item in items if item["sk"]["S"].startswith(keys.EVENT_PREFIX)]
        found = [(keys.calendar_in(item), keys.event_id_in(item), _live_mark(item)) for item in events]
        return [
            (VersionRef(calendar, event_id, mark.history_id), mark) for calendar, event_id, mark in found
        ], following

    def recorded(self, versions: Iterable[VersionRef]) -> set[VersionRef]:
        """Returns which of `versions` are recorded: one BatchGetItem per hundred."""
        wanted = {key_of(keys.version_key(*each)): each for each in versions}
        found = self._retry(
            lambda: batch_get(self._clients, {self._table: [_key(each) for each in wanted]})[self._table]
        )
        return {wanted[key_of(item)] for item in found}

    def marks(self, calendar_id: CalendarId, event_id: EventId) -> list[Mark]:
        """Returns the versions of an event, oldest first, strongly consistent."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": text(keys.history_partition(calendar_id, event_id))},
            "ConsistentRead": True,
            **_projection(_MARK),
        }
        found: list[Mark] = []
        while True:
            response = self._call(self._clients.dynamodb.query, query)
            found += [_mark(item, item["sk"]["S"]) for item in response["Items"]]
            if "LastEvaluatedKey" not in response:
                return found
            query["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def live(self, calendar_id: CalendarId, event_id: EventId) -> Mark | None:
        """Returns the latest version of an event, deleted or not, strongly consistent."""
        get = {"TableName": self._events_table, "Key": keys.event_key(calendar_id, event_id), "ConsistentRead": True}
        item = self._call(self._clients.dynamodb.get_item, get).get("Item")
        return _live_mark(item) if item else None

    def swept_below(self) -> str:
        """Returns how far sweeps have gone, as the last one recorded; empty if there was none."""
        get = {"TableName": self._table, "Key": keys.swept_key(), "ConsistentRead": True}
        item = self._call(self._clients.dynamodb.get_item, get).get("Item")
        return str(item["below"]["S"]) if item else ""

    def read_to_correct(self, calendar_id: CalendarId) -> tuple[Usage, str]:
        """Returns what `DynamoUsageStore.read_to_correct` does, with retries."""
        return self._retry(lambda: self._usage.read_to_correct(calendar_id))

    def correct(self, calendar_id: CalendarId, growth: Usage, after: str, correction: str) -> bool:
        """Corrects the count of what a calendar holds, unless the database is too busy. Returns whether it did."""
        with suppress(Throttled):
            return self._usage.correct(calendar_id, growth, after, correction)
        return False

    def begin_sweep(self, below: str) -> None:
        """Records how far sweeps go, unless a sweep that goes as far has been recorded before."""
        put = {
            "TableName": self._table,
            "Item": {**keys.swept_key(), "below": text(below)},
            "ConditionExpression": "attribute_not_exists(below) OR below < :below",
            "ExpressionAttributeValues": {":below": text(below)},
        }
        with suppress(Contended):  # an earlier sweep went at least as far
            self._call(self._clients.dynamodb.put_item, put)

    def remove(self, places: Sequence[ItemKey]) -> bool:
        """Deletes the versions at `places`. Returns whether all of them are gone."""
        return not VersionWriter(self._clients, self._table).delete(map(_key, places), self._deadline())

    def event_of(self, where: ItemKey) -> tuple[CalendarId, EventId]:
        """Returns the calendar id and the event id of a version at `where`."""
        return keys.event_of_partition(where[0]) or (CalendarId(""), EventId(""))

    def _scan(self, table: str, after: ItemKey | None, names: Sequence[str]) -> tuple[list[Item], ItemKey | None]:
        scan: dict[str, Any] = {"TableName": table, **_projection(names)}
        if after is not None:
            scan["ExclusiveStartKey"] = _key(after)
        response = self._call(self._clients.dynamodb.scan, scan)
        last = response.get("LastEvaluatedKey")
        return response["Items"], key_of(last) if last else None

    def _call(self, call: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            with store_faults():
                response: dict[str, Any] = call(**arguments)
            return response

        return self._retry(once)

    def _retry(self, call: Callable[[], T]) -> T:
        """Returns what `call` returns, with retries within the deadline. Raises Throttled, AnswerLost."""
        return self._deadline().retry(call, on=(AnswerLost, Throttled))


def _versions(items: Iterable[Item]) -> Iterator[Item]:
    """Returns those of `items`, which are of the history table, that are versions."""
    return (item for item in items if keys.event_of_partition(item["pk"]["S"]) is not None)


def _key(where: ItemKey) -> Item:
    return {"pk": text(where[0]), "sk": text(where[1])}


def _projection(names: Sequence[str]) -> dict[str, Any]:
    return {
        "ProjectionExpression": ", ".join(f"#{name}" for name in names),
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
    }


def _mark(item: Item, history_id: HistoryId) -> Mark:
    return Mark(
        history_id,
        _number(item, "version") or 0,
        external=item.get("changed_by") == text(EXTERNAL),
        follows=_number(item, "follows"),
    )


def _live_mark(item: Item) -> Mark:
    """Returns the latest version of an item of the events table. A history_id that is not a valid id counts as none."""
    history_id = item.get("history_id", {}).get("S", "")
    return replace(_mark(item, history_id if ids.is_id(history_id) else NO_HISTORY_ID), size=_size(item))


def _stored(item: Item) -> Stored:
    expires_at = _number(item, "expires_at") if item.get("change_type") == text("delete") else None
    return Stored(item.get("created_at", {}).get("S", ""), expires_at)


def _size(item: Item) -> Usage:
    """Returns what an item of the events table adds to the usage of its calendar, as far as its attributes are text."""
    if item.get("change_type") == text("delete"):
        return NOTHING
    recurrence = item.get("recurrence")
    changed = (recurrence or {}).get("M", {}).get("changed", {}).get("M", {})
    of_occurrences = [override.get("M", {}).get(name, {}).get("S") for override in changed.values() for name in TEXTS]
    of_event = [item.get(name, {}).get("S") for name in (*TEXTS, "uid")]
    return Usage(1, sum(map(bytes_of, [*of_event, *of_occurrences])), int(recurrence is not None))


def _number(item: Item, name: str) -> int | None:
    return int(item[name]["N"]) if "N" in item.get(name, {}) else None
