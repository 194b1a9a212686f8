"""Reading the ranges of an index round by round: a page of each, concurrently, within a stated budget."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from shared.ids import HistoryId
from shared.scheduling.events import Event
from shared.scheduling.length_classes import ClassRange, Position

Found = TypeVar("Found")

# What one request reads at most: so many rounds, each of one page of each of the four ranges.
ROUNDS: Final = 5
# What is read of a range in one call: an event takes half a kilobyte and more, and a response ends at a megabyte.
LARGEST_PAGE: Final = 2000
# The first round reads some more than is asked for: what was over shortly before a window lies in its ranges as well,
# and one more tells whether there is a next page.
MARGIN: Final = 10
_SECOND_ROUND: Final = 100
_GROWTH: Final = 4


def sizes(first: int, most: int = LARGEST_PAGE) -> Iterator[int]:
    """Yields how many items of a range to read in each round: few as a rule, and more while that was not enough."""
    size = first
    for _ in range(ROUNDS):
        yield min(size, most)
        size = max(_SECOND_ROUND, size * _GROWTH)


@dataclass(frozen=True, slots=True)
class ClassPage(Generic[Found]):
    """What one range gave: what was found there, and the position it was read up to; None at its end."""

    found: Sequence[Found]
    read_up_to: Position | None


@dataclass(frozen=True, slots=True)
class DeletedPage:
    """Deleted events, and the deletion that the page was read up to; None at the end."""

    events: Sequence[Event]
    read_up_to: HistoryId | None


class RangeReader(Generic[Found]):
    """What has been found in some ranges, one of each class, and how far each of them has been read."""

    def __init__(self, ranges: Iterable[ClassRange], position_of: Callable[[Found], Position]) -> None:
        """Reads `ranges`; `position_of` tells where in the order of all of them an item lies.

        `page_ends` are the positions at which a page ended, and behind which the next one of its range begins.
        """
        self._position_of = position_of
        self._left = {each.name: each for each in ranges if not each.empty}
        self._read_up_to: dict[str, Position] = {}
        self.page_ends: set[Position] = set()
        self.found: list[Found] = []

    @property
    def complete(self) -> bool:
        """Returns whether all ranges have been read to their ends."""
        return not self._left

    def read(self, read: Callable[[list[ClassRange]], list[ClassPage[Found]]], wanted: int | None = None) -> None:
        """Reads, with `read`, one more page of each range that has not ended.

        With `wanted` only of those ranges that hold back some of the first `wanted` items.
        """
        ranges = self._holding_back(wanted)
        for each, page in zip(ranges, read(ranges), strict=True):
            self.found.extend(page.found)
            if page.read_up_to is None:
                del self._left[each.name]
                self._read_up_to.pop(each.name, None)
            else:
                self._left[each.name] = each.behind(page.read_up_to)
                self._read_up_to[each.name] = page.read_up_to
                self.page_ends.add(page.read_up_to)

    def _holding_back(self, wanted: int | None) -> list[ClassRange]:
        if wanted is None or len(self.found) < wanted:
            return list(self._left.values())
        last = sorted(map(self._position_of, self.found))[wanted - 1]
        # A range that was read up to there holds nothing more that comes before.
        return [each for name, each in self._left.items() if self._read_up_to[name] < last]

    def settled(self) -> tuple[list[Found], Position | None]:
        """Returns what was found, in order, as far as all ranges have been read, and how far that is.

        None as the position: all have been read to their ends.
        """
        found = sorted(self.found, key=self._position_of)
        if self.complete:
            return found, None
        horizon = min(self._read_up_to.values())
        return [each for each in found if self._position_of(each) <= horizon], horizon
