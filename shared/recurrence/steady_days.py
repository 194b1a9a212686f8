"""The days on which a time zone has one offset from midnight to midnight, and those on which it changes, as bits.

A set of days is one int: its bit 0 is the first day of a span, and so on. So two sets meet by one `&`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from shared.recurrence.local_times import instant_of, midnight, zone

# Two changes of a zone's clock are further apart than so many days (the closest: 6.96, in Gaza, 2040).
_STRIDE: Final = 5
_FIRST: Final = date.min.toordinal() + 2
_LAST: Final = date.max.toordinal() - 2


@dataclass(frozen=True, slots=True)
class SteadyDays:
    """The days of a span in a time zone.

    Attributes:
        by_offset: The days on which it is so many seconds ahead of UTC all day long.
        changing: The days on which the offset changes.
        offsets: All offsets that it has in the span.
    """

    by_offset: tuple[tuple[int, int], ...]
    changing: int
    offsets: frozenset[int]


@lru_cache(maxsize=256)
def steady_days(time_zone: str, first: int, count: int) -> SteadyDays:
    """Returns the days of a zone, from the one with the ordinal `first`, as many as `count`."""
    end = first + count
    masks: dict[int, int] = {}
    offsets: set[int] = set()
    for year in range(_date(first).year, _date(end).year + 1):
        for low, high, offset in runs(time_zone, year):
            offsets.add(offset)
            low, high = max(low, first), min(high, end)  # noqa: PLW2901 what of the run is in the span
            if low < high:
                masks[offset] = masks.get(offset, 0) | span(low - first, high - first)
    steady = 0
    for mask in masks.values():
        steady |= mask
    return SteadyDays(tuple(masks.items()), span(0, count) & ~steady, frozenset(offsets))


def span(low: int, high: int) -> int:
    """Returns the set of the days with the numbers from `low`, if that is not below 0, to `high`, not included."""
    low = max(low, 0)
    return (1 << high) - (1 << low) if high > low else 0


def shifted(days: int, by: int) -> int:
    """Returns the days that are `by` days after those in a set."""
    return days << by if by >= 0 else days >> -by


def numbers_of(days: int) -> Iterator[int]:
    """Yields the numbers of the days in a set, in order."""
    while days:
        lowest = days & -days
        yield lowest.bit_length() - 1
        days ^= lowest


@lru_cache(maxsize=1024)
def runs(time_zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """Returns the runs of steady days that begin in a year: ordinals of the first day and behind the last, offset.

    A run without days stands for the offset after a change.
    """
    in_zone = zone(time_zone)

    def offset(day: int) -> int:
        local = midnight(_date(day))
        difference = local - instant_of(local, in_zone)
        return difference.days * 86_400 + difference.seconds

    runs: list[tuple[int, int, int]] = []

    def add(low: int, high: int, seconds: int) -> None:
        if runs and runs[-1][1:] == (low, seconds):
            low = runs.pop()[0]
        runs.append((low, high, seconds))

    low, end = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1
    at_low = offset(low)
    while low < end:
        high = min(low + _STRIDE, end)
        at_high = offset(high)
        if at_low == at_high:
            add(low, high, at_low)
        else:
            for day in range(low, high):
                before, after = offset(day), offset(day + 1)
                add(day, day + (before == after), before)
            add(high, high, at_high)
        low, at_low = high, at_high
    return tuple(runs)


def _date(ordinal: int) -> date:
    return date.fromordinal(min(max(ordinal, _FIRST), _LAST))
