"""Creating many events in one request, in as few calls as the database allows, without checking for conflicts.

Under an idempotency key the request first claims the key: one conditional write of an item that holds a digest of the
request, and its operation. All ids, of events and of versions, are then derived from that operation, so a repetition
knows what the request created, or would have, and completes an interrupted one with the very same versions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import ceil
from typing import Final, Protocol

from shared import ids
from shared.errors import (
    AnswerLost,
    IdempotencyKeyReused,
    OutcomeUnknown,
    StoreFault,
    Unavailable,
)
from shared.ids import CalendarId, EventId, HistoryId, OperationId
from shared.request import Request
from shared.retries import Deadline
from shared.scheduling.bulk_items import (
    BulkItem,
    BulkResult,
    Draft,
    Invalid,
    OnInvalid,
    rejection,
    request_facts,
    shortened,
    uids_once,
)
from shared.scheduling.events import Event, Stamp
from shared.scheduling.idempotency import CreationKey, deleted_uid, digest_of, taken_uid
from shared.scheduling.overlaps import CrowdStore, collisions

# A queue keeps a message for at most 14 days: so long a request may be repeated.
KEY_SECONDS: Final = 14 * 24 * 3600
# For how long after the last attempt a function may still be at work: it has a margin to answer in, and clocks differ.
STILL_AT_WORK_SECONDS: Final = 4
# The part of a request's time at whose end nobody looks for conflicts any more: the rest is for the writes.
REPORT_SHARE: Final = 1 / 3


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of the request that has claimed an idempotency key.

    `digest` tells what it says, `size` how many events it was to make. Until `busy_until` the function that serves it
    may still be at work; from `expires_at` on the key is free. Both in seconds since 1970.
    """

    digest: str
    operation_id: OperationId
    size: int
    busy_until: int
    expires_at: int


