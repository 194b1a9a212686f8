"""Undo of an operation: reverts each event that it changed to the version before, unless it has changed since.

All steps are planned before anything is written. An event that the operation created or restored is deleted. A deleted
event is restored, and any other event gets its previous content. Each step creates a version of its own, like any other
change: on condition that the event is still as the operation left it, and with the same conflict check. So an undo is
an operation that can itself be undone.

What an operation split off from a series is deleted with the change of that series, in one transaction, or both are
left. The undo of that undo restores it in the same way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from shared import ids
from shared.errors import (
    STORE_FAULT,
    EventConflict,
    NotFound,
    NotRecordedYet,
    OutcomeUnknown,
    StoreFault,
)
from shared.history.reading import Concurrently, History
from shared.history.undo_steps import (
    CHANGED,
    DELETED,
    ELSEWHERE,
    MOVED,
    REFUSALS,
    TIME_UP,
    Manner,
    UndoOutcome,
    UndoStep,
    collide,
    in_the_way,
    joined,
    lanes,
    together_outcome,
    why,
)
from shared.ids import CalendarId, EventId, HistoryId, OperationId
from shared.request import Request
from shared.retries import Deadline
from shared.scheduling.access import Grant
from shared.scheduling.events import Event
from shared.scheduling.preconditions import Precondition
from shared.scheduling.recurrences import parts_of
from shared.scheduling.series_calendar import SeriesCalendar
from shared.scheduling.terms import Terms

# How long after an operation its versions may all be missing from the history; recording usually takes milliseconds.
LAG_MS: Final = 10 * 1000
# The greatest difference between the clocks of two functions.
SKEW_MS: Final = 1000
# How long after an operation some of its versions may be missing: the stream redelivers records that failed.
REST_MS: Final = 60 * 1000


class OperationStore(Protocol):
    """The reads of the history table that an undo needs."""

    def operation(self, calendar_id: CalendarId, operation_id: OperationId) -> list[tuple[EventId, HistoryId]]:
        """Returns the versions that the operation created in the calendar, as event id and history_id."""

    def before(self, calendar_id: CalendarId, event_id: EventId, history_id: HistoryId) -> Event | None:
        """Returns the newest recorded version of the event before `history_id`."""


class LiveStore(Protocol):
    """The reads of the events table that an undo needs."""

    @property
    def grant(self) -> Grant:
        """Returns what the calendar granted the caller when it was last read."""

    def get_many(self, calendar_id: CalendarId, event_ids: Iterable[EventId]) -> dict[EventId, Event]:
        """Returns those of `event_ids` that exist, deleted ones included."""


# Writes tombstones, each in place of an event that is still as given. Returns, by event id: None for what was written,
# the event that was stored instead, or why it is not known to be written.
Together = Callable[[Sequence[tuple[Event, Event | None]], Deadline], Mapping[EventId, Event | str | None]]


@dataclass(frozen=True, slots=True)
class Undone:
    """The result of an undo or its dry run, in the order in which the operation changed the events.

    `operation_id` identifies the undo itself; None if it wrote nothing. `missing` counts the versions of the operation
    that are not in the history: never written, superseded and swept since, or not recorded after a minute.
    """

    operation_id: OperationId | None
    outcomes: Sequence[UndoOutcome]
    missing: int


@dataclass(frozen=True, slots=True)
class Undo:
    """Undo of operations in the calendar of `request`.

    `concurrently` must not use the threads that the stores use for their calls. `together` deletes many events at once,
    as `SharedBulkStore.delete_each` does; None where each is deleted by itself, which takes no longer.
    """

    request: Request
    store: OperationStore
    live: LiveStore
    history: History
    calendar: SeriesCalendar
    concurrently: Concurrently
    together: Together | None = None

    def undo(self, operation_id: OperationId, manner: Manner) -> Undone:
        """Reverts each event that the operation changed to the version before, as a new version.

        Events for which time does not suffice are left as they are.

        Raises:
            NotFound: there is no such operation.
            NotRecordedYet: some of the operation's versions are not recorded yet; nothing was undone.
        """
        age_ms = self.request.now_ms - ids.milliseconds_of(operation_id)
        made, events = self._made(operation_id)
        if not made:
            if ids.is_uuid7(operation_id) and -SKEW_MS <= age_ms < LAG_MS:
                raise NotRecordedYet("if there is such an operation, it is on its way into the history")
            raise NotFound("operation (one made a moment ago may still be on its way into the history)")
        missing = self._size(made, events) - len(made)
        young = age_ms < REST_MS
        if missing > 0 and young:
            raise NotRecordedYet("some of this operation is not in the history: on its way, or never made")
        event_ids = [event_id for event_id, _ in made]
        planned = self.concurrently(lambda each: self._step(each, events.get(each[0]), young=young), made)
        steps = joined(dict(zip(event_ids, planned, strict=True)), events)
        done = self._execute([each for each in steps.values() if isinstance(each, UndoStep)], manner)
        done |= {event_id: each for event_id, each in steps.items() if isinstance(each, UndoOutcome)}
        outcomes = [done[event_id] for event_id in event_ids]
        written = any(each.event is not None or each.unknown for each in outcomes)
        return Undone(self.request.operation_id if written else None, outcomes, max(0, missing))

    def _made(self, operation_id: OperationId) -> tuple[list[tuple[EventId, HistoryId]], Mapping[EventId, Event]]:
        """Returns the versions that the operation created, and the events as they are now.

        There are none for a caller who may only change what they have created, if it is not their operation.
        """
        made = self.store.operation(self.request.calendar_id, operation_id)
        if not made:
            return [], {}
        events = self.live.get_many(self.request.calendar_id, [event_id for event_id, _ in made])
        if not self.live.grant.may("write"):
            created = all(each.created_by == self.request.actor for each in events.values())
            if not (created and self._changed_by(made, events) == self.request.actor):
                return [], {}
        return made, events

    def _changed_by(self, made: list[tuple[EventId, HistoryId]], events: Mapping[EventId, Event]) -> str | None:
        """Returns who made the operation; None if the caller may not read that."""
        try:
            return self._version(made, events).stamp.changed_by
        except NotFound:
            return None

    def _size(self, made: list[tuple[EventId, HistoryId]], events: Mapping[EventId, Event]) -> int:
        """Returns how many versions the operation created, which each of them records."""
        return self._version(made, events).stamp.operation_size

    def _version(self, made: list[tuple[EventId, HistoryId]], events: Mapping[EventId, Event]) -> Event:
        """Returns one of the versions that the operation created."""
        for event_id, history_id in made:
            if event_id in events and events[event_id].history_id == history_id:
                return events[event_id]
        (version,) = self.history.versions(*made[0])
        return version

    def _step(self, made: tuple[EventId, HistoryId], event: Event | None, *, young: bool) -> UndoStep | UndoOutcome:
        """Returns how to revert the event that the operation left at version `made`, or why it is left as it is."""
        event_id, history_id = made
        if event is None:
            return UndoOutcome(event_id, left="it is gone")
        left = self._why_left(event, history_id)
        if left is not None:
            return UndoOutcome(event_id, left=left)
        if event.stamp.type == "create":
            return UndoStep(event)
        if event.deleted:
            return UndoStep(event, event)  # a tombstone keeps the content of the event
        return self._to_version_before(event, young=young)

    def _why_left(self, event: Event, history_id: HistoryId) -> str | None:
        """Returns why an event that the operation left at version `history_id` is left as it is; None if it is not."""
        if event.history_id != history_id:
            return DELETED if event.deleted else CHANGED
        if event.expired(self.request.now):
            return "it was deleted too long ago to be restored"
        if event.elsewhere:
            return ELSEWHERE
        return MOVED if event.stamp.type == "move" else None

    def _to_version_before(self, event: Event, *, young: bool) -> UndoStep | UndoOutcome:
        """Returns how to revert an event that existed before the operation, or that it restored."""
        event_id = event.id
        before = self.store.before(self.request.calendar_id, event_id, event.history_id)
        if before is None or before.erased or event.stamp.version - before.stamp.version > 1:
            if young:
                raise NotRecordedYet("a version before this operation is still on its way into the history")
            return UndoOutcome(event_id, left="its version before is not in the history")
        if before.deleted:
            return UndoStep(event)
        if before.content == event.content:
            return UndoOutcome(event_id, left="it is as it was before")
        return UndoStep(event, before)

    def _execute(self, steps: Sequence[UndoStep], manner: Manner) -> dict[EventId, UndoOutcome]:
        """Executes `steps`, first those that take no new time. Returns the outcome of each, by event id."""
        size = sum(len(step.events) for step in steps)
        checked = [step for step in steps if manner.on_conflict == "reject" and step.takes_time]
        waiting = {step.event.id for step in checked}
        free = [step for step in steps if step.event.id not in waiting]
        done = {} if manner.dry_run else self._deleted_together(free, manner, size)
        single = [step for step in free if step.event.id not in done]
        for outcomes in self.concurrently(lambda step: self._do(step, manner, size), single):
            done.update((outcome.event_id, outcome) for outcome in outcomes)
        # A dry run does not move these: so they must not count as conflicts of the later steps.
        moved = frozenset(step.event.id for step in free if step.frees_time)
        # Last in, first out: an event that the operation moved to the former time of another one must move away first.
        last_first = lanes(reversed(checked))
        for outcomes in self.concurrently(lambda lane: self._one_by_one(lane, manner, size, moved), last_first):
            done.update((outcome.event_id, outcome) for outcome in outcomes)
        return done

    def _deleted_together(self, steps: Sequence[UndoStep], manner: Manner, size: int) -> dict[EventId, UndoOutcome]:
        """Executes those of `steps` that can be executed in one transaction with others. Returns their outcomes."""
        if self.together is None:
            return {}
        terms = Terms(reason=manner.reason, operation_size=size)
        deleted = [step.event for step in steps if step.target is None and not step.event.on_several]
        tombstones = {event.id: self.calendar.tombstone(event, terms) for event in deleted}
        met = self.together([(tombstones[event.id], event) for event in deleted], self.request.deadline)
        return {event_id: together_outcome(tombstone, met[event_id]) for event_id, tombstone in tombstones.items()}

    def _one_by_one(
        self, lane: Sequence[UndoStep], manner: Manner, size: int, moved: frozenset[EventId]
    ) -> list[UndoOutcome]:
        """Executes steps that share fences in sequence: run concurrently they would only contend for them."""
        outcomes: list[UndoOutcome] = []
        reverted: list[UndoStep] = []
        for step in lane:
            other = next((each for each in reverted if collide(each, step, self.request.now)), None)
            if other is not None:
                outcomes += in_the_way(step, other.event.id)
                continue
            done = self._do(step, manner, size, moved.union(each.event.id for each in reverted))
            if not done[0].left:
                reverted.append(step)
            outcomes += done
        return outcomes

    def _do(
        self, step: UndoStep, manner: Manner, size: int, moved: frozenset[EventId] = frozenset()
    ) -> list[UndoOutcome]:
        if self.request.deadline.over():
            return step.left(TIME_UP)
        terms = Terms(Precondition.at(step.event.history_id), manner.on_conflict, manner.reason, operation_size=size)
        try:
            if manner.dry_run:
                return self._preview(step, manner, moved)
            if step.target is None:
                # A deletion conflicts with nothing.
                after = [self.calendar.delete(step.event.id, replace(terms, on_conflict="reject"))]
            elif step.part is None:
                after = [self.calendar.roll_back(step.target, terms)]
            else:
                after = [*self.calendar.roll_back_split(step.target, step.part, terms)]
        except EventConflict as conflict:
            return in_the_way(step, conflict.collisions[0].id)
        except StoreFault:  # only from a read: for writes a calendar raises errors of its own
            return step.left(STORE_FAULT)
        except REFUSALS as error:
            return step.left(why(error), unknown=isinstance(error, OutcomeUnknown))
        return step.done(*after)

    def _preview(self, step: UndoStep, manner: Manner, moved: frozenset[EventId]) -> list[UndoOutcome]:
        """Returns the outcomes of `step`, assuming that the events of `moved` have moved out of its way."""
        target, part, terms = step.target, step.part, Terms(Precondition.at(step.event.history_id))
        if target is not None and manner.on_conflict == "reject" and step.takes_time:

            def change(calendar: SeriesCalendar) -> Event:
                if part is None:
                    return calendar.roll_back(target, terms)
                return calendar.roll_back_split(target, part, terms)[0]

            refusal = self.calendar.preview(change).refusal
            collisions = refusal.collisions if refusal is not None else ()
            other = next((each for each in collisions if each.id is None or parts_of(each.id)[0] not in moved), None)
            if other is not None:
                return in_the_way(step, other.id)
        return step.done()
