"""What changes of a series come to, in plain Python: what the model of a calendar expects of them."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from shared.scheduling.events import Content
from shared.scheduling.instants import Instant, seconds_between, shifted
from shared.scheduling.intervals import MAX_DURATION_SECONDS
from shared.scheduling.recurrences import Override, Recurrence
from tests.integration.conflicts.series_model import (
    Occurring,
    clock_at,
    faulty,
    instant_at,
    local_of,
    occurring,
    overlapping,
    parts_of,
    recurrence_id,
    recurrence_of,
    rule_of,
    starts_by_rule,
    taking_time,
    with_clock,
)

DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class NotTaken(Exception):
    """A content that the API does not take."""


def named(content: Content, at: str) -> Occurring:
    """Returns the occurrence with the recurrence id `at`, cancelled or not."""
    return next(each for each in occurring(content) if each.id == at)


def with_occurrence(content: Content, at: str, fields: dict[str, Any]) -> Content:
    """Returns a series with `fields` of one occurrence changed; None puts one back to what the series has."""
    recurrence, found = recurrence_of(content), named(content, at)
    own = {**next((dict(each.fields) for each in recurrence.changed if each.id == at), {}), **fields}
    cancelled = own.pop("cancelled", found.cancelled)
    start, end = own.pop("start", None) or found.start, own.pop("end", None) or found.end
    own = {name: value for name, value in own.items() if value not in (None, getattr(content, name))}
    least = 1 if own.get("transparency", content.transparency) == "opaque" else 0
    if not least <= seconds_between(start, end) <= MAX_DURATION_SECONDS:
        raise NotTaken
    if (start, end) != (found.start, found.end):
        own |= {"start": start, "end": end}
    changed = {each.id: each for each in recurrence.changed if each.id != at}
    if own:
        changed[at] = Override(at, tuple(sorted(own.items())))
    excluded = recurrence.excluded
    if cancelled != (at in excluded):
        excluded = (*excluded, at) if cancelled else tuple(each for each in excluded if each != at)
    after = Recurrence(recurrence.rule, recurrence.dates, excluded, tuple(changed[each] for each in sorted(changed)))
    if after.changed == recurrence.changed and {*excluded} == {*recurrence.excluded}:
        return content
    made = replace(content, recurrence=after)
    if _times_at(made, at) - _times_at(content, at) and overlapping(taking_time(made)):
        raise NotTaken
    return made


def _times_at(content: Content, at: str) -> set[tuple[Instant, Instant]]:
    return {(each.content.start, each.content.end) for each in taking_time(content) if each.id == at}


def as_it_was(content: Content, at: str) -> dict[str, Any]:
    """Returns the fields by which an occurrence becomes what it is in `content`."""
    own = next((dict(each.fields) for each in recurrence_of(content).changed if each.id == at), {})
    names = ("title", "description", "location", "transparency", "start", "end")
    return {**{name: own.get(name) for name in names}, "cancelled": at in recurrence_of(content).excluded}


def ended(content: Content, at: str) -> Content | None:
    """Returns what of a series is before one of its occurrences; None if nothing is."""
    recurrence, by_rule, local = recurrence_of(content), starts_by_rule(content), local_of(at)
    if local <= by_rule[0]:
        if min(recurrence.dates, default=at) < at:
            raise NotTaken
        return None
    rule = parts_of(recurrence.rule)
    if "COUNT" in rule:
        rule["COUNT"] = str(sum(each < local for each in by_rule))
    else:
        last = datetime.fromisoformat(shifted(instant_at(local, content.time_zone), -1))
        # It may have ended before a further date.
        rule["UNTIL"] = min(f"{last:%Y%m%dT%H%M%SZ}", rule.get("UNTIL", "9"))
    return replace(content, recurrence=_part(recurrence, rule, at, before=True))


def split(content: Content, at: str) -> tuple[Content, Content] | None:
    """Returns a series as what is before one of its occurrences, and the rest; None if nothing is before it."""
    head = ended(content, at)
    if head is None:
        return None
    recurrence, local = recurrence_of(content), local_of(at)
    later = [each for each in starts_by_rule(content) if each >= local]
    # Where the clock is put forward, no series begins.
    if not later or clock_at(instant_at(later[0], content.time_zone), content.time_zone) != later[0]:
        raise NotTaken
    rule = parts_of(recurrence.rule)
    if "COUNT" in rule:
        rule["COUNT"] = str(len(later))
    start = instant_at(later[0], content.time_zone)
    end = shifted(start, seconds_between(content.start, content.end))
    rest = _part(recurrence, rule, at, before=False)
    return head, with_clock(replace(content, start=start, end=end, recurrence=rest))


def _part(recurrence: Recurrence, rule: dict[str, str], at: str, *, before: bool) -> Recurrence:
    return Recurrence(
        rule_of(rule),
        tuple(each for each in recurrence.dates if (each < at) is before),
        tuple(each for each in recurrence.excluded if (each < at) is before),
        tuple(each for each in recurrence.changed if (each.id < at) is before),
    )


def moved(content: Content, at: str, start: Instant, end: Instant) -> Content:
    """Returns a series all of which moves by the clock as its occurrence `at` does, and is as long as that then is.

    It is then where it was moved to; of others, what was moved by itself stays. The days of the rule, and its end, move
    along.
    """
    found, zone = named(content, at).content, content.time_zone
    if (start, end) == (found.start, found.end):
        return content
    by = clock_at(start, zone) - clock_at(found.start, zone)
    length = seconds_between(content.start, content.end)
    if seconds_between(start, end) != seconds_between(found.start, found.end):
        length = seconds_between(start, end)
    elif not by:
        # The second of two times that the clock shows.
        raise NotTaken
    if not 0 < length <= MAX_DURATION_SECONDS:
        raise NotTaken
    first = clock_at(content.start, zone)
    begins = instant_at(first + by, zone)
    if clock_at(begins, zone) != first + by:
        raise NotTaken
    recurrence = recurrence_of(content)

    def shift(each: str) -> str:
        return recurrence_id(local_of(each) + by)

    after = Recurrence(
        _turned(recurrence.rule, first, by, zone),
        tuple(map(shift, recurrence.dates)),
        tuple(map(shift, recurrence.excluded)),
        tuple(replace(each, id=shift(each.id)) for each in recurrence.changed),
    )
    made = with_clock(replace(content, start=begins, end=shifted(begins, length), recurrence=after))
    own = next((dict(each.fields) for each in recurrence.changed if each.id == at), {})
    return with_occurrence(made, shift(at), {"start": start, "end": end}) if "start" in own else made


def _turned(rule: str, first: datetime, by: timedelta, zone: str) -> str:
    parts, turn = parts_of(rule), ((first + by).date() - first.date()).days
    if parts["FREQ"] == "WEEKLY" and turn % 7:
        if "BYDAY" in parts:
            turned = {(DAYS.index(day) + turn) % 7 for day in parts["BYDAY"].split(",")}
            parts["BYDAY"] = ",".join(DAYS[day] for day in sorted(turned))
        if "INTERVAL" in parts:
            # The weeks that the rule has begin with another day.
            week_start = (DAYS.index(parts.pop("WKST", "MO")) + turn) % 7
            parts |= {"WKST": DAYS[week_start]} if week_start else {}
    return _with_end_moved(rule_of(parts), by, zone)


def _with_end_moved(rule: str, by: timedelta, zone: str) -> str:
    parts = parts_of(rule)
    if "UNTIL" in parts:
        until = Instant(f"{datetime.fromisoformat(parts['UNTIL']):%Y-%m-%dT%H:%M:%SZ}")
        until = instant_at(clock_at(until, zone) + by, zone)
        parts["UNTIL"] = f"{datetime.fromisoformat(until):%Y%m%dT%H%M%SZ}"
    return rule_of(parts)


def carried(content: Content, before: Content, *, drop: bool) -> Content:
    """Returns `content` with the exceptions of the series `before`, which follow its time of day.

    With `drop` it loses those whose dates are no occurrences any more.
    """
    recurrence, was = content.recurrence, before.recurrence
    if recurrence is None:
        return _taken(content)
    if was is None:
        return _taken(replace(content, recurrence=replace(recurrence, changed=())))
    then, now = (clock_at(each.start, each.time_zone) for each in (before, content))
    # In another zone the same instants may be on another day.
    turn = now.date() - then.date() if content.start == before.start else timedelta(0)

    def follow(each: str) -> str:
        local = local_of(each)
        return recurrence_id(datetime.combine(local.date() + turn, now.time())) if local.time() == then.time() else each

    def followed(given: tuple[str, ...], had: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(follow, given))) if given == had else given

    recurrence = replace(recurrence, dates=followed(recurrence.dates, was.dates), changed=())
    excluded = followed(recurrence.excluded, was.excluded)
    changed = [replace(each, id=follow(each.id)) for each in was.changed]
    alone = _taken(replace(content, recurrence=replace(recurrence, excluded=())))
    there = {each.id for each in occurring(alone)}
    twice = {each for each, times in Counter(each.id for each in changed).items() if times > 1}
    lost = {each for each in (*excluded, *(one.id for one in changed)) if each not in there} | twice
    if lost and not drop:
        raise NotTaken
    recurrence = replace(
        recurrence,
        excluded=tuple(each for each in excluded if each not in lost),
        changed=tuple(each for each in changed if each.id not in lost),
    )
    return _taken(replace(content, recurrence=recurrence))


def _taken(content: Content) -> Content:
    if faulty(content):
        raise NotTaken
    return content


def following(content: Content, at: str, fields: dict[str, Any], *, drop: bool) -> Content:
    """Returns a series after `fields` of all of it were changed as seen at its occurrence `at`."""
    rest = {**fields}
    times = {name: rest.pop(name) for name in ("start", "end") if name in rest}
    shifted_ = moved(content, at, **times) if times else content
    if shifted_ == content and not rest:
        return content
    after = carried(changed(shifted_, rest), shifted_, drop=drop)
    if shifted_ != content:
        by = clock_at(shifted_.start, content.time_zone) - clock_at(content.start, content.time_zone)
        there = [each.content for each in occurring(after) if each.id == recurrence_id(local_of(at) + by)]
        if [(each.start, each.end) for each in there] != [(times["start"], times["end"])]:
            raise NotTaken
    return after


def changed(content: Content, fields: dict[str, Any]) -> Content:
    """Returns a content with `fields` changed, of a recurrence those that it names.

    The end of a rule that is not named follows the time of day.
    """
    fields = {**fields}
    said = fields.get("recurrence")
    if said is not None:
        fields["recurrence"] = replace(content.recurrence or Recurrence(""), **said)
    after = with_clock(replace(content, **fields))
    if content.recurrence is None or after.recurrence is None or "rule" in (said or {}):
        return after
    zone = content.time_zone
    was, now = clock_at(content.start, zone), clock_at(after.start, after.time_zone)
    by = now - was - (now.date() - was.date())
    if zone != after.time_zone:
        return after
    return replace(after, recurrence=replace(after.recurrence, rule=_with_end_moved(after.recurrence.rule, by, zone)))
