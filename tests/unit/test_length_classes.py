import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import EventId
from shared.scheduling.instants import FIRST, LAST, Instant, of_seconds, shifted
from shared.scheduling.intervals import MAX_DURATION_SECONDS, Interval
from shared.scheduling.length_classes import CLASSES, ClassRange, Position, length_class, overlap_ranges
from tests.harness.samples import START, new_id

HOUR, DAY = 3600, 86_400
starts = st.integers(-2_208_000_000, 253_000_000_000).map(of_seconds)  # a year before the end of 9999 and earlier
lengths = st.one_of(
    st.integers(1, 8 * DAY), st.integers(1, MAX_DURATION_SECONDS), st.sampled_from([s for _, s in CLASSES])
)
lengths_or_none = lengths | st.just(0)
apart = st.one_of(st.integers(-40 * DAY, 40 * DAY), st.integers(-400 * DAY, 400 * DAY))


@pytest.mark.parametrize(
    ("seconds", "name"),
    [
        (0, "a"),
        (1, "a"),
        (4 * HOUR, "a"),
        (4 * HOUR + 1, "b"),
        (3 * DAY, "b"),
        (3 * DAY + 1, "c"),
        (31 * DAY, "c"),
        (31 * DAY + 1, "d"),
        (366 * DAY, "d"),
    ],
)
def test_a_length_has_its_class(seconds: int, name: str) -> None:
    assert length_class(Interval(START, shifted(START, seconds))) == name


def test_there_is_no_class_beyond_366_days() -> None:
    with pytest.raises(ValueError, match="366 days"):
        length_class(Interval(START, shifted(START, 366 * DAY + 1)))


def holds(of: ClassRange, name: str, position: Position) -> bool:
    """Whether what lies at `position` in the class `name` lies in a range."""
    above = of.low < position if of.after_low else of.low <= position
    return of.name == name and above and position <= of.high


@given(starts, lengths, apart | st.just(0), lengths_or_none)
def test_the_ranges_hold_each_event_that_overlaps_and_it_is_filtered_by_its_end_or_start(
    start: Instant, length: int, distance: int, other_length: int
) -> None:
    end = shifted(start, length)
    other_start = shifted(start, distance)
    other_end = shifted(other_start, other_length)
    if other_end < other_start:
        return
    name, position = length_class(Interval(other_start, other_end)), (other_start, EventId(new_id()))
    passes = other_end > start or other_start >= start
    found = any(holds(each, name, position) for each in overlap_ranges(Interval(start, end))) and passes
    assert found is Interval(other_start, other_end).overlaps(Interval(start, end))


@given(starts, lengths, apart | st.just(0), lengths_or_none)
def test_behind_a_position_the_ranges_hold_just_what_comes_later(
    start: Instant, length: int, distance: int, other_length: int
) -> None:
    end = shifted(start, length)
    other_start = shifted(start, distance)
    other_end = shifted(other_start, other_length)
    if other_end < other_start or not Interval(other_start, other_end).overlaps(Interval(start, end)):
        return
    one, two, three = sorted(EventId(new_id()) for _ in range(3))
    name = length_class(Interval(other_start, other_end))
    ranges = overlap_ranges(Interval(start, end), after=(other_start, two))
    inside = [any(holds(each, name, (other_start, i)) for each in ranges) for i in (one, two, three)]
    assert inside == [False, False, True]


def test_the_ranges_stay_within_the_years_allowed() -> None:
    ranges = overlap_ranges(Interval(FIRST, LAST))
    assert [(each.name, each.low, each.high) for each in ranges] == [
        (name, (FIRST, ""), (LAST, "")) for name, _ in CLASSES
    ]


@given(starts, st.sampled_from([-HOUR, -1, 0, 1]), st.sampled_from(["", "x"]))
def test_nothing_lies_behind_a_position_that_is_the_end_or_later(start: Instant, distance: int, event_id: str) -> None:
    end = shifted(start, DAY)
    after = (shifted(end, distance), EventId(event_id))
    # The one position at the end itself is no event's: an id is never empty.
    empty = [each.empty for each in overlap_ranges(Interval(start, end), after)]
    assert empty == [after >= (end, "")] * len(CLASSES)
