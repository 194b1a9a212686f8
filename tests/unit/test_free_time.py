from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import cursors
from shared.errors import InvalidCursor, WindowTooLong
from shared.ids import CalendarId, EventId
from shared.scheduling.events import Event
from shared.scheduling.free_time import FIRST_READ, HORIZON_SECONDS, FreeBusyQuery, next_free, read_free_busy
from shared.scheduling.instants import LAST, Instant, shifted
from shared.scheduling.intervals import Interval, merged
from shared.scheduling.length_classes import ClassRange
from shared.scheduling.range_reader import ROUNDS, ClassPage
from shared.scheduling.windows import Window
from tests.harness.samples import OWNER, event
from tests.unit.in_memory_calendar import InMemory

NOW: Final = Instant("2027-03-01T00:00:00Z")
HOUR, DAY = 3600, 86_400
TODAY = Interval(NOW, shifted(NOW, DAY))


def at(start: int, end: int) -> Event:
    """An event from hour `start` to hour `end`."""
    return event(shifted(NOW, start * HOUR), shifted(NOW, end * HOUR))


def hours(*pairs: tuple[int, int]) -> list[Interval]:
    return [Interval(shifted(NOW, start * HOUR), shifted(NOW, end * HOUR)) for start, end in pairs]


def times_of(events: list[Event]) -> list[Interval]:
    return [each.content.interval for each in events]


drawn = st.lists(
    st.tuples(st.integers(-30, 60), st.sampled_from([1, 2, 5, 30, 90])).map(lambda d: at(d[0], d[0] + d[1])),
    max_size=12,
)


@pytest.mark.parametrize(
    ("events", "busy"),
    [
        ([], []),
        ([at(1, 2)], hours((1, 2))),
        ([at(1, 2), at(2, 3)], hours((1, 3))),
        ([at(1, 2), at(3, 4)], hours((1, 2), (3, 4))),
        ([at(3, 4), at(1, 5), at(2, 3)], hours((1, 5))),
        ([at(-5, 1), at(23, 30)], hours((0, 1), (23, 24))),
        ([at(-5, 30)], hours((0, 24))),
    ],
)
def test_busy_intervals_are_merged_and_cut_to_the_window(events: list[Event], busy: list[Interval]) -> None:
    assert merged(times_of(events), TODAY) == busy


@given(drawn)
def test_a_moment_is_busy_just_when_an_event_takes_it(events: list[Event]) -> None:
    taking = [each for each in events if each.content.interval.overlaps(TODAY)]
    busy = merged(times_of(taking), TODAY)
    for hour in range(24):
        moment = Interval(shifted(NOW, hour * HOUR), shifted(NOW, hour * HOUR + 1))
        assert any(moment.overlaps(each) for each in busy) is any(each.overlaps(moment) for each in times_of(taking))
    assert all(one.end < other.start for one, other in pairwise(busy))


def asked(calendar: InMemory, start: int, end: int, event_id: str = "new") -> tuple[str | None, bool]:
    """The next free start for an event from hour `start` to hour `end`, which is in the way of something."""
    wanted = event(*hours((start, end))[0], event_id=event_id)
    others = [each for each in calendar.events if each.id != event_id and each.content.opaque]
    collisions = [each for each in others if each.content.interval.overlaps(wanted.content.interval)]
    return next_free(calendar, wanted, {OWNER: collisions[:1]})


@given(drawn, st.sampled_from([1, 3, 24]), st.integers(1, 12))
def test_the_next_free_time_is_the_first_later_hour_that_collides_with_nothing(
    events: list[Event], length: int, largest: int
) -> None:
    events.append(at(-1, 1))  # so that there is something in the way
    calendar = InMemory(events, largest)
    found, stopped = asked(calendar, 0, length)
    first = next(
        hour
        for hour in range(1_000)
        if not any(each.content.interval.overlaps(*hours((hour, hour + length))) for each in events)
    )
    assert calendar.reads <= ROUNDS
    if stopped:
        assert (found, calendar.reads) == (None, ROUNDS)
    else:
        assert found == shifted(NOW, first * HOUR)


@given(drawn)
def test_the_search_for_a_free_time_stops_only_when_its_rounds_are_used(events: list[Event]) -> None:
    events.append(at(-1, 1))
    calendar = InMemory(events)
    assert asked(calendar, 0, 1)[1] is False
    assert calendar.queries == [4]


