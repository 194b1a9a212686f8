"""Creating an event in a way that can be repeated: its id follows from what the client says, so it is made once.

A repetition meets the event that it would make. If the event was made by the same request, the answer is the same; if
by another one, the client has used a name twice, and is told so.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Any, Final, Protocol

from shared.errors import IdempotencyKeyReused, InvalidRequest, NotRecordedYet, OutcomeUnknown
from shared.scheduling import ids
from shared.scheduling.events import Content, Event, OnConflict
from shared.scheduling.history import STREAM_RETENTION_MS
from shared.scheduling.instants import parse_moment
from shared.scheduling.previews import Preview

DIGEST_BYTES: Final = 18
# The kinds of events that a request is content to find.
CONTENT_WITH: Final[Mapping[OnConflict, Sequence[OnConflict]]] = {"reject": ["reject"], "allow": ["reject", "allow"]}


class AlreadyMade(Exception):
    """The event that a repeatable creation would make is there: `event`, as it is now."""

    def __init__(self, event: Event) -> None:
        super().__init__(event.id)
        self.event = event


def said(content: Content) -> dict[str, Any]:
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
class Origin:
    """What makes a creation repeatable: the client's `uid` for the event, or the idempotency key of the request.

    With both the uid names the event, and the key only lets the answer be repeated after the event was deleted.
    """

    uid: str | None
    key: str | None

    @classmethod
    def of(cls, uid: str | None, key: str | None) -> "Origin | None":
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
        facts = {"content": said(content), "on_conflict": on_conflict, "uid": self.uid}
        return digest_of(facts if self.uid is not None else {**facts, "reason": reason or ""})

    def made_by(self, content: Content, on_conflict: OnConflict, reason: str | None, event: Event) -> bool:
        """Whether the request made `event`. One that allows conflicts is content with an event that was checked."""
        digests = {self.digest(content, each, reason) for each in CONTENT_WITH[on_conflict]}
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


@dataclass(frozen=True, slots=True)
class Creating:
    """A request to create an event; without an origin it makes one each time."""

    content: Content
    on_conflict: OnConflict
    origin: Origin | None
    reason: str | None


class Creator(Protocol):
    """What a calendar can do."""

    def create(
        self,
        content: Content,
        on_conflict: OnConflict = "reject",
        reason: str | None = None,
        origin: Origin | None = None,
    ) -> Event:
        """Create an event. Raises AlreadyMade."""

    def stored(self, event_id: str) -> Event | None:
        """The event, deleted or not; None if nothing is left to restore."""

    def preview(self, change: Callable[[Any], Event]) -> Preview:
        """What `change`, given such a calendar, would do."""


@dataclass(frozen=True, slots=True)
class Creation:
    """Creates events in the calendar with `owner`'s id; `first_version` reads how an event was when it was made."""

    owner: str
    calendar: Creator
    first_version: Callable[[Event], Event | None]
    now_ms: int

    def preview(self, request: Creating) -> Preview:
        """What `create` would do: nothing, where an earlier request has made the event. Raises what it raises."""
        return self.calendar.preview(lambda calendar: replace(self, calendar=calendar).create(request)[0])

    def create(self, request: Creating) -> tuple[Event, bool]:
        """The event as it was created, and whether an earlier request has done that.

        Raises InvalidRequest or IdempotencyKeyReused if another request has made it, NotRecordedYet, and what a
        calendar's `create` raises.
        """
        content, on_conflict, origin, reason = request.content, request.on_conflict, request.origin, request.reason
        try:
            return self.calendar.create(content, on_conflict, reason, origin), False
        except AlreadyMade as made:
            stored = made.event
        except OutcomeUnknown:
            # Whoever has made or changed it meanwhile, it is there: that settles what became of this request.
            found = self.calendar.stored(origin.event_id(self.owner)) if origin is not None else None
            if found is None:
                raise
            stored = found
        if origin is None:
            raise AssertionError("an event without an origin has an id of its own")
        if not origin.made_by(content, on_conflict, reason, stored):
            raise origin.refused(stored)
        if stored.deleted and origin.key is None:
            raise InvalidRequest.of("uid", deleted_uid(stored))
        return self._as_created(stored, origin), True

    def _as_created(self, stored: Event, origin: Origin) -> Event:
        if stored.stamp.type == "create":
            return stored
        first = self.first_version(stored)
        if first is not None and first.stamp.type == "create" and first.created_at == stored.created_at:
            return first
        if self.now_ms - parse_moment(stored.created_at) < STREAM_RETENTION_MS:
            raise NotRecordedYet("the event was made by this request, and its first version is on its way")
        why = f"event {stored.id}, which has changed since, and whose first version is no longer kept"
        if origin.key is None:
            raise InvalidRequest.of("uid", f"is that of {why}")
        raise IdempotencyKeyReused(f"was used for {why}")
