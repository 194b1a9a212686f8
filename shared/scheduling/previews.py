"""Dry runs: the effect that a change would have, computed by the change's own plan, without writing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shared.errors import EventConflict
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.events import Event, Stamp
from shared.scheduling.guard import Guard, Plan
from shared.scheduling.lost_answers import LostAnswers
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition

if TYPE_CHECKING:
    from shared.scheduling.booking_changes import Bookings, Split


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
        """Returns the event, deleted or not, if the caller may read it: strongly consistent."""

    def get_many(self, calendar_id: CalendarId, event_ids: Iterable[EventId]) -> Mapping[EventId, Event]:
        """Returns those of `event_ids` that exist, deleted ones included, whether the caller may read them or not."""

    def admit(self) -> None:
        """Reads what the calendar grants the caller. Raises NotFound, NotAllowed, InvalidRequest."""


class DryRun:
    """A substitute for a calendar's guard and updater that plans what they would write, and writes nothing."""

    def __init__(self, store: PreviewStore, guard: Guard, request: Request) -> None:
        """Plans changes in the calendar of `request`; `guard` determines whether it would refuse one."""
        self._store = store
        self._guard = guard
        self._calendar_id = request.calendar_id
        self._own = request.access.own
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
        expected: Sequence[str] = (),
        lost: LostAnswers | None = None,
    ) -> Event:
        """Returns the event that `Guard.write` would write.

        Raises:
            NotFound, NotAllowed, InvalidRequest: the caller may not do this; and the errors of `make`.
        """
        del expected, unread, lost  # no fences are read, and even an event that is unlikely to exist has to be read
        return self._planned(event_id, make, checked=checked, creates=creates, new=new)

    def write_on_several(
        self,
        event_id: EventId,
        make: Plan,
        known: Event,
        *,
        checked: bool,
        creates: bool = False,
        any_of: Sequence[CalendarId] = (),
        lost: LostAnswers | None = None,
    ) -> Event:
        """Returns the event that `Guard.write_on_several` would write. Raises what `write` raises."""
        del known, lost
        return self._planned(event_id, make, checked=checked, creates=creates, any_of=any_of)

    def split(
        self,
        series_id: EventId,
        make: "Split",
        bookings: "Bookings",
        *,
        checked: bool,
        other: EventId | None = None,
    ) -> Event:
        """Returns what would be left of the series after `Bookings.split`. Raises what that raises."""
        stored = self._stored(series_id, creates=False, new=False)
        if stored is not None:
            self._guard.check_change(stored)
        planned, refusal = bookings.preview_split(series_id, make, checked=checked, other=other)
        unchanged = stored is not None and planned.history_id == stored.history_id
        self.preview = Preview(stored, None if unchanged else planned, refusal)
        return planned

    def _planned(
        self,
        event_id: EventId,
        make: Plan,
        *,
        checked: bool,
        creates: bool,
        new: bool = False,
        any_of: Sequence[CalendarId] = (),
    ) -> Event:
        stored = self._stored(event_id, creates=creates, new=new)
        if stored is not None and not creates:
            self._guard.check_change(stored)
        planned, refusal = self._guard.preview(event_id, make, stored, checked=checked, creates=creates, any_of=any_of)
        self.preview = Preview(stored, planned, refusal)
        event = planned or stored
        if event is None:
            raise AssertionError("there is no event that could be left as it is")
        return event

    def _stored(self, event_id: EventId, *, creates: bool, new: bool) -> Event | None:
        if new:
            self._store.admit()
            return None
        if creates and not self._own:
            # What the caller may not read is in the way all the same.
            return self._store.get_many(self._calendar_id, [event_id]).get(event_id)
        return self._store.get(self._calendar_id, event_id)

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