def test_the_event_itself_and_transparent_ones_are_not_in_the_way() -> None:
    moved, blocking = at(1, 2), at(0, 1)
    shown = event(shifted(NOW, HOUR), shifted(NOW, 9 * HOUR), transparency="transparent")
    calendar = InMemory([moved, blocking, shown])
    assert asked(calendar, 0, 1, moved.id) == (shifted(NOW, HOUR), False)
    assert asked(calendar, 0, 1, "another") == (shifted(NOW, 2 * HOUR), False)


def test_what_is_known_to_be_in_the_way_counts_though_no_range_shows_it() -> None:
    wanted, hidden = at(0, 1), at(0, 3)
    assert next_free(InMemory([]), wanted, {OWNER: [hidden]}) == (shifted(NOW, 3 * HOUR), False)


def test_what_is_in_the_way_behind_what_was_read_hides_nothing() -> None:
    # The first page ends before the collision, and what follows ends before it and after it.
    count = FIRST_READ * 2
    before = [event(shifted(NOW, 10 * each), shifted(NOW, 10 * each + 5)) for each in range(count)]
    blocking = event(shifted(NOW, HOUR - 60), shifted(NOW, 2 * HOUR))
    calendar = InMemory([*before, blocking, at(2, 3)])
    assert next_free(calendar, event(NOW, shifted(NOW, HOUR)), {OWNER: [blocking]}) == (shifted(NOW, 3 * HOUR), False)


def test_no_time_is_named_that_lies_beyond_the_horizon() -> None:
    last = shifted(NOW, HORIZON_SECONDS)
    assert asked(InMemory([event(NOW, last)]), 0, 1) == (last, False)
    assert asked(InMemory([event(NOW, shifted(last, 1))]), 0, 1) == (None, False)


def test_a_free_time_behind_many_short_events_is_found() -> None:
    count = FIRST_READ * 5 + 5
    calendar = InMemory([at(hour, hour + 1) for hour in range(count)])
    assert asked(calendar, 0, 1) == (shifted(NOW, count * HOUR), False)
    assert calendar.queries == [4, 1, 1]


def test_a_search_that_has_used_its_rounds_says_so() -> None:
    calendar = InMemory([at(hour, hour + 1) for hour in range(60)], largest=10)
    assert asked(calendar, 0, 1) == (None, True)
    assert calendar.queries == [4] + [1] * (ROUNDS - 1)


def test_a_crowded_hour_is_passed_over() -> None:
    calendar = InMemory([at(0, 1) for _ in range(2_000)])
    assert asked(calendar, 0, 1) == (shifted(NOW, HOUR), False)
    assert calendar.reads <= ROUNDS


def test_what_ends_within_time_known_to_be_taken_is_left_out_of_later_rounds() -> None:
    starts: list[str] = []

    class Noting(InMemory):
        def read_ranges(
            self,
            calendar_id: CalendarId,
            ranges: Sequence[ClassRange],
            start: Instant,
            limit: int,
            *,
            opaque: bool = False,
        ) -> list[ClassPage[Event]]:
            starts.append(start)
            return super().read_ranges(calendar_id, ranges, start, limit, opaque=opaque)

    # The collision begins behind what the first page holds.
    before = [event(shifted(NOW, each), shifted(NOW, each + 5)) for each in range(FIRST_READ + 1)]
    blocking = event(shifted(NOW, HOUR - 60), shifted(NOW, 2 * HOUR))
    found = next_free(Noting([*before, blocking]), event(NOW, shifted(NOW, HOUR)), {OWNER: [blocking]})
    assert found == (shifted(NOW, 2 * HOUR), False)
    assert starts == [NOW, shifted(NOW, 2 * HOUR)]


def test_no_time_is_named_past_the_year_9999() -> None:
    last = event(shifted(LAST, -HOUR), LAST)
    assert next_free(InMemory([last]), last, {OWNER: [last]}) == (None, False)


def test_a_free_busy_window_is_of_at_most_62_days() -> None:
    end = shifted(NOW, 62 * DAY)
    assert FreeBusyQuery.of(NOW, end, None, NOW).window.interval.end == end
    with pytest.raises(WindowTooLong, match=r"^at most 62 days$"):
        FreeBusyQuery.of(NOW, shifted(end, 1), None, NOW)


