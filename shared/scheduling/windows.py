"""Listing a window of the calendar: four ranges, one for each length class, merged in order of (start, id)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from shared import cursors
from shared.errors import InvalidRequest
from shared.scheduling.events import Event
from shared.scheduling.instants import LAST, Instant, parse_instant, shifted
from shared.scheduling.rounds import MARGIN, ClassPage, Position, Rounds, sizes
from shared.scheduling.spans import SpanRange, overlap_ranges

DEFAULT_WINDOW_SECONDS: Final = 31 * 24 * 3600
# What the cursor of a window holds.
WINDOW_FACTS: Final = ("from", "to", "start", "id")


class WindowStore(Protocol):
    """What a listing needs of the events table."""

    def read_ranges(
        self, calendar_id: str, ranges: Sequence[SpanRange], start: Instant, limit: int, *, opaque: bool = False
    ) -> list[ClassPage[Event]]:
        """A page of each range, side by side, strongly consistent: events that end after `start`, or begin at it.

        A page is made of the next `limit` events of its range, or of fewer if they are large. With `opaque` transparent
        ones are left out.
        """


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
        return cls.going_on(start, end, cursors.decode(query, cursor, WINDOW_FACTS), query)

    @classmethod
    def going_on(cls, start: Instant | None, end: Instant | None, facts: Mapping[str, str], query: str) -> "Window":
        """The window that the WINDOW_FACTS of a cursor of `query` tell. Raises InvalidRequest."""
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

    def ranges(self) -> list[SpanRange]:
        """What has to be read of each class."""
        return overlap_ranges(self.start, self.end, self.after)

    def cursor(self, after: Position, **more: str) -> str:
        """The cursor of the page that begins behind `after`, with `more` facts."""
        facts = {"from": self.start, "to": self.end, "start": after[0], "id": after[1], **more}
        return cursors.encode(self.query, facts)


def read_page(store: WindowStore, calendar_id: str, window: Window, limit: int) -> tuple[list[Event], str | None]:
    """At most `limit` events of `window` by (start, id), and the cursor to go on with.

    A page with a cursor has `limit` events, and there is one more at least, unless ROUNDS rounds did not tell: what was
    over before the window begins lies in its ranges, too. Then it is as long as it is, and the cursor goes on.
    """
    rounds = Rounds(window.ranges(), place)
    events: list[Event] = []
    horizon: Position | None = None
    for size in sizes(limit + MARGIN):
        rounds.read(partial(store.read_ranges, calendar_id, start=window.start, limit=size), limit + 1)
        events, horizon = rounds.settled()
        if horizon is None or len(events) > limit:
            break
    if len(events) > limit:
        return events[:limit], window.cursor(place(events[limit - 1]))
    return events, None if horizon is None else window.cursor(horizon)


def place(event: Event) -> Position:
    """Where a listing shows `event`."""
    return event.content.start, event.id
