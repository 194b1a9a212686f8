"""Creating many events in one request, in as few calls as the database allows, with no look at conflicts.

Under an idempotency key the request first claims the key: one conditional write of an item that holds what the request
says, and its operation. All ids, of events and of versions, then follow from that operation, so whoever repeats the
request knows what it made, or would have made, and an interrupted one is completed with the very same versions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import ceil
from typing import Final, Protocol

from shared import ids
from shared.errors import (
    AnswerLost,
    FieldError,
    IdempotencyKeyReused,
    OutcomeUnknown,
    StoreFault,
    Unavailable,
)
from shared.request import NS_PER_SECOND, Request
from shared.retries import Deadline
from shared.scheduling.bulk_requests import Draft, Invalid, OnInvalid, in_short, rejection, request_facts, uids_once
from shared.scheduling.events import ANSWER_LOST, Change, Event
from shared.scheduling.idempotency import CreationKey, deleted_uid, digest_of
from shared.scheduling.overlaps import Collisions, CrowdStore, collisions

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
    operation_id: str
    size: int
    busy_until: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an event of the request.

    `event` is as it was created, or is now if it was there before; `failure` says why it is not known to be written,
    `errors` why it was refused.
    """

    index: int
    event: Event | None = None
    there_before: bool = False
    failure: str = ""
    errors: tuple[FieldError, ...] = ()

    @property
    def created(self) -> bool:
        """Whether the request has made an event of it."""
        return self.event is not None and not (self.there_before or self.failure)

    @property
    def may_be_new(self) -> bool:
        """Whether the request has made an event of it, or may have."""
        return self.created or self.failure == ANSWER_LOST


@dataclass(frozen=True, slots=True)
class Made:
    """What a request has done, by index; without `operation_id` it has written nothing."""

    operation_id: str | None
    outcomes: Sequence[Outcome]
    repeated: bool = False
    conflicts: Collisions | None = None


class BulkStore(CrowdStore, Protocol):
    """What a bulk creation needs of the events table."""

    def get_many(self, calendar_id: str, event_ids: Sequence[str]) -> dict[str, Event]:
        """The events of `event_ids` that are there, deleted ones included."""

    def put_all(self, events: Sequence[Event], deadline: Deadline) -> dict[str, str]:
        """Write events that nobody else can have written. Gives why, by event id, for those not known to be written."""

    def put_each(
        self, events: Sequence[tuple[Event, Event | None]], deadline: Deadline
    ) -> dict[str, Event | str | None]:
        """Write each event if the stored one still is the one given with it.

        By event id: None for one written, the stored one that was in the way, or why it is not known to be written.
        """

    def claim(self, calendar_id: str, key: str, claim: Claim, now: int) -> Claim:
        """The claim on `key` that holds at `now` (seconds since 1970): `claim`, unless there is an earlier one.

        Raises Contended, Throttled, AnswerLost.
        """


