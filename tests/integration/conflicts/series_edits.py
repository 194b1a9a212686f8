"""What changes of a series come to, in plain Python: what the model of a calendar expects of them."""

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
    instant_at,
    length,
    local_of,
    local_start,
    occurring,
    overlapping,
    parts_of,
    placed,
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
    if not least <= seconds_between(start, end) <= MAX_DURATION_SECONDS or not _on_days(content, start, end):
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


def _on_days(content: Content, *times: Instant) -> bool:
    """Returns whether these are where days begin, if the content is of whole days."""
    zone = content.time_zone
    days = (clock_at(at, zone).replace(hour=0, minute=0, second=0) for at in times)
    return content.start_date is None or all(instant_at(day, zone) == at for day, at in zip(days, times, strict=True))


def _times_at(content: Content, at: str) -> set[tuple[Instant, Instant]]:
    return {(each.content.start, each.content.end) for each in taking_time(content) if each.id == at}


def as_it_was(content: Content, at: str) -> dict[str, Any]:
    """Returns the fields by which an occurrence becomes what it is in `content`."""
    own = next((dict(each.fields) for each in recurrence_of(content).changed if each.id == at), {})
    names = ("title", "description", "location", "transparency", "start", "end")
    return {**{name: own.get(name) for name in names}, "cancelled": at in recurrence_of(content).excluded}


def ended(content: Content, at: str) -> Content | None:
    """Returns what of a series is before one of its occurrences; None if nothing takes place before it."""
    recurrence, by_rule, local = recurrence_of(content), starts_by_rule(content), local_of(at)
    if local <= by_rule[0]:
        if min(recurrence.dates, default=at) < at:
            raise NotTaken
        return None
    rule, begins = parts_of(recurrence.rule), instant_at(local, content.time_zone)
    if any(each < local and instant_at(each, content.time_zone) >= begins for each in by_rule):
        raise NotTaken  # the clock is put forward between both
    before = {*(each for each in by_rule if each < local), *(local_of(each) for each in recurrence.dates if each < at)}
    if before <= {local_of(each) for each in recurrence.excluded}:
        return None
    if "COUNT" in rule:
        rule["COUNT"] = str(sum(each < local for each in by_rule))
    else:
        last = f"{datetime.fromisoformat(shifted(begins, -1)):%Y%m%dT%H%M%SZ}"
        if content.start_date is not None:
            last = recurrence_id(local - timedelta(days=1), of=content)
        # It may have ended before a further date.
        rule["UNTIL"] = min(last, rule.get("UNTIL", "9"))
    return replace(content, recurrence=_part(recurrence, rule, at, before=True))


def split(content: Content, at: str) -> tuple[Content, Content] | None:
    """Returns a series as what is before one of its occurrences, and the rest; None if nothing is before it."""
    head = ended(content, at)
    if head is None:
        return None
    recurrence, local = recurrence_of(content), local_of(at)
    later = [each for each in starts_by_rule(content) if each >= local]
    # Where the clock is put forward, no series begins.
    if not later or local_start(placed(content, later[0])) != later[0]:
        raise NotTaken
    rule = parts_of(recurrence.rule)
    if "COUNT" in rule:
        rule["COUNT"] = str(len(later))
    rest = _part(recurrence, rule, at, before=False)
    return head, replace(placed(content, later[0]), recurrence=rest)


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
    if not _on_days(content, start, end) or not 0 < seconds_between(start, end) <= MAX_DURATION_SECONDS:
        raise NotTaken
    found, wanted = named(content, at).content, with_clock(replace(content, start=start, end=end))
    by, first = local_start(wanted) - local_start(found), local_start(content)
    longer = length(wanted) != length(found)
    if (start, end) == (found.start, found.end):
        return content
    if not by and not longer:
        raise NotTaken  # the second of two times that the clock shows
    # Only how long it is then is taken from the one that was moved.
    made = placed(wanted if longer else content, first + by)
    if local_start(made) != first + by:
        raise NotTaken
    recurrence = recurrence_of(content)

    def shift(each: str) -> str:
        return recurrence_id(local_of(each) + by, of=content)

    after = Recurrence(
        _turned(content, by),
        tuple(map(shift, recurrence.dates)),
        tuple(map(shift, recurrence.excluded)),
        tuple(replace(each, id=shift(each.id)) for each in recurrence.changed),
    )
    made = replace(made, recurrence=after)
    # What monthly and yearly rules keep in place does not move.
    endless = rule_of({name: part for name, part in parts_of(after.rule).items() if name not in ("COUNT", "UNTIL")})
    there = starts_by_rule(replace(made, recurrence=Recurrence(endless)))
    if any(each + by != then for each, then in zip(starts_by_rule(content), there, strict=False)):
        raise NotTaken
    own = next((dict(each.fields) for each in recurrence.changed if each.id == at), {})
    return with_occurrence(made, shift(at), {"start": start, "end": end}) if "start" in own else made


def _turned(content: Content, by: timedelta) -> str:
    rule, first, zone = recurrence_of(content).rule, local_start(content), content.time_zone
    parts, turn = parts_of(rule), ((first + by).date() - first.date()).days
    if parts["FREQ"] == "WEEKLY" and turn % 7:
        if "BYDAY" in parts:
            turned = {(DAYS.index(day) + turn) % 7 for day in parts["BYDAY"].split(",")}
            parts["BYDAY"] = ",".join(DAYS[day] for day in sorted(turned))
        if "INTERVAL" in parts:
            # The weeks that the rule has begin with another day.
            week_start = (DAYS.index(parts.pop("WKST", "MO")) + turn) % 7
            parts |= {"WKST": DAYS[week_start]} if week_start else {}
    return with_end_moved(rule_of(parts), by, zone)


def with_end_moved(rule: str, by: timedelta, zone: str) -> str:
    """Returns a rule with its end moved by the clock of a zone."""
    parts = parts_of(rule)
    if len(parts.get("UNTIL", "")) == len("20270322"):
        parts["UNTIL"] = f"{local_of(parts['UNTIL']) + by:%Y%m%d}"
    elif "UNTIL" in parts:
        until = Instant(f"{datetime.fromisoformat(parts['UNTIL']):%Y-%m-%dT%H:%M:%SZ}")
        until = instant_at(clock_at(until, zone) + by, zone)
        parts["UNTIL"] = f"{datetime.fromisoformat(until):%Y%m%dT%H%M%SZ}"
    return rule_of(parts)
