"""What of a series moves along when it begins at another time by the clock: the end of its rule, and its exceptions."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice

from shared.errors import InvalidRequest
from shared.recurrence.local_times import LAST_DAY, instant_of, local_of, zone
from shared.recurrence.patterns import HINT_YEARS, Pattern, years_later
from shared.recurrence.rules import Rule, RuleError, parse_rule
from shared.scheduling.events import Content
from shared.scheduling.recurrences import series_of

_SECOND = timedelta(seconds=1)
# Clocks are put forward and back by less, so what is further from the end of a rule stays on its side of it.
_NEAR = timedelta(days=2)
# How many occurrences are compared to tell whether all of them move along.
_COMPARED = 10_000


def rule_of(content: Content) -> Rule:
    """Returns the rule of a content that recurs. Raises InvalidRequest if it is not one that is taken."""
    if content.recurrence is None:
        raise AssertionError("the event does not recur")
    try:
        return parse_rule(content.recurrence.rule, all_day=content.all_day)
    except RuleError as error:
        raise InvalidRequest.of("recurrence.rule", str(error)) from error


def end_moved(rule: Rule, before: Content, by: timedelta, time_zone: str) -> Rule:
    """Returns `rule` with the end of that of `before`, all of which moves by `by` by the clock, then of `time_zone`.

    If it is an instant (UNTIL), just the same occurrences are before it then: where the clock is put forward or back,
    that may be another one than the same difference gives. Behind all years it stays as it is.
    """
    series = series_of(before)
    until, was, now = series.until, zone(before.time_zone), zone(time_zone)
    if until is None or before.all_day or (not by and time_zone == before.time_zone):
        return rule
    kept: list[datetime] = []
    left: list[datetime] = []
    try:
        local = local_of(until, was)
        moved = instant_of(local + by, now)
        high = datetime.combine(min(local.date(), LAST_DAY - _NEAR) + _NEAR, local.time())
        for each in series.pattern.between(local - _NEAR, high):
            (kept if instant_of(each, was) <= until else left).append(instant_of(each + by, now))
    except OverflowError:
        return rule
    if kept and not max(kept) <= moved:
        moved = max(kept)
    elif left and not moved < min(left):
        moved = max(kept) if kept else min(left) - _SECOND
    return replace(rule, until=moved.replace(tzinfo=UTC))


def time_moved(content: Content, before: Content) -> Callable[[datetime], datetime]:
    """Returns where an occurrence of the series `before` is in `content`, by the clock: on the same day.

    Its time of day is that of the rule then, if the rule selects times of the day as it did. Otherwise only that of the
    start is followed. If only the time zone is another one, it is at the same instant, which may be on another day.

    Raises InvalidRequest: the rule is not one that is taken.
    """
    stays = before.start == content.start and not (before.all_day or content.all_day)
    days = content.local_start.date() - before.local_start.date() if stays else timedelta(0)
    times: dict[time, time] = {before.local_start.time(): content.local_start.time()}
    was, now = (replace(rule_of(each), count=None, until=None) for each in (before, content))
    if was == now:
        selected = [*zip(*(Pattern.of(now, each.local_start).times for each in (before, content)), strict=True)]
        by = {_since_midnight(later) - _since_midnight(earlier) for earlier, later in (*times.items(), *selected)}
        # In another zone the instants that the rule's own times select are others, but for the start.
        times = dict(selected) if len(by) == 1 or not stays else times

    def moved(at: datetime) -> datetime:
        follows = times.get(at.time())
        return at if follows is None else datetime.combine(at.date() + days, follows)

    return moved


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


def moves_along(before: Content, rule: Rule, by: timedelta) -> bool:
    """Returns whether all occurrences of `before` are later by `by`, by the clock, once `rule` begins that much later.

    Looks at those of eight years, and at most 10,000.
    """
    start = before.local_start
    after = Pattern.of(rule, start + by).between(start + by, years_later(start + by, HINT_YEARS + 1))
    return all(each + by == next(after, None) for each in _first_of(before))


def keeps_in_place(before: Content, rule: Rule, start: datetime) -> bool:
    """Returns whether `rule`, begun at `start`, has just the occurrences that `before` has from then on."""
    low = max(start, before.local_start)
    after = Pattern.of(rule, start).between(low, years_later(low, HINT_YEARS + 1))
    return all(each == next(after, None) for each in _first_of(before) if each >= low)


def _first_of(content: Content) -> Iterator[datetime]:
    """Yields the local times of the occurrences of a rule within eight years, at most 10,000, until it ends."""
    series, start = series_of(content), content.local_start
    in_zone = zone(content.time_zone)
    for each in islice(series.pattern.between(start, years_later(start, HINT_YEARS)), _COMPARED):
        if series.last is not None and each > series.last:
            return
        if series.until is not None and instant_of(each, in_zone) > series.until:
            return
        yield each


def with_end_following(content: Content, before: Content) -> Content:
    """Returns a series of whose rule nothing was said, with its end where just those are before it that were.

    So a change of the time of day, or of the zone, neither loses the last occurrence nor adds one.
    """
    recurrence = content.recurrence
    if recurrence is None or not before.recurs or content.all_day or before.all_day:
        return content
    if (content.local_start, content.time_zone) == (before.local_start, before.time_zone):
        return content
    moved = time_moved(content, before)
    rule = end_moved(rule_of(content), before, moved(before.local_start) - before.local_start, content.time_zone)
    return replace(content, recurrence=replace(recurrence, rule=rule.text))
