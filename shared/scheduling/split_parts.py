"""The two parts of a series that was split: neither takes time that the other one takes."""

from functools import partial

from shared.errors import InvalidRequest
from shared.recurrence.pairs import TimeTaken
from shared.scheduling.events import Content
from shared.scheduling.instants import FIRST
from shared.scheduling.recurrences import series_of, takes_time, utc


def check_apart(head: Content, tail: Content) -> None:
    """Raises InvalidRequest if a series takes time that the series which was split off from it takes as well.

    They are compared as any two series are: by their rules from where both have begun.
    """
    one, other = (TimeTaken(series_of(each), partial(takes_time, each)) for each in (head, tail))
    met = one.meeting(other, utc(FIRST))
    if met is not None:
        raise InvalidRequest.of(
            "start", f"must leave the earlier occurrences their time: {met.one.id} takes place then"
        )
