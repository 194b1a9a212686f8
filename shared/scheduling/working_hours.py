"""Working hours: times of day by the clock on the wall of a time zone, on some days of the week."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Literal, get_args

from shared.scheduling.instants import EPOCH, LAST, of_seconds, seconds_between, shifted
from shared.scheduling.intervals import Interval

# As RFC 5545 abbreviates them, in the order of `datetime.weekday`.
Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)

_DAY: Final = 24 * 3600
# The weekday of 1970-01-01, a Thursday.
_FIRST_WEEKDAY: Final = 3
# No zone is further from UTC, in seconds.
_FURTHEST: Final = 16 * 3600
# Later instants have the offset of this one: local times have to lie before the year 10000.
_LAST_OFFSET: Final = seconds_between(EPOCH, shifted(LAST, -_DAY))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The instants at which a clock in `zone` shows a time from `start` to before `end`, on one of the `weekdays`.

    `start` and `end` are in seconds since midnight, `end` at most 24 hours.
    """

    zone: tzinfo
    start: int
    end: int
    weekdays: frozenset[Weekday]

    def within(self, time: Interval) -> Iterator[Interval]:
        """Yields the working hours within `time`, in order: those of each day by themselves.

        Where a clock is put back over `start` or `end`, the hours of that day are in two parts.
        """
        first, last = (seconds_between(EPOCH, each) for each in time)
        for day in range(first // _DAY - 1, last // _DAY + 2):
            if WEEKDAYS[(day + _FIRST_WEEKDAY) % len(WEEKDAYS)] in self.weekdays:
                for opened, closed in self._parts(day):
                    start, end = max(first, opened), min(last, closed)
                    if start < end:
                        yield Interval(of_seconds(start), of_seconds(end))

    def _parts(self, day: int) -> list[tuple[int, int]]:
        """Returns the working hours of a day, counted from 1970-01-01, in seconds since 1970 (UTC)."""
        midnight = day * _DAY
        opens, closes = midnight + self.start, midnight + self.end
        earliest, latest = midnight - _FURTHEST, midnight + _DAY + _FURTHEST
        before, after = self._offset(earliest), self._offset(latest)
        if before == after:
            return [(opens - before, closes - before)]
        # The offset changes once: no zone has changed twice within so few days.
        change = earliest + bisect_left(
            range(earliest, latest),
            1,
            key=lambda each: int(self._offset(each) != before),
        )
        parts = [(opens - before, min(closes - before, change)), (max(opens - after, change), closes - after)]
        if parts[0][0] < parts[0][1] == parts[1][0] < parts[1][1]:
            return [(parts[0][0], parts[1][1])]
        return parts

    def _offset(self, seconds: int) -> int:
        """Returns the seconds by which the zone is ahead of UTC, `seconds` after 1970 (UTC)."""
        moment = _EPOCH + timedelta(seconds=min(seconds, _LAST_OFFSET))
        offset = moment.astimezone(self.zone).utcoffset() or timedelta()
        return offset.days * _DAY + offset.seconds
