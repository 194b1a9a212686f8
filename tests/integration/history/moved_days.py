"""What series are to be once all of one moves: with an occurrence, or to another time of day or zone."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from tests.integration.history.series_of_days import (
    DAY,
    SECOND,
    Days,
    Json,
    Refused,
    clock,
    instant,
    length,
    own,
    placed,
    settled,
    times,
    times_of,
    utc,
    with_one,
    with_parts,
    written,
)


def dragged(content: Json, one: str, start: datetime, end: datetime) -> Json:
    """Returns a series of which one occurrence was moved, and all others by the same difference by the clock.

    They are as long as that one then is, if its length changed. Of others, what was moved by itself stays.

    Raises Refused.
    """
    (was_start, was_end), zone = times_of(content, one), content["time_zone"]
    by, longer = clock(start, zone) - clock(was_start, zone), (end - start) - (was_end - was_start)
    if (start, end) == (was_start, was_end):
        return content
    if not by and not longer:
        raise Refused  # the second of two times that the clock shows
    local = clock(utc(content["start"]), zone) + by
    first = instant(local, zone)
    if clock(first, zone) != local:
        raise Refused
    after = placed(content, first, first + (end - start if longer else length(content)))
    rule, recurrence = _with_end_moved(content, by, zone), content["recurrence"]

    def shifted(each: str) -> str:
        return written(datetime.fromisoformat(each) + by)

    lists = {name: [*map(shifted, recurrence[name])] for name in ("dates", "excluded")}
    changed = {shifted(each): its_own for each, its_own in recurrence["changed"].items()}
    after = with_parts(after, rule=rule.text, **lists, changed=changed)
    if "start" in own(content, one):
        after = with_one(after, shifted(one), times(start, end))
    if times_of(after, shifted(one)) != (start, end):
        raise Refused
    return after


def _with_end_moved(content: Json, by: timedelta, zone: str) -> Days:
    """Returns the rule of a series once all of it is later by `by` by the clock, then of `zone`.

    UNTIL moves along, and where the clock is changed no further than that the same occurrences are before it.
    """
    rule, was = Days.of(content), content["time_zone"]
    if rule.until is None or (not by and zone == was):
        return rule
    shown = clock(rule.until, was)
    near = [each for each in rule.starts(content, ended=False) if abs(each - shown) <= 2 * DAY]
    kept = [instant(each + by, zone) for each in near if instant(each, was) <= rule.until]
    left = [instant(each + by, zone) for each in near if instant(each, was) > rule.until]
    until = max([instant(shown + by, zone), *kept])
    if left and until >= min(left):
        until = max(kept, default=min(left) - SECOND)
    return replace(rule, until=until)


def at_time(content: Json, start: datetime, end: datetime, zone: str, *, drop: bool) -> Json:
    """Returns a content with other times, or in another zone, whose exceptions and end follow the time of day.

    They keep their dates, or in another zone their instants, if the start does. Raises Refused.
    """
    after = placed(content, start, end, zone)
    if content["recurrence"] is None:
        return after
    recurrence, was = content["recurrence"], clock(utc(content["start"]), content["time_zone"])
    now = clock(start, zone)
    stays = utc(content["start"]) == start

    def follow(at: datetime) -> datetime:
        return datetime.combine(at.date() + (now.date() - was.date() if stays else 0 * DAY), now.time())

    def followed(each: str) -> str:
        at = datetime.fromisoformat(each)
        return written(follow(at)) if at.time() == was.time() else each

    lists = {name: [*dict.fromkeys(map(followed, recurrence[name]))] for name in ("dates", "excluded")}
    twice = [each for each, number in Counter(map(followed, recurrence["changed"])).items() if number > 1]
    if twice and not drop:
        raise Refused
    changed = {followed(each): its_own for each, its_own in recurrence["changed"].items()}
    changed = {each: its_own for each, its_own in changed.items() if each not in twice}
    lists["excluded"] = [each for each in lists["excluded"] if each not in twice]
    rule = _with_end_moved(content, follow(was) - was, zone)
    return settled(with_parts(after, rule=rule.text, **lists, changed=changed), drop=drop)
