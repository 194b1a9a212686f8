"""Reading the ranges of an index round by round: a page of each, side by side, within a stated budget."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from shared.scheduling.instants import Instant
from shared.scheduling.spans import SpanRange, position

Found = TypeVar("Found")
Position = tuple[Instant, str]

# What one request reads at most: so many rounds, each of one page of each of the four ranges.
ROUNDS: Final = 5
# What is read of a range in one call: an event takes half a kilobyte and more, and an answer ends at a megabyte.
LARGEST_PAGE: Final = 2000
# The first round reads some more than is asked for: what was over shortly before a window lies in its ranges as well,
# and one more tells whether there is a next page.
MARGIN: Final = 10
_SECOND_ROUND: Final = 100
_GROWTH: Final = 4


def sizes(first: int, most: int = LARGEST_PAGE) -> Iterator[int]:
    """How many items of a range to read in each round: few as a rule, and more while that was not enough."""
    size = first
    for _ in range(ROUNDS):
        yield min(size, most)
        size = max(_SECOND_ROUND, size * _GROWTH)


@dataclass(frozen=True, slots=True)
class ClassPage(Generic[Found]):
    """What one range gave: what was found there, and the index key it was read up to, None at its end."""

    found: Sequence[Found]
    read_up_to: str | None


class Rounds(Generic[Found]):
    """What has been found in some ranges, one for each class, and how far each of them has been read."""

    def __init__(self, ranges: Iterable[SpanRange], place: Callable[[Found], Position]) -> None:
        """Read `ranges`; `place` tells where in the order of all of them something lies.

        `page_ends` are the positions at which a page ended, and behind which the next one of its range begins.
        """
        self._place = place
        self._left = {each.name: each for each in ranges if each.low <= each.high}
        self._read_up_to: dict[str, Position] = {}
        self.page_ends: set[Position] = set()
        self.found: list[Found] = []

    @property
    def complete(self) -> bool:
        """Whether all ranges have been read to their ends."""
        return not self._left

    def read(self, read: Callable[[list[SpanRange]], list[ClassPage[Found]]], wanted: int | None = None) -> None:
        """Read a page more, by `read`, of each range that has not ended.

        With `wanted` only of those that hold back the first so many of what there is.
        """
        ranges = self._holding_back(wanted)
        for each, page in zip(ranges, read(ranges), strict=True):
            self.found.extend(page.found)
            if page.read_up_to is None:
                del self._left[each.name]
                self._read_up_to.pop(each.name, None)
            else:
                self._left[each.name] = each.behind(page.read_up_to)
                self._read_up_to[each.name] = position(page.read_up_to)
                self.page_ends.add(self._read_up_to[each.name])

    def _holding_back(self, wanted: int | None) -> list[SpanRange]:
        if wanted is None or len(self.found) < wanted:
            return list(self._left.values())
        last = sorted(map(self._place, self.found))[wanted - 1]
        # One that was read up to there holds nothing more that comes before.
        return [each for name, each in self._left.items() if self._read_up_to[name] < last]

    def settled(self) -> tuple[list[Found], Position | None]:
        """What is found, in order, as far as all ranges have been read, and how far that is: None is to their ends."""
        found = sorted(self.found, key=self._place)
        if self.complete:
            return found, None
        horizon = min(self._read_up_to.values())
        return [each for each in found if self._place(each) <= horizon], horizon
