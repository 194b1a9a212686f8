"""Length classes: how to find what overlaps an interval without reading the calendar.

Every event falls into one of four classes by its length. An event of a class whose longest length is L overlaps
`[start, end)` only if it starts after `start - L` and before `end`: one range of each class, in the order of starts.
"""

from dataclasses import dataclass, replace
from typing import Final

from shared.ids import EventId
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval

_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR

# Name and longest length in seconds. The names are stored: they may not change.
CLASSES: Final = (("a", 4 * _HOUR), ("b", 3 * _DAY), ("c", 31 * _DAY), ("d", 366 * _DAY))

# Where an event lies in a listing: by its start, then by its id. An empty id comes before every other.
Position = tuple[Instant, EventId]
_FIRST_ID: Final = EventId("")


def length_class(interval: Interval) -> str:
    """Returns the name of the class that holds an event of `interval`. Raises ValueError beyond 366 days."""
    length = interval.length
    for name, longest in CLASSES:
        if length <= longest:
            return name
    raise ValueError("no class for events of more than 366 days")


@dataclass(frozen=True, slots=True)
class ClassRange:
    """The part of a class in which every event that overlaps an interval lies: from `low` to `high`, both inclusive.

    With `after_low` it begins behind `low` instead. It is read from `low` up or, `backward`, from `high` down.
    """

    name: str
    low: Position
    high: Position
    after_low: bool = False
    backward: bool = False

    @property
    def empty(self) -> bool:
        """Returns whether nothing can lie in it. DynamoDB refuses such a range."""
        return self.low > self.high or (self.after_low and self.low == self.high)

    def behind(self, position: Position) -> "ClassRange":
        """Returns what is left to read of it when it has been read up to `position`."""
        if self.backward:
            # No position can be named that is the last before another one: so that one is read once more.
            return replace(self, high=position)
        return replace(self, low=position, after_low=True)


def overlap_ranges(interval: Interval, after: Position | None = None, *, backward: bool = False) -> list[ClassRange]:
    """Returns one range of each class for what overlaps `interval`; with `after` only what comes behind that position.

    What starts at the end of `interval` lies behind its `high`, which has an empty id.
    """
    ranges = []
    for name, longest in CLASSES:
        low = (shifted(interval.start, -longest), _FIRST_ID)
        resumed = after is not None and after >= low
        lowest = after if after is not None and resumed else low
        ranges.append(ClassRange(name, lowest, (interval.end, _FIRST_ID), after_low=resumed, backward=backward))
    return ranges
