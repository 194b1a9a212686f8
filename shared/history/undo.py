"""Undo of an operation: each event that it changed goes back to its version before, where nobody has changed it since.

What goes back is decided before anything is written. A creation goes back to nothing: the event is deleted. So is one
that the operation restored. A deleted event is restored, and any other one gets the content that it had before. Each is
a version of its own, made as any other change is: on condition that the event still is as the operation left it, and
with the same look at conflicts. So an undo is an operation that can be undone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from shared import ids
from shared.errors import (
    STORE_FAULT,
    CalendarFull,
    EventConflict,
    NotFound,
    NotRecordedYet,
    OutcomeUnknown,
    PreconditionFailed,
    StoreFault,
    Unavailable,
)
from shared.history.reading import Concurrently, History
from shared.history.undo_steps import UndoOutcome, UndoStep, collide, in_the_way, lanes
from shared.ids import CalendarId, EventId, HistoryId, OperationId
from shared.request import Request
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event, OnConflict
from shared.scheduling.preconditions import Precondition
from shared.scheduling.terms import Terms

# For how long an operation that the history does not know may be on its way into it; as a rule that takes milliseconds.
LAG_MS: Final = 10 * 1000
# How far the clocks of two functions may be apart.
SKEW_MS: Final = 1000
# For how long the rest of an operation is waited for when some of it is there: a stream delivers again what failed.
REST_MS: Final = 60 * 1000

CHANGED: Final = "it has changed since"
DELETED: Final = "it was deleted since"
TIME_UP: Final = "time was up: undo again"


class OperationStore(Protocol):
    """What an undo needs of the history table."""

    def operation(self, calendar_id: CalendarId, operation_id: OperationId) -> list[tuple[EventId, HistoryId]]:
        """The versions that the operation made in the calendar of `owner`, as event id and history_id."""

    def before(self, calendar_id: CalendarId, event_id: EventId, history_id: HistoryId) -> Event | None:
        """The newest recorded version of the event before `history_id`."""


class LiveStore(Protocol):
    """What an undo needs of the events table."""

    def get_many(self, calendar_id: CalendarId, event_ids: Iterable[EventId]) -> dict[EventId, Event]:
        """The events of `event_ids` that are there, deleted ones included."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did, or would do, in the order in which the operation changed the events.

    `operation_id` names the undo itself: None if it has written nothing. `missing` is how many versions of the
    operation the history does not have: never made, superseded and swept since, or not recorded for a minute.
    """

    operation_id: OperationId | None
    outcomes: Sequence[UndoOutcome]
    missing: int


@dataclass(frozen=True, slots=True)
class Manner:
    """How to go back: why, whether events may then overlap, and whether to do it or only to tell."""

    reason: str | None = None
    on_conflict: OnConflict = "reject"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Undo:
    """Undoes operations in the calendar of `request`.

    `concurrently` must not be made of the threads that the stores use for their calls.
    """

    request: Request
    store: OperationStore
    live: LiveStore
    history: History
    calendar: Calendar
    concurrently: Concurrently

    def undo(self, operation_id: OperationId, manner: Manner) -> Undone:
        """Bring each event that the operation changed back to its version before, as a version of its own.

        Raises NotFound, and NotRecordedYet, with nothing undone, while what has to be known of the operation is on its
        way into the history. What the time does not allow is left.
        """
        age_ms = self.request.now_ms - ids.milliseconds_of(operation_id)
        made = self.store.operation(self.request.calendar_id, operation_id)
        if not made:
            if ids.is_uuid7(operation_id) and -SKEW_MS <= age_ms < LAG_MS:
                raise NotRecordedYet("if there is such an operation, it is on its way into the history")
            raise NotFound("operation (one made a moment ago may still be on its way into the history)")
        events = self.live.get_many(self.request.calendar_id, [event_id for event_id, _ in made])
        missing = self._size(made, events) - len(made)
        young = age_ms < REST_MS
        if missing > 0 and young:
            raise NotRecordedYet("some of this operation is not in the history: on its way, or never made")
        planned = list(self.concurrently(lambda each: self._step(each, events.get(each[0]), young=young), made))
        steps = [each for each in planned if isinstance(each, UndoStep)]
        done = self._take(steps, manner)
        outcomes = [done[each.event.id] if isinstance(each, UndoStep) else each for each in planned]
        written = any(each.event is not None or each.unknown for each in outcomes)
        return Undone(self.request.operation_id if written else None, outcomes, max(0, missing))

    def _size(self, made: list[tuple[EventId, HistoryId]], events: dict[EventId, Event]) -> int:
        """How many versions the operation made: each of them says so."""
        for event_id, history_id in made:
            if event_id in events and events[event_id].history_id == history_id:
                return events[event_id].stamp.operation_size
        (version,) = self.history.versions(*made[0])
        return version.stamp.operation_size

    def _step(self, made: tuple[EventId, HistoryId], event: Event | None, *, young: bool) -> UndoStep | UndoOutcome:
        """How the event, which the operation left at the version `made`, goes back; or why it does not."""
        event_id, history_id = made
        if event is None:
            return UndoOutcome(event_id, left="it is gone")
        if event.history_id != history_id:
            return UndoOutcome(event_id, left=DELETED if event.deleted else CHANGED)
        if event.expired(self.request.now):
            return UndoOutcome(event_id, left="it was deleted too long ago to be restored")
        if event.stamp.type == "create":
            return UndoStep(event)
        if event.deleted:
            return UndoStep(event, event)  # a deletion keeps what it deletes
        return self._version_before(event, young=young)

    def _version_before(self, event: Event, *, young: bool) -> UndoStep | UndoOutcome:
        """How an event that was there before, or was restored, goes back."""
        event_id = event.id
        before = self.store.before(self.request.calendar_id, event_id, event.history_id)
        if before is None or event.stamp.version - before.stamp.version > 1:
            if young:
                raise NotRecordedYet("a version before this operation is still on its way into the history")
            return UndoOutcome(event_id, left="its version before is not in the history")
        if before.deleted:
            return UndoStep(event)
        if before.content == event.content:
            return UndoOutcome(event_id, left="it is as it was before")
        return UndoStep(event, before)

    def _take(self, steps: Sequence[UndoStep], manner: Manner) -> dict[EventId, UndoOutcome]:
        """Take `steps`, those first that need no time. Gives what became of each, by event id."""
        size = len(steps)
        checked = [step for step in steps if manner.on_conflict == "reject" and step.takes_time]
        waiting = {step.event.id for step in checked}
        free = [step for step in steps if step.event.id not in waiting]
        done: dict[EventId, UndoOutcome] = {}
        for outcome in self.concurrently(lambda step: self._do(step, manner, size), free):
            done[outcome.event_id] = outcome
        # In a dry run these are still where they were, and not in the way of what comes after them.
        moved = frozenset(step.event.id for step in free if step.frees_time)
        # Last in, first out: what the operation moved to where another one had been has to make room for that one.
        last_first = lanes(reversed(checked))
        for outcomes in self.concurrently(lambda lane: self._one_by_one(lane, manner, size, moved), last_first):
            done.update((outcome.event_id, outcome) for outcome in outcomes)
        return done

    def _one_by_one(
        self, lane: Sequence[UndoStep], manner: Manner, size: int, moved: frozenset[EventId]
    ) -> list[UndoOutcome]:
        """Take steps that share weeks one after the other: side by side they would only be in each other's way."""
        outcomes = []
        back: list[UndoStep] = []
        for step in lane:
            other = next((each for each in back if collide(each, step)), None)
            if other is not None:
                outcome = in_the_way(step, other.event.id)
            else:
                outcome = self._do(step, manner, size, moved.union(each.event.id for each in back))
                if not outcome.left:
                    back.append(step)
            outcomes.append(outcome)
        return outcomes

    def _do(self, step: UndoStep, manner: Manner, size: int, moved: frozenset[EventId] = frozenset()) -> UndoOutcome:
        event_id = step.event.id
        if self.request.deadline.over():
            return UndoOutcome(event_id, left=TIME_UP)
        terms = Terms(Precondition.at(step.event.history_id), manner.on_conflict, manner.reason, operation_size=size)
        try:
            if manner.dry_run:
                return self._preview(step, manner, moved)
            if step.target is None:
                # A deletion conflicts with nothing.
                event = self.calendar.delete(event_id, replace(terms, on_conflict="reject"))
            else:
                event = self.calendar.roll_back(step.target, terms)
        except EventConflict as conflict:
            return in_the_way(step, conflict.collisions[0].id)
        except StoreFault:  # only of a read: a calendar tells of its writes in words of its own
            return UndoOutcome(event_id, left=STORE_FAULT)
        except (PreconditionFailed, NotFound, Unavailable, CalendarFull) as error:
            left = {PreconditionFailed: CHANGED, NotFound: DELETED}.get(type(error), str(error))
            return UndoOutcome(event_id, left=left, unknown=isinstance(error, OutcomeUnknown))
        return UndoOutcome(event_id, step.type, event)

    def _preview(self, step: UndoStep, manner: Manner, moved: frozenset[EventId]) -> UndoOutcome:
        """What would become of `step` once the events of `moved` are where they then will be: not in its way."""
        target, terms = step.target, Terms(Precondition.at(step.event.history_id))
        if target is not None and manner.on_conflict == "reject" and step.takes_time:
            refusal = self.calendar.preview(lambda calendar: calendar.roll_back(target, terms)).refusal
            collisions = refusal.collisions if refusal is not None else ()
            other = next((each.id for each in collisions if each.id not in moved), None)
            if other is not None:
                return in_the_way(step, other)
        return UndoOutcome(step.event.id, step.type)
