"""The events table as a bulk creation uses it: many events a call, claims on idempotency keys, and bounded looks."""

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.errors import AnswerLost, CalendarFull, Contended, Throttled
from shared.scheduling.bulk import Claim
from shared.scheduling.events import ANSWER_LOST, Event
from shared.scheduling.patience import Patience
from shared.scheduling.rounds import LARGEST_PAGE
from shared.scheduling.spans import overlap_ranges
from shared.store import keys
from shared.store.batches import BATCH_GET_ITEMS
from shared.store.client import store_faults
from shared.store.events import EventStore, stored_in
from shared.store.items import Item, event_of, number, text

if TYPE_CHECKING:
    from shared.scheduling.free_time import Interval

CONDITION_FAILED = "ConditionalCheckFailedException"


class CreationStore(EventStore):
    """The events of all calendars, for the creation of many."""

    def read_all(self, owner: str, event_ids: Sequence[str]) -> dict[str, Event]:
        """The events of `event_ids` that are there, deleted ones included: a BatchGetItem a hundred, side by side."""
        chunks = [event_ids[at : at + BATCH_GET_ITEMS] for at in range(0, len(event_ids), BATCH_GET_ITEMS)]
        found = self._clients.pool.map(lambda chunk: self.get_many(owner, chunk), chunks)
        return dict(chain.from_iterable(each.items() for each in found))

    def put_each(
        self, events: Sequence[tuple[Event, Event | None]], patience: Patience
    ) -> dict[str, Event | str | None]:
        """Write each event if the stored one still is the one given with it: a PutItem each, side by side.

        By event id: None for one written, the stored one that was in the way, or why it is not known to be written.
        """
        answers = self._clients.pool.map(lambda each: self._put_one(each[0], each[1], patience), events)
        return {event.id: answer for (event, _), answer in zip(events, answers, strict=True)}

    def _put_one(self, event: Event, previous: Event | None, patience: Patience) -> Event | str | None:
        unknown = False
        for _ in patience.attempts():
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
                # Without one, a tombstone has gone that was to be continued: nothing is known but that it changed.
                if fault.response["Error"]["Code"] != CONDITION_FAILED or not item:
                    raise
                return event_of(item)
        return None

    def claim(self, owner: str, key: str, claim: Claim, now: int) -> Claim:
        """The claim on `key` that holds at `now` (seconds since 1970): `claim`, unless there is an earlier one.

        Raises Contended, Throttled, AnswerLost.
        """
        item: Item = {
            **keys.claim_key(owner, key),
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
                if fault.response["Error"]["Code"] != CONDITION_FAILED or not held:
                    raise
                return _claim_of(held)
        return claim

    def crowd(self, owner: str, windows: "Sequence[Interval]") -> tuple[list[Event], bool]:
        """Live opaque events that overlap one of `windows`, and whether that are all.

        One Query for each length class of each window, side by side, of one page: of at most 2,000 items, and 1 MB.
        """
        reads = [(each, start) for start, end in windows for each in overlap_ranges(start, end)]
        found: dict[str, Event] = {}
        complete = True
        for page in self._read(reads, owner, LARGEST_PAGE, opaque=True):
            found |= {event.id: event for event in page.found}
            complete = complete and page.read_up_to is None
        return [*found.values()], complete


def _claim_of(item: Item) -> Claim:
    return Claim(
        item["digest"]["S"],
        item["operation_id"]["S"],
        *(int(item[name]["N"]) for name in ("size", "busy_until", "expires_at")),
    )