def all_busy(calendar: InMemory, query: FreeBusyQuery) -> list[Interval]:
    """The intervals of all pages."""
    found: list[Interval] = []
    for _ in range(1_000):
        calendar.queries.clear()
        busy, cursor = read_free_busy(calendar, OWNER, query)
        found += busy
        assert calendar.reads <= ROUNDS
        if cursor is None:
            return found
        assert calendar.reads == ROUNDS
        window = query.window
        query = FreeBusyQuery.of(window.interval.start, window.interval.end, cursor, LAST)
    raise AssertionError("the cursor does not move")


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.integers(-30, 60), st.sampled_from([1, 2, 5, 30, 90, 800])).map(lambda d: at(d[0], d[0] + d[1])),
        max_size=40,
    ),
    st.integers(1, 4),
)
def test_the_pages_of_free_busy_are_the_merged_intervals_whole_and_once(events: list[Event], largest: int) -> None:
    two_days = Interval(NOW, shifted(NOW, 2 * DAY))
    taking = [each for each in events if each.content.interval.overlaps(two_days)]
    query = FreeBusyQuery.of(*two_days, None, NOW)
    assert all_busy(InMemory(events, largest), query) == merged(times_of(taking), two_days)


def test_an_interval_that_goes_on_over_pages_is_one() -> None:
    events = [event(shifted(NOW, each * 60), shifted(NOW, each * 60 + 60)) for each in range(60)]
    calendar = InMemory([*events, at(3, 4)], largest=1)
    busy, cursor = read_free_busy(calendar, OWNER, FreeBusyQuery.of(NOW, shifted(NOW, DAY), None, NOW))
    assert busy == []
    assert cursor is not None
    assert all_busy(calendar, FreeBusyQuery.of(None, None, cursor, NOW)) == hours((0, 1), (3, 4))


def test_an_interval_that_ends_where_reading_stopped_may_go_on() -> None:
    shown = [event(shifted(NOW, HOUR), shifted(NOW, 2 * HOUR), transparency="transparent") for _ in range(ROUNDS - 1)]
    calendar = InMemory([at(0, 1), *shown, at(1, 2)], largest=1)
    assert all_busy(calendar, FreeBusyQuery.of(NOW, shifted(NOW, DAY), None, NOW)) == hours((0, 2))


def test_a_window_that_is_taken_to_its_end_is_read_no_further() -> None:
    calendar = InMemory([at(-5, 30), *(at(hour, hour + 1) for hour in range(24))], largest=2)
    query = FreeBusyQuery.of(NOW, shifted(NOW, DAY), None, NOW)
    assert read_free_busy(calendar, OWNER, query) == (hours((0, 24)), None)
    assert calendar.queries == [4]


BUSY = {"busy_from": NOW, "busy_to": shifted(NOW, HOUR)}


@pytest.mark.parametrize(
    "change",
    [
        {"busy_from": ""},
        {"busy_to": ""},
        {"busy_from": "x", "busy_to": "y"},
        {"busy_to": NOW},
        {"busy_from": shifted(NOW, -1)},
        {"busy_to": shifted(NOW, DAY + 1)},
        {"busy_to": "2027-03-01T01:00:00.0Z"},
        {"to": shifted(NOW, 63 * DAY)},
        {"to": NOW, "busy_from": "", "busy_to": ""},
        {"from": "x"},
        {"id": "\ud800"},
    ],
    ids=str,
)
def test_what_is_wrong_in_a_cursor_that_somebody_made_up_is_refused(change: dict[str, str]) -> None:
    facts = {"from": NOW, "to": shifted(NOW, DAY), "start": NOW, "id": "x", **BUSY}
    assert FreeBusyQuery.of(None, None, cursors.encode("free-busy", facts), NOW).open == Interval(
        NOW, shifted(NOW, HOUR)
    )
    with pytest.raises(InvalidCursor, match=r"^is no cursor of this API$"):
        FreeBusyQuery.of(None, None, cursors.encode("free-busy", facts | change), NOW)


def test_a_cursor_of_another_query_is_refused() -> None:
    window = Window(TODAY)
    query = FreeBusyQuery.of(NOW, shifted(NOW, DAY), None, NOW)
    with pytest.raises(InvalidCursor, match=r"^belongs to another query$"):
        FreeBusyQuery.of(None, None, window.cursor((NOW, EventId("x"))), NOW)
    with pytest.raises(InvalidCursor, match=r"^belongs to another query$"):
        FreeBusyQuery.of(shifted(NOW, 1), None, query.cursor((NOW, EventId("x")), None), NOW)
