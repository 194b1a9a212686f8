"""The history table as a whole: what the continuity check reads of it, and what a sweep removes from it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from shared import ids
from shared.errors import AnswerLost, Contended, StoreFault, Throttled
from shared.history.changes import VersionRef
from shared.history.continuity import Mark
from shared.ids import CalendarId, EventId, HistoryId, ItemKey
from shared.retries import Deadline
from shared.scheduling.events import EXTERNAL, NO_HISTORY_ID
from shared.store import keys
from shared.store.batches import batch_get
from shared.store.client import Clients, store_faults
from shared.store.codec import Item, text
from shared.store.keys import key_of
from shared.store.versions import VersionWriter

T = TypeVar("T")

_MARK = ("sk", "version", "changed_by", "follows", "history_id")


class HistoryScanner:
    """Reads the two tables from end to end, a page (1 MB) a call. A call that fails for load is tried again."""

    def __init__(self, clients: Clients, table: str, events_table: str, deadline: Callable[[], Deadline]) -> None:
        """Use the history table of name `table`, and the events table; each call has a `deadline` of its own."""
        self._clients = clients
        self._table = table
        self._events_table = events_table
        self._deadline = deadline

    def version_page(self, after: ItemKey | None) -> tuple[list[tuple[ItemKey, Mark]], ItemKey | None]:
        """A page of the versions of all events, eventually consistent."""
        items, following = self._scan(self._table, after, ("pk", *_MARK))
        return [(key_of(item), _mark(item, item["sk"]["S"])) for item in _versions(items)], following

    def places(self, after: ItemKey | None) -> tuple[list[ItemKey], ItemKey | None]:
        """A page of where the versions of all events lie, eventually consistent."""
        items, following = self._scan(self._table, after, ("pk", "sk"))
        return [key_of(item) for item in _versions(items)], following

    def live_page(self, after: ItemKey | None) -> tuple[list[tuple[VersionRef, Mark]], ItemKey | None]:
        """A page of the events of all calendars, deleted ones included, with the latest version of each."""
        items, following = self._scan(self._events_table, after, ("pk", *_MARK))
        events = [item for item in items if item["sk"]["S"].startswith(keys.EVENT_PREFIX)]
        found = [(keys.calendar_in(item), keys.event_id_in(item), _live_mark(item)) for item in events]
        return [
            (VersionRef(calendar, event_id, mark.history_id), mark) for calendar, event_id, mark in found
        ], following

    def recorded(self, versions: Iterable[VersionRef]) -> set[VersionRef]:
        """Which of `versions` are in the history: a BatchGetItem for each hundred."""
        wanted = {key_of(keys.version_key(*each)): each for each in versions}
        found = self._again(
            lambda: batch_get(self._clients, {self._table: [_key(each) for each in wanted]})[self._table]
        )
        return {wanted[key_of(item)] for item in found}

    def marks(self, calendar_id: CalendarId, event_id: EventId) -> list[Mark]:
        """The versions of an event, oldest first, strongly consistent."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": text(keys.history_partition(calendar_id, event_id))},
            "ConsistentRead": True,
            **_projection(_MARK),
        }
        found: list[Mark] = []
        while True:
            answer = self._call(self._clients.dynamodb.query, query)
            found += [_mark(item, item["sk"]["S"]) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def live(self, calendar_id: CalendarId, event_id: EventId) -> Mark | None:
        """The latest version of an event, deleted or not, strongly consistent."""
        get = {"TableName": self._events_table, "Key": keys.event_key(calendar_id, event_id), "ConsistentRead": True}
        item = self._call(self._clients.dynamodb.get_item, get).get("Item")
        return _live_mark(item) if item else None

    def swept_below(self) -> str:
        """How far sweeps have gone: what the last one noted; empty if there was none."""
        get = {"TableName": self._table, "Key": keys.swept_key(), "ConsistentRead": True}
        item = self._call(self._clients.dynamodb.get_item, get).get("Item")
        return str(item["below"]["S"]) if item else ""

    def begin_sweep(self, below: str) -> None:
        """Note how far sweeps go; never less far than before."""
        put = {
            "TableName": self._table,
            "Item": {**keys.swept_key(), "below": text(below)},
            "ConditionExpression": "attribute_not_exists(below) OR below < :below",
            "ExpressionAttributeValues": {":below": text(below)},
        }
        with suppress(Contended):  # an earlier sweep has gone as far
            self._call(self._clients.dynamodb.put_item, put)

    def remove(self, places: Sequence[ItemKey]) -> bool:
        """Delete the versions at `places`. Gives whether all of them are gone."""
        return not VersionWriter(self._clients, self._table).delete(map(_key, places), self._deadline())

    def event_of(self, where: ItemKey) -> tuple[CalendarId, EventId]:
        """Whose event a version at `where` is of, and which."""
        return keys.event_of_partition(where[0]) or (CalendarId(""), EventId(""))

    def _scan(self, table: str, after: ItemKey | None, names: Sequence[str]) -> tuple[list[Item], ItemKey | None]:
        scan: dict[str, Any] = {"TableName": table, **_projection(names)}
        if after is not None:
            scan["ExclusiveStartKey"] = _key(after)
        answer = self._call(self._clients.dynamodb.scan, scan)
        last = answer.get("LastEvaluatedKey")
        return answer["Items"], key_of(last) if last else None

    def _call(self, call: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            with store_faults():
                answer: dict[str, Any] = call(**arguments)
            return answer

        return self._again(once)

    def _again(self, call: Callable[[], T]) -> T:
        """What `call` gives, tried again while the database is too busy. Raises Throttled, AnswerLost."""
        fault: StoreFault = AnswerLost("never asked")
        for _ in self._deadline().attempts():
            try:
                return call()
            except (AnswerLost, Throttled) as error:
                fault = error
        raise fault


def _versions(items: Iterable[Item]) -> Iterator[Item]:
    """Those of `items` of the history table that are versions."""
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
    """The latest stamp of an item of the events table; one that a script has made up is none."""
    history_id = item.get("history_id", {}).get("S", "")
    return _mark(item, history_id if ids.is_id(history_id) else NO_HISTORY_ID)


def _number(item: Item, name: str) -> int | None:
    return int(item[name]["N"]) if "N" in item.get(name, {}) else None
