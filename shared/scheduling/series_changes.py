"""Changes of a series as a whole: what becomes of its exceptions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.errors import InvalidRequest
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant
from shared.scheduling.recurrences import Override, Recurrence, local_day, midnight_of, series_of
from shared.scheduling.settled_content import settled

if TYPE_CHECKING:
    from shared.recurrence.rules import Rule


def merged(recurrence: Recurrence | None, fields: Mapping[str, Any]) -> Recurrence:
    """Returns `recurrence` with `fields` changed. Raises InvalidRequest if it then has no rule."""
    rule = fields.get("rule") if "rule" in fields or recurrence is None else recurrence.rule
    if rule is None:
        raise InvalidRequest.of("recurrence.rule", "is required: null in place of the recurrence makes one event of it")
    return replace(recurrence or Recurrence(rule), **{**fields, "rule": rule})


def end_moved(rule: "Rule", time_zone: str, by: timedelta) -> "Rule":
    """Returns a rule whose UNTIL, if it is an instant, is moved by a difference of local time. Raises OverflowError."""
    from shared.recurrence.local_times import instant_of, local_of, zone  # noqa: PLC0415

    if not isinstance(rule.until, datetime):
        return rule
    in_zone = zone(time_zone)
    until = instant_of(local_of(rule.until.astimezone(UTC).replace(tzinfo=None), in_zone) + by, in_zone)
    return replace(rule, until=until.replace(tzinfo=UTC))


def with_end_following(content: Content, before: Content) -> Content:
    """Returns a series whose rule ends as much later in the day as the series begins later in the day than `before`.

    So a change of the time of day neither loses the last occurrence nor adds one.
    """
    from shared.recurrence.rules import parse_rule  # noqa: PLC0415

    recurrence = content.recurrence
    if recurrence is None or not before.recurs or content.all_day or before.all_day:
        return content
    by = content.local_start - before.local_start - (content.local_start.date() - before.local_start.date())
    if not by or content.time_zone != before.time_zone:
        return content
    try:
        rule = end_moved(parse_rule(recurrence.rule, all_day=False), content.time_zone, by)
    except OverflowError:
        return content
    return replace(content, recurrence=replace(recurrence, rule=rule.text))


def carried(content: Content, before: Content, *, drop: bool) -> Content:
    """Returns `content` as the next one of an event that was `before`, with the exceptions of the series.

    Exceptions keep their dates and follow the time of day of the series: those that changed, and lists of `content`
    that are as they were. If only its time zone is another one, they keep their instants, as it does. With `drop` those
    are left out whose dates are no occurrences any more, or no such ones.

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
    changed = [following.override(each) for each in was.changed]
    # First without what may be no occurrence any more, so that the series can be asked.
    alone = settled(replace(content, recurrence=replace(recurrence, dates=lists["dates"], excluded=(), changed=())))
    series = series_of(alone)
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
    return settled(replace(content, recurrence=kept))


def _is_moved(override: Override) -> bool:
    return any(name in ("start", "end") for name, _ in override.fields)


class _Following:
    """The exceptions of a series as they are once its time of day has changed."""

    def __init__(self, before: Content, after: Content) -> None:
        self._before = before
        self._after = after
        # In another zone it may be another day at the same instant, for the series and for its exceptions.
        stays = before.start == after.start and not (before.all_day or after.all_day)
        self._days = after.local_start.date() - before.local_start.date() if stays else timedelta(0)

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
        # Of several times a day only the one of the start follows: the others are the rule's.
        if at.time() == self._before.local_start.time():
            at = datetime.combine(at.date() + self._days, self._after.local_start.time())
        return id_of(at, all_day=self._after.all_day)
