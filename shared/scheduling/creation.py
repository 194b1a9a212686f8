"""Creating an event in a way that can be repeated: its id follows from what the client says, so it is made once.

A repetition meets the event that it would make. If the event was made by the same request, the answer is the same; if
by another one, the client has used a name twice, and is told so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shared.errors import IdempotencyKeyReused, InvalidRequest, NotRecordedYet, OutcomeUnknown
from shared.history.reading import STREAM_RETENTION_MS
from shared.scheduling.events import Content, Event, OnConflict
from shared.scheduling.idempotency import AlreadyMade, CreationKey, deleted_uid
from shared.scheduling.instants import parse_moment
from shared.scheduling.previews import Preview


@dataclass(frozen=True, slots=True)
class Creating:
    """A request to create an event; without an origin it makes one each time."""

    content: Content
    on_conflict: OnConflict
    origin: CreationKey | None
    reason: str | None


class Creator(Protocol):
    """What a calendar can do."""

    def create(
        self,
        content: Content,
        on_conflict: OnConflict = "reject",
        reason: str | None = None,
        origin: CreationKey | None = None,
    ) -> Event:
        """Create an event. Raises AlreadyMade."""

    def stored(self, event_id: str) -> Event | None:
        """The event, deleted or not; None if nothing is left to restore."""

    def preview(self, change: Callable[[Any], Event]) -> Preview:
        """What `change`, given such a calendar, would do."""


@dataclass(frozen=True, slots=True)
class Creation:
    """Creates events in the calendar with `owner`'s id; `first_version` reads how an event was when it was made."""

    calendar_id: str
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
            found = self.calendar.stored(origin.event_id(self.calendar_id)) if origin is not None else None
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

    def _as_created(self, stored: Event, origin: CreationKey) -> Event:
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
