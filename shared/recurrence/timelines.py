"""When a series takes time within a window, packed so that two series are compared without going through them.

Most occurrences of a series begin at one of very few times of the UTC day, and last equally long: a weekly meeting in
summer and in winter. A track has the days on which it does so, as bits. So whether two tracks meet is told by a few
operations on whole numbers, however long the window is, and exactly. Occurrences that were moved or added are beside
the tracks, one by one. Times are in whole seconds, from the midnight before the year 1.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final, NamedTuple

from shared.recurrence.local_times import instant_of, midnight, zone
from shared.recurrence.selected_days import selected_days, until_local
from shared.recurrence.series import Series, end_of
from shared.recurrence.steady_days import numbers_of, shifted, span, steady_days

_DAY: Final = 86_400
# An offset moves a local time to the day before or behind it, and a change of the clock moves it further.
_MARGIN: Final = 3

Takes = Callable[[Mapping[str, Any]], bool]


class TimeOfDay(NamedTuple):
    """The second of the UTC day at which occurrences begin, and how many seconds they last."""

    second: int
    length: int


class Single(NamedTuple):
    """From when to when an occurrence takes place that is in no track."""

    start: int
    end: int


class Timeline:
    """The occurrences of a series that take time and overlap the window from `low` to `high`.

    `takes` tells of the fields in which an occurrence differs whether it takes time; of none for those that do not.

    Attributes:
        tracks: By time of day and length, the days on which occurrences begin that have them.
        first: The ordinal of the day that bit 0 of a track stands for.
        singles: The other occurrences, by start.
    """

    def __init__(self, series: Series, low: datetime, high: datetime, takes: Takes) -> None:
        self.tracks: dict[TimeOfDay, int] = {}
        self._low, self._high = seconds_of(low), seconds_of(high)
        self._series, self._takes = series, takes
        length = _seconds(series.length)
        self.first = self._low // _DAY - length // _DAY - _MARGIN
        self._count = self._high // _DAY + _MARGIN - self.first
        self.singles = sorted(_singles(series, takes, self._low, self._high))
        # The earliest time at which two occurrences of the rule begin at once, since the clock was put forward.
        self.twice: int | None = None
        if takes({}) and length:
            self._add_tracks()

    def first_with(self, other: "Timeline") -> int | None:
        """Returns when the first two occurrences, of this and of the other series, meet; None if none do."""
        met = [
            *_tracks_meet(self, other),
            *_singles_meet_tracks(self.singles, other),
            *_singles_meet_tracks(other.singles, self),
            *_singles_meet(self.singles, other.singles),
        ]
        return min(met, default=None)

    def first_with_itself(self) -> int | None:
        """Returns when the first two occurrences of the rule meet that were not moved; None if none do."""
        met = _tracks_meet(self, self, itself=True)
        return min([*met, *([] if self.twice is None else [self.twice])], default=None)

    def may_meet(self, series: Series, takes: Takes) -> bool:
        """Returns False if no occurrence of `series` can meet one here, whatever the days: by the times of day alone.

        Where the zone's clock is put forward counts as any other day: a time has one of the zone's offsets always.
        """
        if next(_singles(series, takes, self._low, self._high), None) is not None:
            return True
        if not takes({}):
            return False
        offsets = steady_days(series.time_zone, self.first, self._count).offsets
        # A day of 25 hours needs no thought: what lasts 24 may meet anything.
        length = _seconds(series.length)
        theirs = {TimeOfDay((_second(at) - offset) % _DAY, length) for at in series.pattern.times for offset in offsets}
        ours = {*self.tracks, *(TimeOfDay(each.start % _DAY, each.end - each.start) for each in self.singles)}
        return any(_apart(one, other) for one in ours for other in theirs)

    def _add_tracks(self) -> None:
        series = self._series
        days = selected_days(series.pattern, self.first, self._count)
        if series.last is not None:
            days = until_local(days, series.last, self.first)
        for local in _set_apart(series, self._takes):
            number = local.toordinal() - self.first
            if number >= 0 and local.time() in days:
                days[local.time()] &= ~(1 << number)
        for at, selected in days.items():
            self._add_whole(selected) if series.all_day else self._add_timed(at, selected)

    def _add_timed(self, at: time, days: int) -> None:
        in_zone, length = steady_days(self._series.time_zone, self.first, self._count), _seconds(self._series.length)
        for offset, steady in in_zone.by_offset:
            shift, clock = divmod(_second(at) - offset, _DAY)
            self._put(TimeOfDay(clock, length), shifted(days & steady, shift))
        for number in numbers_of(days & in_zone.changing):
            self._put_one(datetime.combine(datetime.fromordinal(self.first + number), at))

    def _add_whole(self, days: int) -> None:
        length = self._series.length.days
        in_zone = steady_days(self._series.time_zone, self.first, self._count + length)
        # The days from which on the clock changes before the end.
        changing = 0
        for number in numbers_of(in_zone.changing):
            changing |= span(number - length + 1, number + 1)
        for offset, steady in in_zone.by_offset:
            shift, clock = divmod(-offset, _DAY)
            self._put(TimeOfDay(clock, length * _DAY), shifted(days & steady & ~changing, shift))
        for number in numbers_of(days & changing):
            self._put_one(midnight(datetime.fromordinal(self.first + number)))

    def _put_one(self, local: datetime) -> None:
        """Adds the occurrence at a local time, near which the offset changes."""
        series, in_zone = self._series, zone(self._series.time_zone)
        start = seconds_of(instant_of(local, in_zone))
        end = seconds_of(end_of(local, series.length, in_zone, all_day=series.all_day))
        day, second = divmod(start, _DAY)
        # What begins before the span ends before the window begins. A day that the zone has skipped takes no time.
        if start < end:
            self._put(TimeOfDay(second, end - start), shifted(1, day - self.first))

    def _put(self, when: TimeOfDay, days: int) -> None:
        """Adds occurrences that begin on these days of UTC, but for those outside of the window and after UNTIL."""
        low = (self._low - when.second - when.length) // _DAY + 1
        high = (self._high - when.second - 1) // _DAY
        until = self._series.until
        if until is not None:
            high = min(high, (seconds_of(until) - when.second) // _DAY)
        days &= span(low - self.first, high + 1 - self.first)
        if days:
            there = self.tracks.get(when, 0)
            for number in numbers_of(there & days):
                at = (self.first + number) * _DAY + when.second
                self.twice = at if self.twice is None else min(self.twice, at)
            self.tracks[when] = there | days


def seconds_of(at: datetime) -> int:
    """Returns an instant in seconds."""
    return at.toordinal() * _DAY + _second(at.time())


def instant_at(seconds: int) -> datetime:
    """Returns the instant (UTC, without a zone) of `seconds`."""
    return datetime.fromordinal(seconds // _DAY) + timedelta(seconds=seconds % _DAY)


def _second(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


def _seconds(length: timedelta) -> int:
    return length.days * _DAY + length.seconds


def _set_apart(series: Series, takes: Takes) -> Iterator[datetime]:
    """Yields the local times at which a rule may have an occurrence that is in no track."""
    yield from series.excluded
    for each in series.exceptions:
        if each.moved or not takes(each.occurrence.patch):
            yield each.local


def _singles(series: Series, takes: Takes, low: int, high: int) -> Iterator[Single]:
    """Yields the occurrences that take time in the window from `low` to `high`, and are in no track."""
    usual = takes({})
    for each in series.exceptions:
        if (each.moved or each.added or not usual) and takes(each.occurrence.patch):
            start, end = seconds_of(each.occurrence.start), seconds_of(each.occurrence.end)
            if low < end and start < high and start < end:
                yield Single(start, end)


def _apart(one: TimeOfDay, other: TimeOfDay) -> range:
    """Returns how many days occurrences of one track may begin after those of the other and overlap them."""
    behind = other.second - one.second
    return range((behind - one.length) // _DAY + 1, (behind + other.length - 1) // _DAY + 1)


def _tracks_meet(one: Timeline, other: Timeline, *, itself: bool = False) -> Iterator[int]:
    """Yields when the first occurrences of each two tracks meet; with `itself`, not of an occurrence and itself."""
    behind = other.first - one.first
    for when, days in one.tracks.items():
        for theirs, their_days in other.tracks.items():
            for apart in _apart(when, theirs):
                if itself and apart == 0 and when == theirs:
                    continue
                both = days & shifted(their_days, apart + behind)
                if both:
                    day = one.first + (both & -both).bit_length() - 1
                    yield max(day * _DAY + when.second, (day - apart) * _DAY + theirs.second)


def _singles_meet_tracks(singles: list[Single], other: Timeline) -> Iterator[int]:
    """Yields when each of `singles` meets the first occurrence of each track that it meets."""
    for single in singles:
        for when, days in other.tracks.items():
            low = (single.start - when.second - when.length) // _DAY + 1
            high = (single.end - when.second - 1) // _DAY
            both = days & span(low - other.first, high + 1 - other.first)
            if both:
                day = other.first + (both & -both).bit_length() - 1
                yield max(single.start, day * _DAY + when.second)


def _singles_meet(ones: list[Single], others: list[Single]) -> Iterator[int]:
    """Yields when the first of `ones` and the first of `others` meet, both by start."""
    ends = [0, 0]
    for start, whose, end in sorted(
        [(each.start, 0, each.end) for each in ones] + [(each.start, 1, each.end) for each in others]
    ):
        if ends[1 - whose] > start:
            yield start
            return
        ends[whose] = max(ends[whose], end)
