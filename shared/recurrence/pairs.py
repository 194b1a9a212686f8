"""Whether two series meet, and when.

Within a window that is told exactly. Two series are compared by their rules for some years (`windows`), and by the
occurrences that were moved or added wherever these are. Two occurrences meet if they overlap. Intervals are half-open,
and what has no length overlaps nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, NamedTuple

from shared.recurrence.local_times import instant_of, zone
from shared.recurrence.series import ENDLESS, Occurrence, Series
from shared.recurrence.timelines import Takes, Timeline, instant_at

# For how long two series are compared by their rules, from where the later of them begins, and from now: five years.
HORIZON: Final = timedelta(days=1830)
_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)


class Meeting(NamedTuple):
    """An occurrence of one series and an occurrence of another one that overlap."""

    one: Occurrence
    other: Occurrence


def _every_one(_: Mapping[str, Any]) -> bool:
    return True


class ComparedWindow(NamedTuple):
    """The instants from `low` to `high`."""

    low: datetime
    high: datetime


class TimeTaken:
    """The time that a series takes, to be compared with that of many others.

    `takes` tells of the fields in which an occurrence differs from the series whether it takes time, and of none
    whether others do: so a transparent occurrence of an opaque series meets nothing.
    """

    def __init__(self, series: Series, takes: Takes = _every_one) -> None:
        self.series: Final = series
        self.takes: Final = takes
        self._timelines: dict[tuple[datetime, datetime], Timeline] = {}

    def first_meeting(self, other: "TimeTaken", low: datetime, high: datetime) -> Meeting | None:
        """Returns the first two occurrences, of this series and of `other`, that meet within a window.

        The window is from `low` to `high` (UTC, without a zone). Of two that meet, both overlap it, and the first are
        those whose later start is first, then those that begin first. None if none meet.
        """
        mine = self.timeline(low, high)
        if not mine.may_meet(other.series, other.takes):
            return None
        met = mine.first_with(other.timeline(low, high))
        if met is None:
            return None
        at = instant_at(met)
        return Meeting(self.first_of(at, low), other.first_of(at, low))

    def meeting(self, other: "TimeTaken", now: datetime) -> Meeting | None:
        """Returns the first two occurrences, of this series and of `other`, that meet in what is compared.

        Their rules are compared within `windows`, and what was moved or added with all of the other one.
        """
        compared = windows(self.series, other.series, now)
        met = [self.first_meeting(other, *each) for each in compared]
        met += [Meeting(one, their) for one, their in self.outside(other, compared)]
        met += [Meeting(mine, one) for one, mine in other.outside(self, compared)]
        return min((each for each in met if each is not None), key=_order, default=None)

    def outside(
        self, other: "TimeTaken", compared: Sequence[ComparedWindow]
    ) -> Iterator[tuple[Occurrence, Occurrence]]:
        """Yields what was moved or added outside of these windows, each with the first one of `other` that it meets."""
        for one in self.moved_or_added:
            if any(each.low < one.end and one.start < each.high for each in compared):
                continue
            met = next(other.taking(one.start, one.end), None)
            if met is not None:
                yield one, met

    def taking(self, low: datetime, high: datetime) -> Iterator[Occurrence]:
        """Yields the occurrences that take time in a window, the first ones first; an occurrence maybe more than once.

        A window may have as many occurrences as a year has hours, and one is enough for most that ask.
        """
        slices = _slices(low, high) if self.takes({}) else ()
        found = (each for part in slices for each in self.series.between(*part)) if slices else self.moved_or_added
        for each in found:
            if each.start < high and low < each.end and each.start < each.end and self.takes(each.patch):
                yield each

    @cached_property
    def moved_or_added(self) -> list[Occurrence]:
        """Returns the occurrences that take time where the rule alone does not say so."""
        usual = self.takes({})
        return [
            each.occurrence
            for each in self.series.exceptions
            if (each.moved or each.added or not usual)
            and self.takes(each.occurrence.patch)
            and each.occurrence.start < each.occurrence.end
        ]

    def timeline(self, low: datetime, high: datetime) -> Timeline:
        """Returns when the series takes time within a window; it is kept, as most pairs ask about the same one."""
        found = self._timelines.get((low, high))
        if found is None:
            found = self._timelines[low, high] = Timeline(self.series, low, high, self.takes)
        return found

    def first_of(self, at: datetime, low: datetime) -> Occurrence:
        """Returns the first occurrence that takes time at the instant `at`, where there is one, and still at `low`."""
        window = max(at, low)
        found = self.series.between(window, window + _SECOND)
        return next(each for each in found if window < each.end and self.takes(each.patch))


def windows(one: Series, other: Series, now: datetime) -> list[ComparedWindow]:
    """Returns within which windows two series are compared by their rules, in order: one, or two that do not touch.

    That is for HORIZON from where the later one begins, and from `now` if that is later; not after both have ended.
    """
    start, end = max(_first_start(one), _first_start(other)), min(one.ends, other.ends)
    first, then = (ComparedWindow(low, min(end, _horizon_from(low))) for low in (start, max(start, now)))
    found = [ComparedWindow(start, then.high)] if then.low <= first.high else [first, then]
    return [each for each in found if each.low < each.high]


def compared_until(one: Series, other: Series, now: datetime) -> datetime:
    """Returns until when two series are compared: ENDLESS, if one of them ends before."""
    last = max((each.high for each in windows(one, other, now)), default=ENDLESS)
    return ENDLESS if last == min(one.ends, other.ends) else last


def _slices(low: datetime, high: datetime) -> list[ComparedWindow]:
    """Returns a window in parts: the first is a day long, and each next one twice as long."""
    parts, span = [], _DAY
    while low < high:
        end = min(high, low + min(span, ENDLESS - low))
        parts.append(ComparedWindow(low, end))
        low, span = end, span * 2
    return parts


def _order(met: Meeting) -> tuple[datetime, datetime]:
    return max(met.one.start, met.other.start), min(met.one.start, met.other.start)


def first_overlap(series: Series, takes: Takes = _every_one) -> datetime | None:
    """Returns when an occurrence of a series begins, or lasts, while another one of it does; None if none does.

    Looks at five years from the first start, and at all occurrences that were moved or added, wherever they are. What
    escapes are occurrences of the rule that overlap later only, since they are further apart until then.
    """
    start = _first_start(series)
    met = Timeline(series, start, _horizon_from(start), takes).first_with_itself()
    found = [] if met is None else [instant_at(met)]
    mine = TimeTaken(series, takes)
    for one in mine.moved_or_added:
        other = next((each for each in mine.taking(one.start, one.end) if each.id != one.id), None)
        found += [] if other is None else [max(one.start, other.start)]
    return min(found, default=None)


def _horizon_from(start: datetime) -> datetime:
    return min(start, ENDLESS - HORIZON) + HORIZON


def _first_start(series: Series) -> datetime:
    return instant_of(series.pattern.start, zone(series.time_zone))
