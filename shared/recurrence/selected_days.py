"""The days that a pattern selects in a span of days, as bits (see `steady_days`), for each of its times of day."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from shared.recurrence.local_times import LAST_DAY, midnight
from shared.recurrence.patterns import COUNT_YEARS, Pattern, days_of_month, years_later
from shared.recurrence.steady_days import shifted, span

_FIRST_DAY: Final = date.min.toordinal()
_LAST_DAY: Final = LAST_DAY.toordinal()
_CENTURY_DAYS: Final = 366 * COUNT_YEARS


def selected_days(pattern: Pattern, first: int, count: int) -> dict[time, int]:
    """Returns the days on which a pattern has each of its times, from the day with the ordinal `first` on."""
    days = _computed(pattern, first, count)
    if days is None:
        return _walked(pattern, first, count)
    begin = pattern.start.toordinal() - first
    days &= span(begin, min(count, _LAST_DAY + 1 - first))
    later = days & ~span(begin, begin + 1)
    return {at: days if at >= pattern.start.time() else later for at in pattern.times}


def last_of_count(pattern: Pattern, count: int) -> datetime | None:
    """Returns the local time of the occurrence with the number `count`, from 1; None if it takes over a century.

    It is what `Pattern.last_of_count` returns, without going through the days that the rule leaves out.
    """
    start, each_day = pattern.start, len(pattern.times)
    length = min(_CENTURY_DAYS, _LAST_DAY + 1 - start.toordinal())
    days = _computed(pattern, start.toordinal(), length)
    if days is None or not days & 1:
        return pattern.last_of_count(count)
    # As if the day of the start had all times.
    missed = sum(at < start.time() for at in pattern.times)
    number, at = divmod(count + missed - 1, each_day)
    low, high = 0, length
    while low < high:
        middle = (low + high) // 2
        if (days & span(0, middle + 1)).bit_count() > number:
            high = middle
        else:
            low = middle + 1
    if low == length:
        return None
    found = datetime.combine(date.fromordinal(start.toordinal() + low), pattern.times[at])
    return found if found < years_later(start, COUNT_YEARS) else None


def _computed(pattern: Pattern, first: int, count: int) -> int | None:
    """Returns the days of a rule, also before its start; None if they are not computed here."""
    rule = pattern.rule
    if rule.by_position or rule.by_week or rule.by_year_day:
        return None
    if rule.frequency in ("MONTHLY", "YEARLY"):
        return _days_of_months(pattern, first, count) if pattern.counts_in_month else None
    start = pattern.start.toordinal()
    if rule.frequency == "DAILY":
        days = _every(rule.interval, start - first, count)
        if rule.by_day:
            days &= _weekdays(frozenset(day for _, day in rule.by_day), first, count)
    else:
        days, week = 0, start - (pattern.start.weekday() - rule.week_start) % 7
        for _, day in rule.by_day:
            days |= _every(7 * rule.interval, week + (day - rule.week_start) % 7 - first, count)
    if rule.by_month or rule.by_month_day:
        days &= _days_of_year(rule.by_month, rule.by_month_day, first, count)
    return days


def _days_of_months(pattern: Pattern, first: int, count: int) -> int:
    days, rule = 0, pattern.rule
    for year, month, offset, weekday, length in _months(first, count):
        if pattern.has_month(year, month):
            days |= shifted(_month(rule.by_month_day, rule.by_day, weekday, length), offset)
    return days


@lru_cache(maxsize=256)
def _days_of_year(months: frozenset[int], numbers: frozenset[int], first: int, count: int) -> int:
    days = 0
    for _, month, offset, weekday, length in _months(first, count):
        if not months or month in months:
            days |= shifted(_month(numbers, frozenset(), weekday, length), offset)
    return days


@lru_cache(maxsize=256)
def _months(first: int, count: int) -> tuple[tuple[int, int, int, int, int], ...]:
    """Returns the months of a span: year, month, the number of its first day, the weekday of that, and its length."""
    low, high = (date.fromordinal(min(max(each, _FIRST_DAY), _LAST_DAY)) for each in (first, first + count))
    return tuple(
        (year, month, date(year, month, 1).toordinal() - first, *monthrange(year, month))
        for year in range(low.year, high.year + 1)
        for month in range(1, 13)
        if (low.year, low.month) <= (year, month) <= (high.year, high.month)
    )


@lru_cache(maxsize=1024)
def _month(by_month_day: frozenset[int], by_day: frozenset[tuple[int, int]], first: int, length: int) -> int:
    return sum(1 << day - 1 for day in days_of_month(by_month_day, by_day, first, length))


def _every(step: int, offset: int, count: int) -> int:
    """Returns every `step`th day of `count`, of which the one with the number `offset` would be one."""
    return _steps(step, -(-count // step)) << offset % step & span(0, count)


@lru_cache(maxsize=256)
def _steps(step: int, times: int) -> int:
    return span(0, step * times) // span(0, step)


def _weekdays(days: frozenset[int], first: int, count: int) -> int:
    mask = 0
    for day in days:
        # The day with the ordinal 1 is a Monday.
        mask |= _every(7, day + 1 - first, count)
    return mask


def _walked(pattern: Pattern, first: int, count: int) -> dict[time, int]:
    """Returns the days of any rule, by what it selects one after the other."""
    found = dict.fromkeys(pattern.times, 0)
    last = min(first + count, _LAST_DAY)
    low = midnight(date.fromordinal(max(first, _FIRST_DAY)))
    for at in pattern.between(low, midnight(date.fromordinal(last)) + timedelta(days=1)):
        found[at.time()] |= 1 << at.toordinal() - first
    return found


def until_local(days: dict[time, int], last: datetime, first: int) -> dict[time, int]:
    """Returns the days of each time without those of times behind the local time `last`."""
    end = last.toordinal() - first
    return {at: mask & span(0, end + (at <= last.time())) for at, mask in days.items()}
