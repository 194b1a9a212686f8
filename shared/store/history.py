"""The history table: versions of events, and what the stream brings to it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from shared import ids
from shared.ids import CalendarId, EventId, HistoryId, OperationId
from shared.scheduling.events import Event
from shared.scheduling.instants import parse_moment
from shared.scheduling.length_classes import ClassRange
from shared.scheduling.range_reader import ClassPage
from shared.store import keys
from shared.store.batches import batch_get
from shared.store.client import Clients
from shared.store.codec import event_of, text
from shared.store.events import DynamoEventStore
from shared.store.faults import store_faults

if TYPE_CHECKING:
    from shared.history.time_travel import Placed

BY_CALENDAR = "by_calendar"
BY_OPERATION = "by_operation"


class DynamoHistoryStore:
    """The versions of the events of all calendars, with the live event beside them."""

    def __init__(self, clients: Clients, table: str, events_table: str) -> None:
        """Uses the history table of name `table`, and the events table of name `events_table`."""
        self._clients = clients
        self._table = table
        self._events_table = events_table
        self._events = DynamoEventStore(clients, events_table)

    def page(
        self, calendar_id: CalendarId, event_id: EventId, limit: int, before: HistoryId | None
    ) -> tuple[list[Event], bool, Event | None]:
        """Returns recorded versions older than `before`, newest first; whether there are more; the live event."""
        # One more than asked for tells whether there is a next page: the database says so of its last one, too.
        versions, more, stored = self._with_stored(calendar_id, event_id, limit + 1, before)
        return versions[:limit], more or len(versions) > limit, stored

    def _with_stored(
        self, calendar_id: CalendarId, event_id: EventId, limit: int, below: HistoryId | None
    ) -> tuple[list[Event], bool, Event | None]:
        stored = self._clients.pool.submit(self._events.get, calendar_id, event_id)
        versions, more = self._query(calendar_id, event_id, limit, below=below)
        return versions, more, stored.result()

    def read(
        self, calendar_id: CalendarId, event_id: EventId, history_ids: Iterable[HistoryId]
    ) -> tuple[dict[HistoryId, Event], Event | None]:
        """Returns the recorded ones of `history_ids`, and the live event: one BatchGetItem over both tables."""
        found = batch_get(
            self._clients,
            {
                self._table: [keys.version_key(calendar_id, event_id, each) for each in history_ids],
                self._events_table: [keys.event_key(calendar_id, event_id)],
            },
        )
        versions = {item["sk"]["S"]: event_of(item) for item in found[self._table]}
        return versions, next(map(event_of, found[self._events_table]), None)

    def first(self, event: Event) -> Event | None:
        """Returns the oldest recorded version since the creation of `event`, if there is one. Raises ValueError.

        Before it there may be versions of an earlier event of the same id.
        """
        made = ids.derived_id(parse_moment(event.created_at), 0)
        versions, _ = self._query(event.calendar_id, event.id, 1, above=made)
        return next(iter(versions), None)

    def neighbours(
        self, calendar_id: CalendarId, event_id: EventId, history_id: HistoryId
    ) -> tuple[Event | None, Event | None]:
        """Returns the recorded versions just before and just after `history_id`."""
        newer = self._clients.pool.submit(self._query, calendar_id, event_id, 1, above=history_id)
        older, _ = self._query(calendar_id, event_id, 1, below=history_id)
        return next(iter(older), None), next(iter(newer.result()[0]), None)

    def newest(self, calendar_id: CalendarId, event_id: EventId, below: HistoryId) -> tuple[Event | None, Event | None]:
        """Returns the newest recorded version below an id, and the live event. Two calls concurrently."""
        versions, _, stored = self._with_stored(calendar_id, event_id, 1, below)
        return next(iter(versions), None), stored

    def latest_two(self, calendar_id: CalendarId, event_id: EventId) -> tuple[list[Event], Event | None]:
        """Returns the newest two recorded versions, newest first, and the live event. Two calls concurrently."""
        versions, _, stored = self._with_stored(calendar_id, event_id, 2, None)
        return versions, stored

    def read_positions(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], limit: int
    ) -> "list[ClassPage[Placed]]":
        """Returns a page of each range of the index by calendar: where versions of any time lie, and their ids.

        The index is global, so eventually consistent: a version shows some time after it was recorded.
        """

        def page(each: ClassRange) -> "ClassPage[Placed]":
            keys_read = keys.class_range(each)
            with store_faults():
                answer = self._clients.dynamodb.query(
                    TableName=self._table,
                    IndexName=BY_CALENDAR,
                    KeyConditionExpression="calendar = :calendar AND span BETWEEN :low AND :high",
                    ExpressionAttributeValues={
                        ":calendar": text(keys.calendar(calendar_id)),
                        ":low": text(keys_read.low),
                        ":high": text(keys_read.high),
                    },
                    Limit=limit,
                )
            last = answer.get("LastEvaluatedKey")
            placed = [(keys.position_in(item["span"]["S"]), HistoryId(item["sk"]["S"])) for item in answer["Items"]]
            return ClassPage(placed, keys.position_in(last["span"]["S"]) if last else None)

        return list(self._clients.pool.map(page, ranges))

    def stored(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
        """Returns the live events of `event_ids`, deleted ones included: as `DynamoEventStore.get_many`."""
        return self._events.get_many(calendar_id, event_ids)

    def operation(self, calendar_id: CalendarId, operation_id: OperationId) -> list[tuple[EventId, HistoryId]]:
        """Returns the versions that the operation made in the calendar, as event id and history_id.

        From an eventually consistent index: a version shows some time after it was recorded. What the operation, or
        another one that has the same id, did elsewhere has another key.
        """
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": BY_OPERATION,
            "KeyConditionExpression": "operation = :operation",
            "ExpressionAttributeValues": {":operation": text(keys.operation(calendar_id, operation_id))},
        }
        found: list[tuple[EventId, HistoryId]] = []
        prefix = keys.history_partition(calendar_id, EventId(""))
        while True:
            with store_faults():
                answer = self._clients.dynamodb.query(**query)
            found += [
                (EventId(item["pk"]["S"].removeprefix(prefix)), HistoryId(item["sk"]["S"])) for item in answer["Items"]
            ]
            if "LastEvaluatedKey" not in answer:
                return found
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def before(self, calendar_id: CalendarId, event_id: EventId, history_id: HistoryId) -> Event | None:
        """Returns the newest recorded version of the event before `history_id`: one Query."""
        versions, _ = self._query(calendar_id, event_id, 1, below=history_id)
        return next(iter(versions), None)

    def _query(
        self,
        calendar_id: CalendarId,
        event_id: EventId,
        limit: int,
        *,
        below: HistoryId | None = None,
        above: HistoryId | None = None,
    ) -> tuple[list[Event], bool]:
        """Returns versions below an id, newest first, or above one, oldest first; and whether there are more."""
        condition = "pk = :pk"
        values: dict[str, Any] = {":pk": text(keys.history_partition(calendar_id, event_id))}
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
