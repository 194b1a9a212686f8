"""Whether two series meet, and when: exactly, within the window that is asked about.

Two occurrences meet if they overlap. Intervals are half-open, and what has no length overlaps nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from shared.recurrence.local_times import instant_of, zone
from shared.recurrence.series import ENDLESS, Occurrence, Series
from shared.recurrence.timelines import Takes, Timeline, instant_at

# How long after the later of their first starts two series are compared: five years.
HORIZON: Final = timedelta(days=1830)
_SECOND: Final = timedelta(seconds=1)


class Meeting(NamedTuple):
    """An occurrence of one series and an occurrence of another one that overlap."""

    one: Occurrence
    other: Occurrence


def _every_one(_: Mapping[str, Any]) -> bool:
    return True


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


def first_overlap(series: Series, takes: Takes = _every_one) -> datetime | None:
    """Returns when an occurrence of a series begins, or lasts, while another one of it does; None if none does.

    Looks at five years from the first start, and at all occurrences that were moved or added, wherever they are. What
    escapes are occurrences of the rule that overlap later only, since they are further apart until then.
    """
    start = _first_start(series)
    met = Timeline(series, start, _horizon_from(start), takes).first_with_itself()
    found = [] if met is None else [instant_at(met)]
    for each in series.exceptions:
        one = each.occurrence
        if (each.moved or each.added or not takes({})) and takes(one.patch) and one.start < one.end:
            others = [
                other
                for other in series.between(one.start, one.end)
                if other.id != one.id and other.start < other.end and takes(other.patch)
            ]
            found += [max(one.start, other.start) for other in others[:1]]
    return min(found, default=None)


def _horizon_from(start: datetime) -> datetime:
    return min(start, ENDLESS - HORIZON) + HORIZON


def _first_start(series: Series) -> datetime:
    return instant_of(series.pattern.start, zone(series.time_zone))
