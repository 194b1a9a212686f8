"""Length classes: the index that finds what overlaps an interval without reading the calendar.

Every event falls into one of four classes by its length. An event of a class whose longest length is L overlaps
`[start, end)` only if it starts after `start - L` and before `end`: one range of the index for each class.
"""

from dataclasses import dataclass, replace
from typing import Final

from shared.scheduling.instants import Instant, seconds_between, shifted

_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR

# Name and longest length in seconds. The names are stored: they may not change.
CLASSES: Final = (("a", 4 * _HOUR), ("b", 3 * _DAY), ("c", 31 * _DAY), ("d", 366 * _DAY))


def length_class(start: Instant, end: Instant) -> str:
    """The name of the class that holds an event of `[start, end)`. Raises ValueError beyond 366 days."""
    length = seconds_between(start, end)
    for name, longest in CLASSES:
        if length <= longest:
            return name
    raise ValueError("no class for events of more than 366 days")


def span(start: Instant, end: Instant, event_id: str) -> str:
    """The index key of a live event: its class, its start, and its id, which makes it unique."""
    return f"{length_class(start, end)}#{start}#{event_id}"


@dataclass(frozen=True, slots=True)
class SpanRange:
    """The part of one class in which every event that overlaps an interval lies; `low` and `high` inclusive.

    It is read from `low` on, or, `backward`, from `high` down.
    """

    name: str
    low: str
    high: str
    backward: bool = False

    def behind(self, key: str) -> "SpanRange":
        """What is left to read of it when it has been read up to `key`."""
        if self.backward:
            # No key can be named that is the last before another one: so that one is read once more.
            return replace(self, high=key)
        # A blank sorts before whatever a longer key could go on with: this begins right behind what was read.
        return replace(self, low=f"{key} ")


def overlap_ranges(
    start: Instant, end: Instant, after: tuple[Instant, str] | None = None, *, backward: bool = False
) -> list[SpanRange]:
    """One range a class for `[start, end)`; with `after` (a start and an id) only what comes later in that order."""
    ranges = []
    for name, longest in CLASSES:
        low = f"{name}#{shifted(start, -longest)}"
        if after is not None:
            # "~" sorts after every character of an id: the range begins behind the event that `after` names.
            low = max(low, f"{name}#{after[0]}#{after[1]}~")
        # An event's key goes on behind its start, so this bound leaves out those that start at `end`.
        ranges.append(SpanRange(name, low, f"{name}#{end}", backward))
    return ranges


def position(key: str) -> tuple[Instant, str]:
    """The start and the id that an index key holds: the order of a listing."""
    _, start, event_id = key.split("#", 2)
    return start, event_id
