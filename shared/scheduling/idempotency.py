"""Idempotency of creations: the client's name for the event or the request, and a digest of the request."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any, Final

from shared import ids
from shared.errors import FieldError, IdempotencyKeyReused, InvalidRequest, SchedulingError
from shared.ids import CalendarId, EventId
from shared.scheduling.access import CalendarAccess
from shared.scheduling.events import Content, Event, OnConflict

DIGEST_BYTES: Final = 18
# Why a uid is refused that another user has given to an event which the caller may not read.
ANOTHERS_UID: Final = FieldError("uid", "is that of another event in this calendar")
# Maps the `on_conflict` of a repeated request to the values that the request that created the event may have had.
# Derived from other fields, by the rules that a time zone had when the request was made.
_DERIVED: Final = "start_local"
ACCEPTED: Final[Mapping[OnConflict, Sequence[OnConflict]]] = {"reject": ["reject"], "allow": ["reject", "allow"]}


class AlreadyCreated(Exception):
    """The event that an idempotent creation would create already exists: `event`, in its current state."""

    def __init__(self, event: Event) -> None:
        super().__init__(event.id)
        self.event = event


def content_facts(content: Content) -> dict[str, Any]:
    """Returns the fields that a request sets, without those at their defaults.

    So a field that is added to `Content` later does not change older digests.
    """
    given = {
        each.name: value
        for each in fields(content)
        if each.name != _DERIVED and (value := getattr(content, each.name)) != each.default
    }
    return given if content.recurrence is None else {**given, "recurrence": content.recurrence.facts()}


def digest_of(facts: Mapping[str, Any]) -> str:
    """Returns a digest of a JSON object, of 24 characters, that does not depend on the order of its members."""
    canonical = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(sha256(canonical.encode()).digest()[:DIGEST_BYTES]).decode()


@dataclass(frozen=True, slots=True)
class CreationKey:
    """The key of an idempotent creation: the client's `uid` for the event, or the idempotency key of the request.

    With both, the uid identifies the event, and the key only allows the response to be repeated after a deletion.
    """

    uid: str | None
    key: str | None

    @classmethod
    def of(cls, uid: str | None, key: str | None) -> "CreationKey | None":
        """Returns the key of a creation; None if it has neither, and so creates a new event each time."""
        return None if uid is None and key is None else cls(uid, key)

    def event_id(self, access: CalendarAccess) -> EventId:
        """Returns the id of the event to be created in the calendar of `access`.

        A uid is unique there, and an idempotency key one of the caller's own.
        """
        if self.uid is not None:
            return ids.of_uid(access.calendar_id, self.uid)
        return ids.of_key(access.calendar_id, access.name_of_key(self.key or ""))

    def digest(
        self, content: Content, on_conflict: OnConflict, reason: str | None, any_of: Sequence[CalendarId] = ()
    ) -> str:
        """Returns the digest that distinguishes the request from others with the same key.

        An idempotency key identifies a whole request. A uid identifies an event, so the reason is not included.
        """
        facts: dict[str, Any] = {"content": content_facts(content), "on_conflict": on_conflict, "uid": self.uid}
        if any_of:
            facts["any_of"] = any_of
        return digest_of(facts if self.uid is not None else {**facts, "reason": reason or ""})

    def created_by(
        self,
        content: Content,
        on_conflict: OnConflict,
        reason: str | None,
        event: Event,
        any_of: Sequence[CalendarId] = (),
    ) -> bool:
        """Returns whether the request created `event`.

        A request that allows conflicts also accepts an event that was created with a conflict check.
        """
        digests = {self.digest(content, each, reason, any_of) for each in ACCEPTED[on_conflict]}
        return event.uid == self.uid and event.creation_digest in digests

    def refused(self, event: Event) -> SchedulingError:
        """Returns the error for a request that has this key but did not create `event`."""
        if self.uid is not None:
            return InvalidRequest([taken_uid(event)])
        return IdempotencyKeyReused(f"was used for {_by_another_request(event)}")


def _by_another_request(event: Event) -> str:
    return f"event {event.id}, which was made by a request that says something else"


def taken_uid(event: Event) -> FieldError:
    """Returns the error for a uid that another request has given to `event`."""
    return FieldError("uid", f"is that of {_by_another_request(event)}")


def deleted_uid(event: Event) -> FieldError:
    """Returns the error for a uid whose event is deleted: a creation does not restore it."""
    why = f"is that of event {event.id}, deleted as {event.history_id}: go back to a version of it to restore it"
    if event.elsewhere:
        why = f"is that of event {event.id}, which was moved to another calendar"
    return FieldError("uid", why)
