"""Dry runs: what a change would do, told by the change's own plan, with nothing written."""

from dataclasses import dataclass
from typing import Protocol

from shared.errors import EventConflict
from shared.scheduling.events import Change, Event
from shared.scheduling.guard import Guard
from shared.scheduling.instants import Instant
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition
from shared.scheduling.updates import Plan


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would make of `stored` (None: there is none), if `refusal` did not stand in its way.

    The version of `planned` never comes to be. None: the change would leave all as it is.
    """

    stored: Event | None
    planned: Event | None
    refusal: EventConflict | None = None

    @property
    def history_id(self) -> str | None:
        """The version that the change would be made of; None for a new event."""
        return self.stored.history_id if self.stored is not None else None


class PreviewStore(Protocol):
    """What a dry run needs of the events table beside what the guard reads."""

    def get(self, calendar_id: str, event_id: str) -> Event | None:
        """The event, deleted or not, strongly consistent."""


class DryRun:
    """Takes the place of a calendar's guard and of its reviser: plans what they would write, and writes nothing."""

    def __init__(self, calendar_id: str, store: PreviewStore, guard: Guard) -> None:
        """Plan changes in the calendar of `owner`; `guard` tells why it would refuse one."""
        self._owner = calendar_id
        self._store = store
        self._guard = guard
        self.preview: Preview | None = None

    def write(
        self,
        event_id: str,
        make: Plan,
        *,
        checked: bool,
        new: bool = False,
        unread: bool = False,
        expected: tuple[Instant, Instant] | None = None,
    ) -> Event:
        """What `Guard.write` would write. Raises what `make` raises."""
        del expected, unread  # no fence is read, and what is hardly there may be
        stored = None if new else self._store.get(self._owner, event_id)
        planned = make(stored)
        refusal = self._guard.refusal(planned, stored) if planned is not None and checked else None
        self.preview = Preview(stored, planned, refusal)
        event = planned or stored
        if event is None:
            raise AssertionError("there is no event that could be left as it is")
        return event

    def update(
        self,
        event_id: str,
        make: Plan,
        change: Change,
        fields: dict[str, str],
        condition: Precondition = UNCONDITIONAL,
        expires_at: int | None = None,
    ) -> Event:
        """What `Updater.revise` would write. Raises what `make` raises."""
        del change, fields, condition, expires_at  # `make` knows them
        return self.write(event_id, make, checked=False)
