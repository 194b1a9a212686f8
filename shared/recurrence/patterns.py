"""The local times at which a series begins: a rule, with what it leaves to the start of the series filled in.

Whether the rule selects a day is told from that day alone, without counting from the start: so a window costs as much
as it has days, wherever the series began, and nothing can hang.
"""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import product
from typing import Final

from shared.recurrence.local_times import LAST_DAY
from shared.recurrence.rules import Rule

_DAY: Final = timedelta(days=1)
# A count is reached, and an occurrence looked for, within so many years.
COUNT_YEARS: Final = 100
HINT_YEARS: Final = 8


@dataclass(frozen=True)
class Pattern:
    """The local times that a rule selects for a series that begins at `start`.

    Nothing of the rule is left to the start: `of` fills it in. COUNT and UNTIL are not applied here (`last_of_count`).
    """

    rule: Rule
    start: datetime
    times: tuple[time, ...]

    @classmethod
    def of(cls, rule: Rule, start: datetime) -> "Pattern":
        """Returns the pattern of `rule` for a series that begins at the local time `start` (RFC 5545, 3.3.10)."""
        hours = sorted(rule.by_hour or {start.hour})
        minutes = sorted(rule.by_minute or {start.minute})
        seconds = sorted(rule.by_second or {start.second})
        times = tuple(time(*each) for each in product(hours, minutes, seconds))
        return cls(_filled_in(rule, start.date()), start, times)

    @property
    def without_end(self) -> "Pattern":
        """Returns the same pattern, of a rule that has no end."""
        return replace(self, rule=replace(self.rule, count=None, until=None))

    def between(self, low: datetime, high: datetime) -> Iterator[datetime]:
        """Yields the local times that are at `low` or later and before `high`, in order."""
        low = max(low, self.start)
        if high <= low:
            return
        last = min(high.date(), LAST_DAY)
        for day in self._days(low.date(), last):
            for at in self._on(day):
                if low <= at < high:
                    yield at

    def selects(self, at: datetime) -> bool:
        """Returns whether an occurrence begins at the local time `at`."""
        return at.date() <= LAST_DAY and at in self.between(at, at + timedelta(seconds=1))

    def first_from(self, low: datetime, years: int = HINT_YEARS) -> datetime | None:
        """Returns the first local time from `low` on; None if there is none within `years`."""
        return next(self.between(low, years_later(low, years)), None)

    def last_of_count(self, count: int) -> datetime | None:
        """Returns the local time of the occurrence with the number `count`, from 1; None if it takes over a century."""
        found = self.between(self.start, years_later(self.start, COUNT_YEARS))
        return next((at for number, at in enumerate(found, 1) if number == count), None)

    def _days(self, low: date, high: date) -> Iterator[date]:
        """Yields the days from `low` to `high`, both included, that are in periods that the interval selects."""
        match self.rule.frequency:
            case "DAILY":
                step = self.rule.interval
                behind = (low - self.start.date()).days % step
                day = _plus(low, (step - behind) % step)
                while day is not None and day <= high:
                    if self._fits(day):
                        yield day
                    day = _plus(day, step)
            case "WEEKLY":
                yield from self._days_of_weeks(low, high)
            case _:
                yield from self._days_of_months(low, high)

    def _days_of_weeks(self, low: date, high: date) -> Iterator[date]:
        step = 7 * self.rule.interval
        first = self._week_of(self.start.date())
        week = first + (self._week_of(low) - first) // step * step
        offsets = sorted((day - self.rule.week_start) % 7 for _, day in self.rule.by_day)
        while week <= high.toordinal():
            for offset in offsets:
                if low.toordinal() <= week + offset <= high.toordinal():
                    day = date.fromordinal(week + offset)
                    if self._fits(day):
                        yield day
            week += step

    def _week_of(self, day: date) -> int:
        """Returns the ordinal of the first day of the week of `day`; it may be before the year 1."""
        return day.toordinal() - (day.weekday() - self.rule.week_start) % 7

    def _days_of_months(self, low: date, high: date) -> Iterator[date]:
        rule = self.rule
        year, month = low.year, low.month
        while (year, month) <= (high.year, high.month):
            if self.has_month(year, month):
                first = low.day if (year, month) == (low.year, low.month) else 1
                last = high.day if (year, month) == (high.year, high.month) else 31
                for number in self._numbers(year, month):
                    if first <= number <= last:
                        day = date(year, month, number)
                        if rule.frequency == "MONTHLY" or self._fits_year(day):
                            yield day
            month += 1
            if month > 12 or (rule.frequency == "YEARLY" and (year - self.start.year) % rule.interval):
                year, month = year + 1, 1

    def has_month(self, year: int, month: int) -> bool:
        """Returns whether a monthly or yearly rule selects a month, by its interval and BYMONTH."""
        rule = self.rule
        if rule.by_month and month not in rule.by_month:
            return False
        years = year - self.start.year
        periods = years * 12 + month - self.start.month if rule.frequency == "MONTHLY" else years
        return periods % rule.interval == 0

    def _numbers(self, year: int, month: int) -> tuple[int, ...]:
        """Returns the days of a month that the parts of the rule select which are about days of a month."""
        rule = self.rule
        return days_of_month(rule.by_month_day, rule.by_day, *monthrange(year, month), self.counts_in_month)

    @property
    def counts_in_month(self) -> bool:
        """Returns whether the numbers of BYDAY count within the month, and not within the year."""
        return self.rule.frequency == "MONTHLY" or bool(self.rule.by_month)

    def _fits(self, day: date) -> bool:
        """Returns whether the parts of a daily or weekly rule select `day`, in a period that the interval selects."""
        rule = self.rule
        if rule.by_month and day.month not in rule.by_month:
            return False
        if rule.by_day and (0, day.weekday()) not in rule.by_day:
            return False
        return not rule.by_month_day or _counted(day.day, monthrange(day.year, day.month)[1], rule.by_month_day)

    def _fits_year(self, day: date) -> bool:
        """Returns whether those parts of a yearly rule select `day` that are about days and weeks of the year."""
        rule = self.rule
        if rule.by_year_day and not _counted(_of_year(day), _length_of(day.year), rule.by_year_day):
            return False
        if rule.by_week and _week_number(day, rule.week_start) not in rule.by_week:
            return False
        return (
            self.counts_in_month
            or not rule.by_day
            or _on_weekday(rule.by_day, day.weekday(), _of_year(day), _length_of(day.year))
        )

    def _on(self, day: date) -> Iterator[datetime]:
        """Yields the local times of a day that the rule selects, in order, without those that BYSETPOS leaves out."""
        if not self.rule.by_position:
            yield from (datetime.combine(day, at) for at in self.times)
            return
        days = self._period_of(day.year, day.month if self.rule.frequency == "MONTHLY" else 0)
        before = bisect_left(days, day) * len(self.times)
        total = len(days) * len(self.times)
        for index, at in enumerate(self.times, before):
            if not self.rule.by_position.isdisjoint((index + 1, index - total)):
                yield datetime.combine(day, at)

    @lru_cache(maxsize=64)  # noqa: B019 a pattern lives as long as its series is cached
    def _period_of(self, year: int, month: int) -> list[date]:
        """Returns the days that the rule selects in a month, or in a year if `month` is 0, before BYSETPOS."""
        low, high = date(year, month or 1, 1), date(year, month or 12, monthrange(year, month or 12)[1])
        return list(self._days_of_months(low, high))


