"""Free and busy time: merged busy intervals, and the next gap that is long enough.

What is known to be taken until some instant need not be read event by event: of what begins before that instant only
what ends after it matters. So a crowded hour costs little more than the reads that pass over it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from shared import cursors
from shared.errors import InvalidCursor, WindowTooLong
from shared.ids import CalendarId
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, seconds_between, shifted
from shared.scheduling.intervals import Interval, merged
from shared.scheduling.length_classes import Position, overlap_ranges
from shared.scheduling.range_reader import LARGEST_PAGE, RangeReader, sizes
from shared.scheduling.windows import WINDOW_FACTS, Window, WindowStore, instant_in, position_of

# A free-busy response is one document: so its window is bounded.
MAX_FREE_BUSY_DAYS: Final = 62
MAX_FREE_BUSY_SECONDS: Final = MAX_FREE_BUSY_DAYS * 24 * 3600
QUERY: Final = "free-busy"

# How far after the start asked for a free time is looked for, and how many events of a class are read for it at first.
HORIZON_SECONDS: Final = 31 * 24 * 3600
FIRST_READ: Final = 50


def _times(events: Iterable[Event]) -> list[Interval]:
    return [event.content.interval for event in events]


@dataclass(frozen=True, slots=True)
class FreeBusyQuery:
    """The window that a free-busy request asks for, and what the pages before have left open.

    `open` is a busy interval so far: what has not been read may continue it.
    """

    window: Window
    open: Interval | None = None

    @classmethod
    def of(cls, start: Instant | None, end: Instant | None, cursor: str | None, now: Instant) -> "FreeBusyQuery":
        """Returns the query of a request: a window as of a listing, of at most 62 days.

        Raises EmptyWindow, WindowTooLong, InvalidCursor.
        """
        if cursor is None:
            window = Window.of(start, end, None, now, QUERY)
            if window.interval.length > MAX_FREE_BUSY_SECONDS:
                raise WindowTooLong(MAX_FREE_BUSY_DAYS)
            return cls(window)
        facts = cursors.decode(QUERY, cursor, (*WINDOW_FACTS, "busy_from", "busy_to"))
        window = Window.resumed(start, end, facts, QUERY)
        if not 0 < window.interval.length <= MAX_FREE_BUSY_SECONDS:
            raise InvalidCursor
        if not facts["busy_from"] and not facts["busy_to"]:
            return cls(window)
        left_open = Interval(instant_in(facts, "busy_from"), instant_in(facts, "busy_to"))
        if left_open.end <= left_open.start or not window.interval.contains(left_open):
            raise InvalidCursor
        return cls(window, left_open)

    def cursor(self, after: Position, left_open: Interval | None) -> str:
        """Returns the cursor of the page that begins behind `after`, with `left_open` so far."""
        start, end = left_open or ("", "")
        return self.window.cursor(after, busy_from=start, busy_to=end)


def read_free_busy(
    store: WindowStore, calendar_id: CalendarId, query: FreeBusyQuery
) -> tuple[list[Interval], str | None]:
    """Returns when opaque events take time, merged and cut to the window, and the cursor of the next page.

    Reads at most as many rounds as a listing. A page ends before the first interval that unread events could continue:
    that one is carried on in the cursor, so that no interval is split. A page may be empty and have a cursor.
    """
    window = query.window
    reader = RangeReader(window.ranges(), position_of)
    carried = [query.open] if query.open else []
    busy = carried
    horizon: Position | None = None
    for size in sizes(LARGEST_PAGE):
        taken_until = busy[-1].end if busy else window.interval.start
        reader.read(partial(store.read_ranges, calendar_id, start=taken_until, limit=size, opaque=True))
        settled, horizon = reader.settled()
        busy = merged([*carried, *_times(settled)], window.interval)
        if horizon is None or (busy and busy[-1].end == window.interval.end):
            break
    if horizon is None or (busy and busy[-1].end == window.interval.end):
        return busy, None
    # Whatever has not been read begins at the horizon or later.
    left_open = busy.pop() if busy and busy[-1].end >= horizon[0] else None
    return busy, query.cursor(horizon, left_open)


def next_free(
    store: WindowStore, calendar_id: CalendarId, event: Event, collisions: Sequence[Event]
) -> tuple[Instant | None, bool]:
    """Returns the earliest later start at which `event`, which has `collisions`, would conflict with nothing.

    Looks up to 31 days ahead, in at most as many rounds as a listing; usually one is enough. None if nothing is free
    that far, or if the search was stopped by then, which the second value tells.
    """
    start, length = event.content.start, event.content.interval.length
    last = shifted(event.content.end, HORIZON_SECONDS)
    window = Interval(start, last)
    reader = RangeReader(overlap_ranges(window), position_of)
    taken_until = start
    for size in sizes(FIRST_READ):
        reader.read(partial(store.read_ranges, calendar_id, start=taken_until, limit=size, opaque=True))
        settled, horizon = reader.settled()
        others = [*collisions, *(each for each in settled if each.id != event.id)]
        busy = merged(_times(others), window)
        candidate = _first_gap(busy, start, length)
        finish = shifted(candidate, length)
        # Times are kept within the year 9999: an interval cut short there is not what was asked for.
        if finish > last or seconds_between(candidate, finish) != length:
            return None, False
        # Whatever overlaps an interval starts before its end: so all is known of intervals that end by the horizon.
        if horizon is None or finish <= horizon[0]:
            return candidate, False
        # A collision may begin behind the horizon, but no gap before its end is long enough: it lies within `length` of
        # `start`. So what ends by the last of `busy` is in the way of nothing.
        taken_until = busy[-1].end if busy else start
    return None, True


def _first_gap(busy: Iterable[Interval], start: Instant, length: int) -> Instant:
    """Returns the first instant from `start` on that lies `length` seconds before the next of `busy`."""
    candidate = start
    for interval in busy:
        if shifted(candidate, length) <= interval.start:
            break
        candidate = max(candidate, interval.end)
    return candidate
