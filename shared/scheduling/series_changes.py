"""Changes of a series as a whole: what becomes of its exceptions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.errors import InvalidRequest
from shared.scheduling.events import Content
from shared.scheduling.recurrences import Recurrence, series_of
from shared.scheduling.settled_content import settled


def merged(recurrence: Recurrence | None, fields: Mapping[str, Any]) -> Recurrence:
    """Returns `recurrence` with `fields` changed. Raises InvalidRequest if it then has no rule."""
    rule = fields.get("rule") if "rule" in fields or recurrence is None else recurrence.rule
    if rule is None:
        raise InvalidRequest.of("recurrence.rule", "is required: null in place of the recurrence makes one event of it")
    return replace(recurrence or Recurrence(rule), **{**fields, "rule": rule})


def carried(content: Content, before: Content, *, drop: bool) -> Content:
    """Returns `content` as the next one of an event that was `before`, with the exceptions of the series.

    Exceptions keep their dates and follow the time of day of the series: those that changed, and lists of `content`
    that are as they were. With `drop` those are left out whose dates are no occurrences any more.

    Raises InvalidRequest: the recurrence is not one that is taken, or exceptions would have to be dropped.
    """
    recurrence, was = content.recurrence, before.recurrence
    if recurrence is None:
        return content
    if was is None or not before.recurs:
        return settled(replace(content, recurrence=replace(recurrence, changed=())))
    following = _Following(before, content)
    lists = {
        name: following.ids(given) if (given := getattr(recurrence, name)) == getattr(was, name) else given
        for name in ("dates", "excluded")
    }
    changed = [replace(each, id=following.id(each.id)) for each in was.changed]
    # First without what may be no occurrence any more, so that the series can be asked.
    alone = settled(replace(content, recurrence=replace(recurrence, dates=lists["dates"], excluded=(), changed=())))
    series = series_of(alone)
    left = {each for each in (*(one.id for one in changed), *lists["excluded"]) if not series.has_id(each)}
    left |= {each for each, count in Counter(one.id for one in changed).items() if count > 1}
    if following.days_change:
        # Where days begin is another time then: a time of its own is no days of its own any more.
        left |= {one.id for one in changed if not {*dict(one.fields)}.isdisjoint({"start", "end"})}
    if left and not drop:
        raise InvalidRequest.of(
            "exceptions", f"must be drop: the series would not have these any more: {', '.join(sorted(left))}"
        )
    kept = replace(
        recurrence,
        dates=lists["dates"],
        excluded=tuple(each for each in lists["excluded"] if each not in left),
        changed=tuple(each for each in changed if each.id not in left),
    )
    return settled(replace(content, recurrence=kept))


class _Following:
    """The recurrence ids of a series as they are once its time of day has changed.

    They keep their dates. Where the clock of another zone shows another date for the start, which has not moved, all
    dates are as many days off.

    Attributes:
        days_change: Whether it is, or was, of whole days, and these begin at other times.
    """

    def __init__(self, before: Content, after: Content) -> None:
        self._before = before
        self._after = after
        same_zone = before.time_zone == after.time_zone
        self.days_change = before.all_day != after.all_day or (after.all_day and not same_zone)
        moved = same_zone or before.start != after.start or before.all_day or after.all_day
        self._off = timedelta(0) if moved else after.local_start.date() - before.local_start.date()

    def ids(self, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(self.id, given))

    def id(self, recurrence_id: str) -> str:
        from shared.recurrence.local_times import parse_recurrence_id  # noqa: PLC0415
        from shared.recurrence.local_times import recurrence_id as id_of  # noqa: PLC0415

        at = parse_recurrence_id(recurrence_id, all_day=self._before.all_day)
        # Of several times a day only the one of the start follows: the others are the rule's.
        if at.time() == self._before.local_start.time():
            at = datetime.combine(at.date() + self._off, self._after.local_start.time())
        return id_of(at, all_day=self._after.all_day)
