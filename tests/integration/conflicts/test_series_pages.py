"""Windows of a calendar with series, page by page, held against an expansion of everything that it holds."""

import os
import random
from collections.abc import Callable, Sequence
from typing import Final

import pytest

from shared.scheduling.events import Content, Event, Transparency
from shared.scheduling.free_time import FreeBusyQuery, next_free, read_free_busy
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval, merged
from shared.scheduling.windows import Window, read_page
from shared.store.events import DynamoEventStore
from tests.harness.samples import event
from tests.harness.series_contents import DAY, HOUR, expanded, random_series, series
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content

# So many pages in `make test`; 5,000 were compared by hand.
PAGES: Final = int(os.environ.get("SERIES_PAGES", "150"))
# What is endless is expanded so far, and the windows end before.
HORIZON: Final = Interval(Instant("2026-06-01T00:00:00Z"), Instant("2030-06-01T00:00:00Z"))
NOW: Final = Instant("2027-01-01T00:00:00Z")
LENGTHS: Final = (5 * HOUR, DAY, 7 * DAY, 31 * DAY, 62 * DAY, 180 * DAY, 840 * DAY)
PER_CALENDAR: Final = 1250


def _store(contended: ContendedCalendar) -> DynamoEventStore:
    return DynamoEventStore(contended.runtime.clients, contended.runtime.settings.events_table)


def _filled(contended: ContendedCalendar, chance: random.Random) -> list[Event]:
    """What a calendar holds: single events of all lengths, and series with exceptions."""
    contents: list[Content] = [random_series(chance, opaque=0.7) for _ in range(chance.choice((2, 10, 25)))]
    for _ in range(40):
        start = shifted(Instant("2027-03-01T00:00:00Z"), 900 * chance.randint(-90 * 96, 700 * 96))
        length = chance.choice((900, HOUR, 5 * HOUR, 4 * DAY, 40 * DAY, 200 * DAY))
        transparency: Transparency = chance.choice(("opaque", "transparent"))
        contents.append(content(start, shifted(start, length), "Single", transparency))
    events, failed = contended.rival_bulk(contents)
    assert failed == {}
    return events


def _window(chance: random.Random, longest: int) -> Interval:
    length = chance.choice([each for each in LENGTHS if each <= longest])
    start = shifted(Instant("2027-03-01T00:00:00Z"), 450 * chance.randint(-100 * 192, 300 * 192))
    return Interval(start, shifted(start, length))


def _key(events: Sequence[Event]) -> list[tuple[object, ...]]:
    return [
        (each.content.start, each.id, each.content.end, each.content.transparency, each.occurrence) for each in events
    ]


def test_pages_have_each_occurrence_once_and_in_order(
    contended: ContendedCalendar, record_property: Callable[[str, object], None]
) -> None:
    store, pages, number = _store(contended), 0, 0
    everything: list[Event] = []
    while pages < PAGES:
        chance = random.Random(f"pages {number}")  # noqa: S311 not for secrets
        if pages >= number * PER_CALENDAR or not everything:
            contended.user_id = type(contended.user_id)(event().id)
            everything, number = expanded(_filled(contended, chance), HORIZON), number + 1
        for turn in range(20):
            chance = random.Random(f"window {number} {pages} {turn}")  # noqa: S311 not for secrets
            interval, limit = _window(chance, LENGTHS[-1]), chance.choice((3, 10, 50, 100))
            shown: list[Event] = []
            cursor = None
            while True:
                page, cursor = read_page(store, contended.calendar_id, Window.of(*interval, cursor, NOW), limit)
                pages += 1
                assert len(page) <= limit
                shown += page
                if cursor is None or len(shown) > 400:
                    break
            there = [each for each in everything if each.content.interval.overlaps(interval)]
            assert _key(shown) == _key(there[: len(shown)] if cursor else there), (number, turn, interval, limit)
    record_property("pages of windows", f"{pages} in {number} calendars, 0 differ")


def test_free_and_busy_is_what_takes_time(contended: ContendedCalendar) -> None:
    store = _store(contended)
    taking = [
        each
        for each in expanded(_filled(contended, random.Random("busy")), HORIZON)  # noqa: S311 not for secrets
        if each.content.opaque
    ]
    for turn in range(max(20, PAGES // 10)):
        chance = random.Random(f"busy {turn}")  # noqa: S311 not for secrets
        interval = _window(chance, 62 * DAY)
        busy: list[Interval] = []
        cursor: str | None = None
        while True:
            part, cursor = read_free_busy(store, contended.calendar_id, FreeBusyQuery.of(*interval, cursor, NOW))
            busy += part
            if cursor is None:
                break
        assert busy == _busy(taking, interval), turn


def test_the_next_free_time_is_free_of_occurrences(contended: ContendedCalendar) -> None:
    store = _store(contended)
    chance = random.Random("next free")  # noqa: S311 not for secrets
    made, failed = contended.rival_bulk([random_series(chance, days=20, opaque=1) for _ in range(12)])
    assert not failed
    taking = [each for each in expanded(made, HORIZON) if each.content.opaque]
    answers = set()
    for turn in range(max(20, PAGES // 10)):
        chance = random.Random(f"next free {turn}")  # noqa: S311 not for secrets
        start = shifted(Instant("2027-03-01T00:00:00Z"), 900 * chance.randint(0, 60 * 96))
        length = chance.choice((900, HOUR, 4 * HOUR))
        wanted = event(start, shifted(start, length))
        last = shifted(start, length + 31 * DAY)
        busy = _busy(taking, Interval(start, last))
        candidates = [start, *(each.end for each in busy)]
        free = (each for each in candidates if shifted(each, length) <= last and not _meets(busy, each, length))
        expected = next(free, None)
        found = next_free(store, wanted, {contended.calendar_id: ()})
        assert found == (expected, False), turn
        answers.add(expected == start)
    assert answers == {True, False}


@pytest.mark.parametrize("count", [11, 12, 60])
def test_an_occurrence_under_way_is_listed_beside_a_crowd_of_events_under_way(
    contended: ContendedCalendar, count: int
) -> None:
    """A page ends among events that have begun before the window; what lasts since then is on it, or on a later one."""
    weekly = series("2027-03-01T10:00:00", "FREQ=WEEKLY", seconds=4 * HOUR)
    lasting = content(Instant("2027-03-08T11:00:00Z"), Instant("2027-03-08T13:00:00Z"), "Lasting")
    contended.rival_bulk([weekly, *[lasting] * count])
    noon, shown, cursor = Instant("2027-03-08T12:00:00Z"), [], None
    while True:
        window = Window.of(noon, shifted(noon, HOUR), cursor, noon)
        events, cursor = contended.rival().page(window, 1 if count < 50 else 50)
        shown += events
        if cursor is None:
            break
    assert [each.content.title for each in shown] == [weekly.title, *[lasting.title] * count]


def _busy(taking: Sequence[Event], window: Interval) -> list[Interval]:
    return merged((each.content.interval for each in taking if each.content.interval.overlaps(window)), window)


def _meets(busy: Sequence[Interval], start: Instant, length: int) -> bool:
    return any(each.overlaps(Interval(start, shifted(start, length))) for each in busy)
