"""The terms of a change: its precondition, whether it may conflict, and its reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.ids import CalendarId
from shared.scheduling.events import Event, OnConflict
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a change: its precondition, whether it may conflict, and its reason.

    `check` is called with the stored event, and raises an error if the request does not fit it. `operation_size` is how
    many versions the operation creates. Of the calendars of `any_of` a new event takes one that is free, besides those
    that its content names. `drop_exceptions` lets a series lose those exceptions whose dates are no occurrences any
    more.
    """

    condition: Precondition = UNCONDITIONAL
    on_conflict: OnConflict = "reject"
    reason: str | None = None
    check: Callable[[Event], None] | None = None
    operation_size: int = 1
    any_of: tuple[CalendarId, ...] = ()
    drop_exceptions: bool = False

    @property
    def checked(self) -> bool:
        """Returns whether conflicts are refused."""
        return self.on_conflict == "reject"

    @property
    def blind(self) -> bool:
        """Returns whether none of the terms, but for the precondition, needs the event as it is stored."""
        return self.check is None and not self.drop_exceptions

    def agreed(self, event: Event) -> Event:
        """Returns `event`, if it meets the precondition and fits the request.

        Raises:
            PreconditionFailed, and the errors of `check`.
        """
        self.condition.check(event.history_id, exists=not event.deleted)
        if self.check is not None:
            self.check(event)
        return event


DEFAULT_TERMS: Final = Terms()
