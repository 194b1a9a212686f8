"""Fences: one per ISO week and calendar, moved by every checked write that touches the week."""

from dataclasses import dataclass
from typing import Final

from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, overlap

RECENT: Final = 8


@dataclass(frozen=True, slots=True)
class FenceEntry:
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
    recent: tuple[FenceEntry, ...] = ()

    def moved(self, event: Event) -> "Fence":
        """The fence after `event` was written: its value is that version's id, which is globally unique."""
        entry = FenceEntry(event.id, event.history_id, event.content.start, event.content.end)
        return Fence(self.week, event.history_id, (entry, *self.recent[: RECENT - 1]))


def latest_entries(fences: list[Fence], start: Instant, end: Instant) -> dict[str, FenceEntry]:
    """The latest write of each event that `fences` remember, if that write overlaps `[start, end)`, by event id."""
    latest: dict[str, FenceEntry] = {}
    for fence in fences:
        for entry in fence.recent:
            known = latest.get(entry.event_id)
            if known is None or known.history_id < entry.history_id:
                latest[entry.event_id] = entry
    return {event_id: entry for event_id, entry in latest.items() if entry.overlaps(start, end)}
