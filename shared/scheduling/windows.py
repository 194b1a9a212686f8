"""Listing a window of the calendar: four ranges, one for each length class, merged in order of (start, id)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from shared.errors import InvalidRequest
from shared.scheduling import cursors
from shared.scheduling.events import Event
from shared.scheduling.instants import LAST, Instant, parse_instant, shifted
from shared.scheduling.spans import SpanRange, overlap_ranges, position

DEFAULT_WINDOW_SECONDS: Final = 31 * 24 * 3600

Position = tuple[Instant, str]


@dataclass(frozen=True, slots=True)
class ClassPage:
    """What one range gave: its events that overlap the window, and the index key it was read up to, None at its end."""

    events: Sequence[Event]
    read_up_to: str | None


class WindowStore(Protocol):
    """What a listing needs of the events table."""

    def read_ranges(self, owner: str, ranges: Sequence[SpanRange], start: Instant, limit: int) -> list[ClassPage]:
        """A page of each range, side by side, strongly consistent: events that end after `start`, or begin at it."""


@dataclass(frozen=True, slots=True)
class Window:
    """The events that overlap `[start, end)`, from behind `after` on."""

    start: Instant
    end: Instant
    after: Position | None = None
    query: str = "window"

    @classmethod
    def of(
        cls, start: Instant | None, end: Instant | None, cursor: str | None, now: Instant, query: str = "window"
    ) -> "Window":
        """The window that a request asks for; a cursor brings its own, which the request must not contradict.

        Without `start` it begins now, without `end` it is 31 days long. `query` names what is listed: a cursor goes on
        with its own query only. Raises InvalidRequest.
        """
        if cursor is None:
            start = start or now
            end = end or min(LAST, shifted(start, DEFAULT_WINDOW_SECONDS))
            if end <= start:
                raise InvalidRequest.of("to", "must be later than from")
            return cls(start, end, None, query)
        facts = cursors.decode(query, cursor, ("from", "to", "start", "id"))
        try:
            for name in ("from", "to", "start"):
                if parse_instant(facts[name]) != facts[name]:
                    raise ValueError(name)
            if not facts["id"].isascii():
                raise ValueError("id")
        except ValueError:
            raise InvalidRequest.of("cursor", "is no cursor of this API") from None
        if start not in (None, facts["from"]) or end not in (None, facts["to"]):
            raise InvalidRequest.of("cursor", "belongs to another query")
        return cls(facts["from"], facts["to"], (facts["start"], facts["id"]), query)

    def cursor(self, after: Position) -> str:
        """The cursor of the page that begins behind `after`."""
        return cursors.encode(self.query, {"from": self.start, "to": self.end, "start": after[0], "id": after[1]})


def read_page(store: WindowStore, owner: str, window: Window, limit: int) -> tuple[list[Event], str | None]:
    """At most `limit` events of `window` by (start, id), and the cursor to go on with.

    One read for each class, however many events there are: so a page may be short, even empty, with a cursor.
    """
    ranges = [item for item in overlap_ranges(window.start, window.end, window.after) if item.low <= item.high]
    pages = store.read_ranges(owner, ranges, window.start, limit)
    events, after = merge(pages, limit)
    return events, None if after is None else window.cursor(after)


def merge(pages: Iterable[ClassPage], limit: int) -> tuple[list[Event], Position | None]:
    """The first `limit` events of `pages`, as far as all classes have been read, and where the next page begins."""
    pages = list(pages)
    ends = [position(page.read_up_to) for page in pages if page.read_up_to is not None]
    horizon = min(ends, default=None)
    events = sorted((event for page in pages for event in page.events), key=place)
    if horizon is not None:
        events = [event for event in events if place(event) <= horizon]
    if len(events) > limit:
        return events[:limit], place(events[limit - 1])
    return events, horizon


def place(event: Event) -> Position:
    """Where a listing shows `event`."""
    return event.content.start, event.id
