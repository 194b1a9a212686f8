"""Half-open time intervals, and the rule that determines whether two of them overlap."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from shared.scheduling.instants import Instant, seconds_between

MAX_DURATION_SECONDS: Final = 366 * 24 * 3600


class Interval(NamedTuple):
    """The interval `[start, end)`, which contains its start but not its end.

    So an event that ends when another begins does not overlap it. An interval of length zero stands for the instant of
    its start. Only a transparent event may have one, so conflicts, fences and busy time never involve it.
    """

    start: Instant
    end: Instant

    def overlaps(self, other: "Interval") -> bool:
        """Returns whether the two intervals share an instant; `other` must not have length zero.

        The filter of a listing's Query (`DynamoEventStore.read_ranges`) is the half of this rule that the key condition
        on the index does not cover.
        """
        return self.start < other.end and (other.start < self.end or other.start <= self.start)

    def contains(self, other: "Interval") -> bool:
        """Returns whether `other` lies within this interval."""
        return self.start <= other.start and other.end <= self.end

    @property
    def length(self) -> int:
        """Returns the length in seconds."""
        return seconds_between(self.start, self.end)

    def fault(self, *, opaque: bool) -> str | None:
        """Returns why this interval is not valid for an event, as a statement about its end; None if it is valid.

        An `opaque` event needs a length greater than zero: otherwise it would take no time and conflict with nothing.
        """
        length = self.length
        if length < 0:
            return "must be later than start"
        if length == 0 and opaque:
            return "must be later than start (only a transparent event may have no length)"
        if length > MAX_DURATION_SECONDS:
            return "must be at most 366 days after start: a longer event would make every look for conflicts read more"
        return None


def merged(intervals: Iterable[Interval], window: Interval) -> list[Interval]:
    """Returns the parts of `intervals` within `window`, in order, merged where they overlap or touch.

    Each of `intervals` must overlap `window`.
    """
    done: list[Interval] = []
    for interval in sorted(intervals):
        start, end = max(window.start, interval.start), min(window.end, interval.end)
        if done and start <= done[-1].end:
            done[-1] = Interval(done[-1].start, max(done[-1].end, end))
        else:
            done.append(Interval(start, end))
    return done


def gaps(intervals: Iterable[Interval], window: Interval) -> Iterator[Interval]:
    """Yields the parts of `window` that none of `intervals` takes, in order. The intervals may overlap one another."""
    free_from = window.start
    for interval in sorted(intervals):
        if interval.start >= window.end:
            break
        if interval.start > free_from:
            yield Interval(free_from, interval.start)
        free_from = max(free_from, interval.end)
    if free_from < window.end:
        yield Interval(free_from, window.end)
