"""Changes of an event that need not be read first: one conditional update, whose failure tells what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shared import ids
from shared.errors import AnswerLost, Contended, InvalidRequest, NotFound, Throttled
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.events import Content, Event, Stamp
from shared.scheduling.guard import Plan
from shared.scheduling.lost_answers import LostAnswers
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition


@dataclass(frozen=True, slots=True)
class ConditionalUpdate:
    """A change of an event's `content` fields, none of them a time, or its deletion (with `expires_at`).

    Applied only to a live event whose history_id is less than `below` and which meets `condition`, and, unless it is a
    deletion, only if it changes something. The database counts the version number up.
    """

    stamp: Stamp
    below: HistoryId
    content: Mapping[str, str | None]
    condition: Precondition = UNCONDITIONAL
    expires_at: int | None = None


class UpdateStore(Protocol):
    """What a conditional update needs of the events table."""

    def update(
        self, calendar_id: CalendarId, event_id: EventId, update: ConditionalUpdate
    ) -> tuple[bool, Event | None]:
        """Returns whether `update` was applied, and the event as it is now. Raises Contended, Throttled, AnswerLost."""


class Updater:
    """Makes conditional updates in the calendar of a request."""

    def __init__(self, store: UpdateStore, request: Request) -> None:
        """Updates in the calendar of `request`; retries end with its deadline."""
        self._store = store
        self._request = request

    def update(
        self,
        event_id: EventId,
        make: Plan,
        stamp: Stamp,
        fields: Mapping[str, str | None],
        condition: Precondition = UNCONDITIONAL,
        expires_at: int | None = None,
    ) -> Event:
        """Changes `fields` of the content under `stamp`, and returns what is stored then.

        `make` is the same change as a plan: it tells why the database has not applied it.

        Raises:
            Unavailable (nothing written), OutcomeUnknown, and what `make` raises.
        """
        lost = LostAnswers(unread=True)
        floor: HistoryId | None = None
        now_ns = self._request.now_ns
        for _ in self._request.deadline.attempts():
            history_id = ids.later_id(now_ns, floor) if floor else HistoryId(ids.new_id(now_ns))
            # Had a lost write been applied, the stored id would not be below it: so nothing is applied twice.
            below = lost.first or history_id
            update = ConditionalUpdate(stamp.numbered(history_id, 0), below, fields, condition, expires_at)
            try:
                applied, stored = self._store.update(self._request.calendar_id, event_id, update)
            except AnswerLost:
                lost.add(history_id)
                floor = history_id
                continue
            except (Contended, Throttled):
                continue
            if stored is not None and (applied or lost.applied(stored)):
                return stored
            if make(stored) is None:
                return live(stored)
            stored_id = live(stored).history_id
            floor = stored_id if floor is None else max(floor, stored_id)
        raise lost.out_of_time("event")


def live(stored: Event | None) -> Event:
    """Returns `stored`, if there is one and it is not deleted. Raises NotFound."""
    if stored is None or stored.deleted:
        raise NotFound("event")
    return stored


def patched(content: Content, fields: Mapping[str, Any]) -> Content:
    """Returns `content` with `fields` changed. Raises InvalidRequest if its start and end are then no interval."""
    after = replace(content, **fields)
    fault = after.interval.fault(opaque=after.opaque)
    if fault is not None:
        field = next((name for name in ("end", "start", "transparency") if name in fields), "start")
        raise InvalidRequest.of(field, f"with the rest of the event: end {fault}")
    return after
