"""Free and busy time: merged busy intervals, and the next gap that is long enough.

Once the time is known to be busy until some instant, events that begin before that instant matter only if they end
after it, so the others are filtered out by the read. A crowded hour therefore costs little more than reading past it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Final

from shared import cursors
from shared.errors import InvalidCursor, WindowTooLong
from shared.ids import CalendarId
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, seconds_between, shifted
from shared.scheduling.intervals import Interval, merged
from shared.scheduling.length_classes import Position, overlap_ranges
from shared.scheduling.range_reader import LARGEST_PAGE, sizes
from shared.scheduling.window_reader import WindowReader, WindowStore, position_of
from shared.scheduling.windows import WINDOW_FACTS, Window, instant_in

# A free-busy response is a single document, so its window is bounded.
MAX_FREE_BUSY_DAYS: Final = 62
MAX_FREE_BUSY_SECONDS: Final = MAX_FREE_BUSY_DAYS * 24 * 3600
QUERY: Final = "free-busy"

# How far after the requested start the search for a free time extends, and how many events of a class it reads first.
HORIZON_SECONDS: Final = 31 * 24 * 3600
FIRST_READ: Final = 50
# Series may have hundreds of thousands of occurrences in a window. A page has so many times as many as it may have
# events of a class, and those of some days more: Lambda has 6 MB for an answer.
OCCURRENCES_TOLD: Final = 10


def _times(events: Iterable[Event]) -> list[Interval]:
    return [event.content.interval for event in events]


@dataclass(frozen=True, slots=True)
class FreeBusyQuery:
    """The window of a free-busy request, and the busy interval that the previous page left open.

    `open` is that interval as far as it has been read: unread events may extend it.
    """

    window: Window
    open: Interval | None = None

    @classmethod
    def of(
        cls, start: Instant | None, end: Instant | None, cursor: str | None, now: Instant, query: str = QUERY
    ) -> "FreeBusyQuery":
        """Returns the query of a request: a window as for a listing, of at most 62 days. `query` binds its cursors.

        Raises:
            EmptyWindow, WindowTooLong, InvalidCursor.
        """
        if cursor is None:
            window = Window.of(start, end, None, now, query)
            if window.interval.length > MAX_FREE_BUSY_SECONDS:
                raise WindowTooLong(MAX_FREE_BUSY_DAYS)
            return cls(window)
        facts = cursors.decode(query, cursor, (*WINDOW_FACTS, "busy_from", "busy_to"))
        window = Window.resumed(start, end, facts, query)
        if not 0 < window.interval.length <= MAX_FREE_BUSY_SECONDS:
            raise InvalidCursor
        if not facts["busy_from"] and not facts["busy_to"]:
            return cls(window)
        left_open = Interval(instant_in(facts, "busy_from"), instant_in(facts, "busy_to"))
        if left_open.end <= left_open.start or not window.interval.contains(left_open):
            raise InvalidCursor
        return cls(window, left_open)

    def cursor(self, after: Position, left_open: Interval | None) -> str:
        """Returns the cursor of the page that begins after the position `after`, with `left_open` as its `open`."""
        start, end = left_open or ("", "")
        return self.window.cursor(after, busy_from=start, busy_to=end)


def read_busy(
    store: WindowStore,
    calendar_id: CalendarId,
    window: Window,
    left_open: Interval | None = None,
    largest: int = LARGEST_PAGE,
) -> tuple[list[Interval], Position | None]:
    """Returns the intervals of opaque events, merged and clipped to the window, and how far all events are known.

    Reads at most as many rounds as a listing, each of at most `largest` events of a class, and goes through series
    until it has OCCURRENCES_TOLD times as many occurrences. The position is None if nothing of the window is left to
    know; else the last interval may be longer than what has been read of it.
    `left_open` is what was known before the window's `after`.
    """
    reader = WindowReader(store, calendar_id, window.interval, window.ranges(), after=window.after, opaque=True)
    carried = [left_open] if left_open else []
    busy = carried
    horizon: Position | None = None
    for size in sizes(largest, largest):
        taken_until = busy[-1].end if busy else window.interval.start
        reader.read(taken_until, size)
        settled, horizon = reader.settled(OCCURRENCES_TOLD * largest)
        busy = merged([*carried, *_times(settled)], window.interval)
        if horizon is None or (busy and busy[-1].end == window.interval.end):
            return busy, None
        if reader.complete:
            break
    return busy, horizon


def read_free_busy(
    store: WindowStore, calendar_id: CalendarId, query: FreeBusyQuery
) -> tuple[list[Interval], str | None]:
    """Returns the intervals of opaque events, merged and clipped to the window, and the cursor of the next page.

    A page ends before the first interval that unread events could extend: the cursor carries that one to the next page,
    so that no interval is split. A page may be empty and have a cursor.
    """
    busy, horizon = read_busy(store, calendar_id, query.window, query.open)
    if horizon is None:
        return busy, None
    # All unread events begin at the horizon or later.
    left_open = busy.pop() if busy and busy[-1].end >= horizon[0] else None
    return busy, query.cursor(horizon, left_open)


def next_free(
    store: WindowStore,
    event: Event,
    collisions: Mapping[CalendarId, Sequence[Event]],
    side_by_side: Callable[..., Iterable[tuple[list[Event], Position | None]]] = map,
) -> tuple[Instant | None, bool]:
    """Returns the earliest later start at which `event` would have no conflicts, and whether the search was stopped.

    `collisions` are the known conflicts of `event` in each calendar in which it is to have none. The search covers 31
    days, in at most as many rounds as a listing; usually one is enough. The start is None if there is no free time
    within the 31 days, or if the search was stopped, which for a series is not made. The other occurrences of the
    series of an occurrence take their time. Several calendars are read by `side_by_side`, a concurrent `map`.
    """
    if event.content.recurrence is not None:
        return None, True
    start, length = event.content.start, event.content.interval.length
    last = shifted(event.content.end, HORIZON_SECONDS)
    window = Interval(start, last)
    readers = {each: WindowReader(store, each, window, overlap_ranges(window), opaque=True) for each in collisions}
    known = list(chain.from_iterable(collisions.values()))
    taken_until = start

    def read_on(calendar_id: CalendarId, taken_until: Instant, limit: int) -> tuple[list[Event], Position | None]:
        reader = readers[calendar_id]
        if not reader.complete:
            reader.read(taken_until, limit)
        return reader.settled(OCCURRENCES_TOLD * LARGEST_PAGE // len(readers))

    for size in sizes(FIRST_READ, LARGEST_PAGE // max(1, len(readers))):
        read = list(side_by_side(partial(read_on, taken_until=taken_until, limit=size), readers))
        horizon = min((up_to for _, up_to in read if up_to is not None), default=None)
        settled = [each for events, _ in read for each in events if horizon is None or position_of(each) <= horizon]
        others = [*known, *(each for each in settled if event.id not in (each.id, each.stored_id))]
        busy = merged(_times(others), window)
        candidate = _first_gap(busy, start, length)
        finish = shifted(candidate, length)
        # `shifted` clamps times to the year 9999: an interval that is shortened by it is too short for the event.
        if finish > last or seconds_between(candidate, finish) != length:
            return None, False
        # Events that overlap an interval start before its end: of one that ends by the horizon all conflicts are known.
        if horizon is None or finish <= horizon[0]:
            return candidate, False
        # A collision may begin after the horizon, but no gap before its end is long enough: it lies within `length` of
        # `start`. So events that end by the end of the last of `busy` do not matter.
        taken_until = busy[-1].end if busy else start
        if all(each.complete for each in readers.values()):
            break
    return None, True


def _first_gap(busy: Iterable[Interval], start: Instant, length: int) -> Instant:
    """Returns the first instant from `start` on with at least `length` seconds free before the next of `busy`."""
    candidate = start
    for interval in busy:
        if shifted(candidate, length) <= interval.start:
            break
        candidate = max(candidate, interval.end)
    return candidate
