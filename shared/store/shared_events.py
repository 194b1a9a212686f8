"""The events table for a calendar that is not the caller's own: each call checks what the calendar grants them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.ids import CalendarId, EventId, HistoryId
from shared.scheduling.access import Grant, RightUnknown
from shared.scheduling.events import Event
from shared.scheduling.fences import Fence
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import ClassRange
from shared.scheduling.range_reader import ClassPage, DeletedPage
from shared.store import keys
from shared.store.access import GRANT_KEYS, GrantReader
from shared.store.batches import BATCH_GET_ITEMS
from shared.store.client import Clients
from shared.store.codec import event_of
from shared.store.event_updates import update_request
from shared.store.events import DynamoEventStore
from shared.store.faults import failed_conditions, store_faults, unanswered

if TYPE_CHECKING:
    from shared.scheduling.updates import ConditionalUpdate


class SharedEventStore(DynamoEventStore):
    """The events of one calendar, as far as its `grants` let the caller see and change them.

    What a caller may not read is not there for them, except that it takes its time: `get_many` and the reads of opaque
    events, for conflicts and busy time, return it.
    """

    _batch_size = BATCH_GET_ITEMS - GRANT_KEYS

    def __init__(self, clients: Clients, table: str, usage_table: str | None, grants: GrantReader) -> None:
        """Uses the events table of name `table`, as `DynamoEventStore` does."""
        super().__init__(clients, table, usage_table)
        self._grants = grants

    @property
    def grant(self) -> Grant:
        """Returns what the calendar granted when it was last read; nothing before."""
        return self._grants.grant

    def admit(self) -> None:
        """Reads the grant. Raises NotFound, NotAllowed, InvalidRequest."""
        self._grants.renew()

    def readable(self, events: Iterable[Event]) -> list[Event]:
        """Returns those of `events` that the caller may read."""
        return [event for event in events if self._grants.access.reads(event, self.grant)]

    def get(self, calendar_id: CalendarId, event_id: EventId) -> Event | None:
        """Returns the event, deleted or not, if the caller may read it: one BatchGetItem, with the grant."""
        found = self._get_chunk(calendar_id, [event_id])
        return next(iter(self.readable(found.values())), None)

    def _get_chunk(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
        found = self._grants.read({self._table: [keys.event_key(calendar_id, each) for each in event_ids]})
        return {event.id: event for event in map(event_of, found[self._table])}

    def _read_items(self, tables: dict[str, Any]) -> dict[str, list[Any]]:
        return self._grants.read(tables)

    def read_ranges(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], start: Instant, limit: int, *, opaque: bool = False
    ) -> list[ClassPage[Event]]:
        """Returns what `DynamoEventStore.read_ranges` does: all opaque events, or those that the caller may read."""
        read = super().read_ranges
        pages = self._grants.beside(lambda: read(calendar_id, ranges, start, limit, opaque=opaque))
        if opaque:
            return pages
        return [ClassPage(self.readable(page.found), page.read_up_to) for page in pages]

    def read_with_series(
        self,
        calendar_id: CalendarId,
        ranges: Sequence[ClassRange],
        start: Instant,
        limit: int,
        window: Interval,
        *,
        opaque: bool = False,
    ) -> tuple[list[ClassPage[Event]], list[Event]]:
        """Returns what `DynamoEventStore.read_with_series` does: all that is opaque, or what the caller may read."""
        pages, series = super().read_with_series(calendar_id, ranges, start, limit, window, opaque=opaque)
        # The series may have taken longer to read than the ranges, with which the grant was read.
        self._grants.renew()
        return pages, series if opaque else self.readable(series)

    def read_each(
        self, calendar_id: CalendarId, reads: Sequence[tuple[ClassRange, Instant]], limit: int
    ) -> list[ClassPage[Event]]:
        """Returns what `DynamoEventStore.read_each` does."""
        read = super().read_each
        return self._grants.beside(lambda: read(calendar_id, reads, limit))

    def deleted(self, calendar_id: CalendarId, now: int, limit: int, before: HistoryId | None) -> DeletedPage:
        """Returns what `DynamoEventStore.deleted` does, as far as the caller may read it."""
        read = super().deleted
        page = self._grants.beside(lambda: read(calendar_id, now, limit, before))
        return DeletedPage(self.readable(page.events), page.read_up_to)

    def put(self, event: Event, previous: Event | None) -> None:
        """Writes `event` if the stored one is still `previous`, and the caller may: one TransactWriteItems."""
        self.put_guarded(event, previous, [])

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:
        """Does what `DynamoEventStore.put_guarded` does, if the caller still may when it commits."""
        with store_faults():
            self._clients.dynamodb.transact_write_items(
                TransactItems=[*self._guarded_put([(event, previous)], fences), *self._grants.checks(event)]  # type: ignore[list-item]
            )

    def update(
        self, calendar_id: CalendarId, event_id: EventId, update: "ConditionalUpdate"
    ) -> tuple[bool, Event | None]:
        """Applies `update` without a read, if the caller may change all events: one TransactWriteItems.

        Returns:
            Whether it was applied, and if it was not, though the caller may, the event as it is. What a transaction has
            written is not known without a read.

        Raises:
            Contended: The caller may not do this, or nothing is known of why it was not applied. Nothing was written.
            RightUnknown: The caller may not change all events, and whether they may change this one has to be read.
            Throttled, AnswerLost.
        """
        action = {
            "TableName": self._table,
            "Key": keys.event_key(calendar_id, event_id),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **update_request(update),
        }
        # Without a read before, only the state says whether the calendar is deleted.
        actions: list[Any] = [{"Update": action}, *self._grants.checks_unread("write")]
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(TransactItems=actions)
            except ClientError as fault:
                failed = failed_conditions(fault)
                if unanswered(fault) or not failed.get(0):
                    raise
                stored = event_of(failed[0])
                if list(failed) != [0]:
                    raise RightUnknown(stored) from fault
                return False, stored
        return True, None
