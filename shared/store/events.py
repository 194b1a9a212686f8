"""The events table: events, their index by span, and the fences."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.ids import CalendarId, EventId
from shared.scheduling.access import OWNER, Grant
from shared.scheduling.events import NO_HISTORY_ID, Event
from shared.scheduling.fences import Fence
from shared.scheduling.quotas import Usage
from shared.store import keys
from shared.store.batches import BATCH_GET_ITEMS, batch_get
from shared.store.client import Clients
from shared.store.codec import (
    Item,
    event_attributes,
    event_of,
    number,
    text,
)
from shared.store.event_ranges import EventRanges
from shared.store.event_updates import update_request
from shared.store.faults import failed_conditions, store_faults, unanswered
from shared.store.fence_items import fence_of, recent_value
from shared.store.usage import usage_of

if TYPE_CHECKING:
    from shared.scheduling.updates import ConditionalUpdate


class DynamoEventStore(EventRanges):
    """The events of all calendars. Every method names a calendar, and accesses its partition only."""

    # How many events one call reads.
    _batch_size = BATCH_GET_ITEMS

    def __init__(self, clients: Clients, table: str, usage_table: str | None = None) -> None:
        """Uses the events table of name `table`. What calendars use is read in `usage_table`, unless that is None."""
        super().__init__(clients, table)
        self._usage_table = usage_table

    @property
    def grant(self) -> Grant:
        """Returns what the caller may do: everything, in a calendar of their own."""
        return OWNER

    def admit(self) -> None:
        """Checks that the caller may do what the request needs: in a calendar of their own they may."""

    def get(self, calendar_id: CalendarId, event_id: EventId) -> Event | None:
        """Returns the event, deleted or not, strongly consistent: one GetItem."""
        with store_faults():
            response = self._clients.dynamodb.get_item(
                TableName=self._table, Key=keys.event_key(calendar_id, event_id), ConsistentRead=True
            )
        item = response.get("Item")
        return event_of(item) if item else None

    def get_many(self, calendar_id: CalendarId, event_ids: Iterable[EventId]) -> dict[EventId, Event]:
        """Returns the events among `event_ids` that are stored, including deleted ones.

        Makes one BatchGetItem per hundred, concurrently. More than a hundred must not be requested from a thread of the
        clients' pool, which could deadlock.
        """
        wanted = list(event_ids)
        chunks = [wanted[at : at + self._batch_size] for at in range(0, len(wanted), self._batch_size)]
        if len(chunks) <= 1:
            return self._get_chunk(calendar_id, wanted)
        found: dict[EventId, Event] = {}
        for events in self._clients.pool.map(lambda chunk: self._get_chunk(calendar_id, chunk), chunks):
            found.update(events)
        return found

    def _get_chunk(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
        found = batch_get(self._clients, {self._table: [keys.event_key(calendar_id, each) for each in event_ids]})
        return {event.id: event for event in map(event_of, found[self._table])}

    def read_guarded(
        self, calendar_id: CalendarId, event_id: EventId | None, names: Sequence[str]
    ) -> tuple[Event | None, list[Fence], Usage | None]:
        """Returns the event, if it is requested and stored, the fences of `names`, and the calendar's usage.

        Makes one BatchGetItem. Its items are not a snapshot: each may be read at a different moment.
        """
        wanted = [keys.fence_key(calendar_id, name) for name in names]
        if event_id is not None:
            wanted.append(keys.event_key(calendar_id, event_id))
        tables = {self._table: wanted}
        if self._usage_table is not None:
            tables[self._usage_table] = [keys.usage_key(calendar_id)]
        items = self._read_items(tables)
        usage = None if self._usage_table is None else usage_of(next(iter(items[self._usage_table]), None))
        found = {item["sk"]["S"]: item for item in items[self._table]}
        fences = [fence_of(name, found.pop(keys.fence_key(calendar_id, name)["sk"]["S"], None)) for name in names]
        return next((event_of(item) for item in found.values()), None), fences, usage

    def _read_items(self, tables: dict[str, list[Item]]) -> dict[str, list[Item]]:
        return batch_get(self._clients, tables)

    def put(self, event: Event, previous: Event | None) -> None:
        """Writes `event` if the stored one is still `previous`. Raises Contended, Throttled, AnswerLost.

        When the SDK itself retries a call whose response was lost, it finds this same version: that is a success.
        """
        with store_faults():
            try:
                self._clients.dynamodb.put_item(
                    **self._conditional_put(event, previous), ReturnValuesOnConditionCheckFailure="ALL_OLD"
                )
            except ClientError as fault:
                if failed_conditions(fault).get(0, {}).get("history_id") != text(event.history_id):
                    raise

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:
        """Writes `event` as `put` does and moves `fences` if each is still as given, in one TransactWriteItems.

        botocore gives each call a ClientRequestToken, so its own retries are applied once.
        """
        with store_faults():
            self._clients.dynamodb.transact_write_items(TransactItems=self._guarded_put([(event, previous)], fences))

    def _guarded_put(self, pairs: Sequence[tuple[Event, Event | None]], fences: Sequence[Fence]) -> list[Any]:
        """Returns the actions that write the first event of each pair in place of the second, and move `fences`."""
        events = [event for event, _ in pairs]
        moves = [{"Update": self._fence_move(events, fence)} for fence in fences]
        return [*({"Put": self._conditional_put(*pair)} for pair in pairs), *moves]

    def _conditional_put(self, event: Event, previous: Event | None) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table, "Item": self._item(event)}
        if previous is None:
            return {**put, "ConditionExpression": "attribute_not_exists(pk)"}
        condition = "history_id = :previous"
        if previous.history_id == NO_HISTORY_ID:
            condition = "attribute_exists(pk) AND (attribute_not_exists(history_id) OR history_id = :previous)"
        values = {":previous": text(previous.history_id)}
        return {**put, "ConditionExpression": condition, "ExpressionAttributeValues": values}

    def _fence_move(self, events: Sequence[Event], fence: Fence) -> dict[str, Any]:
        moved = fence.moved(*events)
        update: dict[str, Any] = {
            "TableName": self._table,
            "Key": keys.fence_key(events[0].calendar_id, fence.name),
            "UpdateExpression": "SET #value = :new, recent = :recent",
            "ConditionExpression": "attribute_not_exists(pk)" if fence.value is None else "#value = :old",
            "ExpressionAttributeNames": {"#value": "value"},
            "ExpressionAttributeValues": {":new": text(events[0].history_id), ":recent": recent_value(moved)},
        }
        if fence.value is not None:
            update["ExpressionAttributeValues"][":old"] = text(fence.value)
        return update

    def update(
        self, calendar_id: CalendarId, event_id: EventId, update: "ConditionalUpdate"
    ) -> tuple[bool, Event | None]:
        """Applies `update` with one UpdateItem, without a preceding read. Raises Contended, Throttled, AnswerLost.

        Returns:
            Whether the update was applied, and the event as it is now stored; None if there is none.
        """
        request = update_request(update)
        with store_faults():
            try:
                response = self._clients.dynamodb.update_item(
                    TableName=self._table,
                    Key=keys.event_key(calendar_id, event_id),
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **request,
                )
            except ClientError as fault:
                stored = failed_conditions(fault).get(0)
                if stored is None:
                    raise
                event = event_of(stored) if stored else None
                # When the SDK retries a call whose response was lost, it may find its own version, or a later one.
                applied = event is not None and event.history_id == update.stamp.history_id
                if unanswered(fault) and not applied:
                    raise
                return applied, event
        return True, event_of(response["Attributes"])

    def _item(self, event: Event) -> Item:
        item = {**keys.event_key(event.calendar_id, event.id), **event_attributes(event)}
        if event.deleted:
            return {
                **item,
                "span": text(keys.deleted_span(event.history_id)),
                "expires_at": number(event.expires_at or 0),
            }
        item["span"] = text(keys.span(event))
        if event.content.recurrence is not None:
            item["series_start"] = text(event.content.extent.start)
        return item
