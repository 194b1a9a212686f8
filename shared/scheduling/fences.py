"""Fences: sixteen for each calendar. A checked write moves those of the weeks that its interval touches.

Week after week takes the next fence, in a cycle. So the fences of an interval, however long it is, fit into one
transaction, and those of an event of a year on five calendars do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.ids import EventId, HistoryId
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval

# The number of fences of a calendar: docs/decisions.md has what 24 and 64 would cost.
FENCES: Final = 16
# The number of writes that a fence remembers.
RECENT: Final = 12


def _name(number: int) -> str:
    return f"c{number:02d}"


# The names of all of them.
ALL_FENCES: Final = tuple(map(_name, range(FENCES)))


@dataclass(frozen=True, slots=True)
class FenceEntry:
    """A checked write that a fence remembers: the event, its version, and from when to when it takes place.

    Of a series that is its whole extent, whichever occurrence was changed: an entry takes the place of the one before.
    """

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
    """The state of a fence: `value` never repeats, and is None until the first checked write moves the fence."""

    name: str
    value: HistoryId | None = None
    recent: tuple[FenceEntry, ...] = ()

    def moved(self, *events: Event) -> "Fence":
        """Returns the fence after a write of `events`. Its value is the id of the first version: globally unique."""
        entries = [FenceEntry(each.id, each.history_id, *each.content.extent) for each in events]
        return Fence(self.name, events[0].history_id, (*entries, *self.recent[: RECENT - len(entries)]))


def fence_names(interval: Interval) -> list[str]:
    """Returns the names of the fences of all weeks that `interval` touches, such as `c07`: distinct, at most FENCES.

    Weeks are in UTC, from Monday to Monday (ISO 8601). They are counted by number, from that of the start to that of
    the last second, so that neither is ever missed.
    """
    first, count = _week(interval.start), weeks_touched(interval)
    return [_name(week % FENCES) for week in range(first, first + min(count, FENCES))]


def fences_of(content: Content) -> Sequence[str]:
    """Returns the names of the fences that a write of `content` moves: a series takes time in any week, so all."""
    return ALL_FENCES if content.recurrence is not None else fence_names(content.interval)


def weeks_touched(interval: Interval) -> int:
    """Returns how many weeks `interval` touches: for an empty one that of its start, or none."""
    return _week(shifted(interval.end, -1)) - _week(interval.start) + 1


def _week(instant: Instant) -> int:
    """Returns the number of weeks between the Monday 0001-01-01 (ordinal 1) and the one at or before `instant`."""
    return (date.fromisoformat(instant[:10]).toordinal() - 1) // 7


def latest_entries(fences: Iterable[Fence], interval: Interval) -> dict[EventId, FenceEntry]:
    """Returns, by event id, the latest write of each event in `fences`, if it overlaps `interval`.

    A fence also remembers writes of the other weeks that it stands for: they do not overlap.
    """
    latest: dict[EventId, FenceEntry] = {}
    for fence in fences:
        for entry in fence.recent:
            known = latest.get(entry.event_id)
            if known is None or known.history_id < entry.history_id:
                latest[entry.event_id] = entry
    return {event_id: entry for event_id, entry in latest.items() if entry.interval.overlaps(interval)}
