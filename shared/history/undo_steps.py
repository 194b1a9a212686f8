"""The steps of an undo: how each event is reverted, the outcome, and which steps can run concurrently."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from shared.errors import (
    CalendarFull,
    InvalidRequest,
    NotAllowed,
    NotFound,
    PreconditionFailed,
    QuotaExceeded,
    SchedulingError,
    Unavailable,
)
from shared.ids import EventId
from shared.scheduling.bulk_items import ANSWER_LOST
from shared.scheduling.events import ChangeType, Event, OnConflict
from shared.scheduling.fences import fences_of
from shared.scheduling.instants import of_seconds
from shared.scheduling.newly_taken import newly_taken
from shared.series_errors import TooManySeries
from shared.sharing_errors import ManagedElsewhere

CHANGED: Final = "it has changed since"
DELETED: Final = "it was deleted since"
ELSEWHERE: Final = "it is managed from another calendar"
MOVED: Final = "it was moved here from another calendar: move it back"
NOT_ANY_MORE: Final = "you may not change this any more"
OTHER_PART: Final = "the other part of the split series is left, and neither goes back without the other"
OTHER_GONE: Final = "what else the operation changed is gone: if it split a series, neither part goes back alone"
TIME_UP: Final = "time was up: undo again"

# Why a step may fail, and the others go on. While an undo is at work the caller may lose the right to change events,
# and the calendar become strict.
REFUSALS: Final = (
    PreconditionFailed,
    NotFound,
    NotAllowed,
    ManagedElsewhere,
    InvalidRequest,
    Unavailable,
    CalendarFull,
    QuotaExceeded,
    TooManySeries,
)


def why(refusal: SchedulingError) -> str:
    """Returns the reason to give for an event that is left as it is because of `refusal`, one of REFUSALS."""
    match refusal:
        case PreconditionFailed():
            return CHANGED
        case NotFound(what="event"):
            return DELETED
        case ManagedElsewhere():
            return ELSEWHERE
        case NotFound() | NotAllowed() | InvalidRequest():
            return NOT_ANY_MORE
        case _:
            return str(refusal)


@dataclass(frozen=True, slots=True)
class Manner:
    """The options of an undo: the reason, whether events may then overlap, and whether to write nothing."""

    reason: str | None = None
    on_conflict: OnConflict = "reject"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class UndoStep:
    """The reversion of one event: to the content of `target` or, if None, by deletion. `event` is its current state.

    `part` is what was split off from a series, which is deleted together with it or, if it is deleted, restored.
    """

    event: Event
    target: Event | None = None
    part: Event | None = None

    @property
    def type(self) -> ChangeType:
        """Returns the type of the change."""
        if self.target is None:
            return "delete"
        return "restore" if self.event.deleted else "rollback"

    @property
    def events(self) -> tuple[Event, ...]:
        """Returns all that it reverts."""
        return (self.event,) if self.part is None else (self.event, self.part)

    @property
    def may_be_part(self) -> bool:
        """Returns whether the operation may have been the split of a series, or an undo of one."""
        if self.event.stamp.operation_size != 2:
            return False
        if self.event.split_from is not None:
            return True
        return self.event.content.recurrence is not None and self.event.stamp.type != "create"

    @property
    def takes_time(self) -> bool:
        """Returns whether the step makes the event take time that it does not take now, on any calendar."""
        if self.target is None:
            return False
        if self.part is not None and self.part.deleted and self.part.content.busy:
            return True
        more = set(self.target.content.calendars).difference(self.event.content.calendars)
        if self.event.deleted or more:
            return self.target.content.busy
        return newly_taken(self.target, self.event) is not None

    @property
    def frees_time(self) -> bool:
        """Returns whether the event takes no time after the step."""
        return self.target is None or not self.target.content.busy

    def done(self, *after: Event) -> list["UndoOutcome"]:
        """Returns the outcomes once all is reverted; `after` are the events then, unless it is a dry run."""
        outcomes = [UndoOutcome(self.event.id, self.type)]
        if self.part is not None:
            outcomes.append(UndoOutcome(self.part.id, "restore" if self.part.deleted else "delete"))
        if not after:
            return outcomes
        return [replace(each, event=event) for each, event in zip(outcomes, after, strict=True)]

    def left(self, reason: str, *, unknown: bool = False) -> list["UndoOutcome"]:
        """Returns the outcomes if nothing is reverted, for `reason`; `unknown`: it may have been nevertheless."""
        return [UndoOutcome(each.id, left=reason, unknown=unknown) for each in self.events]

    def fences(self) -> set[str]:
        """Returns the names of the fences that the step affects: those of the event's interval before and after it."""
        sides = [each for each in (self.target, None if self.event.deleted else self.event) if each is not None]
        return {name for side in sides for name in fences_of(side.content)}


