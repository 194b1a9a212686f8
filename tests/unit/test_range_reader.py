from collections.abc import Sequence
from typing import Final

import pytest

from shared.scheduling.events import Event
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import ClassRange, overlap_ranges
from shared.scheduling.range_reader import LARGEST_PAGE, ROUNDS, ClassPage, RangeReader, sizes
from shared.scheduling.window_reader import position_of
from tests.harness.samples import event

NOW: Final = Instant("2027-03-01T00:00:00Z")
HOUR, DAY = 3600, 86_400


def hour(number: int) -> Event:
    return event(shifted(NOW, number * HOUR), shifted(NOW, number * HOUR + HOUR))


EARLY, MIDDLE, LATE = (hour(number) for number in (1, 2, 3))
LONG = event(MIDDLE.content.start, shifted(NOW, 2 * DAY))


def reader_of(*pages: ClassPage[Event]) -> RangeReader[Event]:
    """What was read when the four ranges have given `pages`, and nothing more."""
    reader: RangeReader[Event] = RangeReader(overlap_ranges(Interval(NOW, shifted(NOW, DAY))), position_of)
    rest: list[ClassPage[Event]] = [ClassPage([], None)] * (4 - len(pages))
    reader.read(lambda _: [*pages, *rest])
    return reader


def test_nothing_is_settled_beyond_what_an_unfinished_class_has_been_read_to() -> None:
    reader = reader_of(ClassPage([EARLY, LATE], None), ClassPage([], position_of(LONG)))
    assert reader.settled() == ([EARLY], position_of(LONG))
    assert not reader.complete


def test_when_all_classes_are_read_all_is_settled_in_order() -> None:
    reader = reader_of(ClassPage([LATE, EARLY], None), ClassPage([LONG], None))
    assert reader.settled() == ([EARLY, LONG, LATE], None)
    assert reader.complete


def test_a_class_goes_on_right_behind_what_was_read() -> None:
    reader = reader_of(ClassPage([EARLY], position_of(EARLY)))
    asked: list[ClassRange] = []

    def read(ranges: Sequence[ClassRange]) -> list[ClassPage[Event]]:
        asked.extend(ranges)
        return [ClassPage([], None)]

    reader.read(read)
    (left,) = asked
    assert (left.low, left.after_low) == (position_of(EARLY), True)
    assert left.low < min(position_of(MIDDLE), left.high)
    assert reader.settled() == ([EARLY], None)


@pytest.mark.parametrize(("wanted", "names"), [(1, []), (2, ["b"]), (3, ["b"]), (4, ["a", "b"]), (None, ["a", "b"])])
def test_only_what_holds_back_what_is_wanted_is_read_on(wanted: int | None, names: list[str]) -> None:
    before = event(shifted(NOW, -HOUR), shifted(NOW, 12 * HOUR))
    reader = reader_of(ClassPage([EARLY, MIDDLE], position_of(MIDDLE)), ClassPage([before], position_of(before)))
    asked: list[str] = []

    def read(ranges: Sequence[ClassRange]) -> list[ClassPage[Event]]:
        asked.extend(each.name for each in ranges)
        return [ClassPage([], None) for _ in ranges]

    reader.read(read, wanted)
    assert asked == names


def test_rounds_are_few_and_grow() -> None:
    assert [*sizes(11)] == [11, 100, 400, 1_600, LARGEST_PAGE]
    assert [*sizes(60, 500)] == [60, 240, 500, 500, 500]
    assert [*sizes(LARGEST_PAGE)] == [LARGEST_PAGE] * ROUNDS
