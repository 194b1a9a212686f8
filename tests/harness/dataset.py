"""A user with a calendar, written directly to the tables."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shared import ids
from shared.ids import CalendarId, EventId, HistoryId, OperationId, UserId, default_calendar
from shared.runtime import Runtime
from shared.scheduling.events import ChangeType, Content, Event, Stamp
from shared.scheduling.instants import Instant
from shared.store import keys
from shared.store.batches import BATCH_WRITE_ITEMS
from shared.store.codec import Item, event_attributes, number, text
from tests.harness.gateway import payload

# The age of a dataset. The code being measured generates ids separately: two ids of one millisecond have no order, and
# a change needs a later id than the version it changes. So everything in a dataset is older than any request.
AGE_SECONDS: Final = 60
TITLE: Final = "Design review"
FIRST_DAY: Final = datetime(2027, 3, 1, tzinfo=UTC)

GatewayEvent = dict[str, Any]


def at(minutes: float) -> str:
    """Returns the instant this many minutes after the start of a dataset's first day."""
    return (FIRST_DAY + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def body(start: float, minutes: float = 60, **fields: str) -> dict[str, str]:
    """Returns an event as a caller sends it, with `start` in minutes after the start of the first day."""
    return {
        "title": TITLE,
        "description": "What we have learned, and what is next. Bring the figures of last week along.",
        "location": "Room 4",
        "time_zone": "Europe/Berlin",
        "start": at(start),
        "end": at(start + minutes),
        **fields,
    }


@dataclass(slots=True)
class Dataset:
    """The calendar of one user, who has a random id."""

    runtime: Runtime
    user_id: UserId = field(default_factory=lambda: UserId(str(uuid.uuid4())))
    _made: dict[str, Any] = field(default_factory=dict)

    @property
    def calendar_id(self) -> CalendarId:
        """Returns the id of the user's calendar."""
        return default_calendar(self.user_id)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Returns what `make` returned when it was first called for `name`."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def version(
        self,
        start: float,
        minutes: float = 60,
        *,
        number: int = 1,
        kind: ChangeType = "create",
        age_seconds: int = AGE_SECONDS,
        after: Event | None = None,
        title: str = TITLE,
    ) -> Event:
        """Returns a version of an event, which is not written yet.

        Args:
            start: When the event starts, in minutes after the start of the first day.
            minutes: The event's length in minutes.
            number: The version's number.
            kind: The kind of change that made it.
            age_seconds: How long ago it was made.
            after: The version before, unless it is the first.
            title: What the event is called.
        """
        now = self.runtime.now_ns() - age_seconds * 1_000_000_000
        said = body(start, minutes, title=title)
        history_id = ids.later_id(now, after.history_id) if after else ids.new_id(now)
        stamp = Stamp(
            type=kind,
            changed_by=self.user_id,
            operation_id=OperationId(ids.new_id(now)),
            history_id=HistoryId(history_id),
            version=number,
        )
        return Event(
            id=after.id if after else EventId(ids.new_id(now)),
            calendar_id=self.calendar_id,
            created_at=ids.made_at(history_id),
            content=Content(
                title=said["title"],
                description=said["description"],
                location=said["location"],
                time_zone=said["time_zone"],
                start=Instant(said["start"]),
                end=Instant(said["end"]),
            ),
            stamp=stamp,
            created_by=self.user_id,
        )

    def item(self, event: Event) -> Item:
        """Returns the item of a live event."""
        return {**keys.event_key(self.calendar_id, event.id), **event_attributes(event), "span": text(keys.span(event))}

    def store(self, *events: Event) -> None:
        """Writes live events."""
        self._write(self.runtime.settings.events_table, [self.item(event) for event in events])

    def store_deleted(self, *events: Event) -> None:
        """Writes deleted events that can be restored for a day."""
        expires_at = number(self.runtime.now() + 24 * 3600)
        items = [
            {**self.item(event), "span": text(keys.deleted_span(event.history_id)), "expires_at": expires_at}
            for event in events
        ]
        self._write(self.runtime.settings.events_table, items)

    def record(self, *events: Event) -> None:
        """Writes versions to the history table."""
        self._write(self.runtime.settings.history_table, [self._version_item(event) for event in events])

    def remove(self, event_id: EventId) -> None:
        """Deletes the item of an event, without recording a version."""
        self.runtime.clients.dynamodb.delete_item(
            TableName=self.runtime.settings.events_table, Key=keys.event_key(self.calendar_id, event_id)
        )

    def _version_item(self, event: Event) -> Item:
        assert event.stamp.operation_id is not None
        return {
            **keys.version_key(self.calendar_id, event.id, event.history_id),
            **event_attributes(event),
            "calendar": text(keys.calendar(self.calendar_id)),
            "span": text(keys.span(event)),
            "operation": text(keys.operation(self.calendar_id, event.stamp.operation_id)),
        }

    def _write(self, table: str, items: list[Item]) -> None:
        chunks = [items[index : index + BATCH_WRITE_ITEMS] for index in range(0, len(items), BATCH_WRITE_ITEMS)]
        clients = self.runtime.clients

        def write(chunk: list[Item]) -> None:
            requests: Any = [{"PutRequest": {"Item": item}} for item in chunk]
            while requests:
                response = clients.dynamodb.batch_write_item(RequestItems={table: requests})
                requests = response.get("UnprocessedItems", {}).get(table)

        for _ in clients.pool.map(write, chunks):
            pass

    def request(
        self,
        method: str,
        resource: str,
        document: Any = None,
        query: dict[str, str] | None = None,
        **path: str,
    ) -> GatewayEvent:
        """Returns what the gateway passes to a function for a request of this user."""
        event = payload("get_event")
        event |= {
            "resource": resource,
            "path": resource.format(**path),
            "httpMethod": method,
            "headers": {**event["headers"], "Content-Type": "application/json"},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
            "pathParameters": path or None,
            "body": None if document is None else json.dumps(document),
        }
        event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
        context = event["requestContext"]
        context |= {"resourcePath": resource, "httpMethod": method, "path": f"/v1{event['path']}"}
        context["authorizer"] = {
            "principalId": self.user_id,
            "user_id": self.user_id,
            "username": "ada",
            "exp": "32503680000",
        }
        return event
