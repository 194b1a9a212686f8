"""The events table: events, their index by span, and the fences."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from shared.scheduling.events import Event
from shared.scheduling.fences import Fence
from shared.scheduling.instants import Instant
from shared.scheduling.rounds import ClassPage
from shared.scheduling.spans import SpanRange
from shared.scheduling.updates import ConditionalUpdate
from shared.store import keys
from shared.store.batches import BATCH_GET_ITEMS, batch_get
from shared.store.client import Clients
from shared.store.codec import (
    NO_HISTORY_ID,
    OPTIONAL_STAMP,
    Item,
    entries_value,
    event_attributes,
    event_of,
    fence_of,
    live_span,
    number,
    stamp_attributes,
    text,
)
from shared.store.faults import failed_conditions, store_faults, unanswered

INDEX = "by_span"


class DynamoEventStore:
    """The events of all calendars; every call names the owner, and reaches no other partition."""

    def __init__(self, clients: Clients, table: str) -> None:
        """Use the events table of name `table`."""
        self._clients = clients
        self._table = table

    def get(self, calendar_id: str, event_id: str) -> Event | None:
        """The event, deleted or not, strongly consistent: one GetItem."""
        with store_faults():
            answer = self._clients.dynamodb.get_item(
                TableName=self._table, Key=keys.event_key(calendar_id, event_id), ConsistentRead=True
            )
        item = answer.get("Item")
        return event_of(item) if item else None

    def get_many(self, calendar_id: str, event_ids: Iterable[str]) -> dict[str, Event]:
        """The events of `event_ids` that are there, deleted ones included: a BatchGetItem a hundred, side by side.

        More than a hundred must not be asked for in a thread of the clients' pool, which could wait for itself.
        """
        wanted = list(event_ids)
        chunks = [wanted[at : at + BATCH_GET_ITEMS] for at in range(0, len(wanted), BATCH_GET_ITEMS)]
        if len(chunks) <= 1:
            return self._get_chunk(calendar_id, wanted)
        found: dict[str, Event] = {}
        for events in self._clients.pool.map(lambda chunk: self._get_chunk(calendar_id, chunk), chunks):
            found.update(events)
        return found

    def _get_chunk(self, calendar_id: str, event_ids: Sequence[str]) -> dict[str, Event]:
        found = batch_get(self._clients, {self._table: [keys.event_key(calendar_id, each) for each in event_ids]})
        return {event.id: event for event in map(event_of, found[self._table])}

    def read_guarded(
        self, calendar_id: str, event_id: str | None, weeks: Sequence[str]
    ) -> tuple[Event | None, list[Fence]]:
        """The event, if asked for and there, and the fences of `weeks`: one BatchGetItem, which is no snapshot."""
        wanted = [keys.fence_key(calendar_id, week) for week in weeks]
        if event_id is not None:
            wanted.append(keys.event_key(calendar_id, event_id))
        found = {item["sk"]["S"]: item for item in batch_get(self._clients, {self._table: wanted})[self._table]}
        fences = [fence_of(week, found.pop(keys.fence_key(calendar_id, week)["sk"]["S"], None)) for week in weeks]
        return next((event_of(item) for item in found.values()), None), fences

    def read_ranges(
        self, calendar_id: str, ranges: Sequence[SpanRange], start: Instant, limit: int, *, opaque: bool = False
    ) -> list[ClassPage[Event]]:
        """A page of each range, side by side: events that end after `start`, among the next `limit` of the range.

        One of no length that begins at `start` is listed, too: `overlap` is the rule. A page ends at 1 MB, before the
        filter, whatever `limit` says. With `opaque` transparent events are left out.
        """
        reads = [(each, start) for each in ranges]
        return list(self._clients.pool.map(self._reader(calendar_id, limit, opaque=opaque), reads))

    def _reader(
        self, calendar_id: str, limit: int, *, opaque: bool
    ) -> Callable[[tuple[SpanRange, Instant]], ClassPage[Event]]:
        """What reads a page of a range, of events that end after the instant given with it or begin at it."""
        extra: dict[str, Any] = {
            "FilterExpression": "(#end > :start OR #start >= :start)",
            "ExpressionAttributeNames": {"#end": "end", "#start": "start"},
            "Limit": limit,
        }
        values: Item = {}
        if opaque:
            # An item of another hand may lack `transparency`: like any event, it is opaque unless it says otherwise.
            extra["FilterExpression"] += " AND NOT transparency = :transparent"
            values[":transparent"] = text("transparent")

        def page(read: tuple[SpanRange, Instant]) -> ClassPage[Event]:
            each, start = read
            return self._page(calendar_id, each, {":start": text(start), **values}, extra)

        return page

    def deleted(self, calendar_id: str, now: int, limit: int, before: str | None) -> ClassPage[Event]:
        """A page of the deleted events that can still be restored at `now` (seconds since 1970), latest first.

        `before` is the history_id of the deletion that the page before was read up to.
        """
        high = keys.deleted_span("~") if before is None else keys.just_before(keys.deleted_span(before))
        each = SpanRange("deleted", keys.deleted_span(""), high, backward=True)
        extra: dict[str, Any] = {"FilterExpression": "expires_at > :now", "Limit": limit}
        return self._page(calendar_id, each, {":now": number(now)}, extra)

    def _page(self, calendar_id: str, each: SpanRange, values: Item, extra: dict[str, Any]) -> ClassPage[Event]:
        """A page of one range of the index."""
        with store_faults():
            page = self._clients.dynamodb.query(
                TableName=self._table,
                IndexName=INDEX,
                ConsistentRead=True,
                ScanIndexForward=not each.backward,
                KeyConditionExpression="pk = :pk AND span BETWEEN :low AND :high",
                ExpressionAttributeValues={
                    ":pk": text(keys.calendar(calendar_id)),
                    ":low": text(each.low),
                    ":high": text(each.high),
                    **values,
                },
                **extra,
            )
        last = page.get("LastEvaluatedKey")
        return ClassPage([event_of(item) for item in page["Items"]], last["span"]["S"] if last else None)

    def put(self, event: Event, previous: Event | None) -> None:
        """Write `event` if the stored one still is `previous`. Raises Contended, Throttled, AnswerLost.

        The SDK's own repetition of a call whose answer was lost finds this very version: that is success.
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
        """The same, and move each of `fences` if it still is as given: all or nothing, one TransactWriteItems.

        botocore gives each call its ClientRequestToken, so its own repetitions are applied once.
        """
        actions: list[Any] = [{"Put": self._conditional_put(event, previous)}]
        actions += [{"Update": self._fence_move(event, fence)} for fence in fences]
        with store_faults():
            self._clients.dynamodb.transact_write_items(TransactItems=actions)

    def _conditional_put(self, event: Event, previous: Event | None) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table, "Item": self._item(event)}
        if previous is None:
            return {**put, "ConditionExpression": "attribute_not_exists(pk)"}
        condition = "history_id = :previous"
        if previous.history_id == NO_HISTORY_ID:
            condition = "attribute_exists(pk) AND (attribute_not_exists(history_id) OR history_id = :previous)"
        values = {":previous": text(previous.history_id)}
        return {**put, "ConditionExpression": condition, "ExpressionAttributeValues": values}

    def _fence_move(self, event: Event, fence: Fence) -> dict[str, Any]:
        moved = fence.moved(event)
        update: dict[str, Any] = {
            "TableName": self._table,
            "Key": keys.fence_key(event.calendar_id, fence.week),
            "UpdateExpression": "SET #value = :new, recent = :recent",
            "ConditionExpression": "attribute_not_exists(pk)" if fence.value is None else "#value = :old",
            "ExpressionAttributeNames": {"#value": "value"},
            "ExpressionAttributeValues": {":new": text(event.history_id), ":recent": entries_value(moved)},
        }
        if fence.value is not None:
            update["ExpressionAttributeValues"][":old"] = text(fence.value)
        return update

    def update(self, calendar_id: str, event_id: str, revision: ConditionalUpdate) -> tuple[bool, Event | None]:
        """Whether `revision` was applied, and the event as it is now: one UpdateItem, with no read before it.

        Raises Contended, Throttled, AnswerLost.
        """
        stamp = revision.stamp
        sets: Item = {
            **{name: text(value) for name, value in revision.content.items()},
            **stamp_attributes(stamp),
        }
        conditions = [
            "attribute_exists(pk)",
            "NOT change_type = :delete",
            "(attribute_not_exists(history_id) OR history_id < :below)",
        ]
        values: Item = {
            ":delete": text("delete"),
            ":below": text(revision.below),
            ":zero": number(0),
            ":one": number(1),
        }
        if stamp.type == "delete":
            sets["span"] = text(keys.deleted_span(stamp.history_id))
            sets["expires_at"] = number(revision.expires_at or 0)
        else:
            conditions.append("NOT (" + " AND ".join(f"#{name} = :{name}" for name in revision.content) + ")")
        if revision.if_match is not None:
            matches = {f":match{index}": text(each) for index, each in enumerate(sorted(revision.if_match))}
            conditions.append(f"history_id IN ({', '.join(matches)})" if matches else "attribute_not_exists(pk)")
            values.update(matches)
        if revision.if_none_match:
            others = {f":other{index}": text(each) for index, each in enumerate(sorted(revision.if_none_match))}
            conditions.append(f"NOT history_id IN ({', '.join(others)})")
            values.update(others)
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
        update += ", version = if_not_exists(version, :zero) + :one"
        # What the change before has said of itself, and this one does not.
        unsaid = [name for name in OPTIONAL_STAMP if name not in sets]
        if unsaid:
            update += " REMOVE " + ", ".join(f"#{name}" for name in unsaid)
        with store_faults():
            try:
                answer = self._clients.dynamodb.update_item(
                    TableName=self._table,
                    Key=keys.event_key(calendar_id, event_id),
                    UpdateExpression=update,
                    ConditionExpression=" AND ".join(conditions),
                    ExpressionAttributeNames={f"#{name}": name for name in (*sets, *unsaid)},
                    ExpressionAttributeValues={
                        **{f":{name}": value for name, value in sets.items()},
                        **values,
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as fault:
                stored = failed_conditions(fault).get(0)
                if stored is None:
                    raise
                event = event_of(stored) if stored else None
                # The SDK repeats a call whose answer was lost: then it meets its own version, or what came after it.
                applied = event is not None and event.history_id == stamp.history_id
                if unanswered(fault) and not applied:
                    raise
                return applied, event
        return True, event_of(answer["Attributes"])

    def _item(self, event: Event) -> Item:
        return {**keys.event_key(event.calendar_id, event.id), **event_attributes(event), "span": live_span(event)}
