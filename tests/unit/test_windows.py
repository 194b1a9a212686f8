import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import EmptyWindow, InvalidCursor
from shared.ids import EventId
from shared.scheduling.events import Event
from shared.scheduling.instants import FIRST, LAST, Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.range_reader import ROUNDS
from shared.scheduling.window_reader import position_of
from shared.scheduling.windows import Window, read_page
from tests.harness.samples import OWNER, START, event
from tests.unit.in_memory_calendar import InMemory

NOW: Final = Instant("2027-03-01T00:00:00Z")
DAY = 86_400
HOUR = 3600
TODAY = Interval(NOW, Instant("2027-03-02T00:00:00Z"))
POSITION: Final = (START, EventId("x"))

# Few starts, so that events of one start and of all length classes meet.
drawn_events = st.lists(
    st.tuples(
        st.sampled_from([-200 * DAY, -20 * DAY, -2 * DAY, -HOUR, 0, HOUR, HOUR, DAY, DAY, 5 * DAY, 40 * DAY]),
        st.sampled_from([0, HOUR, 4 * HOUR, 5 * HOUR, 3 * DAY, 4 * DAY, 31 * DAY, 32 * DAY, 366 * DAY]),
    ).map(lambda drawn: event(shifted(NOW, drawn[0]), shifted(NOW, drawn[0] + drawn[1]))),
    max_size=25,
)


def all_pages(calendar: InMemory, window: Window, limit: int) -> list[Event]:
    """What all pages have, each of which is full unless it is the last, or took all the rounds there are."""
    found: list[Event] = []
    for _ in range(1_000):
        calendar.queries.clear()
        page, cursor = read_page(calendar, OWNER, window, limit)
        assert len(page) <= limit
        assert calendar.reads <= ROUNDS
        found += page
        if cursor is None:
            return found
        assert len(page) == limit or calendar.reads == ROUNDS
        window = Window.of(None, None, cursor, NOW)
    raise AssertionError("the cursor does not move")


@settings(max_examples=200)
@given(drawn_events, st.integers(1, 8), st.sampled_from([HOUR, 2 * DAY, 31 * DAY]), st.integers(1, 12))
def test_the_pages_together_are_all_that_overlaps_once_and_in_order(
    events: list[Event], limit: int, length: int, largest: int
) -> None:
    window = Window(Interval(NOW, shifted(NOW, length)))
    found = all_pages(InMemory(events, largest), window, limit)
    expected = sorted((each for each in events if each.content.interval.overlaps(window.interval)), key=position_of)
    assert found == expected


@settings(max_examples=200)
@given(drawn_events, st.integers(1, 8))
def test_no_page_but_the_last_is_short_while_the_rounds_suffice(events: list[Event], limit: int) -> None:
    window = Window(Interval(NOW, shifted(NOW, 31 * DAY)))
    expected = sorted((each for each in events if each.content.interval.overlaps(window.interval)), key=position_of)
    page, cursor = read_page(InMemory(events), OWNER, window, limit)
    assert (page, cursor is None) == (expected[:limit], len(expected) <= limit)


def test_a_page_is_one_round_however_many_events_there_are() -> None:
    calendar = InMemory([event(shifted(NOW, hour * HOUR), shifted(NOW, hour * HOUR + HOUR)) for hour in range(300)])
    page, cursor = read_page(calendar, OWNER, Window(Interval(NOW, shifted(NOW, 31 * DAY))), 50)
    assert (len(page), calendar.queries) == (50, [4])
    assert cursor is not None


def stays(count: int) -> list[Event]:
    """So many events of ten days that were over before now, and yet lie in its range."""
    return [event(shifted(NOW, each - 12 * DAY), shifted(NOW, each - 2 * DAY)) for each in range(count)]


