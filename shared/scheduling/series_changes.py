"""Changes of a series as a whole: what becomes of its exceptions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.errors import InvalidRequest
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant
from shared.scheduling.recurrences import Override, Recurrence, local_day, midnight_of, series_of
from shared.scheduling.settled_content import canonical, check_excluded, settled


def merged(recurrence: Recurrence | None, fields: Mapping[str, Any]) -> Recurrence:
    """Returns `recurrence` with `fields` changed. Raises InvalidRequest if it then has no rule."""
    rule = fields.get("rule") if "rule" in fields or recurrence is None else recurrence.rule
    if rule is None:
        ends = "null in place of the recurrence makes one event of it"
        raise InvalidRequest.of("recurrence.rule", f"is required: {ends if recurrence else 'the event has none yet'}")
    return replace(recurrence or Recurrence(rule), **{**fields, "rule": rule})


def carried(content: Content, before: Content, *, drop: bool) -> Content:
    """Returns `content` as the next one of an event that was `before`, with the exceptions of the series.

    Exceptions keep their dates and follow the time of day of the series: those that changed, and lists of `content`
    that are as they were. If only its time zone is another one, they keep their instants, as it does. With `drop` those
    are left out whose dates are no occurrences any more, or no such ones.

    Raises InvalidRequest: the recurrence is not one that is taken, or exceptions would have to be dropped.
    """
    recurrence, was = content.recurrence, before.recurrence
    if drop and was is None:
        raise InvalidRequest.of("exceptions", "must be left out, or keep: the event is no series")
    if recurrence is None:
        return content
    if was is None or not before.recurs:
        return settled(replace(content, recurrence=replace(recurrence, changed=())))
    following, newly_opaque = _Following(before, content), _newly_opaque(content, before)
    lists = {
        name: following.ids(given) if (given := getattr(recurrence, name)) == getattr(was, name) else given
        for name in ("dates", "excluded")
    }
    changed = [following.override(each) for each in was.changed]
    # First without what may be no occurrence any more, so that the series can be asked. What is cancelled, or moved by
    # itself, may leave the others their time: only all of it together is held to that.
    alone = canonical(replace(content, recurrence=replace(recurrence, dates=lists["dates"], excluded=(), changed=())))
    series = series_of(alone)
    # What the request adds is not among the exceptions that it may have to drop: that is its own fault.
    check_excluded(recurrence.excluded, series, was.excluded)
    left = {each for each in (*(one.id for one in changed), *lists["excluded"]) if not series.has_id(each)}
    # What was at two times of a day is one day now, and what was moved to a time is of no whole day, or the reverse.
    left |= {each for each, times in Counter(one.id for one in changed).items() if times > 1}
    if content.all_day is not before.all_day:
        left |= {each.id for each in changed if _is_moved(each)}
    if left and not drop:
        named = ", ".join(sorted(left))
        raise InvalidRequest.of("exceptions", f"must be drop: the series has no place any more for those at {named}")
    kept = replace(
        recurrence,
        dates=lists["dates"],
        excluded=tuple(each for each in lists["excluded"] if each not in left),
        changed=tuple(each for each in changed if each.id not in left),
    )
    return settled(replace(content, recurrence=kept), newly_opaque=newly_opaque)


def _newly_opaque(content: Content, before: Content) -> bool:
    """Returns whether a series takes time that it did not take, since nothing but its transparency is another one."""
    one, was = content.recurrence, before.recurrence
    same = one is not None and was is not None and (one.rule, one.dates) == (was.rule, was.dates)
    return same and content.opaque and not before.opaque and content.interval == before.interval


def _is_moved(override: Override) -> bool:
    return any(name in ("start", "end") for name, _ in override.fields)


class _Following:
    """The exceptions of a series as they are once its time of day has changed."""

    def __init__(self, before: Content, after: Content) -> None:
        from shared.scheduling.moved_rules import time_moved  # noqa: PLC0415

        self._before = before
        self._after = after
        self._moved = time_moved(after, before)

    def ids(self, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(self.id, given)))

    def override(self, given: Override) -> Override:
        """Returns an occurrence that differs: of whole days it is moved to the same days, wherever these begin."""
        fields = given.fields
        if self._before.all_day and self._after.all_day and self._before.time_zone != self._after.time_zone:
            fields = tuple((name, self._begun(of) if name in ("start", "end") else of) for name, of in fields)
        return Override(self.id(given.id), fields)

    def _begun(self, at: str) -> str:
        return midnight_of(local_day(Instant(at), self._before.time_zone), self._after.time_zone)

    def id(self, recurrence_id: str) -> str:
        from shared.recurrence.local_times import parse_recurrence_id  # noqa: PLC0415
        from shared.recurrence.local_times import recurrence_id as id_of  # noqa: PLC0415

        at = parse_recurrence_id(recurrence_id, all_day=self._before.all_day)
        return id_of(self._moved(at), all_day=self._after.all_day)
