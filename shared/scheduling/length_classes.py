"""Length classes: an index layout to find the events that overlap an interval without reading the whole calendar.

Every event belongs to one of four classes by its length. An event of a class with the maximum length L overlaps
`[start, end)` only if it starts after `start - L` and before `end`: one range of each class, in order of start.
"""

from dataclasses import dataclass, replace
from typing import Final

from shared.ids import EventId
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval

_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR

# The name and maximum length in seconds of each class. The names are stored: they must not change.
CLASSES: Final = (("a", 4 * _HOUR), ("b", 3 * _DAY), ("c", 31 * _DAY), ("d", 366 * _DAY))

# The position of an event in a listing: its start, then its id. An empty id sorts before every other.
Position = tuple[Instant, EventId]
_FIRST_ID: Final = EventId("")


def length_class(interval: Interval) -> str:
    """Returns the name of the class of an event with `interval`. Raises ValueError beyond 366 days."""
    length = interval.length
    for name, longest in CLASSES:
        if length <= longest:
            return name
    raise ValueError("no class for events of more than 366 days")


@dataclass(frozen=True, slots=True)
class ClassRange:
    """The part of a class that contains every event overlapping an interval: from `low` to `high`, both inclusive.

    With `after_low` the range excludes `low`. It is read upwards from `low` or, if `backward`, downwards from `high`.
    """

    name: str
    low: Position
    high: Position
    after_low: bool = False
    backward: bool = False

    @property
    def empty(self) -> bool:
        """Returns whether the range cannot contain anything. DynamoDB refuses a Query of such a range."""
        return self.low > self.high or (self.after_low and self.low == self.high)

    def behind(self, position: Position) -> "ClassRange":
        """Returns the rest of the range after it has been read up to `position`."""
        if self.backward:
            # The position just before another one cannot be expressed, so `position` itself is read again.
            return replace(self, high=position)
        return replace(self, low=position, after_low=True)


def overlap_ranges(interval: Interval, after: Position | None = None, *, backward: bool = False) -> list[ClassRange]:
    """Returns one range of each class for the events that overlap `interval`; with `after` only those after it.

    Events that start at the end of `interval` are excluded: `high` has an empty id, so they sort after it.
    """
    ranges = []
    for name, longest in CLASSES:
        low = (shifted(interval.start, -longest), _FIRST_ID)
        resumed = after is not None and after >= low
        lowest = after if after is not None and resumed else low
        ranges.append(ClassRange(name, lowest, (interval.end, _FIRST_ID), after_low=resumed, backward=backward))
    return ranges
