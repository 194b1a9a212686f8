"""What a change of an event newly takes: the time that has to be free, and the fences that guard it."""

from collections.abc import Sequence

from shared.scheduling.events import Content, Event
from shared.scheduling.fences import ALL_FENCES, fences_of
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


def fences_moved(event: Event, previous: Event | None) -> Sequence[str]:
    """Returns the names of the fences that a checked write of `event` in place of `previous` moves.

    If only one occurrence takes time that was not taken, these are those of its weeks: the series moved all of them
    when it took the rest. A series that ends at another time moves all, even if it takes no more time: its place in the
    index changes, so that a Query at that moment may miss it.
    """
    taken = newly_taken(event, previous)
    if previous is not None and not previous.deleted and _place(event.content) != _place(previous.content):
        return ALL_FENCES if event.content.busy and not event.deleted else ()
    return () if taken is None else fences_of(taken.content)


def _timing(content: Content) -> object:
    """Returns all that the time of a content comes from but the exceptions of a series."""
    recurrence = content.recurrence
    rule = None if recurrence is None or not content.recurs else (recurrence.rule, recurrence.dates)
    # An event that does not recur takes the same time whatever its zone is.
    clock = None if rule is None else (content.time_zone, content.local_start, content.days)
    return content.interval, content.transparency, rule, clock


def _place(content: Content) -> object:
    return None if content.recurrence is None else content.extent.end


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
