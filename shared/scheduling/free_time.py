"""Free and busy time: merged busy intervals, and the next gap that is long enough.

What is known to be taken until some moment need not be read event by event: of what begins before that moment only what
lasts beyond it matters. So a crowded hour costs the reads that pass over it, and little more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from shared import cursors
from shared.errors import InvalidRequest
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, parse_instant, seconds_between, shifted
from shared.scheduling.rounds import LARGEST_PAGE, Position, Rounds, sizes
from shared.scheduling.spans import overlap_ranges
from shared.scheduling.windows import WINDOW_FACTS, Window, WindowStore, place

Interval = tuple[Instant, Instant]

# A free-busy answer is one document: so its window is bounded.
MAX_FREE_BUSY_SECONDS: Final = 62 * 24 * 3600
QUERY: Final = "free-busy"

# How far after the start asked for a free time is looked for, and how many events of a class are read for it at first.
HORIZON_SECONDS: Final = 31 * 24 * 3600
FIRST_READ: Final = 50


def merged(intervals: Iterable[Interval], start: Instant, end: Instant) -> list[Interval]:
    """`intervals` that overlap `[start, end)`: cut to it, in order, and merged where they overlap or touch."""
    done: list[Interval] = []
    for begins, ends in sorted(intervals):
        begins, ends = max(start, begins), min(end, ends)  # noqa: PLW2901 cut to the window
        if done and begins <= done[-1][1]:
            done[-1] = (done[-1][0], max(done[-1][1], ends))
        else:
            done.append((begins, ends))
    return done


def times(events: Iterable[Event]) -> list[Interval]:
    """When `events` take time."""
    return [(event.content.start, event.content.end) for event in events]


@dataclass(frozen=True, slots=True)
class FreeBusyQuery:
    """The window that a free-busy request asks for, and what the pages before have left open.

    `open` is a busy interval so far: what has not been read may go on with it.
    """

    window: Window
    open: Interval | None = None

    @classmethod
    def of(cls, start: Instant | None, end: Instant | None, cursor: str | None, now: Instant) -> "FreeBusyQuery":
        """As of a listing, and of at most 62 days. Raises InvalidRequest."""
        if cursor is None:
            window = Window.of(start, end, None, now, QUERY)
            if seconds_between(window.start, window.end) > MAX_FREE_BUSY_SECONDS:
                raise InvalidRequest.of("to", "must be at most 62 days after from")
            return cls(window)
        facts = cursors.decode(QUERY, cursor, (*WINDOW_FACTS, "busy_from", "busy_to"))
        window = Window.going_on(start, end, facts, QUERY)
        begins, ends = facts["busy_from"], facts["busy_to"]
        try:
            if not 0 < seconds_between(window.start, window.end) <= MAX_FREE_BUSY_SECONDS:
                raise ValueError("to")
            if not begins and not ends:
                return cls(window)
            for name in ("busy_from", "busy_to"):
                if parse_instant(facts[name]) != facts[name]:
                    raise ValueError(name)
            if not window.start <= begins < ends <= window.end:
                raise ValueError("busy_to")
        except ValueError:
            raise InvalidRequest.of("cursor", "is no cursor of this API") from None
        return cls(window, (begins, ends))

    def cursor(self, after: Position, left_open: Interval | None) -> str:
        """The cursor of the page that begins behind `after`, with `left_open` so far."""
        begins, ends = left_open or ("", "")
        return self.window.cursor(after, busy_from=begins, busy_to=ends)


def read_free_busy(store: WindowStore, calendar_id: str, query: FreeBusyQuery) -> tuple[list[Interval], str | None]:
    """When opaque events take time, merged and cut to the window, and the cursor to go on with.

    As many rounds as a listing at most. A page ends before the first interval that what has not been read could go on
    with: that one is carried on in the cursor, so that no interval is in two parts. A page may be empty, with a cursor.
    """
    window = query.window
    rounds = Rounds(window.ranges(), place)
    carried = [query.open] if query.open else []
    busy = carried
    horizon: Position | None = None
    for size in sizes(LARGEST_PAGE):
        taken_until = busy[-1][1] if busy else window.start
        rounds.read(partial(store.read_ranges, calendar_id, start=taken_until, limit=size, opaque=True))
        settled, horizon = rounds.settled()
        busy = merged([*carried, *times(settled)], window.start, window.end)
        if horizon is None or (busy and busy[-1][1] == window.end):
            break
    if horizon is None or (busy and busy[-1][1] == window.end):
        return busy, None
    # Whatever has not been read begins at the horizon or later.
    left_open = busy.pop() if busy and busy[-1][1] >= horizon[0] else None
    return busy, query.cursor(horizon, left_open)


def next_free(
    store: WindowStore, calendar_id: str, event: Event, collisions: Sequence[Event]
) -> tuple[Instant | None, bool]:
    """The earliest later start at which `event`, which has `collisions`, would collide with nothing.

    Looks up to 31 days ahead, in as many rounds as a listing at most; usually one tells. None if nothing is free that
    far, or if the search was stopped by then, which the second value says.
    """
    start, end = event.content.start, event.content.end
    length = seconds_between(start, end)
    last = shifted(end, HORIZON_SECONDS)
    rounds = Rounds(overlap_ranges(start, last), place)
    taken_until = start
    for size in sizes(FIRST_READ):
        rounds.read(partial(store.read_ranges, calendar_id, start=taken_until, limit=size, opaque=True))
        settled, horizon = rounds.settled()
        others = [*collisions, *(each for each in settled if each.id != event.id)]
        busy = merged(times(others), start, last)
        candidate = _first_gap(busy, start, length)
        finish = shifted(candidate, length)
        # Times are held within the year 9999: an interval cut short there is not what was asked for.
        if finish > last or seconds_between(candidate, finish) != length:
            return None, False
        # Whatever overlaps an interval starts before its end: so all is known of intervals that end by the horizon.
        if horizon is None or finish <= horizon[0]:
            return candidate, False
        # A collision may begin behind the horizon, but no gap before its end is long enough: it lies within `length` of
        # `start`. So what ends by the last of `busy` is in the way of nothing.
        taken_until = busy[-1][1] if busy else start
    return None, True


def _first_gap(busy: Iterable[Interval], start: Instant, length: int) -> Instant:
    """The first moment from `start` on that lies `length` seconds before the next of `busy`."""
    candidate = start
    for busy_start, busy_end in busy:
        if shifted(candidate, length) <= busy_start:
            break
        candidate = max(candidate, busy_end)
    return candidate
