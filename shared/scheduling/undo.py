"""Undo of an operation: what it created is deleted, where nobody has changed it since."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from shared.errors import InvalidRequest, NotFound, NotRecordedYet, PreconditionFailed, Unavailable
from shared.scheduling import ids
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.history import History
from shared.scheduling.preconditions import Precondition

# How long an operation's versions may take to show in the index; after that, what is missing was never written.
LAG_MS: Final = 5 * 60 * 1000


class OperationStore(Protocol):
    """What an undo needs of the history table."""

    def operation(self, owner: str, operation_id: str) -> list[tuple[str, str]]:
        """The versions that the operation made in the calendar of `owner`, as event id and history_id."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an undo did to one event: `event` is its tombstone, or `left` says why it was left alone."""

    event_id: str
    event: Event | None = None
    left: str = ""


Together = Callable[[Callable[[tuple[str, str]], Outcome], Iterable[tuple[str, str]]], Iterable[Outcome]]


@dataclass(frozen=True, slots=True)
class Undo:
    """Undoes operations in one calendar. `now_ms` in milliseconds since 1970; `together` calls side by side."""

    owner: str
    store: OperationStore
    history: History
    calendar: Calendar
    now_ms: int
    together: Together

    def undo(self, operation_id: str) -> Sequence[Outcome]:
        """Delete what the operation created, each event as a version of its own.

        Raises NotFound, NotRecordedYet with nothing undone while the stream may still bring some of its versions, and
        InvalidRequest for an operation that created nothing.
        """
        made = self.store.operation(self.owner, operation_id)
        young = abs(self.now_ms - ids.milliseconds_of(operation_id)) < LAG_MS
        if not made:
            if young:
                raise NotRecordedYet("if there is such an operation, it is on its way into the history")
            raise NotFound("operation")
        (first,) = self.history.versions(*made[0])
        if first.stamp.type != "create":
            raise InvalidRequest.of("operation_id", "names an operation that created nothing")
        if len(made) < first.stamp.operation_size and young:
            raise NotRecordedYet("some of this operation is still on its way into the history")
        return list(self.together(self._take_back, made))

    def _take_back(self, made: tuple[str, str]) -> Outcome:
        event_id, history_id = made
        try:
            return Outcome(event_id, self.calendar.delete(event_id, Precondition.at(history_id)))
        except PreconditionFailed:
            return Outcome(event_id, left="it has changed since")
        except NotFound:
            return Outcome(event_id, left="it was deleted since")
        except Unavailable as error:
            return Outcome(event_id, left=str(error))
