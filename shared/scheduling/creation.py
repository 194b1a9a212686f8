"""Creating an event in a way that can be repeated: its id is derived from a name of the client's, so it is made once.

A repetition meets the event that it would create. If that was created by the same request, the answer is the same; if
by another one, the client has used a name twice, and is told so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shared.errors import IdempotencyKeyReused, InvalidRequest, NotRecordedYet, OutcomeUnknown
from shared.ids import EventId
from shared.request import Request
from shared.scheduling.events import STREAM_RETENTION_MS, Content, Event
from shared.scheduling.idempotency import AlreadyCreated, CreationKey, deleted_uid
from shared.scheduling.instants import parse_moment
from shared.scheduling.previews import Preview
from shared.scheduling.terms import Terms


class Creator(Protocol):
    """What a calendar can do."""

    def create(self, content: Content, terms: Terms, key: CreationKey | None) -> Event:
        """Creates an event. Raises AlreadyCreated."""

    def stored(self, event_id: EventId) -> Event | None:
        """Returns the event, deleted or not; None if nothing is left to restore."""

    def preview(self, change: Callable[[Any], Event]) -> Preview:
        """Returns what `change`, given such a calendar, would do."""


@dataclass(frozen=True, slots=True)
class Creation:
    """Creates events in the calendar of `request`; `first_version` reads how an event was when it was created."""

    request: Request
    calendar: Creator
    first_version: Callable[[Event], Event | None]

    def preview(self, content: Content, terms: Terms, key: CreationKey | None) -> Preview:
        """Returns what `create` would do: nothing, where an earlier request has created the event.

        Raises what `create` raises.
        """
        return self.calendar.preview(lambda calendar: replace(self, calendar=calendar).create(content, terms, key)[0])

    def create(self, content: Content, terms: Terms, key: CreationKey | None) -> tuple[Event, bool]:
        """Returns the event as it was created, and whether an earlier request has done that.

        Raises InvalidRequest or IdempotencyKeyReused if another request has created it, NotRecordedYet, and what a
        calendar's `create` raises.
        """
        try:
            return self.calendar.create(content, terms, key), False
        except AlreadyCreated as already:
            stored = already.event
        except OutcomeUnknown:
            # Whoever has created or changed it meanwhile, it is there: that settles what became of this request.
            found = self.calendar.stored(key.event_id(self.request.calendar_id)) if key is not None else None
            if found is None:
                raise
            stored = found
        if key is None:
            raise AssertionError("an event without a key has an id of its own")
        if not key.created_by(content, terms.on_conflict, terms.reason, stored):
            raise key.refused(stored)
        if stored.deleted and key.key is None:
            raise InvalidRequest([deleted_uid(stored)])
        return self._as_created(stored, key), True

    def _as_created(self, stored: Event, key: CreationKey) -> Event:
        if stored.stamp.type == "create":
            return stored
        first = self.first_version(stored)
        if first is not None and first.stamp.type == "create" and first.created_at == stored.created_at:
            return first
        if self.request.now_ms - parse_moment(stored.created_at) < STREAM_RETENTION_MS:
            raise NotRecordedYet("the event was created by this request, and its first version is on its way")
        why = f"event {stored.id}, which has changed since, and whose first version is no longer kept"
        if key.key is None:
            raise InvalidRequest.of("uid", f"is that of {why}")
        raise IdempotencyKeyReused(f"was used for {why}")