def _filled_in(rule: Rule, start: date) -> Rule:
    """Returns `rule` with the parts that it leaves to the start of the series."""
    selects_days = bool(rule.by_day or rule.by_month_day or rule.by_year_day)
    if rule.frequency == "DAILY" or selects_days or rule.by_week:
        return rule
    if rule.frequency == "WEEKLY":
        return replace(rule, by_day=frozenset({(0, start.weekday())}))
    by_month = rule.by_month
    if rule.frequency == "YEARLY" and not by_month:
        by_month = frozenset({start.month})
    return replace(rule, by_month=by_month, by_month_day=frozenset({start.day}))


@lru_cache(maxsize=1024)
def days_of_month(
    by_month_day: frozenset[int],
    by_day: frozenset[tuple[int, int]],
    first: int,
    length: int,
    in_month: bool = True,  # noqa: FBT001, FBT002 a cache takes no names
) -> tuple[int, ...]:
    """Returns the days that BYMONTHDAY and BYDAY select of a month, which begins with the weekday `first`.

    If the numbers of BYDAY do not count within the month, these are all of their weekdays.
    """
    weekdays = by_day if in_month else frozenset((0, weekday) for _, weekday in by_day)
    return tuple(
        day
        for day in range(1, length + 1)
        if (not by_month_day or _counted(day, length, by_month_day))
        and (not weekdays or _on_weekday(weekdays, (first + day - 1) % 7, day, length))
    )


def _on_weekday(by_day: frozenset[tuple[int, int]], weekday: int, at: int, length: int) -> bool:
    """Returns whether BYDAY selects the day `at`, of 1 to `length` of a month or year, which is a `weekday`."""
    numbers = (0, (at - 1) // 7 + 1, -((length - at) // 7 + 1))
    return any((number, weekday) in by_day for number in numbers)


def _counted(at: int, length: int, wanted: frozenset[int]) -> bool:
    """Returns whether `at`, of 1 to `length`, is among `wanted`, of which those below 0 count from the end."""
    return at in wanted or at - length - 1 in wanted


def _of_year(day: date) -> int:
    return day.timetuple().tm_yday


def _length_of(year: int) -> int:
    return 366 if monthrange(year, 2)[1] == 29 else 365


def _week_number(day: date, week_start: int) -> int:
    """Returns the number of the week of `day`: week 1 is the first with four days of the year (ISO 8601, by WKST)."""
    # The week belongs to the year of its fourth day.
    fourth = day.toordinal() - (day.weekday() - week_start) % 7 + 3
    return (_of_year(date.fromordinal(fourth)) - 1) // 7 + 1


def _plus(day: date, days: int) -> date | None:
    try:
        return day + days * _DAY
    except OverflowError:
        return None


def years_later(at: datetime, years: int) -> datetime:
    """Returns a local time `years` later, in the last year that there is if that is before it."""
    year = min(at.year + years, LAST_DAY.year)
    return at.replace(year=year, day=min(at.day, monthrange(year, at.month)[1]))
