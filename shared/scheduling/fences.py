"""Fences: one per ISO week and calendar, moved by every checked write that touches the week."""

from dataclasses import dataclass
from typing import Final

from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, overlap

RECENT: Final = 8


@dataclass(frozen=True, slots=True)
class Touch:
    """One checked write as a fence remembers it: which event, at which version, over which time."""

    event_id: str
    history_id: str
    start: Instant
    end: Instant

    def overlaps(self, start: Instant, end: Instant) -> bool:
        """Whether the time written has a moment in common with `[start, end)`."""
        return overlap(self.start, self.end, start, end)


@dataclass(frozen=True, slots=True)
class Fence:
    """The state of an ISO week: `value` never repeats, and is None until the first checked write touches the week."""

    week: str
    value: str | None = None
    recent: tuple[Touch, ...] = ()

    def moved(self, event: Event) -> "Fence":
        """The fence after `event` was written: its value is that version's id, which is globally unique."""
        touch = Touch(event.id, event.history_id, event.content.start, event.content.end)
        return Fence(self.week, event.history_id, (touch, *self.recent[: RECENT - 1]))


def latest_touches(fences: list[Fence], start: Instant, end: Instant) -> dict[str, Touch]:
    """The latest write of each event that `fences` remember, if that write overlaps `[start, end)`, by event id."""
    latest: dict[str, Touch] = {}
    for fence in fences:
        for touch in fence.recent:
            known = latest.get(touch.event_id)
            if known is None or known.history_id < touch.history_id:
                latest[touch.event_id] = touch
    return {event_id: touch for event_id, touch in latest.items() if touch.overlaps(start, end)}
