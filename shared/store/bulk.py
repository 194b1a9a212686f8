"""The events table as a bulk creation uses it: many events a call, claims on idempotency keys, and bounded looks."""

from collections.abc import Sequence
from concurrent.futures import wait
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.errors import AnswerLost, CalendarFull, Contended, Throttled
from shared.ids import CalendarId, EventId
from shared.retries import Deadline
from shared.scheduling.bulk import Claim
from shared.scheduling.bulk_items import ANSWER_LOST
from shared.scheduling.events import Event
from shared.scheduling.length_classes import overlap_ranges
from shared.scheduling.range_reader import LARGEST_PAGE
from shared.store import keys
from shared.store.batches import BATCH_WRITE_ITEMS, batch_write
from shared.store.client import condition_failed, store_faults
from shared.store.codec import Item, event_of, number, text
from shared.store.events import DynamoEventStore, stored_in

if TYPE_CHECKING:
    from shared.scheduling.intervals import Interval


class DynamoBulkStore(DynamoEventStore):
    """The events of all calendars, for the creation of many."""

    def put_all(self, events: Sequence[Event], deadline: Deadline) -> dict[EventId, str]:
        """Write new events in as few calls as there can be. Gives why, by event id, for those not known to be written.

        The calls are not repeated by the SDK, which could overwrite what came after them. When an answer is lost, what
        is there is read back, and what is absent is put on condition that it still is.
        """
        chunks = [events[at : at + BATCH_WRITE_ITEMS] for at in range(0, len(events), BATCH_WRITE_ITEMS)]
        failures: dict[EventId, str] = {}
        for failed in self._clients.pool.map(lambda chunk: self._put_chunk(chunk, deadline), chunks):
            failures.update(failed)
        return failures

    def _put_chunk(self, events: Sequence[Event], deadline: Deadline) -> dict[EventId, str]:
        waiting = {event.id: event for event in events}
        unknown = False
        for _ in deadline.attempts():
            try:
                if unknown:
                    self._put_absent(waiting)
                    return {}
                items = [self._item(event) for event in waiting.values()]
                refused = batch_write(self._clients.dynamodb_once, self._table, items)
                waiting = {event_id: waiting[event_id] for event_id in (item["id"]["S"] for item in refused)}
                if not waiting:
                    return {}
            except AnswerLost:
                unknown = True
            except CalendarFull as full:
                return dict.fromkeys(waiting, f"not written: {full}")
            except (Contended, Throttled):
                continue
        why = ANSWER_LOST if unknown else "not written: the database was too busy"
        return dict.fromkeys(waiting, why)

    def _put_absent(self, waiting: dict[EventId, Event]) -> None:
        """Write what is not there of `waiting`, which loses each event that is known to be written."""
        for calendar_id in {event.calendar_id for event in waiting.values()}:
            for event_id in self._get_chunk(calendar_id, [*waiting]):
                del waiting[event_id]
        for event in [*waiting.values()]:
            self.put(event, None)
            del waiting[event.id]

    def put_each(
        self, events: Sequence[tuple[Event, Event | None]], deadline: Deadline
    ) -> dict[EventId, Event | str | None]:
        """Write each event if the stored one still is the one given with it: a PutItem each, side by side.

        By event id: None for one written, the stored one that was in the way, or why it is not known to be written.
        """
        answers = self._clients.pool.map(lambda each: self._put_one(each[0], each[1], deadline), events)
        return {event.id: answer for (event, _), answer in zip(events, answers, strict=True)}

    def _put_one(self, event: Event, previous: Event | None, deadline: Deadline) -> Event | str | None:
        unknown = False
        for _ in deadline.attempts():
            try:
                stored = self._put_or_meet(event, previous)
            except AnswerLost:
                unknown = True
            except CalendarFull as full:
                return f"not written: {full}"
            except (Contended, Throttled):
                continue
            else:
                return None if stored is None or stored.history_id == event.history_id else stored
        return ANSWER_LOST if unknown else "not written: the database was too busy"

    def _put_or_meet(self, event: Event, previous: Event | None) -> Event | None:
        """Write `event` as `put` does; gives the stored one if that is not `previous`."""
        with store_faults():
            try:
                self._clients.dynamodb.put_item(
                    **self._conditional_put(event, previous), ReturnValuesOnConditionCheckFailure="ALL_OLD"
                )
            except ClientError as fault:
                item = stored_in(fault)
                if not condition_failed(fault) or not (item or previous):
                    raise
                # Without an item the tombstone that was to be continued has been removed: there is none any more.
                return event_of(item) if item else self._put_or_meet(event, None)
        return None

    def claim(self, calendar_id: CalendarId, key: str, claim: Claim, now: int) -> Claim:
        """The claim on `key` that holds at `now` (seconds since 1970): `claim`, unless there is an earlier one.

        Raises Contended, Throttled, AnswerLost.
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
                held = stored_in(fault)
                if not condition_failed(fault) or not held:
                    raise
                return _claim_of(held)
        return claim

    def crowd(self, calendar_id: CalendarId, windows: "Sequence[Interval]", seconds: float) -> tuple[list[Event], bool]:
        """Live opaque events that overlap one of `windows`, as far as `seconds` allow, and whether that are all.

        One Query for each length class of each window, side by side, of one page: of at most 2,000 items, and 1 MB.
        """
        page_of = self._reader(calendar_id, LARGEST_PAGE, opaque=True)
        reads = [(each, window.start) for window in windows for each in overlap_ranges(window)]
        running = [self._clients.pool.submit(page_of, read) for read in reads]
        done, late = wait(running, seconds)
        for read in late:
            read.cancel()  # one that is under way goes on, and nobody waits for it
        found: dict[EventId, Event] = {}
        complete = not late
        for page in (each.result() for each in running if each in done):
            found |= {event.id: event for event in page.found}
            complete = complete and page.read_up_to is None
        return [*found.values()], complete


def _claim_of(item: Item) -> Claim:
    return Claim(
        item["digest"]["S"],
        item["operation_id"]["S"],
        *(int(item[name]["N"]) for name in ("size", "busy_until", "expires_at")),
    )
