"""Reading the ranges of an index in rounds: one page of each range per round, concurrently, within a fixed budget."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from shared.ids import HistoryId
from shared.scheduling.events import Event
from shared.scheduling.length_classes import ClassRange, Position

Found = TypeVar("Found")

# The maximum number of rounds of a request, each of one page of each of the four ranges.
ROUNDS: Final = 5
# The maximum page size: an event takes at least half a kilobyte, and a response is limited to a megabyte.
LARGEST_PAGE: Final = 2000
# The first round reads more than requested: the ranges of a window also contain events that ended shortly before it,
# and one extra event shows whether there is a next page.
MARGIN: Final = 10
_SECOND_ROUND: Final = 100
_GROWTH: Final = 4


def sizes(first: int, most: int = LARGEST_PAGE) -> Iterator[int]:
    """Yields the page size of each round: `first`, and then larger ones, up to `most`, as long as it was not enough."""
    size = first
    for _ in range(ROUNDS):
        yield min(size, most)
        size = max(_SECOND_ROUND, size * _GROWTH)


@dataclass(frozen=True, slots=True)
class ClassPage(Generic[Found]):
    """A page of one range: the items found, and the position up to which it was read; None at the end of the range."""

    found: Sequence[Found]
    read_up_to: Position | None


@dataclass(frozen=True, slots=True)
class DeletedPage:
    """A page of deleted events, and the history_id of the deletion up to which it was read; None at the end."""

    events: Sequence[Event]
    read_up_to: HistoryId | None


class RangeReader(Generic[Found]):
    """The items found in a set of ranges, one of each class, and how far each range has been read.

    `page_ends` are the positions at which a page ended, and after which the next page of its range begins.
    """

    def __init__(self, ranges: Iterable[ClassRange], position_of: Callable[[Found], Position]) -> None:
        """Reads `ranges`; `position_of` returns the position of an item in the merged order of all ranges."""
        self._position_of = position_of
        self._left = {each.name: each for each in ranges if not each.empty}
        self._read_up_to: dict[str, Position] = {}
        self.page_ends: set[Position] = set()
        self.found: list[Found] = []

    @property
    def complete(self) -> bool:
        """Returns whether all ranges have been read completely."""
        return not self._left

    def read(self, read: Callable[[list[ClassRange]], list[ClassPage[Found]]], wanted: int | None = None) -> None:
        """Reads, with `read`, the next page of each range that has not been read completely.

        With `wanted` it reads only those ranges whose unread part may contain some of the first `wanted` items.
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
        # A range that has been read up to that position contains no further items before it.
        return [each for name, each in self._left.items() if self._read_up_to[name] < last]

    def settled(self) -> tuple[list[Found], Position | None]:
        """Returns the items found, in order, as far as all ranges have been read, and the position of that limit.

        The position is None if all ranges have been read completely.
        """
        found = sorted(self.found, key=self._position_of)
        if self.complete:
            return found, None
        horizon = min(self._read_up_to.values())
        return [each for each in found if self._position_of(each) <= horizon], horizon
