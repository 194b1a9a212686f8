"""What a change of an event newly takes, in plain Python: what the model of a calendar compares with the others."""

from shared.ids import EventId
from shared.scheduling.events import Content
from tests.integration.conflicts.series_model import Shown, busy, parts_of, recurrence_of, taking_time


def newly_taken(event_id: EventId, before: Content | None, after: Content) -> Shown | None:
    """Returns what is compared with the calendar when `after` takes the place of `before`, or of nothing.

    That is all of it; or, of a series that goes on as it did or ends earlier, the one occurrence that takes other time.
    """
    whole = Shown(event_id, event_id, after)
    if not busy(after):
        return None
    if before is None or before.recurrence is None or after.recurrence is None:
        single = before is not None and before.recurrence is after.recurrence is None
        return None if single and _times(before) == _times(after) else whole
    if not _begins(after, before):
        return whole
    had = {(each.id, each.content.start, each.content.end) for each in taking_time(before)}
    new = [each for each in taking_time(after) if (each.id, each.content.start, each.content.end) not in had]
    if not new:
        return None
    return new[0].of(event_id) if len(new) == 1 else whole


def _times(content: Content | None) -> object:
    return content and (content.start, content.end, content.transparency)


def _begins(content: Content, other: Content) -> bool:
    """Returns whether a series is another one, or the beginning of it, exceptions aside."""
    mine, its = ((_times(each), each.time_zone, each.start_date) for each in (content, other))
    if mine != its:
        return False
    if not {*recurrence_of(content).dates} <= {*recurrence_of(other).dates}:
        return False
    rule, its_rule = (parts_of(recurrence_of(each).rule) for each in (content, other))
    count, until = ((rule.pop(name, None), its_rule.pop(name, None)) for name in ("COUNT", "UNTIL"))
    if rule != its_rule:
        return False
    if count[0] and count[1]:
        return int(count[0]) <= int(count[1])
    if until[0] and until[1]:
        return until[0] <= until[1]
    return count[1] is until[1] is None
