import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.scheduling.instants import FIRST, LAST, of_seconds, shifted
from shared.scheduling.intervals import MAX_DURATION_SECONDS, Interval
from shared.scheduling.length_classes import CLASSES, length_class, overlap_ranges, position, span
from tests.harness.samples import new_id

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
    start = "2027-03-01T09:00:00Z"
    assert length_class(Interval(start, shifted(start, seconds))) == name


def test_there_is_no_class_beyond_366_days() -> None:
    with pytest.raises(ValueError, match="366 days"):
        length_class(Interval("2027-03-01T09:00:00Z", shifted("2027-03-01T09:00:00Z", 366 * DAY + 1)))


def test_a_span_is_class_start_and_id() -> None:
    assert span("2027-03-01T09:00:00Z", "2027-03-01T10:00:00Z", "x") == "a#2027-03-01T09:00:00Z#x"
    assert position("a#2027-03-01T09:00:00Z#x") == ("2027-03-01T09:00:00Z", "x")


@given(starts, lengths, apart | st.just(0), lengths_or_none)
def test_the_ranges_hold_each_event_that_overlaps_and_it_is_filtered_by_its_end_or_start(
    start: str, length: int, distance: int, other_length: int
) -> None:
    end = shifted(start, length)
    other_start = shifted(start, distance)
    other_end = shifted(other_start, other_length)
    if other_end < other_start:
        return
    key = span(other_start, other_end, new_id())
    passes = other_end > start or other_start >= start
    found = any(each.low <= key <= each.high for each in overlap_ranges(Interval(start, end))) and passes
    assert found is Interval(other_start, other_end).overlaps(Interval(start, end))


@given(starts, lengths, apart | st.just(0), lengths_or_none)
def test_behind_a_position_the_ranges_hold_just_what_comes_later(
    start: str, length: int, distance: int, other_length: int
) -> None:
    end = shifted(start, length)
    other_start = shifted(start, distance)
    other_end = shifted(other_start, other_length)
    if other_end < other_start or not Interval(other_start, other_end).overlaps(Interval(start, end)):
        return
    one, two, three = sorted(new_id() for _ in range(3))
    ranges = overlap_ranges(Interval(start, end), after=(other_start, two))
    inside = [
        any(each.low <= span(other_start, other_end, i) <= each.high for each in ranges) for i in (one, two, three)
    ]
    assert inside == [False, False, True]


def test_the_ranges_stay_within_the_years_allowed() -> None:
    assert [each.low for each in overlap_ranges(Interval(FIRST, LAST))] == [f"{name}#{FIRST}" for name, _ in CLASSES]
    assert [each.high for each in overlap_ranges(Interval(FIRST, LAST))] == [f"{name}#{LAST}" for name, _ in CLASSES]


def test_a_deleted_event_lies_in_no_range() -> None:
    assert not any(each.low <= f"deleted#{new_id()}" <= each.high for each in overlap_ranges(Interval(FIRST, LAST)))
