"""The history table: versions of events, and what the stream brings to it."""

from collections.abc import Iterable
from typing import Any

from shared.scheduling.events import Event
from shared.store import keys
from shared.store.batches import batch_get
from shared.store.client import Clients, store_faults
from shared.store.events import EventStore
from shared.store.items import event_of, text


class HistoryStore:
    """The versions of the events of all calendars, with the live event beside them."""

    def __init__(self, clients: Clients, table: str, events_table: str) -> None:
        """Use the history table of name `table`, and the events table of name `events_table`."""
        self._clients = clients
        self._table = table
        self._events_table = events_table
        self._events = EventStore(clients, events_table)

    def page(self, owner: str, event_id: str, limit: int, before: str | None) -> tuple[list[Event], bool, Event | None]:
        """Recorded versions older than `before`, newest first; whether there are more; the live event. Two calls."""
        stored = self._clients.pool.submit(self._events.get, owner, event_id)
        versions, more = self._query(owner, event_id, limit, below=before)
        return versions, more, stored.result()

    def read(self, owner: str, event_id: str, history_ids: Iterable[str]) -> tuple[dict[str, Event], Event | None]:
        """The recorded ones of `history_ids`, and the live event: one BatchGetItem over both tables."""
        found = batch_get(
            self._clients,
            {
                self._table: [keys.version_key(owner, event_id, each) for each in history_ids],
                self._events_table: [keys.event_key(owner, event_id)],
            },
        )
        versions = {item["sk"]["S"]: event_of(item) for item in found[self._table]}
        return versions, next(map(event_of, found[self._events_table]), None)

    def neighbours(self, owner: str, event_id: str, history_id: str) -> tuple[Event | None, Event | None]:
        """The recorded versions just before and just after `history_id`."""
        newer = self._clients.pool.submit(self._query, owner, event_id, 1, above=history_id)
        older, _ = self._query(owner, event_id, 1, below=history_id)
        return next(iter(older), None), next(iter(newer.result()[0]), None)

    def _query(
        self, owner: str, event_id: str, limit: int, *, below: str | None = None, above: str | None = None
    ) -> tuple[list[Event], bool]:
        """Versions below an id, newest first, or above one, oldest first; and whether there are more."""
        condition = "pk = :pk"
        values: dict[str, Any] = {":pk": text(keys.history_partition(owner, event_id))}
        if below is not None or above is not None:
            condition += " AND sk < :sk" if below is not None else " AND sk > :sk"
            values[":sk"] = text(below or above or "")
        with store_faults():
            answer = self._clients.dynamodb.query(
                TableName=self._table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=above is not None,
                ConsistentRead=True,
                Limit=limit,
            )
        return [event_of(item) for item in answer["Items"]], "LastEvaluatedKey" in answer