@dataclass(frozen=True, slots=True)
class UndoOutcome:
    """The outcome of an undo, or its dry run, for one event: a change of type `type`, or why it was `left` as it is.

    `event` is the event after the change. `unknown` means that it may have been changed nevertheless.
    """

    event_id: EventId
    type: ChangeType | None = None
    event: Event | None = None
    left: str | None = None
    unknown: bool = False


def lanes(steps: Iterable[UndoStep]) -> list[list[UndoStep]]:
    """Returns `steps` in groups so that no two groups share a fence. Within a group the steps keep their order."""
    found: list[tuple[set[str], list[int]]] = []
    steps = list(steps)
    for number, step in enumerate(steps):
        fences, numbers = step.fences(), [number]
        apart = []
        for other_fences, others in found:
            if fences.isdisjoint(other_fences):
                apart.append((other_fences, others))
            else:
                fences |= other_fences
                numbers = others + numbers
        found = [*apart, (fences, numbers)]
    return [[steps[number] for number in sorted(numbers)] for _, numbers in found]


def joined(
    planned: Mapping[EventId, UndoStep | UndoOutcome], events: Mapping[EventId, Event]
) -> dict[EventId, UndoStep | UndoOutcome]:
    """Returns `planned`, with one step for a series and what the operation split off from it, or joined to it again.

    Neither goes back without the other: time would be left with nobody, or with both. `events` are the events as they
    are now.
    """
    result = {**planned}
    if len(events) == 1:
        for event_id, step in planned.items():
            if isinstance(step, UndoStep) and step.may_be_part:
                result[event_id] = UndoOutcome(event_id, left=OTHER_GONE)
        return result
    for event_id, part in planned.items():
        series_id = events[event_id].split_from if event_id in events else None
        if series_id is None or series_id not in planned:
            continue
        series = planned[series_id]
        if isinstance(part, UndoStep) and isinstance(series, UndoStep):
            result[series_id] = replace(series, part=part.event)
            del result[event_id]
        else:
            both = {series_id: series, event_id: part}
            result |= {each: UndoOutcome(each, left=OTHER_PART) for each in both if isinstance(both[each], UndoStep)}
    return result


def collide(one: UndoStep, other: UndoStep, now: int) -> bool:
    """Returns whether two events that are reverted at `now` (seconds since 1970) would overlap."""
    if one.target is None or other.target is None:
        return False
    contents = one.target.content, other.target.content
    if not any(each.recurs for each in contents):
        return contents[0].interval.overlaps(contents[1].interval)
    # Imported late: most requests are about events that do not recur.
    from shared.scheduling.series_conflicts import meet  # noqa: PLC0415

    return meet(*contents, of_seconds(now))


def in_the_way(step: UndoStep, other: EventId | None) -> list[UndoOutcome]:
    """Returns the outcomes of a step whose time is taken by the event with the id `other`.

    It is None if the caller may not read that event.
    """
    event = "another event" if other is None else f"event {other}"
    return step.left(f"its time is taken by {event}: undo with on_conflict=allow to have both all the same")


def together_outcome(tombstone: Event, met: Event | str | None) -> UndoOutcome:
    """Returns the outcome of a deletion that was written with others.

    `met` is None if it was written, the event that was stored instead, or why it is not known to be written.
    """
    if met is None:
        return UndoOutcome(tombstone.id, "delete", tombstone)
    if isinstance(met, Event):
        return UndoOutcome(tombstone.id, left=DELETED if met.deleted else CHANGED)
    return UndoOutcome(tombstone.id, left=met, unknown=met == ANSWER_LOST)
