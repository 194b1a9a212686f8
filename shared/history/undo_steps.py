"""The steps of an undo: how each event is reverted, the outcome, and which steps can run concurrently."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.ids import EventId
from shared.scheduling.events import ChangeType, Event
from shared.scheduling.guard import needs_check


@dataclass(frozen=True, slots=True)
class UndoStep:
    """The reversion of one event: to the content of `target` or, if None, by deletion. `event` is its current state."""

    event: Event
    target: Event | None = None

    @property
    def type(self) -> ChangeType:
        """Returns the type of the change."""
        if self.target is None:
            return "delete"
        return "restore" if self.event.deleted else "rollback"

    @property
    def takes_time(self) -> bool:
        """Returns whether the step makes the event take time that it does not take now."""
        return self.target is not None and needs_check(self.target, self.event)

    @property
    def frees_time(self) -> bool:
        """Returns whether the event takes no time after the step."""
        return self.target is None or not self.target.content.opaque

    def weeks(self) -> set[str]:
        """Returns the ISO weeks that the step affects: those of the event's interval before and after it."""
        sides = [each for each in (self.target, None if self.event.deleted else self.event) if each is not None]
        return {week for side in sides for week in side.content.interval.iso_weeks()}


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
    """Returns `steps` in groups so that no two groups share a week. Within a group the steps keep their order."""
    found: list[tuple[set[str], list[int]]] = []
    steps = list(steps)
    for number, step in enumerate(steps):
        weeks, numbers = step.weeks(), [number]
        apart = []
        for other_weeks, others in found:
            if weeks.isdisjoint(other_weeks):
                apart.append((other_weeks, others))
            else:
                weeks |= other_weeks
                numbers = others + numbers
        found = [*apart, (weeks, numbers)]
    return [[steps[number] for number in sorted(numbers)] for _, numbers in found]


def collide(one: UndoStep, other: UndoStep) -> bool:
    """Returns whether two reverted events would overlap."""
    if one.target is None or other.target is None:
        return False
    return one.target.content.interval.overlaps(other.target.content.interval)


def in_the_way(step: UndoStep, other: EventId | None) -> UndoOutcome:
    """Returns the outcome of a step whose time is taken by the event with the id `other`.

    It is None if the caller may not read that event.
    """
    event = "another event" if other is None else f"event {other}"
    left = f"its time is taken by {event}: undo with on_conflict=allow to have both all the same"
    return UndoOutcome(step.event.id, left=left)
