"""Idempotent creation of an event: its id is derived from a name that the client gives, so it is created only once.

A repeated request finds the event that it would create. If the same request created it, the response is the same. If
another request created it, the client has used a name twice, and the request is rejected with that reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shared.errors import (
    IdempotencyKeyReused,
    InvalidRequest,
    NotAllowed,
    NotFound,
    NotRecordedYet,
    OutcomeUnknown,
)
from shared.ids import EventId
from shared.request import Request
from shared.scheduling.events import STREAM_RETENTION_MS, Content, Event
from shared.scheduling.idempotency import AlreadyCreated, CreationKey, deleted_uid
from shared.scheduling.instants import parse_moment
from shared.scheduling.previews import Preview
from shared.scheduling.terms import Terms


class Creator(Protocol):
    """The operations of a calendar that a creation needs."""

    def create(self, content: Content, terms: Terms, key: CreationKey | None) -> Event:
        """Creates an event. Raises AlreadyCreated."""

    def stored(self, event_id: EventId) -> Event | None:
        """Returns the event, deleted or not; None if there is none, or none that can be restored."""

    def preview(self, change: Callable[[Any], Event]) -> Preview:
        """Returns the effect that `change`, called with such a calendar, would have."""


@dataclass(frozen=True, slots=True)
class Creation:
    """Idempotent creation of events in the calendar of `request`.

    `first_version` reads the first version of an event.
    """

    request: Request
    calendar: Creator
    first_version: Callable[[Event], Event | None]

    def preview(self, content: Content, terms: Terms, key: CreationKey | None) -> Preview:
        """Returns the effect that `create` would have: none, if an earlier request created the event.

        Raises:
            The errors of `create`.
        """
        return self.calendar.preview(lambda calendar: replace(self, calendar=calendar).create(content, terms, key)[0])

    def create(self, content: Content, terms: Terms, key: CreationKey | None) -> tuple[Event, bool]:
        """Returns the event as it was created, and whether an earlier request created it.

        Raises:
            InvalidRequest, IdempotencyKeyReused: a different request created it.
            NotRecordedYet: the event has changed since, and its first version is not recorded yet.
            The errors of a calendar's `create`.
        """
        try:
            return self.calendar.create(content, terms, key), False
        except AlreadyCreated as already:
            stored = already.event
        except OutcomeUnknown:
            # If the event exists, its digest shows whether this request created it, even if it has changed since.
            found = self._found(key) if key is not None else None
            if found is None:
                raise
            stored = found
        if key is None:
            raise AssertionError("an event without a key has an id of its own")
        if not key.created_by(content, terms.on_conflict, terms.reason, stored, terms.any_of):
            raise key.refused(stored)
        if stored.deleted and key.key is None:
            raise InvalidRequest([deleted_uid(stored)])
        return self._as_created(stored, key), True

    def _found(self, key: CreationKey) -> Event | None:
        """Returns the event with the `key`; None also if the caller may not read it any more."""
        try:
            return self.calendar.stored(key.event_id(self.request.access))
        except (NotFound, NotAllowed, InvalidRequest):
            return None

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
