"""The steps of an undo: how each event goes back, what came of it, and which of them can be taken side by side."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.ids import EventId
from shared.scheduling.events import ChangeType, Event
from shared.scheduling.guard import needs_check


@dataclass(frozen=True, slots=True)
class UndoStep:
    """How an event goes back: to the content of `target`, or, without one, into deletion. `event` is what it is now."""

    event: Event
    target: Event | None = None

    @property
    def type(self) -> ChangeType:
        """The kind of change that this is."""
        if self.target is None:
            return "delete"
        return "restore" if self.event.deleted else "rollback"

    @property
    def takes_time(self) -> bool:
        """Whether the event then takes time that it does not take now."""
        return self.target is not None and needs_check(self.target, self.event)

    @property
    def frees_time(self) -> bool:
        """Whether the event then takes no time."""
        return self.target is None or not self.target.content.opaque

    def weeks(self) -> set[str]:
        """The weeks whose state has a part in it: those that it takes time in, and those that it leaves."""
        sides = [each for each in (self.target, None if self.event.deleted else self.event) if each is not None]
        return {week for side in sides for week in side.content.interval.iso_weeks()}


@dataclass(frozen=True, slots=True)
class UndoOutcome:
    """What an undo did to one event, or would do: a change of kind `type`; or why it was `left` alone.

    `event` is what came of it. `unknown` says that it may have been changed all the same.
    """

    event_id: EventId
    type: ChangeType | None = None
    event: Event | None = None
    left: str | None = None
    unknown: bool = False


def lanes(steps: Iterable[UndoStep]) -> list[list[UndoStep]]:
    """`steps` in groups, so that no two of different groups have a week in common, in their order within each."""
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
    """Whether two events that go back take a moment both."""
    if one.target is None or other.target is None:
        return False
    return one.target.content.interval.overlaps(other.target.content.interval)


def in_the_way(step: UndoStep, other: EventId) -> UndoOutcome:
    """What becomes of a step when the event of id `other` takes its time."""
    left = f"its time is taken by event {other}: undo with on_conflict=allow to have both all the same"
    return UndoOutcome(step.event.id, left=left)
