"""Fences: one for each ISO week and calendar, moved by every checked write whose interval touches the week."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shared.ids import EventId, HistoryId
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval

# The number of writes that a fence remembers.
RECENT: Final = 8


@dataclass(frozen=True, slots=True)
class FenceEntry:
    """A checked write that a fence remembers: the event, its version and its interval."""

    event_id: EventId
    history_id: HistoryId
    start: Instant
    end: Instant

    @property
    def interval(self) -> Interval:
        """Returns `[start, end)`."""
        return Interval(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Fence:
    """The state of an ISO week: `value` never repeats, and is None until the first checked write touches the week."""

    week: str
    value: HistoryId | None = None
    recent: tuple[FenceEntry, ...] = ()

    def moved(self, event: Event) -> "Fence":
        """Returns the fence after a write of `event`. Its value is the id of that version, and so globally unique."""
        entry = FenceEntry(event.id, event.history_id, event.content.start, event.content.end)
        return Fence(self.week, event.history_id, (entry, *self.recent[: RECENT - 1]))


def latest_entries(fences: Iterable[Fence], interval: Interval) -> dict[EventId, FenceEntry]:
    """Returns, by event id, the latest write of each event in `fences`, if it overlaps `interval`."""
    latest: dict[EventId, FenceEntry] = {}
    for fence in fences:
        for entry in fence.recent:
            known = latest.get(entry.event_id)
            if known is None or known.history_id < entry.history_id:
                latest[entry.event_id] = entry
    return {event_id: entry for event_id, entry in latest.items() if entry.interval.overlaps(interval)}
