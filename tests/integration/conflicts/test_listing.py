"""Paging through a window while events come and go: what stays is shown once, in order, at a few reads a page."""

import random
from dataclasses import dataclass, field
from typing import Final

import pytest

from shared.scheduling import windows
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import Instant, of_seconds, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import Position
from shared.scheduling.range_reader import ROUNDS, RangeReader
from shared.scheduling.terms import Terms
from shared.scheduling.window_reader import position_of
from shared.scheduling.windows import Window
from tests.harness.botocore_faults import QUERY
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content

HOUR, DAY = 3600, 24 * 3600
FROM: Final = Instant("2026-11-20T00:00:00Z")
TO: Final = Instant("2026-11-27T00:00:00Z")
LENGTHS = (0, 1, HOUR, 4 * HOUR, 4 * HOUR + 1, 5 * HOUR, 3 * DAY, 3 * DAY + 1, 31 * DAY, 31 * DAY + 1, 366 * DAY)

CALENDARS = 25


def some_content(dice: random.Random) -> Content:
    """An event of any class, in the window or before it; many begin at the same instants."""
    length = dice.choice(LENGTHS)
    # Those that are over before the window begins are read with their class, and left out.
    early = dice.choice((0, 0, 1, length // 2, length, length * 3 // 2, length * 2))
    start = shifted(FROM, dice.randint(0, 27) * 6 * HOUR - early)
    return content(start, shifted(start, length), transparency="transparent" if length == 0 else "opaque")


@dataclass
class Listing:
    """Pages through the window, and knows which events were there throughout, unmoved."""

    contended: ContendedCalendar
    limit: int
    steady: dict[str, Event]
    shown: list[Event] = field(default_factory=list)

    def page(self, cursor: str | None) -> str | None:
        self.contended.wire.calls.clear()
        calendar = self.contended.subject()
        bounds = (FROM, TO) if cursor is None else (None, None)
        window = Window.of(bounds[0], bounds[1], cursor, of_seconds(0))
        events, after = calendar.page(window, self.limit)
        assert self.contended.wire.calls[QUERY] <= 4 * ROUNDS + 1
        assert sum(self.contended.wire.calls.values()) == self.contended.wire.calls[QUERY]
        # Each of these calendars is read to its end by as many rounds as there are: so only the last page is short.
        assert len(events) == self.limit if after else len(events) <= self.limit
        assert [position_of(event) for event in events] == sorted(position_of(event) for event in events)
        assert all(position_of(event) > position_of(self.shown[-1]) for event in events if self.shown)
        self.shown += events
        return after

    def interrupt(self, dice: random.Random) -> None:
        """Let events come, go and move."""
        rival = self.contended.rival()
        self.contended.rival_bulk([some_content(dice) for _ in range(dice.randint(1, 3))])
        live = sorted(self.contended.live())
        gone, moved = dice.sample(live, 2)
        rival.delete(gone)
        rival.replace(moved, some_content(dice), Terms(on_conflict="allow"))
        for each in (gone, moved):
            self.steady.pop(each, None)

    def expected(self) -> list[str]:
        """What has to have been shown, in order."""
        inside = [event for event in self.steady.values() if event.content.interval.overlaps(Interval(FROM, TO))]
        return [event.id for event in sorted(inside, key=position_of)]


def list_all(contended: ContendedCalendar, seed: int) -> None:
    """Page through a calendar that changes between the pages, and look at what was shown."""
    dice = random.Random(seed)  # noqa: S311 a test's data
    own = ContendedCalendar(contended.runtime, contended.wired, contended.wire)
    events, failures = own.rival_bulk([some_content(dice) for _ in range(dice.randint(1, 80))])
    assert failures == {}
    listing = Listing(own, dice.randint(1, 6), {event.id: event for event in events})
    cursor, pages = listing.page(None), 1
    while cursor is not None:
        if dice.random() < 0.3:
            listing.interrupt(dice)
        cursor = listing.page(cursor)
        pages += 1
        assert pages < 200, "every page but the last gets on"
    assert [event.id for event in listing.shown if event.id in listing.steady] == listing.expected()


def list_many(contended: ContendedCalendar) -> None:
    for seed in range(CALENDARS):
        list_all(contended, seed)


@pytest.mark.parametrize("seed", range(CALENDARS))
def test_what_stays_is_shown_once(contended: ContendedCalendar, seed: int) -> None:
    list_all(contended, seed)


def _all_that_was_read(rounds: RangeReader[Event]) -> tuple[list[Event], Position | None]:
    """All that was found, however far each class was read."""
    events = sorted(rounds.found, key=position_of)
    return events, position_of(events[-1]) if events and not rounds.complete else None


def test_a_listing_that_does_not_mind_where_a_class_stopped_is_found_out(
    contended: ContendedCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RangeReader, "settled", _all_that_was_read)
    monkeypatch.setattr(windows, "MARGIN", 1)

    with pytest.raises(AssertionError, match="assert"):
        list_many(contended)


def test_what_was_over_before_is_read_over(contended: ContendedCalendar) -> None:
    # Long events that were over before the window begins: read, and left out by the filter.
    before: list[tuple[Instant, Instant]] = []
    for number in range(25):
        start = shifted(FROM, -30 * DAY + number)
        before.append((start, shifted(start, 3 * DAY + 1)))
    contended.rival_bulk([content(*each) for each in before])
    last = contended.rival().create(content(FROM, TO), Terms(on_conflict="allow"))
    listing = Listing(contended, 5, {last.id: last})

    assert listing.page(None) is None

    assert [event.id for event in listing.shown] == [last.id]
    assert contended.wire.calls == {QUERY: 6}
