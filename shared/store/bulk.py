"""The events table for bulk creations: batches of events, claims on idempotency keys, bounded searches."""

from collections.abc import Sequence
from concurrent.futures import Future, wait
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from shared.errors import AnswerLost, CalendarFull, Contended, StoreFault, Throttled
from shared.ids import CalendarId, EventId, UserId
from shared.retries import Deadline
from shared.scheduling.admission import MINUTE
from shared.scheduling.bulk_items import ANSWER_LOST, Claim
from shared.scheduling.events import Event
from shared.scheduling.instants import shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import overlap_ranges
from shared.scheduling.range_reader import LARGEST_PAGE
from shared.scheduling.recurrences import occurrences
from shared.scheduling.window_reader import EXPANDED_SECONDS
from shared.store import keys
from shared.store.batches import BATCH_WRITE_ITEMS, batch_write
from shared.store.codec import Item, event_of, number, text
from shared.store.events import DynamoEventStore
from shared.store.faults import failed_conditions, store_faults
from shared.store.usage import DynamoUsageStore

if TYPE_CHECKING:
    from shared.scheduling.quotas import Usage

# Of series so many occurrences are compared at most: together they may have millions in a year.
MOST_OCCURRENCES: Final = 10 * LARGEST_PAGE


class DynamoBulkStore(DynamoEventStore):
    """The events of all calendars, with the operations of a bulk creation."""

    def put_all(self, events: Sequence[Event], deadline: Deadline) -> dict[EventId, str]:
        """Writes new events in as few calls as possible.

        The SDK does not retry these calls, since a late retry could overwrite newer versions. When a response is lost,
        the events are read back, and those that are absent are put on condition that they still are.

        Returns:
            The reason, by event id, for each event that is not known to be written.
        """
        chunks = [events[at : at + BATCH_WRITE_ITEMS] for at in range(0, len(events), BATCH_WRITE_ITEMS)]
        failures: dict[EventId, str] = {}
        for failed in self._clients.pool.map(lambda chunk: self._put_chunk(chunk, deadline), chunks):
            failures.update(failed)
        return failures

    def _put_chunk(self, events: Sequence[Event], deadline: Deadline) -> dict[EventId, str]:
        waiting = {event.id: event for event in events}
        lost = False

        def attempt() -> None:
            nonlocal lost
            if lost:
                self._put_absent(waiting)
                return
            try:
                self._put_batch(waiting)
            except AnswerLost:
                lost = True
                raise

        try:
            deadline.retry(attempt)
        except (CalendarFull, StoreFault) as fault:
            return dict.fromkeys(waiting, why_not_written(fault))
        return {}

    def _put_batch(self, waiting: dict[EventId, Event]) -> None:
        """Writes the events in `waiting`, and removes from it those known to be written.

        Raises:
            Throttled: Some events are left.
            AnswerLost: The call got no response: any of the events may have been written.
        """
        items = [self._item(event) for event in waiting.values()]
        left = {item["id"]["S"] for item in batch_write(self._clients.dynamodb_once, self._table, items)}
        for event_id in waiting.keys() - left:
            del waiting[event_id]
        if left:
            raise Throttled("UnprocessedItems")

    def _put_absent(self, waiting: dict[EventId, Event]) -> None:
        """Writes the events in `waiting` that are not stored, and removes from it those known to be written."""
        for calendar_id in {event.calendar_id for event in waiting.values()}:
            for event_id in self._get_chunk(calendar_id, [*waiting]):
                del waiting[event_id]
        for event in [*waiting.values()]:
            self.put(event, None)
            del waiting[event.id]

    def put_each(
        self, events: Sequence[tuple[Event, Event | None]], deadline: Deadline
    ) -> dict[EventId, Event | str | None]:
        """Writes each event if the stored one is still the one given with it: one PutItem each, concurrently.

        Returns:
            By event id: None if it was written, the stored event that prevented it, or the reason why it is not known
            to be written.
        """
        outcomes = self._clients.pool.map(lambda each: self._put_one(each[0], each[1], deadline), events)
        return {event.id: outcome for (event, _), outcome in zip(events, outcomes, strict=True)}

    def _put_one(self, event: Event, previous: Event | None, deadline: Deadline) -> Event | str | None:
        try:
            stored = deadline.retry(lambda: self._put_or_meet(event, previous))
        except (CalendarFull, StoreFault) as fault:
            return why_not_written(fault)
        # A retry after a lost response finds the version that the first attempt wrote.
        return None if stored is None or stored.history_id == event.history_id else stored

    def _put_or_meet(self, event: Event, previous: Event | None) -> Event | None:
        """Writes `event` as `put` does. Returns the stored event instead if it is not `previous`."""
        with store_faults():
            try:
                self._clients.dynamodb.put_item(
                    **self._conditional_put(event, previous), ReturnValuesOnConditionCheckFailure="ALL_OLD"
                )
            except ClientError as fault:
                met = failed_conditions(fault).get(0)
                if met is None or not (met or previous):
                    raise
                # No item: the tombstone that this version was to follow has been removed since, so there is no event.
                return event_of(met) if met else self._put_or_meet(event, None)
        return None

    def count_bulk(
        self, user_id: UserId, calendar_id: CalendarId, minute: int, most: int, *, with_usage: bool
    ) -> "tuple[bool, Usage | None]":
        """Counts a request of the user in `minute` (since 1970), unless it has had `most` (0: any number).

        One conditional UpdateItem, and concurrently one GetItem for what the calendar holds, `with_usage`.

        Returns:
            Whether there were fewer, and what the calendar holds.

        Raises:
            Throttled, AnswerLost: The request may have been counted, and counts again if this is called again.
        """
        reading = None
        if with_usage and self._usage_table is not None:
            usage_of = DynamoUsageStore(self._clients, self._usage_table).read
            reading = self._clients.pool.submit(usage_of, calendar_id)
        try:
            admitted = not most or self._count(keys.bulk_count_key(user_id, minute), most, minute)
        finally:
            usage = reading.result() if reading is not None else None
        return admitted, usage

    def _count(self, key: Item, most: int, minute: int) -> bool:
        try:
            with store_faults():
                self._clients.dynamodb.update_item(
                    TableName=self._table,
                    Key=key,
                    UpdateExpression="ADD requests :one SET expires_at = :end",
                    ConditionExpression="attribute_not_exists(requests) OR requests < :most",
                    ExpressionAttributeValues={
                        ":one": number(1),
                        ":most": number(most),
                        ":end": number((minute + 2) * MINUTE),
                    },
                )
        except Contended:
            return False
        return True

    def claim(self, calendar_id: CalendarId, key: str, claim: Claim, now: int) -> Claim:
        """Stores `claim` unless there is an earlier claim on `key` that is valid at `now` (seconds since 1970).

        Returns:
            The claim that is valid: `claim` or the earlier one.

        Raises:
            Contended, Throttled, AnswerLost: Retry.
        """
        item: Item = {
            **keys.claim_key(calendar_id, key),
            "digest": text(claim.digest),
            "operation_id": text(claim.operation_id),
            "size": number(claim.size),
            "busy_until": number(claim.busy_until),
            "expires_at": number(claim.expires_at),
        }
        with store_faults():
            try:
                self._clients.dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk) OR expires_at <= :now",
                    ExpressionAttributeValues={":now": number(now)},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as fault:
                held = failed_conditions(fault).get(0)
                if not held:
                    raise
                return _claim_of(held)
        return claim

    def crowd(self, calendar_id: CalendarId, windows: Sequence[Interval], seconds: float) -> tuple[list[Event], bool]:
        """Returns live opaque events that overlap one of `windows`, and whether these are all of them.

        Makes one Query per length class and window, concurrently, and waits for at most `seconds`. Each reads one page
        of at most 2,000 items and 1 MB. Of the series it has the first MOST_OCCURRENCES, of each window in its first
        366 days.
        """
        page_of = self._reader(calendar_id, LARGEST_PAGE, opaque=True)
        reads = [(each, window.start) for window in windows for each in overlap_ranges(window)]
        running = [self._clients.pool.submit(page_of, read) for read in reads]
        whole = Interval(windows[0].start, windows[-1].end) if windows else None
        recurring = [self._clients.pool.submit(self._series, calendar_id, whole, opaque=True)] if whole else []
        everything: list[Future[Any]] = [*running, *recurring]
        done, late = wait(everything, seconds)
        for read in late:
            read.cancel()  # a call in progress continues, but its result is not used
        found: dict[EventId, Event] = {}
        complete = not late
        for page in (each.result() for each in running if each in done):
            found |= {event.id: event for event in page.found}
            complete = complete and page.read_up_to is None
        all_series = [each for read in recurring if read in done for each in read.result()]
        parts = [Interval(each.start, min(each.end, shifted(each.start, EXPANDED_SECONDS))) for each in windows]
        complete = complete and (not all_series or parts == [*windows])
        occurring = chain.from_iterable(occurrences(series, part) for part in parts for series in all_series)
        first = list(islice(occurring, MOST_OCCURRENCES + 1))
        found |= {event.id: event for event in first[:MOST_OCCURRENCES] if event.content.opaque}
        return [*found.values()], complete and len(first) <= MOST_OCCURRENCES


def why_not_written(fault: CalendarFull | StoreFault) -> str:
    """Returns the text that describes, to the caller, why the write of an event ended with `fault`."""
    if isinstance(fault, AnswerLost):
        return ANSWER_LOST
    return f"not written: {fault if isinstance(fault, CalendarFull) else 'the database was too busy'}"


def _claim_of(item: Item) -> Claim:
    return Claim(
        item["digest"]["S"],
        item["operation_id"]["S"],
        *(int(item[name]["N"]) for name in ("size", "busy_until", "expires_at")),
    )
