"""The keys of the index by time: in the order of a listing, with each deleted event outside of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import EventId
from shared.scheduling.instants import FIRST, LAST, Instant, shifted
from shared.scheduling.intervals import MAX_DURATION_SECONDS, Interval
from shared.scheduling.length_classes import CLASSES, ClassRange, Position, length_class, overlap_ranges
from shared.scheduling.window_reader import position_of
from shared.store import keys
from tests.harness.samples import START, event, new_id

HOUR, DAY = 3600, 86_400
WINDOW = Interval(START, shifted(START, DAY))

lengths = st.sampled_from([0, 1, HOUR, *(longest for _, longest in CLASSES), MAX_DURATION_SECONDS])
starts = st.sampled_from([-400 * DAY, -HOUR, -1, 0, 1, DAY - 1, DAY, DAY + 1]).map(lambda each: shifted(START, each))
# An id that a caller has made up in a cursor may be any ASCII text.
event_ids = (st.sampled_from(["", " ", "x", "x ", "x~", "y", "#"]) | st.builds(new_id)).map(EventId)
positions = st.tuples(starts, event_ids)


def test_a_span_is_class_start_and_id() -> None:
    short = event("2027-03-01T09:00:00Z", "2027-03-01T10:00:00Z", event_id="x")
    assert keys.span(short) == "a#2027-03-01T09:00:00Z#x"
    assert keys.position_in("a#2027-03-01T09:00:00Z#x") == ("2027-03-01T09:00:00Z", "x")


@given(starts, lengths, event_ids)
def test_a_span_names_the_position_of_its_event(start: Instant, length: int, event_id: EventId) -> None:
    made = replace(event(start, shifted(start, length)), id=event_id)
    assert keys.position_in(keys.span(made)) == position_of(made)


def holds(of: ClassRange, name: str, position: Position) -> bool:
    """Whether what lies at `position` in the class `name` lies in a range."""
    above = of.low < position if of.after_low else of.low <= position
    return of.name == name and above and position <= of.high


@given(st.none() | positions, st.none() | positions, st.booleans(), starts, lengths)
def test_a_range_of_keys_holds_what_its_range_of_positions_holds(
    after: Position | None, read_up_to: Position | None, backward: bool, start: Instant, length: int
) -> None:
    made = event(start, shifted(start, length))
    for each in overlap_ranges(WINDOW, after, backward=backward):
        left = each
        if read_up_to is not None and holds(each, each.name, read_up_to):
            left = each.behind(read_up_to)
        if left.empty:
            continue
        found = keys.class_range(left)
        assert found.low <= found.high, "DynamoDB refuses such a range"
        assert found.backward is backward
        inside = holds(left, length_class(made.content.interval), position_of(made))
        assert (found.low <= keys.span(made) <= found.high) is inside


def test_a_range_goes_on_right_behind_what_was_read() -> None:
    one, two = sorted(EventId(new_id()) for _ in range(2))
    (left, *_) = overlap_ranges(WINDOW, after=(START, one))
    low = keys.class_range(left).low
    assert f"a#{START}#{one}" < low < f"a#{START}#{one}0"
    assert low < f"a#{START}#{two}"


def test_the_ranges_stay_within_the_years_allowed() -> None:
    found = [keys.class_range(each) for each in overlap_ranges(Interval(FIRST, LAST))]
    assert found == [keys.KeyRange(f"{name}#{FIRST}#", f"{name}#{LAST}#") for name, _ in CLASSES]


def test_a_deleted_event_lies_in_no_range() -> None:
    found = [keys.class_range(each) for each in overlap_ranges(Interval(FIRST, LAST))]
    assert not any(each.low <= keys.deleted_span(new_id()) <= each.high for each in found)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_the_deletions_before_one_are_those_that_are_older(at: int) -> None:
    deletions = [new_id() for _ in range(3)]
    of = keys.deleted_range(deletions[at])
    assert [each for each in deletions if of.low <= keys.deleted_span(each) <= of.high] == deletions[:at]
    assert of.backward
    assert [keys.deleted_in(keys.deleted_span(each)) for each in deletions] == deletions


def test_without_a_deletion_to_go_on_from_all_are_listed_and_nothing_else() -> None:
    of = keys.deleted_range(None)
    assert of.low <= keys.deleted_span(new_id()) <= of.high
    assert not of.low <= keys.span(event()) <= of.high
