"""What of a series moves along when it begins at another time by the clock: the end of its rule, and its exceptions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from shared.errors import InvalidRequest
from shared.recurrence.local_times import LAST_DAY, instant_of, local_of, zone
from shared.recurrence.patterns import Pattern
from shared.recurrence.rules import Rule, RuleError, parse_rule
from shared.scheduling.events import Content
from shared.scheduling.recurrences import series_of

_SECOND = timedelta(seconds=1)
# Clocks are put forward and back by less, so what is further from the end of a rule stays on its side of it.
_NEAR = timedelta(days=2)


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
    if until is None or before.all_day:
        return rule
    local = local_of(until, was)
    high = datetime.combine(min(local.date(), LAST_DAY - _NEAR) + _NEAR, local.time())
    kept: list[datetime] = []
    left: list[datetime] = []
    try:
        moved = instant_of(local + by, now)
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
        times = dict(zip(*(Pattern.of(now, each.local_start).times for each in (before, content)), strict=True))

    def moved(at: datetime) -> datetime:
        follows = times.get(at.time())
        return at if follows is None else datetime.combine(at.date() + days, follows)

    return moved


def with_end_following(content: Content, before: Content) -> Content:
    """Returns a series of whose rule nothing was said, with its end where just those are before it that were.

    So a change of the time of day, or of the zone, neither loses the last occurrence nor adds one.
    """
    recurrence = content.recurrence
    if recurrence is None or not before.recurs or content.all_day or before.all_day:
        return content
    moved = time_moved(content, before)
    first = series_of(before).pattern.times[0]
    at = datetime.combine(before.local_start.date(), first)
    rule = end_moved(rule_of(content), before, moved(at) - at, content.time_zone)
    return replace(content, recurrence=replace(recurrence, rule=rule.text))
