"""A calendar to fight over: who works on it, and what lies in the table in the end."""

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from shared.ids import CalendarId, EventId, UserId, default_calendar
from shared.request import Request
from shared.retries import Deadline
from shared.runtime import Runtime
from shared.scheduling.booking_changes import Bookings
from shared.scheduling.bookings import BookingWriter
from shared.scheduling.bulk import BulkCreation
from shared.scheduling.bulk_items import BulkResult, Draft
from shared.scheduling.events import Content, Event, Transparency
from shared.scheduling.instants import Instant
from shared.scheduling.series_calendar import SeriesCalendar
from shared.store import keys
from shared.store.bookings import DynamoBookingStore
from shared.store.bulk import DynamoBulkStore
from shared.store.client import Clients
from shared.store.codec import event_attributes, event_of, text
from shared.store.events import DynamoEventStore
from tests.harness.botocore_faults import Wire
from tests.harness.clock import Clock
from tests.harness.samples import no_bookings, request

DELETED_SECONDS = 30 * 24 * 3600


def content(start: Instant, end: Instant, title: str = "Review", transparency: Transparency = "opaque") -> Content:
    """What an owner says of an event."""
    return Content(title=title, start=start, end=end, transparency=transparency)


def event_items(runtime: Runtime, calendar_id: CalendarId) -> list[Event]:
    """Every event of the calendar, deleted ones too, read from the table itself and not by the index under test."""
    pages = runtime.clients.dynamodb.get_paginator("query").paginate(
        TableName=runtime.settings.events_table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :event)",
        ExpressionAttributeValues={":pk": text(keys.calendar(calendar_id)), ":event": text(keys.EVENT_PREFIX)},
        ConsistentRead=True,
    )
    return [event_of(item) for page in pages for item in page["Items"]]


def events_of(made: BulkResult) -> tuple[list[Event], dict[str, str]]:
    """The events of a bulk creation, and why, by id, for those not known to be written."""
    events = [outcome.event for outcome in made.outcomes if outcome.event is not None]
    return events, {each.event.id: each.failure for each in made.outcomes if each.event is not None and each.failure}


def double_bookings(events: Iterable[Event]) -> list[tuple[Event, Event]]:
    """The pairs of live opaque events that take the same time, though neither was written with leave to."""
    busy = [
        event for event in events if not event.deleted and event.content.opaque and event.stamp.on_conflict == "reject"
    ]
    return [
        (one, other)
        for one, other in itertools.combinations(busy, 2)
        if one.content.start < other.content.end and other.content.start < one.content.end
    ]


@dataclass
class ContendedCalendar:
    """The calendar of a new user.

    The tests' subject writes to it over `wire`; its rivals write directly, to the same tables, and are never hindered.
    """

    runtime: Runtime
    wired: Runtime
    wire: Wire
    user_id: UserId = field(default_factory=lambda: UserId(str(uuid4())))
    clock: Clock = field(default_factory=Clock)
    make_store: Callable[[Clients, str], DynamoEventStore] = DynamoEventStore
    # By what series are split: who splits none needs no bookings.
    make_bookings: type[DynamoBookingStore] | None = None

    @property
    def calendar_id(self) -> CalendarId:
        """The user's calendar."""
        return default_calendar(self.user_id)

    def subject(self, seconds: float = 8.0, now_ns: int | None = None) -> SeriesCalendar:
        """The one whose calls are on the wire."""
        store = self.make_store(self.wired.clients, self.wired.settings.events_table)
        return self._calendar(self.wired, store, self.make_bookings, self.clock.deadline(seconds), now_ns)

    def rival(self, now_ns: int | None = None) -> SeriesCalendar:
        """Somebody else at work on the same calendar."""
        store = DynamoEventStore(self.runtime.clients, self.runtime.settings.events_table)
        bookings = None if self.make_bookings is None else DynamoBookingStore
        return self._calendar(self.runtime, store, bookings, Clock().deadline(8.0), now_ns)

    def _calendar(
        self,
        runtime: Runtime,
        store: DynamoEventStore,
        kind: type[DynamoBookingStore] | None,
        deadline: Deadline,
        now_ns: int | None,
    ) -> SeriesCalendar:
        settings, clients = runtime.settings, runtime.clients

        def bookings(request: Request) -> Bookings:
            if kind is None:
                return no_bookings(request)
            store = kind(clients, settings.events_table, None, settings.access_table, time.monotonic)
            return Bookings(request, BookingWriter(store, request, DELETED_SECONDS, None, clients.outer_pool.map))

        return SeriesCalendar(store, self._request(now_ns, deadline), DELETED_SECONDS, bookings)

    def bulk(self, contents: Sequence[Content], now_ns: int | None = None) -> tuple[list[Event], dict[str, str]]:
        """Let the subject create `contents` together; gives the events, and why those failed that did."""
        store = DynamoBulkStore(self.wired.clients, self.wired.settings.events_table)
        return self._bulk(store, self.clock.deadline(8.0), contents, now_ns)

    def rival_bulk(self, contents: Sequence[Content]) -> tuple[list[Event], dict[str, str]]:
        """Let a rival create `contents` together."""
        store = DynamoBulkStore(self.runtime.clients, self.runtime.settings.events_table)
        return self._bulk(store, Clock().deadline(8.0), contents, None)

    def _bulk(
        self, store: DynamoBulkStore, deadline: Deadline, contents: Sequence[Content], now_ns: int | None
    ) -> tuple[list[Event], dict[str, str]]:
        creation = BulkCreation(store, self._request(now_ns, deadline), DELETED_SECONDS)
        made = creation.create([Draft(index, content) for index, content in enumerate(contents)])
        return events_of(made)

    def _request(self, now_ns: int | None, deadline: Deadline) -> Request:
        now_ns = time.time_ns() if now_ns is None else now_ns
        return request(self.calendar_id, now_ns=now_ns, deadline=deadline)

    def events(self) -> list[Event]:
        """Every event, deleted ones too."""
        return event_items(self.runtime, self.calendar_id)

    def live(self) -> dict[EventId, Event]:
        """The events that are not deleted, by id."""
        return {event.id: event for event in self.events() if not event.deleted}

    def record(self, event: Event) -> None:
        """Bring a version into the history, as the stream would."""
        self.runtime.clients.dynamodb.put_item(
            TableName=self.runtime.settings.history_table,
            Item=event_attributes(event) | keys.version_key(self.calendar_id, event.id, event.history_id),
        )

    def double_bookings(self) -> list[tuple[Event, Event]]:
        """The pairs that should not be."""
        return double_bookings(self.events())
