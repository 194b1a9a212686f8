"""Listings of a window of the calendar: four ranges, one of each length class, merged in order of (start, id)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared import cursors
from shared.errors import EmptyWindow, InvalidCursor
from shared.ids import CalendarId, EventId
from shared.scheduling.events import Event
from shared.scheduling.instants import LAST, Instant, parse_instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import ClassRange, Position, overlap_ranges
from shared.scheduling.range_reader import MARGIN, sizes
from shared.scheduling.window_reader import Expansion, WindowReader, WindowStore, position_of

DEFAULT_WINDOW_SECONDS: Final = 31 * 24 * 3600
# The facts in the cursor of a window.
WINDOW_FACTS: Final = ("from", "to", "start", "id")


@dataclass(frozen=True, slots=True)
class Window:
    """The events that overlap `interval`, after the position `after`. `query` binds its cursors to the listing.

    With `expand` a series is listed as its occurrences, and otherwise once.
    """

    interval: Interval
    after: Position | None = None
    query: str = "window"
    expand: bool = True

    @classmethod
    def of(
        cls, start: Instant | None, end: Instant | None, cursor: str | None, now: Instant, query: str = "window"
    ) -> "Window":
        """Returns the window of a request.

        A cursor contains its window, which `start` and `end`, if given, must match. Without a cursor, the window begins
        now by default, and is 31 days long by default.

        Raises:
            EmptyWindow, InvalidCursor.
        """
        if cursor is None:
            start = start or now
            end = end or min(LAST, shifted(start, DEFAULT_WINDOW_SECONDS))
            if end <= start:
                raise EmptyWindow
            return cls(Interval(start, end), None, query)
        return cls.resumed(start, end, cursors.decode(query, cursor, WINDOW_FACTS), query)

    @classmethod
    def resumed(cls, start: Instant | None, end: Instant | None, facts: Mapping[str, str], query: str) -> "Window":
        """Returns the window described by `facts`, the WINDOW_FACTS of a cursor of `query`. Raises InvalidCursor."""
        interval = Interval(instant_in(facts, "from"), instant_in(facts, "to"))
        after = (instant_in(facts, "start"), EventId(facts["id"]))
        if not facts["id"].isascii():
            raise InvalidCursor
        if start not in (None, interval.start) or end not in (None, interval.end):
            raise InvalidCursor(InvalidCursor.OTHER_QUERY)
        return cls(interval, after, query)

    def ranges(self) -> list[ClassRange]:
        """Returns the range of each class that has to be read."""
        return overlap_ranges(self.interval, self.after)

    def cursor(self, after: Position, **more: str) -> str:
        """Returns the cursor of the page that begins after the position `after`, with `more` facts."""
        facts = {"from": self.interval.start, "to": self.interval.end, "start": after[0], "id": after[1], **more}
        return cursors.encode(self.query, facts)


def instant_in(facts: Mapping[str, str], name: str) -> Instant:
    """Returns the instant stored in a cursor under `name`. Raises InvalidCursor."""
    try:
        instant = parse_instant(facts[name])
    except ValueError:
        raise InvalidCursor from None
    if instant != facts[name]:
        raise InvalidCursor
    return instant


def read_page(
    store: WindowStore, calendar_id: CalendarId, window: Window, limit: int
) -> tuple[list[Event], str | None]:
    """Returns at most `limit` events of `window` by (start, id), and the cursor of the next page.

    A page with a cursor has `limit` events, and there is at least one more. The exception is a page for which ROUNDS
    rounds were not enough, because the ranges also contain events that ended before the window, or one in which
    series have little in a year: it may be shorter, and nothing may follow.
    """
    reader = WindowReader(
        store, calendar_id, window.interval, window.ranges(), after=window.after, expand=window.expand
    )
    events: list[Event] = []
    horizon: Position | None = None
    for size in sizes(limit + MARGIN):
        reader.read(window.interval.start, size, limit + 1)
        events, horizon = reader.settled(limit + 1)
        if reader.complete or len(events) > limit:
            break
    if len(events) > limit:
        return events[:limit], window.cursor(position_of(events[limit - 1]))
    return events, None if horizon is None else window.cursor(horizon)


def occurrences_page(event: Event, window: Window, limit: int) -> tuple[list[Event], str | None]:
    """Returns at most `limit` occurrences of `event` in `window` by (start, id), and the cursor of the next page.

    A page with a cursor may be short, even empty: no more than EXPANDED_SECONDS of the window are looked at for one.
    """
    expansion = Expansion([event], window.interval, window.after)
    horizon = expansion.read_up_to(None, limit + 1)
    found = expansion.found
    if len(found) > limit:
        return found[:limit], window.cursor(position_of(found[limit - 1]))
    return found, None if horizon is None else window.cursor(horizon)
