from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidRequest
from shared.scheduling.events import Event
from shared.scheduling.free_time import EVENTS_READ, HORIZON_SECONDS, busy_intervals, free_busy_window, next_free
from shared.scheduling.instants import LAST, overlap, shifted
from tests.samples import OWNER, event
from tests.unit.calendars import InMemory

NOW = "2027-03-01T00:00:00Z"
HOUR, DAY = 3600, 86_400


def at(start: int, end: int) -> Event:
    """An event from hour `start` to hour `end`."""
    return event(shifted(NOW, start * HOUR), shifted(NOW, end * HOUR))


def hours(*pairs: tuple[int, int]) -> list[tuple[str, str]]:
    return [(shifted(NOW, start * HOUR), shifted(NOW, end * HOUR)) for start, end in pairs]


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
def test_busy_intervals_are_merged_and_cut_to_the_window(events: list[Event], busy: list[tuple[str, str]]) -> None:
    assert busy_intervals(events, NOW, shifted(NOW, DAY)) == busy


@given(drawn)
def test_a_moment_is_busy_just_when_an_event_takes_it(events: list[Event]) -> None:
    end = shifted(NOW, DAY)
    taking = [each for each in events if each.content.overlaps(NOW, end)]
    busy = busy_intervals(taking, NOW, end)
    for hour in range(24):
        moment = shifted(NOW, hour * HOUR), shifted(NOW, hour * HOUR + 1)
        assert any(overlap(*moment, *each) for each in busy) is any(each.content.overlaps(*moment) for each in taking)
    assert all(one[1] < other[0] for one, other in pairwise(busy))


@given(drawn, st.sampled_from([1, 3, 24]))
def test_the_next_free_time_is_the_first_later_hour_that_collides_with_nothing(
    events: list[Event], length: int
) -> None:
    def free(hour: int) -> bool:
        return not any(each.content.overlaps(*hours((hour, hour + length))[0]) for each in events)

    found = next_free(InMemory(events), OWNER, "new", *hours((0, length))[0])
    first = next(hour for hour in range(1_000) if free(hour))
    assert found == (None if first == 0 else shifted(NOW, first * HOUR))


def test_the_event_itself_and_transparent_ones_are_not_in_the_way() -> None:
    moved, blocking = at(1, 2), at(0, 1)
    shown = event(shifted(NOW, HOUR), shifted(NOW, 9 * HOUR), transparency="transparent")
    calendar = InMemory([moved, blocking, shown])
    assert next_free(calendar, OWNER, moved.id, *hours((0, 1))[0]) == shifted(NOW, HOUR)
    assert next_free(calendar, OWNER, "another", *hours((0, 1))[0]) == shifted(NOW, 2 * HOUR)


def test_no_time_is_named_that_lies_beyond_the_horizon() -> None:
    last = shifted(NOW, HORIZON_SECONDS)
    assert next_free(InMemory([event(NOW, last)]), OWNER, "new", *hours((0, 1))[0]) == last
    assert next_free(InMemory([event(NOW, shifted(last, 1))]), OWNER, "new", *hours((0, 1))[0]) is None


def test_no_time_is_named_beyond_what_was_read() -> None:
    calendar = InMemory([at(hour, hour + 1) for hour in range(EVENTS_READ + 5)])
    assert next_free(calendar, OWNER, "new", *hours((0, 1))[0]) is None
    assert calendar.reads == 1


def test_no_time_is_named_past_the_year_9999() -> None:
    start = shifted(LAST, -HOUR)
    assert next_free(InMemory([event(start, LAST)]), OWNER, "new", start, LAST) is None


def test_a_free_busy_window_is_of_at_most_62_days() -> None:
    end = shifted(NOW, 62 * DAY)
    assert free_busy_window(NOW, end, NOW).end == end
    with pytest.raises(InvalidRequest, match="to: must be at most 62 days after from"):
        free_busy_window(NOW, shifted(end, 1), NOW)
