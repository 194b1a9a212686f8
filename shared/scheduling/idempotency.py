"""What a repeatable creation is known by: the client's name for the event or the request, and a digest of it."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any, Final

from shared import ids
from shared.errors import IdempotencyKeyReused, InvalidRequest
from shared.scheduling.events import Content, Event, OnConflict

DIGEST_BYTES: Final = 18
# The kinds of events that a request is content to find.
ACCEPTED: Final[Mapping[OnConflict, Sequence[OnConflict]]] = {"reject": ["reject"], "allow": ["reject", "allow"]}


class AlreadyMade(Exception):
    """The event that a repeatable creation would make is there: `event`, as it is now."""

    def __init__(self, event: Event) -> None:
        super().__init__(event.id)
        self.event = event


def content_facts(content: Content) -> dict[str, Any]:
    """What a request says of an event. Defaults are left out: a field that is new one day changes no older digest."""
    return {
        each.name: getattr(content, each.name)
        for each in fields(content)
        if getattr(content, each.name) != each.default
    }


def digest_of(facts: Mapping[str, Any]) -> str:
    """What tells one JSON object from another, whatever the order of its members: 24 characters."""
    canonical = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(sha256(canonical.encode()).digest()[:DIGEST_BYTES]).decode()


@dataclass(frozen=True, slots=True)
class CreationKey:
    """What makes a creation repeatable: the client's `uid` for the event, or the idempotency key of the request.

    With both the uid names the event, and the key only lets the answer be repeated after the event was deleted.
    """

    uid: str | None
    key: str | None

    @classmethod
    def of(cls, uid: str | None, key: str | None) -> "CreationKey | None":
        """The origin of a creation; None if it has neither: then it makes an event each time."""
        return None if uid is None and key is None else cls(uid, key)

    def event_id(self, calendar_id: str) -> str:
        """The id of the event to be made in the calendar."""
        if self.uid is not None:
            return ids.of_uid(calendar_id, self.uid)
        return ids.of_key(calendar_id, self.key or "")

    def digest(self, content: Content, on_conflict: OnConflict, reason: str | None) -> str:
        """What tells the request from another one of the same origin.

        A key stands for a whole request. A uid stands for an event: why it is created is none of it.
        """
        facts = {"content": content_facts(content), "on_conflict": on_conflict, "uid": self.uid}
        return digest_of(facts if self.uid is not None else {**facts, "reason": reason or ""})

    def made_by(self, content: Content, on_conflict: OnConflict, reason: str | None, event: Event) -> bool:
        """Whether the request made `event`. One that allows conflicts is content with an event that was checked."""
        digests = {self.digest(content, each, reason) for each in ACCEPTED[on_conflict]}
        return event.uid == self.uid and event.creation_digest in digests

    def refused(self, event: Event) -> InvalidRequest:
        """The error of a request that did not make `event`, though it is of this origin."""
        why = f"event {event.id}, which was made by a request that says something else"
        if self.uid is not None:
            return InvalidRequest.of("uid", f"is that of {why}")
        return IdempotencyKeyReused(f"was used for {why}")


def deleted_uid(event: Event) -> str:
    """What is wrong with a uid whose event is deleted: a creation brings nothing back."""
    return f"is that of event {event.id}, deleted as {event.history_id}: go back to a version of it to restore it"
