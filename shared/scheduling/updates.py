"""Changes of an event that need not be read first: one conditional write, whose failure tells what to do next."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from shared import ids
from shared.errors import (
    AnswerLost,
    Contended,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    Throttled,
    Unavailable,
)
from shared.retries import Deadline
from shared.scheduling.events import Change, Content, Event, Stamp
from shared.scheduling.instants import interval_fault
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition

# What a change makes of the stored event (None: there is none): the event to write, or None to leave it as it is. It
# raises what the change is to end with.
Plan = Callable[[Event | None], Event | None]


@dataclass(frozen=True, slots=True)
class ConditionalUpdate:
    """A change of an event's `content` fields, none of them a time, or its deletion (with `expires_at`).

    Applied only to a live event whose history_id is less than `below` (in `if_match`, not in `if_none_match`), and,
    unless it is a deletion, only if it changes something. The database counts the version number up.
    """

    stamp: Stamp
    below: str
    content: dict[str, str]
    if_match: frozenset[str] | None = None
    expires_at: int | None = None
    if_none_match: frozenset[str] = frozenset()


class UpdateStore(Protocol):
    """What a revision needs of the events table."""

    def update(self, calendar_id: str, event_id: str, revision: ConditionalUpdate) -> tuple[bool, Event | None]:
        """Whether `revision` was applied, and the event as it is now. Raises Contended, Throttled, AnswerLost."""


@dataclass(frozen=True, slots=True)
class Updater:
    """Makes revisions in the calendar of `owner`; `now_ns` in nanoseconds since 1970."""

    calendar_id: str
    store: UpdateStore
    deadline: Deadline
    now_ns: int

    def update(
        self,
        event_id: str,
        make: Plan,
        change: Change,
        fields: dict[str, str],
        condition: Precondition = UNCONDITIONAL,
        expires_at: int | None = None,
    ) -> Event:
        """Make `change` with `fields` of the content, and give what is stored then.

        `make` is the same change as a plan: it tells why the database has not applied it. Raises Unavailable (nothing
        written), OutcomeUnknown, and what `make` raises.
        """
        lost: list[str] = []
        floor = ""
        for _ in self.deadline.attempts():
            history_id = ids.later_id(self.now_ns, floor) if floor else ids.new_id(self.now_ns)
            # Had a lost write been applied, the stored id would not be below it: so nothing is applied twice.
            below = lost[0] if lost else history_id
            revision = ConditionalUpdate(
                change.stamp(history_id, 0), below, fields, condition.required, expires_at, condition.forbidden
            )
            try:
                applied, stored = self.store.update(self.calendar_id, event_id, revision)
            except AnswerLost:
                lost.append(history_id)
                floor = history_id
                continue
            except (Contended, Throttled):
                continue
            if stored is not None and (applied or stored.history_id in lost):
                return stored
            if lost and stored is not None and stored.history_id > lost[0]:
                raise OutcomeUnknown("the answer of the database was lost and the event has changed since: read it")
            if make(stored) is None:
                return live(stored)
            floor = max(floor, live(stored).history_id)
        if lost:
            raise OutcomeUnknown("the answer of the database was lost and the event may have changed: read it")
        raise Unavailable("too many callers change this event at once; nothing was written")


def live(stored: Event | None) -> Event:
    """`stored`, if there is one and it is not deleted. Raises NotFound."""
    if stored is None or stored.deleted:
        raise NotFound("event")
    return stored


def matching(event: Event, condition: Precondition) -> Event:
    """`event`, if it meets `condition`. Raises PreconditionFailed."""
    condition.check(event.history_id, exists=not event.deleted)
    return event


def patched(content: Content, fields: dict[str, str]) -> Content:
    """`content` with `fields` changed. Raises InvalidRequest if its start and end are then no interval."""
    after = replace(content, **fields)  # type: ignore[arg-type]  # the request's model has checked the values
    fault = interval_fault(after.start, after.end, opaque=after.opaque)
    if fault is not None:
        field = next((name for name in ("end", "start", "transparency") if name in fields), "start")
        raise InvalidRequest.of(field, f"with the rest of the event: end {fault}")
    return after