class BulkStore(CrowdStore, Protocol):
    """What a bulk creation needs of the events table."""

    def get_many(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
        """Returns the events of `event_ids` that are there, deleted ones included."""

    def put_all(self, events: Sequence[Event], deadline: Deadline) -> dict[EventId, str]:
        """Writes events that nobody else can have written.

        Returns, by event id, why an event is not known to be written.
        """

    def put_each(
        self, events: Sequence[tuple[Event, Event | None]], deadline: Deadline
    ) -> dict[EventId, Event | str | None]:
        """Writes each event if the stored one still is the one given with it.

        Returns, by event id, None for one written, the stored one that was in the way, or why it is not known to be
        written.
        """

    def claim(self, calendar_id: CalendarId, key: str, claim: Claim, now: int) -> Claim:
        """Returns the claim on `key` that holds at `now` (seconds since 1970): `claim`, unless there is an earlier one.

        Raises Contended, Throttled, AnswerLost.
        """


class BulkCreation:
    """Creates events in the calendar of a request."""

    def __init__(self, store: BulkStore, request: Request, deleted_seconds: int) -> None:
        """`deleted_seconds` is for how long a deleted event can be restored."""
        self._store = store
        self._request = request
        self._calendar_id = request.calendar_id
        self._deadline = request.deadline
        self._deleted_seconds = deleted_seconds

    def create(
        self,
        parts: Sequence[Draft | Invalid],
        *,
        key: str | None = None,
        on_invalid: OnInvalid = "reject",
        report: bool = False,
        reason: str | None = None,
    ) -> BulkResult:
        """Creates the events among `parts`, once if there is a `key`; with `report` also finds what they collide with.

        Raises InvalidItems if one is invalid and that is to be rejected, IdempotencyKeyReused, and Unavailable or
        OutcomeUnknown.
        """
        parts = uids_once(parts)
        invalid = shortened([part for part in parts if isinstance(part, Invalid)])
        if invalid and on_invalid == "reject":
            raise rejection(invalid, len(parts))
        new = [part for part in parts if not isinstance(part, Invalid)]
        refused = [BulkItem(part.index, errors=part.errors) for part in invalid]
        if not new:
            return BulkResult(None, refused)
        uids = {each.index: ids.of_uid(self._calendar_id, each.uid) for each in new if each.uid is not None}
        existing = self._read([*uids.values()]) if uids else {}
        absent = [each for each in new if each.uid is None or self._missing(existing.get(uids[each.index]))]
        operation_id, size, repeated = self._request.operation_id, len(absent), False
        if key is not None:
            held = self._claim(key, digest_of(request_facts(parts, on_invalid, reason)), size)
            repeated = held.operation_id != operation_id
            operation_id, size = held.operation_id, held.size
            if repeated:
                generated = [self._generated(operation_id, each) for each in new if each.uid is None]
                existing |= self._read(generated)
        stamp = Stamp.of(self._request, "create", reason=reason, on_conflict="allow", operation_size=max(1, size))
        stamp = replace(stamp, operation_id=operation_id)
        keyed = key is not None
        events = {each.index: self._event(each, stamp, operation_id, uids.get(each.index), keyed=keyed) for each in new}
        conflicts = None
        if report:
            batch = [(at, each.id, each.content) for at, each in events.items()]
            conflicts = collisions(self._store, self._calendar_id, batch, self._deadline.left(REPORT_SHARE))
        if repeated:
            outcomes = self._complete(events, existing, held.busy_until)
        else:
            outcomes = self._write(events, existing, keyed=keyed)
        made = BulkResult(operation_id, sorted([*outcomes, *refused], key=lambda each: each.index), repeated, conflicts)
        # Under a key what is not written yet may be, by a repetition, and then as a part of this operation.
        wrote = (keyed and size > 0) or any(outcome.may_be_new for outcome in outcomes)
        return made if wrote else replace(made, operation_id=None)

    def _missing(self, stored: Event | None) -> bool:
        return stored is None or stored.expired(self._request.now)

    def _generated(self, operation_id: OperationId, new: Draft) -> EventId:
        return EventId(ids.of_operation(operation_id, f"event {new.index}"))

    def _event(
        self, new: Draft, stamp: Stamp, operation_id: OperationId, uid_id: EventId | None, *, keyed: bool
    ) -> Event:
        """Returns the first version of an event; not written yet."""
        now_ns = self._request.now_ns
        if keyed:
            history_id = ids.of_operation(operation_id, f"version {new.index}")
            event_id = uid_id or self._generated(operation_id, new)
        else:
            history_id = HistoryId(ids.new_id(now_ns))
            event_id = uid_id or EventId(ids.new_id(now_ns))
        digest = None if new.uid is None else CreationKey(new.uid, None).digest(new.content, "allow", None)
        return Event(
            id=event_id,
            calendar_id=self._calendar_id,
            created_at=ids.made_at(history_id),
            content=new.content,
            stamp=stamp.numbered(history_id, 1),
            uid=new.uid,
            creation_digest=digest,
        )

    def _write(self, events: Mapping[int, Event], existing: Mapping[EventId, Event], *, keyed: bool) -> list[BulkItem]:
        """Writes for the first time: in batches what cannot be there yet, one by one what the client has named."""
        failures = self._store.put_all([event for event in events.values() if event.uid is None], self._deadline)
        outcomes = [
            BulkItem(index, event, failure=failures.get(event.id))
            for index, event in events.items()
            if event.uid is None
        ]
        named = {index: event for index, event in events.items() if event.uid is not None}
        return outcomes + self._put(named, existing, keyed=keyed)

    def _complete(
        self, events: Mapping[int, Event], existing: Mapping[EventId, Event], busy_until: int
    ) -> list[BulkItem]:
        """Writes what an earlier request with the same key has left out, if it did.

        Its batches carry no condition: as long as one may be under way, what is written here and changed by somebody
        could be overwritten by it. So nothing is written before the function that sends them has come to its end.
        """
        missing = any(self._missing(existing.get(event.id)) for event in events.values())
        if missing and self._request.now < busy_until:
            detail = "the first request with this key is still at work, or was cut off a moment ago"
            raise Unavailable(detail, retry_after=busy_until - self._request.now)
        return self._put(events, existing, keyed=True)

    def _put(self, events: Mapping[int, Event], existing: Mapping[EventId, Event], *, keyed: bool) -> list[BulkItem]:
        """Writes each of `events` that is not there, on condition that it still is not, and compares those that are."""
        waiting = []
        for event in events.values():
            previous = existing.get(event.id)
            if self._missing(previous):
                waiting.append((event.continuing(previous, self._request.now_ns), previous))
        answers = self._store.put_each(waiting, self._deadline)
        written = {event.id: event for event, _ in waiting}
        outcomes = []
        for index, event in events.items():
            answer = answers.get(event.id, existing.get(event.id))
            if answer is None:
                outcomes.append(BulkItem(index, written[event.id]))
            elif isinstance(answer, str):
                outcomes.append(BulkItem(index, event, failure=answer))
            else:
                outcomes.append(self._outcome_of_stored(index, event, answer, keyed=keyed))
        return outcomes

    def _outcome_of_stored(self, index: int, event: Event, stored: Event, *, keyed: bool) -> BulkItem:
        """Returns what became of `event`, where `stored` was met."""
        if stored.history_id == event.history_id or event.uid is None:
            return BulkItem(index, event)
        key = CreationKey(event.uid, None)
        same = key.created_by(event.content, "allow", None, stored)
        if same and keyed and stored.created_at == event.created_at:
            return BulkItem(index, event)  # made by this operation, and changed since
        if not same:
            return BulkItem(index, errors=(taken_uid(stored),))
        if stored.deleted:
            return BulkItem(index, errors=(deleted_uid(stored),))
        return BulkItem(index, stored, there_before=True)

    def _read(self, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
        try:
            return self._deadline.retry(lambda: self._store.get_many(self._calendar_id, event_ids))
        except StoreFault as fault:
            raise Unavailable("the database was too busy; nothing was written") from fault

    def _claim(self, key: str, digest: str, size: int) -> Claim:
        """Returns the claim on `key`: that of this request, or that of an earlier one which said the same.

        A claim ends before a deleted event can be gone: as long as it holds, each event that was made under it is
        there, if only as a tombstone, so that a repetition brings none back.
        """
        claim = Claim(
            digest,
            self._request.operation_id,
            size,
            busy_until=self._request.now + ceil(self._deadline.seconds) + STILL_AT_WORK_SECONDS,
            expires_at=self._request.now + min(KEY_SECONDS, self._deleted_seconds),
        )
        hashed = sha256(key.encode()).hexdigest()
        try:
            held = self._deadline.retry(lambda: self._store.claim(self._calendar_id, hashed, claim, self._request.now))
        except AnswerLost as lost:
            detail = "the response of the database was lost before any event was written: try again"
            raise OutcomeUnknown(detail) from lost
        except StoreFault as fault:
            raise Unavailable("the database was too busy; nothing was written") from fault
        if held.digest != digest:
            raise IdempotencyKeyReused(f"was used for operation {held.operation_id}, which says something else")
        return held
