"""Changes of a series from one of its occurrences on: where it is split in two, and how it moves with an occurrence."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from shared.errors import InvalidRequest
from shared.recurrence.local_times import instant_of, local_of, midnight, parse_recurrence_id, recurrence_id, zone
from shared.recurrence.patterns import Pattern
from shared.recurrence.rules import WEEKDAYS, Rule, RuleError, parse_rule
from shared.scheduling.events import Content
from shared.scheduling.instants import FIRST, LAST
from shared.scheduling.intervals import Interval
from shared.scheduling.moved_rules import end_moved, keeps_in_place, moves_along, rule_of
from shared.scheduling.occurrence_changes import TIME_FIELDS, changed_interval, with_occurrence
from shared.scheduling.recurrences import ZONE_NEEDED, Recurrence, found_in, instant, local_day, placed, series_of, utc
from shared.scheduling.series_changes import carried
from shared.scheduling.updates import patched

YEARS: Final = f"the years {FIRST[:4]} to {LAST[:4]}"
_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)
_WEEK: Final = 7
# The parts of a rule that select days.
_SELECTING: Final = {
    "BYMONTH": "by_month",
    "BYWEEKNO": "by_week",
    "BYYEARDAY": "by_year_day",
    "BYMONTHDAY": "by_month_day",
    "BYDAY": "by_day",
    "BYHOUR": "by_hour",
    "BYMINUTE": "by_minute",
    "BYSECOND": "by_second",
    "BYSETPOS": "by_position",
}


def ended(content: Content, at: str) -> Content | None:
    """Returns a series without its occurrence with the recurrence id `at` and those after it. None: nothing is before.

    Raises InvalidRequest: the rule would have no occurrence, or the clock puts one that is before it behind it.
    """
    recurrence = _recurrence(content)
    pattern, in_zone = series_of(content).pattern, zone(content.time_zone)
    local = parse_recurrence_id(at, all_day=content.all_day)
    if local <= pattern.start:
        if min(recurrence.dates, default=at) < at:
            raise InvalidRequest.of("scope", "must be this or all: before it the rule has no occurrence")
        return None
    original = instant_of(local, in_zone)
    if any(instant_of(each, in_zone) >= original for each in pattern.between(local - _DAY, local)):
        raise InvalidRequest.of("scope", "must be this or all: the clock is changed between it and the one before")
    return replace(content, recurrence=_part(recurrence, _rule_before(content, local), at, before=True))


def split(content: Content, at: str) -> tuple[Content, Content] | None:
    """Returns a series as two: what is before its occurrence with the recurrence id `at`, and the rest.

    Each has the exceptions and further dates of its own part. None: nothing is before it.

    Raises InvalidRequest: what `ended` raises, or the rest would have no occurrence of the rule, or begin where the
    clock shows no time.
    """
    recurrence = _recurrence(content)
    head = ended(content, at)
    if head is None:
        return None
    first = _first_of(content, parse_recurrence_id(at, all_day=content.all_day))
    rest = _from(content, first)
    if rest.local_start != first:
        # It takes place an hour later there, and as a start that would count for all that follow.
        raise InvalidRequest.of("scope", "must be this or all: the clock is put forward over it")
    rule = rule_of(content)
    if rule.count is not None:
        before = rule_of(head).count or 0
        rule = replace(rule, count=rule.count - before)
    return head, replace(rest, recurrence=_part(recurrence, rule, at, before=False))


def _rule_before(content: Content, local: datetime) -> Rule:
    """Returns the rule of a series with only what is before a local time: it may have ended before a further date."""
    rule, pattern = rule_of(content), series_of(content).pattern
    if rule.count is not None:
        # No further than it counts: the local time may be that of a further date, thousands of years later.
        before = islice(pattern.between(pattern.start, local), rule.count)
        return replace(rule, count=sum(1 for _ in before))
    original = instant_of(local, zone(content.time_zone))
    until = (local - _DAY).date() if content.all_day else (original - _SECOND).replace(tzinfo=UTC)
    return replace(rule, until=until if rule.until is None else min(rule.until, until))


def _first_of(content: Content, local: datetime) -> datetime:
    """Returns the local time of the first occurrence of the rule from `local` on."""
    # Without further dates: one of these may lie where the rule would go on, had it not ended.
    by_rule = replace(series_of(content), dates=frozenset())
    first = by_rule.pattern.first_from(local)
    if first is None or not by_rule.has(first):
        raise InvalidRequest.of("scope", "must be this or all: from there on the rule has no occurrence")
    return first


def _from(content: Content, first: datetime) -> Content:
    """Returns the content of a series with its first occurrence at another local time that the rule has."""
    found = found_in(content, recurrence_id(first, all_day=content.all_day), cancelled=True)
    if found is None:
        raise AssertionError("the rule has this occurrence")
    return placed(content, found.original_start, found.original_end)


def _part(recurrence: Recurrence, rule: Rule, at: str, *, before: bool) -> Recurrence:
    # Recurrence ids of one series sort as the local times that they are.
    def kept(each: str) -> bool:
        return (each < at) is before

    return Recurrence(
        rule.text,
        tuple(filter(kept, recurrence.dates)),
        tuple(filter(kept, recurrence.excluded)),
        tuple(each for each in recurrence.changed if kept(each.id)),
    )


def moved_with(content: Content, at: str, fields: Mapping[str, Any], rule: str | None = None) -> Content:
    """Returns a series after its occurrence with the recurrence id `at` was given the times in `fields`.

    All occurrences and exceptions move by the same difference by the clock, the days of a weekly rule and the end of
    any rule with them, and all are as long as that one then is, if its length changed. Of others, what was moved by
    itself stays. With `rule`, that is the rule from then on. With a `time_zone` in `fields`, the clock is that of this
    zone then, but of whole days, which are the same days in any zone.

    Raises InvalidRequest: the rule does not fit the new start, or the clock shows no such time.
    """
    try:
        given = parse_rule(rule, all_day=content.all_day) if rule is not None else None
        return _moved_with(content, at, fields, given)
    except RuleError as error:
        raise InvalidRequest.of("recurrence.rule", str(error)) from error
    except OverflowError:
        raise InvalidRequest.of("start", f"must leave all occurrences in {YEARS}") from None


def _moved_with(content: Content, at: str, fields: Mapping[str, Any], given: Rule | None) -> Content:
    found = found_in(content, at)
    if found is None:
        raise AssertionError("there is no such occurrence")
    interval = changed_interval(content, found, fields, opaque=content.opaque)
    time_zone = content.time_zone if content.all_day else fields.get("time_zone", content.time_zone)
    stays = time_zone == content.time_zone
    if stays and interval == Interval(instant(found.start), instant(found.end)):
        return content
    was, now = zone(content.time_zone), zone(time_zone)
    local_start, local_end, was_start, was_end = (
        midnight(local.date()) if content.all_day else local
        for at, in_zone in (
            (utc(interval.start), now),
            (utc(interval.end), now),
            (found.start, was),
            (found.end, was),
        )
        for local in [local_of(at, in_zone)]
    )
    by = local_start - was_start
    days = (local_end - local_start).days
    longer = (utc(interval.end) - utc(interval.start)) - (found.end - found.start)
    if content.all_day:
        # By the clock: a day may have 23 hours, and begin at one o'clock.
        longer = (local_end - local_start) - (was_end - was_start)
    if stays and not by and not longer:
        raise InvalidRequest.of("start", "must be the first of the two times at which the clock shows it")
    local = content.local_start + by
    start = instant_of(local, now)
    end = start + (utc(interval.end) - utc(interval.start) if longer else timedelta(seconds=content.interval.length))
    if content.all_day:
        end = instant_of(midnight(local.date()) + timedelta(days=days if longer else content.days or 1), now)
    after = placed(replace(content, time_zone=time_zone), start, end)
    if after.start < FIRST:
        raise OverflowError
    if after.local_start != local:
        raise InvalidRequest.of(
            "start", "must leave the series a start that the clock shows: it is put forward over it"
        )
    if by or not stays:
        after = replace(after, recurrence=_shifted(content, by, _rule_at(content, local, by, given, time_zone)))
    return _with_own_time(after, _shifted_id(content, at, by), interval)


def _shifted(content: Content, by: timedelta, rule: Rule) -> Recurrence:
    """Returns the recurrence of a series with the rule `rule`, and its exceptions later by `by`."""
    recurrence = _recurrence(content)
    return Recurrence(
        rule.text,
        tuple(_shifted_id(content, each, by) for each in recurrence.dates),
        tuple(_shifted_id(content, each, by) for each in recurrence.excluded),
        tuple(replace(each, id=_shifted_id(content, each.id, by)) for each in recurrence.changed),
    )


def _shifted_id(content: Content, at: str, by: timedelta) -> str:
    return recurrence_id(parse_recurrence_id(at, all_day=content.all_day) + by, all_day=content.all_day)


def _with_own_time(content: Content, at: str, interval: Interval) -> Content:
    """Returns a series whose occurrence `at`, if it was moved by itself, takes place in `interval`."""
    own = next((dict(each.fields) for each in _recurrence(content).changed if each.id == at), {})
    if "start" not in own or found_in(content, at) is None:
        return content
    if not content.all_day:
        return with_occurrence(content, at, {"start": interval.start, "end": interval.end})
    first, behind = (local_day(each, content.time_zone) for each in interval)
    return with_occurrence(content, at, {"start_date": first, "end_date": behind})


def _rule_at(content: Content, local: datetime, by: timedelta, given: Rule | None, time_zone: str) -> Rule:
    """Returns the rule of a series that then begins at `local`, later by `by`: the one `given`, or its own, turned.

    The series has that time zone then.

    Raises InvalidRequest: exceptions would not move with their occurrences.
    """
    rule = given or _turned(rule_of(content), content, by, time_zone)
    if not Pattern.of(rule, local).selects(local):
        raise _unfit(rule, "the new start does not fit: send the rule that fits it")
    if by and not moves_along(content, rule, by):
        if given is None:
            raise _unfit(rule, "does not move all occurrences by as much: send the rule that does with the new start")
        if keeps_in_place(content, rule, local):
            raise _unfit(rule, "keeps the occurrences where they are: change the start by the id of the series")
    return rule


def _unfit(rule: Rule, why: str) -> InvalidRequest:
    parts = [name for name, field in _SELECTING.items() if getattr(rule, field)]
    return InvalidRequest.of("recurrence.rule", f"has {', '.join(parts or ['FREQ'])}, which {why}")


def _turned(rule: Rule, content: Content, by: timedelta, time_zone: str) -> Rule:
    """Returns the rule of a series that moves by a difference of local time: its weekdays, and its end, move along."""
    days = ((content.local_start + by).date() - content.local_start.date()).days
    if rule.frequency == "WEEKLY" and days % _WEEK:
        by_day = frozenset((number, (day + days) % _WEEK) for number, day in rule.by_day)
        rule = replace(rule, by_day=by_day)
        if rule.interval > 1:
            # A week begins with another day, or days would be in another one of the weeks that the rule leaves out.
            rule = replace(rule, week_start=(rule.week_start + days) % len(WEEKDAYS))
    if rule.until is not None and not isinstance(rule.until, datetime):
        return replace(rule, until=rule.until + timedelta(days=days))
    return end_moved(rule, content, by, time_zone)


def changed_series(content: Content, at: str, fields: Mapping[str, Any], *, drop: bool) -> Content:
    """Returns a series after `fields` of all of it were changed as seen at its occurrence with the recurrence id `at`.

    With `drop` it loses those exceptions whose dates are no occurrences any more.

    Raises InvalidRequest: it cannot be like that, or exceptions would have to be dropped.
    """
    if fields.get("all_day", content.all_day) is not content.all_day:
        raise InvalidRequest.of("all_day", "must be as it is: change it by the id of the series")
    times = {name: value for name, value in fields.items() if name in TIME_FIELDS}
    rest = {name: value for name, value in fields.items() if name not in {*TIME_FIELDS, "all_day"}}
    if "time_zone" in fields and fields["time_zone"] is None:
        raise InvalidRequest.of("time_zone", ZONE_NEEDED)
    if times and "time_zone" in fields:
        times["time_zone"] = fields["time_zone"]
    moved = moved_with(content, at, times, (rest.get("recurrence") or {}).get("rule")) if times else content
    if moved == content and not rest:
        return content
    after = carried(patched(moved, rest), moved, drop=drop).replacing(content)
    if moved != content:
        _check_there(after, moved, content, at, times)
    return after


def _check_there(after: Content, moved: Content, content: Content, at: str, times: Mapping[str, Any]) -> None:
    """Raises InvalidRequest if the occurrence that was moved is not where it was moved to: the clock is changed there.

    `moved` is the series `content` moved with that by `times`, and `after` what then became of it.
    """
    before = found_in(content, at)
    found = found_in(after, _shifted_id(content, at, moved.local_start - content.local_start))
    if before is None or found is None:
        why = "must be where the rule then has an occurrence: or change the start by the id of the series"
        raise InvalidRequest.of("start", why)
    wanted = changed_interval(content, before, times, opaque=content.opaque)
    if not content.all_day and Interval(instant(found.start), instant(found.end)) != wanted:
        why = f"must be a time that all have by the clock: this one would begin at {instant(found.start)}"
        raise InvalidRequest.of("start", f"{why}, as the clock is changed that day")


def _recurrence(content: Content) -> Recurrence:
    if content.recurrence is None:
        raise AssertionError("the event does not recur")
    return content.recurrence
