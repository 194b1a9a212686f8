"""Bulk creation: many events in one request, in as few calls as the database allows, without conflict checks.

With an idempotency key the request first claims the key: one conditional write of an item that holds a digest of the
request and its operation id. All event and version ids are then derived from that operation id, so a repeated request
knows what the first one created or would have created, and completes an interrupted one with exactly the same versions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from math import ceil
from typing import Final, Protocol

from shared import ids
from shared.errors import AnswerLost, IdempotencyKeyReused, OutcomeUnknown, StoreFault, Unavailable
from shared.ids import CalendarId, EventId, HistoryId, OperationId
from shared.request import Request
from shared.retries import Deadline
from shared.scheduling.access import Grant
from shared.scheduling.admission import Admission
from shared.scheduling.bulk_items import (
    BulkItem,
    BulkResult,
    Claim,
    Draft,
    Invalid,
    OnInvalid,
    check_series,
    rejection,
    request_facts,
    shortened,
    uids_once,
)
from shared.scheduling.events import Event, Stamp
from shared.scheduling.idempotency import CreationKey, deleted_uid, digest_of, taken_uid
from shared.scheduling.overlaps import CrowdStore, collisions

# A queue keeps a message for at most 14 days, so a request may be repeated for that long.
KEY_SECONDS: Final = 14 * 24 * 3600
# How long a function may still be running after its deadline: it has a margin to respond in, and clocks differ.
STILL_AT_WORK_SECONDS: Final = 4
# The share of a request's time after which the search for conflicts stops: the rest is for the writes.
REPORT_SHARE: Final = 1 / 3


class BulkStore(CrowdStore, Protocol):
    """The operations on the events table that a bulk creation needs."""

    @property
    def grant(self) -> Grant:
        """Returns what the calendar granted the caller when it was last read."""

    def admit(self) -> None:
        """Reads what the calendar grants the caller. Raises NotFound, NotAllowed."""

    def get_many(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
        """Returns those of `event_ids` that exist, deleted ones included."""

    def put_all(self, events: Sequence[Event], deadline: Deadline) -> dict[EventId, str]:
        """Writes events that no other request can have written, without conditions.

        Returns, by event id, why an event is not known to be written.
        """

    def put_each(
        self, events: Sequence[tuple[Event, Event | None]], deadline: Deadline
    ) -> dict[EventId, Event | str | None]:
        """Writes each event on condition that the stored one is still the one paired with it.

        Returns, by event id, None if it was written, the stored event that failed the condition, or why it is not known
        to be written.
        """

    def claim(self, calendar_id: CalendarId, key: str, claim: Claim, now: int) -> Claim:
        """Returns the claim in force on `key` at `now` (seconds since 1970): `claim`, unless there is an earlier one.

        Raises:
            Contended, Throttled, AnswerLost.
        """


class BulkCreation:
    """Bulk creation of events in the calendar of a request."""

    def __init__(
        self, store: BulkStore, request: Request, deleted_seconds: int, admission: Admission | None = None
    ) -> None:
        """Creates what `admission` admits (None: all); a deleted event can be restored for `deleted_seconds`."""
        self._store = store
        self._admission = admission
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
        """Creates the valid events of `parts`.

        Args:
            parts: The items of the request: events, and items that break a rule.
            key: An idempotency key; if given, repeated requests create the events once.
            on_invalid: Whether an invalid item rejects the whole request or is skipped.
            report: Whether to report the conflicts of the events.
            reason: Why the events are created.

        Raises:
            InvalidItems: an item is invalid, and `on_invalid` is "reject".
            InvalidRequest: there are too many series; or the calendar is strict.
            TooManyBulkRequests, QuotaExceeded: nothing was written.
            IdempotencyKeyReused: another request used the key.
            NotFound, NotAllowed: the caller may not write in this calendar.
            Unavailable, OutcomeUnknown.
        """
        check_series(parts)
        parts = uids_once(parts)
        invalid = shortened([part for part in parts if isinstance(part, Invalid)])
        if invalid and on_invalid == "reject":
            raise rejection(invalid, len(parts))
        new = [part for part in parts if not isinstance(part, Invalid)]
        refused = [BulkItem(part.index, errors=part.errors) for part in invalid]
        if new and self._admission is not None:
            self._admission.admit(new)
        self._store.admit()
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
        items = sorted([*outcomes, *refused], key=lambda each: each.index)
        result = BulkResult(operation_id, items, repeated, conflicts)
        # With a key a repeated request may still write what is missing, as part of this operation.
        wrote = (keyed and size > 0) or any(outcome.may_be_new for outcome in outcomes)
        return result if wrote else replace(result, operation_id=None)

    def _missing(self, stored: Event | None) -> bool:
        return stored is None or stored.expired(self._request.now)

    def _generated(self, operation_id: OperationId, new: Draft) -> EventId:
        return EventId(ids.of_operation(operation_id, f"event {new.index}"))

    def _event(
        self, new: Draft, stamp: Stamp, operation_id: OperationId, uid_id: EventId | None, *, keyed: bool
    ) -> Event:
        """Returns the first version of an event, without writing it."""
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
            created_by=self._request.actor,
            uid=new.uid,
            creation_digest=digest,
        )

    def _write(self, events: Mapping[int, Event], existing: Mapping[EventId, Event], *, keyed: bool) -> list[BulkItem]:
        """Writes the events of a new request.

        Events without a uid cannot exist yet and are written in batches; those with one are written one by one.
        """
        self._check_room(events, existing)
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
        """Writes the events that an earlier request with the same key did not write, if any.

        The batches of that request are unconditional: one still in flight could overwrite an event that was written
        here and changed since. So nothing is written before the function that sends them has certainly ended.
        """
        missing = self._check_room(events, existing)
        if missing and self._request.now < busy_until:
            detail = "the first request with this key is still at work, or was cut off a moment ago"
            raise Unavailable(detail, retry_after=busy_until - self._request.now)
        return self._put(events, existing, keyed=True)

    def _check_room(self, events: Mapping[int, Event], existing: Mapping[EventId, Event]) -> bool:
        """Returns whether some of `events` do not exist. Raises QuotaExceeded if the calendar has no room for them."""
        missing = [event for event in events.values() if self._missing(existing.get(event.id))]
        if self._admission is not None:
            self._admission.check_room(missing)
        return bool(missing)

    def _put(self, events: Mapping[int, Event], existing: Mapping[EventId, Event], *, keyed: bool) -> list[BulkItem]:
        """Writes each of `events` that does not exist, on condition that it still does not; compares those that do."""
        missing = []
        for event in events.values():
            previous = existing.get(event.id)
            if self._missing(previous):
                missing.append((event.continuing(previous, self._request.now_ns), previous))
        responses = self._store.put_each(missing, self._deadline)
        written = {event.id: event for event, _ in missing}
        outcomes = []
        for index, event in events.items():
            response = responses.get(event.id, existing.get(event.id))
            if response is None:
                outcomes.append(BulkItem(index, written[event.id]))
            elif isinstance(response, str):
                outcomes.append(BulkItem(index, event, failure=response))
            else:
                outcomes.append(self._outcome_of_stored(index, event, response, keyed=keyed))
        return outcomes

    def _outcome_of_stored(self, index: int, event: Event, stored: Event, *, keyed: bool) -> BulkItem:
        """Returns the outcome for `event` when `stored` already exists under its id."""
        if stored.history_id == event.history_id or event.uid is None:
            return BulkItem(index, event)
        key = CreationKey(event.uid, None)
        same = key.created_by(event.content, "allow", None, stored)
        if same and keyed and stored.created_at == event.created_at:
            return BulkItem(index, event)  # created by this operation, and changed since
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
        """Returns the claim on `key`: that of this request, or that of an earlier request with the same content.

        A claim expires before a deleted event can be removed: while it holds, each event created under it exists, if
        only as a tombstone, so that a repeated request does not re-create a deleted one.
        """
        claim = Claim(
            digest,
            self._request.operation_id,
            size,
            busy_until=self._request.now + ceil(self._deadline.seconds) + STILL_AT_WORK_SECONDS,
            expires_at=self._request.now + min(KEY_SECONDS, self._deleted_seconds),
        )
        hashed = sha256(self._request.access.name_of_key(key).encode()).hexdigest()
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