@pytest.mark.parametrize(("limit", "queries"), [(1, [4, 1, 1, 1]), (50, [4, 1, 1])])
def test_what_is_over_before_the_window_begins_is_read_over(limit: int, queries: list[int]) -> None:
    meetings = [event(shifted(NOW, hour * HOUR), shifted(NOW, hour * HOUR + HOUR)) for hour in range(1, 400)]
    calendar = InMemory([*stays(1_000), *meetings])
    page, cursor = read_page(calendar, OWNER, Window(Interval(NOW, shifted(NOW, 31 * DAY))), limit)
    assert page == meetings[:limit]
    assert cursor is not None
    assert calendar.queries == queries, "only the class that holds the page back is read on"


def test_a_page_may_be_empty_when_all_rounds_are_used() -> None:
    calendar = InMemory([*stays(60), event(NOW, shifted(NOW, HOUR))], largest=10)
    page, cursor = read_page(calendar, OWNER, Window(Interval(NOW, shifted(NOW, DAY))), 1)
    assert (page, cursor is None, calendar.queries) == ([], False, [4, 1, 1, 1, 1])
    page, cursor = read_page(calendar, OWNER, Window.of(None, None, cursor, NOW), 1)
    assert (page, cursor) == ([calendar.events[-1]], None)


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        (None, None, (NOW, "2027-04-01T00:00:00Z")),
        ("2030-01-01T00:00:00Z", None, ("2030-01-01T00:00:00Z", "2030-02-01T00:00:00Z")),
        (None, "2027-03-01T00:00:01Z", (NOW, "2027-03-01T00:00:01Z")),
        ("9999-12-30T00:00:00Z", None, ("9999-12-30T00:00:00Z", LAST)),
        (FIRST, LAST, (FIRST, LAST)),
    ],
)
def test_a_window_is_of_31_days_from_now_unless_told(
    start: Instant | None, end: Instant | None, window: tuple[Instant, Instant]
) -> None:
    assert Window.of(start, end, None, NOW) == Window(Interval(*window))


@pytest.mark.parametrize(
    ("start", "end"), [(NOW, NOW), (NOW, FIRST), (None, FIRST), (LAST, None), ("2030-01-01T00:00:00Z", NOW)]
)
def test_a_window_that_ends_before_it_begins_is_refused(start: Instant | None, end: Instant | None) -> None:
    with pytest.raises(EmptyWindow):
        Window.of(start, end, None, NOW)


def test_a_cursor_brings_its_own_window() -> None:
    window = Window(TODAY)
    cursor = window.cursor(POSITION)
    continued = Window(TODAY, POSITION)
    assert Window.of(None, None, cursor, LAST) == continued
    assert Window.of(window.interval.start, window.interval.end, cursor, LAST) == continued


@pytest.mark.parametrize(("start", "end"), [("2027-03-01T00:00:01Z", None), (None, "2027-03-03T00:00:00Z")])
def test_a_cursor_of_another_window_is_refused(start: Instant | None, end: Instant | None) -> None:
    cursor = Window(TODAY).cursor(POSITION)
    with pytest.raises(InvalidCursor, match=r"^belongs to another query$"):
        Window.of(start, end, cursor, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"from": "2027-03-01"},
        {"from": "2027-03-01T00:00:00+01:00"},
        {"from": "2027-03-01T00:00:00.0Z"},
        {"to": "x" * 500},
        {"to": ""},
        {"start": "\0"},
        {"start": "\ud800"},
        {"start": "0001-01-01T00:00:00Z"},
        {"id": "\ud800"},
        {"id": "\u00e9"},
    ],
    ids=str,
)
def test_what_is_wrong_in_a_cursor_that_somebody_made_up_is_refused(change: dict[str, Any]) -> None:
    cursor = Window(TODAY).cursor(POSITION)
    document = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))) | change
    with pytest.raises(InvalidCursor, match=r"^is no cursor of this API$"):
        Window.of(None, None, urlsafe_b64encode(json.dumps(document).encode()).decode(), NOW)
