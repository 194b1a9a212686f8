import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InvalidRequest
from shared.scheduling.events import Event
from shared.scheduling.instants import FIRST, LAST, shifted
from shared.scheduling.windows import ClassPage, Window, merge, place, read_page
from tests.samples import OWNER, event
from tests.unit.calendars import InMemory

NOW = "2027-03-01T00:00:00Z"
DAY = 86_400
HOUR = 3600

# Few starts, so that events of one start and of all length classes meet.
drawn_events = st.lists(
    st.tuples(
        st.sampled_from([-200 * DAY, -20 * DAY, -2 * DAY, -HOUR, 0, HOUR, HOUR, DAY, DAY, 5 * DAY, 40 * DAY]),
        st.sampled_from([0, HOUR, 4 * HOUR, 5 * HOUR, 3 * DAY, 4 * DAY, 31 * DAY, 32 * DAY, 366 * DAY]),
    ).map(lambda drawn: event(shifted(NOW, drawn[0]), shifted(NOW, drawn[0] + drawn[1]))),
    max_size=25,
)


def all_pages(calendar: InMemory, window: Window, limit: int) -> list[Event]:
    found: list[Event] = []
    while True:
        page, cursor = read_page(calendar, OWNER, window, limit)
        assert len(page) <= limit
        found += page
        if cursor is None:
            return found
        assert calendar.reads < 1_000, "the cursor does not move"
        window = Window.of(None, None, cursor, NOW)


@settings(max_examples=200)
@given(drawn_events, st.integers(1, 8), st.sampled_from([HOUR, 2 * DAY, 31 * DAY]))
def test_the_pages_together_are_all_that_overlaps_once_and_in_order(
    events: list[Event], limit: int, length: int
) -> None:
    window = Window(NOW, shifted(NOW, length))
    found = all_pages(InMemory(events), window, limit)
    expected = sorted((each for each in events if each.content.overlaps(window.start, window.end)), key=place)
    assert found == expected


def test_a_page_is_one_read_however_many_events_there_are() -> None:
    calendar = InMemory([event(shifted(NOW, hour * HOUR), shifted(NOW, hour * HOUR + HOUR)) for hour in range(300)])
    page, cursor = read_page(calendar, OWNER, Window(NOW, shifted(NOW, 31 * DAY)), 50)
    assert (len(page), calendar.reads) == (50, 1)
    assert cursor is not None


def test_nothing_is_shown_beyond_what_an_unfinished_class_has_been_read_to() -> None:
    early, middle, late = (event(shifted(NOW, at * HOUR), shifted(NOW, at * HOUR + HOUR)) for at in (1, 2, 3))
    pages = [ClassPage([early], f"a#{middle.content.start}#{middle.id}"), ClassPage([late], None)]
    assert merge(pages, 10) == ([early], place(middle))


def test_a_page_may_be_empty_and_still_go_on() -> None:
    assert merge([ClassPage([], "b#2027-03-01T00:00:00Z#x")], 10) == ([], ("2027-03-01T00:00:00Z", "x"))


def test_when_all_classes_are_read_there_is_no_cursor() -> None:
    one = event()
    assert merge([ClassPage([one], None), ClassPage([], None)], 1) == ([one], None)


def test_a_full_page_goes_on_behind_its_last_event() -> None:
    events = [event(), event(), event()]
    assert merge([ClassPage(events[1:2], None), ClassPage([events[0], events[2]], None)], 2) == (
        events[:2],
        place(events[1]),
    )


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
    start: str | None, end: str | None, window: tuple[str, str]
) -> None:
    made = Window.of(start, end, None, NOW)
    assert (made.start, made.end) == window


@pytest.mark.parametrize(
    ("start", "end"), [(NOW, NOW), (NOW, FIRST), (None, FIRST), (LAST, None), ("2030-01-01T00:00:00Z", NOW)]
)
def test_a_window_that_ends_before_it_begins_is_refused(start: str | None, end: str | None) -> None:
    with pytest.raises(InvalidRequest, match="to: must be later than from"):
        Window.of(start, end, None, NOW)


def test_a_cursor_brings_its_own_window() -> None:
    window = Window(NOW, "2027-03-02T00:00:00Z")
    cursor = window.cursor(("2027-03-01T09:00:00Z", "x"))
    continued = Window("2027-03-01T00:00:00Z", "2027-03-02T00:00:00Z", ("2027-03-01T09:00:00Z", "x"))
    assert Window.of(None, None, cursor, LAST) == continued
    assert Window.of(window.start, window.end, cursor, LAST) == continued


@pytest.mark.parametrize(("start", "end"), [("2027-03-01T00:00:01Z", None), (None, "2027-03-03T00:00:00Z")])
def test_a_cursor_of_another_window_is_refused(start: str | None, end: str | None) -> None:
    cursor = Window(NOW, "2027-03-02T00:00:00Z").cursor(("2027-03-01T09:00:00Z", "x"))
    with pytest.raises(InvalidRequest, match="cursor: belongs to another query"):
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
    cursor = Window(NOW, "2027-03-02T00:00:00Z").cursor(("2027-03-01T09:00:00Z", "x"))
    document = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))) | change
    with pytest.raises(InvalidRequest, match="cursor: is no cursor of this API"):
        Window.of(None, None, urlsafe_b64encode(json.dumps(document).encode()).decode(), NOW)
