"""Dry runs: what a change would do, computed by the change's own plan, with nothing written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.errors import EventConflict
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.events import Event, Stamp
from shared.scheduling.guard import Guard, Plan
from shared.scheduling.intervals import Interval
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would make of `stored` (None: there is none), if `refusal` did not stand in its way.

    The version of `planned` is never stored. None: the change would leave the event as it is.
    """

    stored: Event | None
    planned: Event | None
    refusal: EventConflict | None = None

    @property
    def history_id(self) -> HistoryId | None:
        """Returns the version that the change would be made of; None for a new event."""
        return self.stored.history_id if self.stored is not None else None


class PreviewStore(Protocol):
    """What a dry run needs of the events table beside what the guard reads."""

    def get(self, calendar_id: CalendarId, event_id: EventId) -> Event | None:
        """Returns the event, deleted or not, strongly consistent."""


class DryRun:
    """Takes the place of a calendar's guard and updater: plans what they would write, and writes nothing."""

    def __init__(self, store: PreviewStore, guard: Guard, request: Request) -> None:
        """Plans changes in the calendar of `request`; `guard` tells why it would refuse one."""
        self._store = store
        self._guard = guard
        self._calendar_id = request.calendar_id
        self.preview: Preview | None = None

    def write(
        self,
        event_id: EventId,
        make: Plan,
        *,
        checked: bool,
        new: bool = False,
        unread: bool = False,
        expected: Interval | None = None,
    ) -> Event:
        """Returns what `Guard.write` would write. Raises what `make` raises."""
        del expected, unread  # no fence is read, and an event that is hardly there may be
        stored = None if new else self._store.get(self._calendar_id, event_id)
        planned = make(stored)
        refusal = self._guard.refusal(planned, stored) if planned is not None and checked else None
        self.preview = Preview(stored, planned, refusal)
        event = planned or stored
        if event is None:
            raise AssertionError("there is no event that could be left as it is")
        return event

    def update(
        self,
        event_id: EventId,
        make: Plan,
        stamp: Stamp,
        fields: Mapping[str, str | None],
        condition: Precondition = UNCONDITIONAL,
        expires_at: int | None = None,
    ) -> Event:
        """Returns what `Updater.update` would write. Raises what `make` raises."""
        del stamp, fields, condition, expires_at  # `make` knows them
        return self.write(event_id, make, checked=False)
