"""The two parts of a series that was split: neither takes time that the other one takes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from shared.errors import InvalidRequest
from shared.recurrence.pairs import HORIZON, TimeTaken
from shared.recurrence.series import ENDLESS
from shared.scheduling.events import Content
from shared.scheduling.recurrences import series_of, takes_time


def check_apart(head: Content, tail: Content) -> None:
    """Raises InvalidRequest if a series takes time that the series which was split off from it takes as well.

    The rules are compared over five years from where both have begun, as those of any two series are, and each
    occurrence that was moved or added where it is.
    """
    one, other = (TimeTaken(series_of(each), partial(takes_time, each)) for each in (head, tail))
    for low, high in _windows(one, other):
        met = one.first_meeting(other, low, high) if low < high else None
        if met is not None:
            raise InvalidRequest.of(
                "start", f"must leave the earlier occurrences their time: {met.one.id} takes place then"
            )


def _windows(one: TimeTaken, other: TimeTaken) -> Iterator[tuple[datetime, datetime]]:
    """Yields from when to when two series may meet: that of their rules, and that of each exception of the two.

    From their first occurrence to their last one may be 8,000 years, most of which no two of them have in common.
    """
    rules = [replace(each.series, dates=frozenset(), overrides={}) for each in (one, other)]
    low = max(each.starts for each in rules)
    yield low, min(min(low, ENDLESS - HORIZON) + HORIZON, *(each.ends for each in rules))
    for mine, its in ((one, other.series), (other, one.series)):
        usual, begins, ends = mine.takes({}), its.starts, its.ends
        for each in mine.series.exceptions:
            start, end, patch = each.occurrence.start, each.occurrence.end, each.occurrence.patch
            if (each.moved or each.added or not usual) and mine.takes(patch) and begins < end and start < ends:
                yield start, end
