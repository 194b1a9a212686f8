"""The terms of a change: on which condition, whether it may conflict, and why it is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.scheduling.events import Event, OnConflict
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition


@dataclass(frozen=True, slots=True)
class Terms:
    """How a change is to be made: on which condition, whether it may conflict, and why it is made.

    `check` raises the error of an event, as it is stored, that the request does not fit; `operation_size` is how many
    versions the operation makes.
    """

    condition: Precondition = UNCONDITIONAL
    on_conflict: OnConflict = "reject"
    reason: str | None = None
    check: Callable[[Event], None] | None = None
    operation_size: int = 1

    @property
    def checked(self) -> bool:
        """Returns whether conflicts are refused."""
        return self.on_conflict == "reject"

    def agreed(self, event: Event) -> Event:
        """Returns `event`, if it meets the condition and fits the request.

        Raises PreconditionFailed, and what `check` raises.
        """
        self.condition.check(event.history_id, exists=not event.deleted)
        if self.check is not None:
            self.check(event)
        return event


DEFAULT_TERMS: Final = Terms()
