"""What changes of an event or a series as a whole come to, in plain Python: what the model of a calendar expects."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from shared.scheduling.events import Content
from shared.scheduling.instants import Instant
from shared.scheduling.recurrences import Override, Recurrence
from tests.integration.conflicts.series_edits import NotTaken, moved, with_end_moved
from tests.integration.conflicts.series_model import (
    clock_at,
    faulty,
    instant_at,
    local_of,
    local_start,
    occurring,
    of_days,
    recurrence_id,
    with_clock,
)


def carried(content: Content, before: Content, *, drop: bool) -> Content:
    """Returns `content` with the exceptions of the series `before`, which follow its time of day.

    With `drop` it loses those whose dates are no occurrences any more.
    """
    recurrence, was = content.recurrence, before.recurrence
    if drop and was is None:
        raise NotTaken
    if recurrence is None:
        return _taken(content)
    if was is None:
        return _taken(replace(content, recurrence=replace(recurrence, changed=())))
    then, now = (local_start(each) for each in (before, content))
    whole = [each.start_date is not None for each in (before, content)]
    # In another zone the same instants may be on another day.
    turn = now.date() - then.date() if content.start == before.start and not any(whole) else timedelta(0)

    def follow(each: str) -> str:
        local = local_of(each)
        if local.time() == then.time():
            local = datetime.combine(local.date() + turn, now.time())
        return recurrence_id(local, of=content)

    def followed(given: tuple[str, ...], had: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(follow, given))) if given == had else given

    recurrence = replace(recurrence, dates=followed(recurrence.dates, was.dates), changed=())
    excluded = followed(recurrence.excluded, was.excluded)
    changed = [Override(follow(each.id), _on_same_days(each, before, content)) for each in was.changed]
    alone = replace(content, recurrence=replace(recurrence, excluded=()))
    there = {each.id for each in occurring(alone)}
    twice = {each for each, times in Counter(each.id for each in changed).items() if times > 1}
    lost = {each for each in (*excluded, *(one.id for one in changed)) if each not in there} | twice
    if whole[0] is not whole[1]:
        # What was moved by the hour has no place among whole days.
        lost |= {each.id for each in changed if {"start", "end"} & dict(each.fields).keys()}
    if lost and not drop:
        raise NotTaken
    recurrence = replace(
        recurrence,
        excluded=tuple(each for each in excluded if each not in lost),
        changed=tuple(each for each in changed if each.id not in lost),
    )
    return _taken(replace(content, recurrence=recurrence))


def _on_same_days(override: Override, before: Content, after: Content) -> tuple[tuple[str, Any], ...]:
    """Returns what an occurrence has of its own: of whole days, these begin where they do in the zone of the series."""
    if before.start_date is None or after.start_date is None or before.time_zone == after.time_zone:
        return override.fields
    own = dict(override.fields)
    for name in {"start", "end"} & own.keys():
        day = datetime.combine(clock_at(Instant(own[name]), before.time_zone).date(), time())
        own[name] = instant_at(day, after.time_zone)
    return tuple(sorted(own.items()))


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
        one = recurrence_id(local_of(at) + (local_start(shifted_) - local_start(content)), of=after)
        there = [(each.content.start, each.content.end) for each in occurring(after) if each.id == one]
        if not there or (after.start_date is None and there != [(times["start"], times["end"])]):
            raise NotTaken
    return after


def changed(content: Content, fields: dict[str, Any]) -> Content:
    """Returns a content with `fields` changed, of a recurrence those that it names.

    The end of a rule that is not named follows the time of day.
    """
    said = fields.get("recurrence")
    if said is not None and content.recurrence is None and content.time_zone == "UTC" and "time_zone" not in fields:
        raise NotTaken
    fields = {**fields} if said is None else {**fields, "recurrence": _merged(content.recurrence, said)}
    if fields.pop("all_day", content.start_date is not None):
        after = _of_whole_days(content, fields)
    else:
        after = with_clock(replace(content, **fields))
    if content.recurrence is None or after.recurrence is None or "rule" in (said or {}):
        return after
    if (content.start_date, after.start_date) != (None, None):
        return after
    zone = content.time_zone
    was, now = clock_at(content.start, zone), clock_at(after.start, after.time_zone)
    by = now - was - (now.date() - was.date())
    if zone != after.time_zone:
        return after
    return replace(after, recurrence=replace(after.recurrence, rule=with_end_moved(after.recurrence.rule, by, zone)))


def _merged(recurrence: Recurrence | None, said: dict[str, Any]) -> Recurrence:
    if recurrence is None and "rule" not in said:
        raise NotTaken
    return replace(recurrence or Recurrence(""), **said)


def _of_whole_days(content: Content, fields: dict[str, Any]) -> Content:
    """Returns a content with `fields` changed that is of whole days: what they say of its times has to fit these."""
    given = {name: fields.pop(name) for name in ("start", "end") if name in fields}
    made = replace(content, **fields)
    days = [datetime.fromisoformat(each) for each in (made.start_date or "", made.end_date or "")]
    if not timedelta(0) < days[1] - days[0] <= timedelta(days=366):
        raise NotTaken
    made = of_days(made, *days)
    if any(at not in (getattr(made, name), getattr(content, name)) for name, at in given.items()):
        raise NotTaken
    return made
