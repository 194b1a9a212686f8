"""What a change of an event newly takes: the time that has to be free, and the fences that guard it.

And whether all that it does is to take less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.scheduling.events import Content, Event
from shared.scheduling.fences import ALL_FENCES, fence_names, fences_of
from shared.scheduling.intervals import Interval
from shared.scheduling.recurrences import occurrence, series_of


def newly_taken(event: Event, previous: Event | None) -> Event | None:
    """Returns what takes time in its calendar, with `event` in place of `previous`, that was not taken before.

    That is the event; or the only one of its occurrences that was moved or brought back; or None.
    """
    content = event.content
    if event.deleted or not content.busy:
        return None
    if previous is None or previous.deleted:
        return event
    before = previous.content
    if content.recurrence is None or before.recurrence is None or not (content.recurs and before.recurs):
        return None if not (content.recurs or before.recurs) and _timing(content) == _timing(before) else event
    if _timing(content) != _timing(before) and not _is_beginning(content, before):
        return event
    differing = (occurrence(event, each) for each in content.recurrence.differing(before.recurrence))
    taken = [each for each in differing if each is not None and each.content.opaque]
    return (taken[0] if len(taken) == 1 else event) if taken else None


def only_frees(event: Event, previous: Event | None) -> bool:
    """Returns whether `event` is `previous` but for time that it does not take any more.

    It is transparent instead of opaque, or has fewer occurrences, or more of them are cancelled or transparent. Whether
    it has the same title counts, too.
    """
    if previous is None or previous.deleted or event.deleted or event.home != previous.home:
        return False
    after, before = event.content, previous.content
    kept = replace(after, transparency=before.transparency)
    if after.transparency not in (before.transparency, "transparent") or newly_taken(event, previous) is not None:
        return False
    if replace(kept, recurrence=None) != replace(before, recurrence=None):
        return False
    if after.recurrence == before.recurrence:
        return True
    return after.recurs and before.recurs and _is_beginning(kept, before) and _exceptions_free(after, before)


def _exceptions_free(after: Content, before: Content) -> bool:
    """Returns whether the exceptions of a series that goes on only take less: each is kept where it has a place."""
    now, then = after.recurrence, before.recurrence
    if now is None or then is None:
        return now is then
    series = series_of(after)
    was = {each.id: dict(each.fields) for each in then.changed}
    own = {each.id: dict(each.fields) for each in now.changed}
    lost = ({*then.excluded} - {*now.excluded}) | (was.keys() - own.keys())
    return not any(map(series.has_id, lost)) and all(
        _others(fields) == _others(was.get(each, {}))
        and fields.get("transparency", after.transparency)
        in (was.get(each, {}).get("transparency", before.transparency), "transparent")
        for each, fields in own.items()
    )


def _others(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name != "transparency"}


def fences_moved(event: Event, previous: Event | None, taken: Event | None) -> Sequence[str]:
    """Returns the names of the fences that a write of `event` in place of `previous` moves, in order.

    Those are the fences of `taken`: what the write newly takes, if that is checked, or else None. If only one
    occurrence of a series does, they are those of its weeks: the series moved all of them when it took the rest.

    And those of the time that the event goes on taking, if its place in the index changes: a Query at that moment may
    meet it at neither place. A write that is allowed to conflict moves these as well, since the time was not free.
    """
    names = set() if taken is None else {*fences_of(taken.content)}
    return sorted(names.union(_fences_kept(event, previous)))


def _fences_kept(event: Event, previous: Event | None) -> Sequence[str]:
    """Returns the names of the fences of the time that both take, if the place in the index is another one."""
    if previous is None or event.deleted or previous.deleted:
        return ()
    after, before = event.content, previous.content
    if not (after.busy and before.busy) or _place(after) == _place(before):
        return ()
    if after.recurrence is not None or before.recurrence is not None:
        return ALL_FENCES
    kept = Interval(max(after.start, before.start), min(after.end, before.end))
    return fence_names(kept) if kept.start < kept.end else ()


def _timing(content: Content) -> object:
    """Returns all that the time of a content comes from but the exceptions of a series."""
    recurrence = content.recurrence
    rule = None if recurrence is None or not content.recurs else (recurrence.rule, recurrence.dates)
    # An event that does not recur takes the same time whatever its zone is.
    clock = None if rule is None else (content.time_zone, content.local_start, content.days)
    return content.interval, content.transparency, rule, clock


def _place(content: Content) -> object:
    """Returns what the place in the index comes from: the end of a series, or both times of an event."""
    return content.interval if content.recurrence is None else content.extent.end


def _is_beginning(content: Content, of: Content) -> bool:
    """Returns whether a series is the beginning of another one: the same, but for what that has later.

    Exceptions are not compared. False also if that cannot be told from the ends of both rules.
    """
    recurrence, other = content.recurrence, of.recurrence
    if recurrence is None or other is None or not {*recurrence.dates} <= {*other.dates}:
        return False
    if (content.transparency, content.interval, content.days) != (of.transparency, of.interval, of.days):
        return False
    one, whole = series_of(content), series_of(of)
    if (one.time_zone, one.pattern.without_end) != (whole.time_zone, whole.pattern.without_end):
        return False
    # Local times do not come in the order of instants where the clock is put forward: so neither is held against the
    # other.
    if one.last is not None and whole.last is not None:
        return one.last <= whole.last
    if one.until is not None and whole.until is not None:
        return one.until <= whole.until
    return whole.last is whole.until is None