class BulkCreation:
    """Creates events in one calendar."""

    def __init__(
        self, calendar_id: str, store: BulkStore, request: Request, deadline: Deadline, deleted_seconds: int
    ) -> None:
        """`deleted_seconds` is for how long a deleted event can be restored."""
        self._owner = calendar_id
        self._store = store
        self._request = request
        self._patience = deadline
        self._deleted_seconds = deleted_seconds
        self._now = request.now_ns // NS_PER_SECOND

    def create(
        self,
        parts: Sequence[Draft | Invalid],
        *,
        key: str | None = None,
        on_invalid: OnInvalid = "reject",
        report: bool = False,
        reason: str | None = None,
    ) -> Made:
        """Create the events among `parts`, once if there is a `key`; with `report` tell what they collide with.

        Raises InvalidItems if one is invalid and that is to be rejected, IdempotencyKeyReused, and Unavailable or
        OutcomeUnknown.
        """
        parts = uids_once(parts)
        invalid = in_short([part for part in parts if isinstance(part, Invalid)])
        if invalid and on_invalid == "reject":
            raise rejection(invalid, len(parts))
        new = [part for part in parts if not isinstance(part, Invalid)]
        refused = [Outcome(part.index, errors=part.errors) for part in invalid]
        if not new:
            return Made(None, refused)
        uids = {each.index: ids.of_uid(self._owner, each.uid) for each in new if each.uid is not None}
        existing = self._read([*uids.values()]) if uids else {}
        absent = [each for each in new if self._missing(existing.get(uids.get(each.index, "")))]
        operation_id, size, repeated = self._request.operation_id, len(absent), False
        if key is not None:
            held = self._claim(key, digest_of(request_facts(parts, on_invalid, reason)), size)
            repeated = held.operation_id != operation_id
            operation_id, size = held.operation_id, held.size
            if repeated:
                generated = [self._generated(operation_id, each) for each in new if each.uid is None]
                existing |= self._read(generated)
        change = self._request.change("create", reason=reason, on_conflict="allow", operation_size=max(1, size))
        change = replace(change, operation_id=operation_id)
        events = {each.index: self._event(each, change, uids.get(each.index), keyed=key is not None) for each in new}
        conflicts = None
        if report:
            batch = [(at, each.id, each.content) for at, each in events.items()]
            conflicts = collisions(self._store, self._owner, batch, self._patience.left(REPORT_SHARE))
        if repeated:
            outcomes = self._complete(events, existing, held.busy_until)
        else:
            outcomes = self._write(events, existing, keyed=key is not None)
        made = Made(operation_id, sorted([*outcomes, *refused], key=lambda each: each.index), repeated, conflicts)
        # Under a key what is not written yet may be, by a repetition, and then as a part of this operation.
        wrote = (key is not None and size > 0) or any(outcome.may_be_new for outcome in outcomes)
        return made if wrote else replace(made, operation_id=None)

    def _missing(self, stored: Event | None) -> bool:
        return stored is None or stored.gone(self._now)

    def _generated(self, operation_id: str, new: Draft) -> str:
        return ids.of_operation(operation_id, f"event {new.index}")

    def _event(self, new: Draft, change: Change, uid_id: str | None, *, keyed: bool) -> Event:
        """The first version of an event; not written yet."""
        now_ns = self._request.now_ns
        if keyed:
            history_id = ids.of_operation(change.operation_id, f"version {new.index}")
            event_id = uid_id or self._generated(change.operation_id, new)
        else:
            history_id = ids.new_id(now_ns)
            event_id = uid_id or ids.new_id(now_ns)
        digest = None if new.uid is None else CreationKey(new.uid, None).digest(new.content, "allow", None)
        return Event(
            id=event_id,
            calendar_id=self._owner,
            created_at=ids.made_at(history_id),
            content=new.content,
            stamp=change.stamp(history_id, 1),
            uid=new.uid,
            creation_digest=digest,
        )

    def _write(self, events: Mapping[int, Event], existing: Mapping[str, Event], *, keyed: bool) -> list[Outcome]:
        """Write for the first time: in batches what cannot be there, one by one what has a name of its own."""
        failures = self._store.put_all([event for event in events.values() if event.uid is None], self._patience)
        outcomes = [
            Outcome(index, event, failure=failures.get(event.id, ""))
            for index, event in events.items()
            if event.uid is None
        ]
        named = {index: event for index, event in events.items() if event.uid is not None}
        return outcomes + self._put(named, existing, keyed=keyed)

    def _complete(self, events: Mapping[int, Event], existing: Mapping[str, Event], busy_until: int) -> list[Outcome]:
        """Write what an earlier request with the same key has left out, if it did.

        Its batches carry no condition: as long as one may be under way, what is written here and changed by somebody
        could be overwritten by it. So nothing is written before the function that sends them has come to its end.
        """
        missing = any(self._missing(existing.get(event.id)) for event in events.values())
        if missing and self._now < busy_until:
            detail = "the first request with this key is still at work, or was cut off a moment ago"
            raise Unavailable(detail, retry_after=busy_until - self._now)
        return self._put(events, existing, keyed=True)

    def _put(self, events: Mapping[int, Event], existing: Mapping[str, Event], *, keyed: bool) -> list[Outcome]:
        """Write each of `events` that is not there, on condition that it still is not, and judge those that are."""
        waiting = []
        for event in events.values():
            previous = existing.get(event.id)
            if self._missing(previous):
                waiting.append((event.continuing(previous, self._request.now_ns), previous))
        answers = self._store.put_each(waiting, self._patience)
        written = {event.id: event for event, _ in waiting}
        outcomes = []
        for index, event in events.items():
            answer = answers.get(event.id, existing.get(event.id))
            if answer is None:
                outcomes.append(Outcome(index, written[event.id]))
            elif isinstance(answer, str):
                outcomes.append(Outcome(index, event, failure=answer))
            else:
                outcomes.append(self._outcome_of_stored(index, event, answer, keyed=keyed))
        return outcomes

    def _outcome_of_stored(self, index: int, event: Event, stored: Event, *, keyed: bool) -> Outcome:
        """What became of `event`, where `stored` was met."""
        if stored.history_id == event.history_id or event.uid is None:
            return Outcome(index, event)
        origin = CreationKey(event.uid, None)
        same = origin.made_by(event.content, "allow", None, stored)
        if same and keyed and stored.created_at == event.created_at:
            return Outcome(index, event)  # made by this operation, and changed since
        if not same:
            return Outcome(index, errors=origin.refused(stored).errors)
        if stored.deleted:
            return Outcome(index, errors=(FieldError("uid", deleted_uid(stored)),))
        return Outcome(index, stored, there_before=True)

    def _read(self, event_ids: Sequence[str]) -> dict[str, Event]:
        try:
            return self._patience.retry(lambda: self._store.get_many(self._owner, event_ids))
        except StoreFault as fault:
            raise Unavailable("the database was too busy; nothing was written") from fault

    def _claim(self, key: str, digest: str, size: int) -> Claim:
        """The claim on `key`: that of this request, or that of an earlier one which said the same.

        A claim ends before a deleted event can be gone: as long as it holds, each event that was made under it is
        there, if only as a tombstone, so that a repetition brings none back.
        """
        claim = Claim(
            digest,
            self._request.operation_id,
            size,
            busy_until=self._now + ceil(self._patience.seconds) + STILL_AT_WORK_SECONDS,
            expires_at=self._now + min(KEY_SECONDS, self._deleted_seconds),
        )
        hashed = sha256(key.encode()).hexdigest()
        try:
            held = self._patience.retry(lambda: self._store.claim(self._owner, hashed, claim, self._now))
        except AnswerLost as lost:
            detail = "the answer of the database was lost before any event was written: try again"
            raise OutcomeUnknown(detail) from lost
        except StoreFault as fault:
            raise Unavailable("the database was too busy; nothing was written") from fault
        if held.digest != digest:
            raise IdempotencyKeyReused(f"was used for operation {held.operation_id}, which says something else")
        return held
