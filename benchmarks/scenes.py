"""A user with a calendar of their own, put into the tables without the functions that are measured."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shared import ids
from shared.runtime import Runtime
from shared.scheduling.events import ChangeType, Content, Event, Stamp
from shared.store import keys
from shared.store.batches import BATCH_WRITE_ITEMS
from shared.store.codec import Item, event_attributes, live_span, number, text
from tests.harness.gateway import payload

# How old what a scene makes is. What is measured makes ids of its own, with another generator: two of one millisecond
# have no order, and a change has to have a later one than what it changes.
AGO_SECONDS: Final = 60
FIRST_DAY: Final = datetime(2027, 3, 1, tzinfo=UTC)

GatewayEvent = dict[str, Any]


def at(minutes: float) -> str:
    """The instant so many minutes after the first day of a benchmark's calendar."""
    return (FIRST_DAY + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def body(start: float, minutes: float = 60, **fields: str) -> dict[str, str]:
    """An event as a caller sends it, `start` in minutes after the first day."""
    return {
        "title": "Design review",
        "description": "What we have learned, and what is next. Bring the figures of last week along.",
        "location": "Room 4",
        "time_zone": "Europe/Berlin",
        "start": at(start),
        "end": at(start + minutes),
        **fields,
    }


@dataclass(slots=True)
class Scene:
    """One user. `kept` is for what a route's requests share."""

    runtime: Runtime
    calendar_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    kept: dict[str, Any] = field(default_factory=dict)

    def version(
        self,
        start: float,
        minutes: float = 60,
        *,
        number: int = 1,
        kind: ChangeType = "create",
        ago_seconds: int = AGO_SECONDS,
        after: Event | None = None,
        **fields: str,
    ) -> Event:
        """A version of an event, in no table yet; `after` the one before it, if it is not the first."""
        now = self.runtime.now_ns() - ago_seconds * 1_000_000_000
        history_id = ids.later_id(now, after.history_id) if after else ids.new_id(now)
        stamp = Stamp(history_id, number, kind, self.calendar_id, ids.new_id(now))
        content = Content(**body(start, minutes, **fields))  # type: ignore[arg-type]  # no transparency among them
        return Event(after.id if after else ids.new_id(now), self.calendar_id, ids.made_at(history_id), content, stamp)

    def item(self, event: Event) -> Item:
        """The item of a live event."""
        return {**keys.event_key(self.calendar_id, event.id), **event_attributes(event), "span": live_span(event)}

    def version_item(self, event: Event) -> Item:
        """The item of a version."""
        place = {
            "calendar": text(keys.calendar(self.calendar_id)),
            "span": live_span(event),
            "operation": text(keys.operation(self.calendar_id, event.stamp.operation_id)),
        }
        return {**keys.version_key(self.calendar_id, event.id, event.history_id), **event_attributes(event), **place}

    def store(self, event: Event) -> Event:
        """Put a live event into its table."""
        self.runtime.clients.dynamodb.put_item(TableName=self.runtime.settings.events_table, Item=self.item(event))
        return event

    def delete(self, event: Event) -> None:
        """Put a deleted event into its table."""
        place = {
            "span": text(keys.deleted_span(event.history_id)),
            "expires_at": number(self.runtime.now() + 24 * 3600),
        }
        clients, table = self.runtime.clients, self.runtime.settings.events_table
        clients.dynamodb.put_item(TableName=table, Item={**self.item(event), **place})

    def record(self, *events: Event) -> None:
        """Put versions into the history table."""
        self._write(self.runtime.settings.history_table, [self.version_item(event) for event in events])

    def remove(self, event_id: str) -> None:
        """Take an event out of its table, as if it had never been there."""
        self.runtime.clients.dynamodb.delete_item(
            TableName=self.runtime.settings.events_table, Key=keys.event_key(self.calendar_id, event_id)
        )

    def fill(self, events: list[Event]) -> None:
        """Put live events into their table, many at a time, from several threads."""
        self._write(self.runtime.settings.events_table, [self.item(event) for event in events])

    def bury(self, events: list[Event]) -> None:
        """Put deleted events into their table, which can be restored for a day."""
        expires_at = {"N": str(self.runtime.now() + 24 * 3600)}
        items = [
            {**self.item(event), "span": text(keys.deleted_span(event.history_id)), "expires_at": expires_at}
            for event in events
        ]
        self._write(self.runtime.settings.events_table, items)

    def _write(self, table: str, items: list[Item]) -> None:
        chunks = [items[index : index + BATCH_WRITE_ITEMS] for index in range(0, len(items), BATCH_WRITE_ITEMS)]
        clients = self.runtime.clients

        def write(chunk: list[Item]) -> None:
            requests: Any = [{"PutRequest": {"Item": item}} for item in chunk]
            while requests:
                answer = clients.dynamodb.batch_write_item(RequestItems={table: requests})
                requests = answer.get("UnprocessedItems", {}).get(table)

        for _ in clients.pool.map(write, chunks):
            pass

    def request(
        self,
        method: str,
        resource: str,
        document: Any = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        **path: str,
    ) -> GatewayEvent:
        """What the gateway hands to a function for a request of this user."""
        event = payload("get_event")
        event |= {
            "resource": resource,
            "path": resource.format(**path),
            "httpMethod": method,
            "headers": {**event["headers"], "Content-Type": "application/json", **(headers or {})},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
            "pathParameters": path or None,
            "body": None if document is None else json.dumps(document),
        }
        event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
        context = event["requestContext"]
        context |= {"resourcePath": resource, "httpMethod": method, "path": f"/v1{event['path']}"}
        context["authorizer"] = {
            "principalId": self.calendar_id,
            "user_id": self.calendar_id,
            "username": "ada",
            "exp": "32503680000",
        }
        return event
