"""Dry runs: the effect that a change would have, computed by the change's own plan, without writing."""

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
    """The effect of a change on `stored` (None: there is no event), and its `refusal`, if it would be refused.

    `planned` is the event after the change; None if the change would leave it as it is. Its version is never stored.
    """

    stored: Event | None
    planned: Event | None
    refusal: EventConflict | None = None

    @property
    def history_id(self) -> HistoryId | None:
        """Returns the version on which the change would be based; None for a new event."""
        return self.stored.history_id if self.stored is not None else None


class PreviewStore(Protocol):
    """The reads of the events table that a dry run needs in addition to those of the guard."""

    def get(self, calendar_id: CalendarId, event_id: EventId) -> Event | None:
        """Returns the event, deleted or not, read strongly consistent."""


class DryRun:
    """A substitute for a calendar's guard and updater that plans what they would write, and writes nothing."""

    def __init__(self, store: PreviewStore, guard: Guard, request: Request) -> None:
        """Plans changes in the calendar of `request`; `guard` determines whether it would refuse one."""
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
        creates: bool = False,
        new: bool = False,
        unread: bool = False,
        expected: Interval | None = None,
    ) -> Event:
        """Returns the event that `Guard.write` would write.

        Raises:
            NotFound, NotAllowed, InvalidRequest: the caller may not do this; and the errors of `make`.
        """
        del expected, unread  # no fences are read, and even an event that is unlikely to exist has to be read
        stored = None if new else self._store.get(self._calendar_id, event_id)
        planned = make(stored)
        self._guard.check_access(None if creates else stored, checked=checked)
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
        """Returns the event that `Updater.update` would write. Raises the errors of `make`."""
        del stamp, fields, condition, expires_at  # `make` already applies them
        return self.write(event_id, make, checked=True)
