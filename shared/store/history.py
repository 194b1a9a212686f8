"""The history table: the recorded versions of events."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared import ids
from shared.ids import CalendarId, EventId, HistoryId, OperationId
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, parse_moment, shifted
from shared.scheduling.length_classes import ClassRange
from shared.scheduling.range_reader import ClassPage
from shared.store import keys
from shared.store.batches import batch_get
from shared.store.client import Clients
from shared.store.codec import Item, event_of, text
from shared.store.event_ranges import SERIES_SLACK
from shared.store.events import DynamoEventStore
from shared.store.faults import store_faults

if TYPE_CHECKING:
    from shared.history.past_series import SeriesVersion
    from shared.history.time_travel import Placed

BY_CALENDAR = "by_calendar"
BY_OPERATION = "by_operation"
BY_HOME = "by_home"


class DynamoHistoryStore:
    """The versions of the events of all calendars, together with the live events."""

    def __init__(self, clients: Clients, table: str, events_table: str) -> None:
        """Uses the history table of name `table`, and the events table of name `events_table`."""
        self._clients = clients
        self._table = table
        self._events_table = events_table
        self._events = DynamoEventStore(clients, events_table)

    def page(
        self, calendar_id: CalendarId, event_id: EventId, limit: int, before: HistoryId | None
    ) -> tuple[list[Event], bool, Event | None]:
        """Returns recorded versions older than `before`, newest first; whether there are more; and the live event."""
        # Reads one more than requested to determine whether there is a next page: `LastEvaluatedKey` may also be set
        # on the last one.
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
        """Returns which of `history_ids` are recorded, and the live event: one BatchGetItem over both tables."""
        found = self._read_items(
            {
                self._table: [keys.version_key(calendar_id, event_id, each) for each in history_ids],
                self._events_table: [keys.event_key(calendar_id, event_id)],
            }
        )
        versions = {item["sk"]["S"]: event_of(item) for item in found[self._table]}
        return versions, next(map(event_of, found[self._events_table]), None)

    def _read_items(self, tables: Mapping[str, Sequence[Item]]) -> dict[str, list[Item]]:
        return batch_get(self._clients, tables)

    def first(self, event: Event) -> Event | None:
        """Returns the oldest recorded version since the creation of `event`, if there is one.

        There may be older versions, of an earlier event with the same id.

        Raises:
            ValueError: `created_at` is not a valid time.
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
        """Returns the newest recorded version below an id, and the live event: two concurrent calls."""
        versions, _, stored = self._with_stored(calendar_id, event_id, 1, below)
        return next(iter(versions), None), stored

    def latest_two(self, calendar_id: CalendarId, event_id: EventId) -> tuple[list[Event], Event | None]:
        """Returns the newest two recorded versions, newest first, and the live event: two concurrent calls."""
        versions, _, stored = self._with_stored(calendar_id, event_id, 2, None)
        return versions, stored

    def read_positions(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], limit: int
    ) -> "list[ClassPage[Placed]]":
        """Returns a page per range of the index by calendar: the positions of versions of any age, and their ids.

        The index is global, hence eventually consistent: a version appears some time after it was recorded.
        """

        def page(each: ClassRange) -> "ClassPage[Placed]":
            items, last = self._index_page(calendar_id, keys.class_range(each), Limit=limit)
            placed = [(keys.position_in(item["span"]["S"]), HistoryId(item["sk"]["S"])) for item in items]
            return ClassPage(placed, keys.position_in(last["span"]["S"]) if last else None)

        return list(self._clients.pool.map(page, ranges))

    def read_positions_and_series(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], limit: int, start: Instant
    ) -> "tuple[list[ClassPage[Placed]], list[SeriesVersion]]":
        """Returns what `read_positions` does, and all versions of series that ended after `start`; concurrently.

        It may be that they ended up to a day before, as they were stored: the rules of a time zone may have changed.
        """
        series = self._clients.pool.submit(self._series_versions, calendar_id, shifted(start, -SERIES_SLACK))
        pages = self.read_positions(calendar_id, ranges, limit)
        return pages, series.result()

    def _series_versions(self, calendar_id: CalendarId, low: Instant) -> "list[SeriesVersion]":
        found: list[SeriesVersion] = []
        more: dict[str, Any] = {}
        while True:
            items, last = self._index_page(calendar_id, keys.series_range(low), **more)
            found += [(keys.series_in(item["span"]["S"]), HistoryId(item["sk"]["S"])) for item in items]
            if last is None:
                return found
            more = {"ExclusiveStartKey": last}

    def _index_page(
        self, calendar_id: CalendarId, keys_read: keys.KeyRange, **more: Any
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """Returns a page of a range of the index by calendar, and the key after which the next one begins."""
        with store_faults():
            response = self._clients.dynamodb.query(
                TableName=self._table,
                IndexName=BY_CALENDAR,
                KeyConditionExpression="calendar = :calendar AND span BETWEEN :low AND :high",
                ExpressionAttributeValues={
                    ":calendar": text(keys.calendar(calendar_id)),
                    ":low": text(keys_read.low),
                    ":high": text(keys_read.high),
                },
                **more,
            )
        return response["Items"], response.get("LastEvaluatedKey")

    def versions(self, calendar_id: CalendarId, wanted: "Sequence[SeriesVersion]") -> list[Event]:
        """Returns those of `wanted`, given by event id and history_id, that are recorded: a call for a hundred."""
        places = [keys.version_key(calendar_id, *each) for each in wanted]
        return [event_of(item) for item in self._read_items({self._table: places})[self._table]]

    def stored(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
        """Returns the stored events among `event_ids`, including deleted ones, as `DynamoEventStore.get_many` does."""
        return self._events.get_many(calendar_id, event_ids)

    def operation(self, calendar_id: CalendarId, operation_id: OperationId) -> list[tuple[EventId, HistoryId]]:
        """Returns the versions that the operation made in the calendar, as event id and history_id.

        Reads an eventually consistent index: a version appears some time after it was recorded. Versions in other
        calendars, of this operation or of another with the same id, have another key.
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
                response = self._clients.dynamodb.query(**query)
            found += [
                (EventId(item["pk"]["S"].removeprefix(prefix)), HistoryId(item["sk"]["S"]))
                for item in response["Items"]
            ]
            if "LastEvaluatedKey" not in response:
                return found
            query["ExclusiveStartKey"] = response["LastEvaluatedKey"]

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
        """Returns versions below an id, newest first, or above one, oldest first, and whether there are more."""
        condition = "pk = :pk"
        values: dict[str, Any] = {":pk": text(keys.history_partition(calendar_id, event_id))}
        if below is not None or above is not None:
            condition += " AND sk < :sk" if below is not None else " AND sk > :sk"
            values[":sk"] = text(below or above or "")
        with store_faults():
            response = self._clients.dynamodb.query(
                TableName=self._table,
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=above is not None,
                ConsistentRead=True,
                Limit=limit,
            )
        return [event_of(item) for item in response["Items"]], "LastEvaluatedKey" in response
