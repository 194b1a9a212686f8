"""What overlaps a window, from the index by span of a real DynamoDB: all of it, page by page, nothing deleted."""

from dataclasses import replace
from functools import partial
from typing import Final

import pytest

from shared.ids import CalendarId
from shared.retries import Deadline
from shared.scheduling.events import Event
from shared.scheduling.instants import FIRST, LAST, Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import overlap_ranges
from shared.scheduling.range_reader import RangeReader
from shared.scheduling.updates import ConditionalUpdate
from shared.scheduling.window_reader import position_of
from shared.scheduling.windows import Window, read_page
from shared.store.bulk import DynamoBulkStore
from tests.harness.samples import ANOTHER, OWNER, event

NOW: Final = Instant("2027-03-01T00:00:00Z")
HOUR, DAY = 3600, 86_400
DEADLINE = Deadline(5.0, lambda: 0.0, lambda _: None, lambda _: 0.0)


def lasting(start: int, seconds: int) -> Event:
    """An event that begins `start` seconds from now."""
    return event(shifted(NOW, start), shifted(NOW, start + seconds))


# Around now: events of all classes, of the shortest and the longest length of each, before, across and behind it.
AROUND = [
    lasting(start, length)
    for length in (1, 4 * HOUR, 4 * HOUR + 1, 3 * DAY, 3 * DAY + 1, 31 * DAY, 31 * DAY + 1, 366 * DAY)
    for start in (-length - 1, -length, -length + 1, -1, 0, 1, DAY - 1, DAY, DAY + 1)
]


def put(store: DynamoBulkStore, events: list[Event]) -> None:
    assert store.put_all(events, DEADLINE) == {}


def ids(events: list[Event]) -> set[str]:
    return {each.id for each in events}


def overlapping(store: DynamoBulkStore, start: Instant, end: Instant, calendar_id: CalendarId = OWNER) -> list[Event]:
    """All opaque events that overlap `[start, end)`, read as the guard does."""
    rounds = RangeReader(overlap_ranges(Interval(start, end)), position_of)
    while not rounds.complete:
        rounds.read(partial(store.read_ranges, calendar_id, start=start, limit=50, opaque=True))
    return rounds.settled()[0]


def all_pages(store: DynamoBulkStore, window: Window, limit: int) -> list[Event]:
    found: list[Event] = []
    for _ in range(1_000):
        page, cursor = read_page(store, OWNER, window, limit)
        found += page
        if cursor is None:
            return found
        window = Window.of(None, None, cursor, NOW)
    raise AssertionError("the cursor does not move")


@pytest.mark.parametrize("length", [1, HOUR, DAY, 40 * DAY])
def test_what_overlaps_is_found_whatever_its_length(store: DynamoBulkStore, length: int) -> None:
    put(store, AROUND)
    end = shifted(NOW, length)
    expected = [each for each in AROUND if each.content.interval.overlaps(Interval(NOW, end))]
    assert ids(overlapping(store, NOW, end)) == ids(expected)
    assert overlapping(store, NOW, end, ANOTHER) == []


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_a_window_is_read_page_by_page_in_order(store: DynamoBulkStore, limit: int) -> None:
    put(store, AROUND)
    window = Window(Interval(NOW, shifted(NOW, DAY)))
    expected = sorted(
        (each for each in AROUND if each.content.interval.overlaps(window.interval)),
        key=position_of,
    )
    assert all_pages(store, window, limit) == expected


def test_transparent_events_are_listed_and_in_nobodys_way(store: DynamoBulkStore) -> None:
    shown = event(NOW, shifted(NOW, HOUR), transparency="transparent")
    put(store, [shown])
    assert overlapping(store, NOW, shifted(NOW, DAY)) == []
    assert all_pages(store, Window(Interval(NOW, shifted(NOW, DAY))), 10) == [shown]


def test_deleted_events_are_in_no_range(store: DynamoBulkStore) -> None:
    kept, deleted = lasting(0, HOUR), lasting(0, HOUR)
    put(store, [kept, deleted])
    stamp = replace(event().stamp, type="delete", version=0)
    assert store.update(OWNER, deleted.id, ConditionalUpdate(stamp, stamp.history_id, {}, expires_at=1))[0]
    assert overlapping(store, FIRST, LAST) == [kept]
    assert all_pages(store, Window(Interval(FIRST, LAST)), 10) == [kept]


def test_the_edges_of_time_are_within_reach(store: DynamoBulkStore) -> None:
    first, last = event(FIRST, shifted(FIRST, 1)), event(shifted(LAST, -366 * DAY), LAST)
    put(store, [first, last])
    assert overlapping(store, FIRST, shifted(FIRST, 1)) == [first]
    assert overlapping(store, shifted(LAST, -1), LAST) == [last]
    assert ids(overlapping(store, FIRST, LAST)) == ids([first, last])


def test_what_lies_behind_more_than_a_megabyte_of_others_is_found(store: DynamoBulkStore) -> None:
    # A page of a Query ends at 1 MB, before the filter: none of these overlaps, and they fill more than one page.
    text = "x" * 2_000
    past = [lasting(-3 * HOUR, HOUR) for _ in range(600)]
    past = [replace(each, content=replace(each.content, description=text)) for each in past]
    there = lasting(-HOUR, 2 * HOUR)
    put(store, [*past, there])
    assert overlapping(store, NOW, shifted(NOW, 1)) == [there]
    window = Window(Interval(NOW, shifted(NOW, 1)))
    assert read_page(store, OWNER, window, 100) == ([there], None)


def test_what_was_just_written_is_found(store: DynamoBulkStore) -> None:
    for number in range(30):
        made = lasting(number * DAY, HOUR)
        store.put(made, None)
        assert overlapping(store, made.content.start, made.content.end) == [made]
