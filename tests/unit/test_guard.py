from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import COLLISIONS_SHOWN, Contended, OutcomeUnknown, Unavailable
from shared.ids import EventId
from shared.retries import Deadline
from shared.scheduling.conflicts import find_conflicts
from shared.scheduling.events import ChangeType, Content, Event, Transparency
from shared.scheduling.fences import RECENT, Fence
from shared.scheduling.guard import Guard
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.lost_answers import LostAnswers
from shared.scheduling.newly_taken import newly_taken
from shared.scheduling.range_reader import ROUNDS
from shared.scheduling.window_reader import position_of
from tests.harness.samples import END, START, content, event, no_bookings, request
from tests.unit.in_memory_calendar import InMemory

NEW: Final = EventId("new")
LATER: Final = (Instant("2027-03-01T10:00:00Z"), Instant("2027-03-01T11:00:00Z"))


@pytest.mark.parametrize(
    ("before", "after", "checked"),
    [
        (None, content(), True),
        (None, content(transparency="transparent"), False),
        (content(), content(title="another"), False),
        (content(), content(*LATER), True),
        (content(), content(end=LATER[1]), True),
        (content(), content(transparency="transparent"), False),
        (content(transparency="transparent"), content(), True),
        (content(transparency="transparent"), content(*LATER, transparency="transparent"), False),
        (content(*LATER, transparency="transparent"), content(), True),
    ],
)
def test_only_what_takes_time_that_was_not_taken_is_checked(
    before: Content | None, after: Content, checked: bool
) -> None:
    previous = replace(event(), content=before) if before else None
    assert (newly_taken(replace(event(), content=after), previous) is not None) is checked


@pytest.mark.parametrize(("kind", "checked"), [("delete", True), ("update", False)])
def test_a_deleted_event_takes_no_time(kind: ChangeType, checked: bool) -> None:
    assert (newly_taken(event(), event(kind=kind)) is not None) is checked


def test_a_write_whose_answer_was_lost_recognises_itself() -> None:
    lost, before, write, again = LostAnswers(), event(), event(), event()
    assert not lost.applied(before)
    lost.add(write.history_id, before)
    lost.add(again.history_id, before)
    assert lost.applied(write)
    assert lost.applied(again)
    assert not lost.applied(before)


def test_a_write_in_between_makes_the_outcome_unknown() -> None:
    lost, before = LostAnswers(), event()
    lost.add(event().history_id, before)
    with pytest.raises(OutcomeUnknown):
        lost.applied(event())
    with pytest.raises(OutcomeUnknown):
        lost.applied(None)


def test_out_of_time_says_whether_something_may_have_been_written() -> None:
    lost = LostAnswers()
    assert type(lost.out_of_time("calendar")) is Unavailable
    lost.add(event().history_id, None)
    assert type(lost.out_of_time("calendar")) is OutcomeUnknown


HOUR, DAY = 3600, 86_400
WANTED = content()


def slow(calendar: Any) -> Deadline:
    """Five seconds, of which each read takes three."""
    return Deadline(5.0, lambda: calendar.reads * 3.0, lambda _: None, lambda _: 0.0)


def conflicts_in(
    calendar: Any, fences: Sequence[Fence] = (), *, event_id: str = NEW, deadline: Deadline | None = None
) -> tuple[list[Event], bool]:
    """What is in the way of WANTED, as the event `event_id`."""
    wanted = replace(event(event_id=event_id), content=WANTED)
    found = find_conflicts(calendar, wanted, fences, deadline or slow(InMemory([])))
    return [*found.events], found.complete


def test_reading_ends_with_the_time() -> None:
    calendar = InMemory([event(shifted(START, -2 * HOUR), shifted(START, -HOUR)) for _ in range(20)], 2)
    with pytest.raises(Contended):
        conflicts_in(calendar, deadline=slow(calendar))
    assert calendar.reads == 2


def test_a_late_refusal_does_not_look_for_a_free_time() -> None:
    calendar: Any = InMemory([event(START, END)], 30)
    hasty = Guard(calendar, request(deadline=slow(calendar)), no_bookings)
    wanted = event(START, END)
    _, refusal = hasty.preview(wanted.id, lambda _: wanted, None, checked=True, creates=True)
    assert refusal is not None
    assert (refusal.next_free, refusal.next_free_search, calendar.reads) == (None, "stopped", 1)


def in_the_way(events: list[Event]) -> list[Event]:
    """What takes time that WANTED wants."""
    return sorted(
        (each for each in events if each.content.opaque and each.content.interval.overlaps(Interval(START, END))),
        key=position_of,
    )


def is_told(answer: tuple[list[Event], bool], expected: list[Event], rounds: int) -> bool:
    """Whether `answer`, after so many rounds, is all of `expected`, or as much of it as a refusal needs."""
    found, complete = answer
    enough = len(found) > COLLISIONS_SHOWN or (bool(found) and rounds >= ROUNDS)
    return found == expected if complete else enough and found == [each for each in expected if each in found]


# Around the interval wanted, in all classes: before it, across its borders, in it, and behind it.
transparencies: st.SearchStrategy[Transparency] = st.sampled_from(["opaque", "opaque", "transparent"])
drawn_events = st.lists(
    st.tuples(
        st.sampled_from([-40 * DAY, -2 * DAY, -2 * HOUR, -HOUR, -1, 0, 60, HOUR - 1, HOUR]),
        st.sampled_from([1, HOUR, 2 * HOUR, 3 * DAY, 41 * DAY]),
        transparencies,
    ).map(lambda d: event(shifted(START, d[0]), shifted(START, d[0] + d[1]), transparency=d[2])),
    max_size=60,
)


@settings(max_examples=300)
@given(drawn_events, st.integers(2, 30))
def test_all_collisions_are_found_or_more_than_are_shown(events: list[Event], largest: int) -> None:
    calendar = InMemory(events, largest)
    found = conflicts_in(calendar, [])
    assert is_told(found, in_the_way(events), calendar.reads)


@settings(max_examples=300)
@given(drawn_events, st.integers(2, 30), st.data())
def test_what_a_fence_remembers_counts_as_it_is_however_much_is_found(
    events: list[Event], largest: int, data: st.DataObject
) -> None:
    fence = Fence("c09")
    shown = {each.id: each for each in events}
    actual = dict(shown)
    # Of some events the ranges show an older version, or nothing; and some of these have gone since.
    for event_id in data.draw(st.lists(st.sampled_from([*shown] or [EventId("none")]), max_size=8, unique=True)):
        newer = event(event_id=event_id)
        fence = fence.moved(newer)
        actual[event_id] = newer
        if data.draw(st.booleans()):
            shown.pop(event_id, None)
        if data.draw(st.booleans()):
            actual[event_id] = replace(newer, stamp=event(kind="delete").stamp)
    calendar = InMemory([*shown.values()], largest, looked_up=actual)
    found = conflicts_in(calendar, [fence])
    assert is_told(found, in_the_way([each for each in actual.values() if not each.deleted]), calendar.reads)


def test_an_event_is_not_counted_among_what_is_in_its_way() -> None:
    events = [event() for _ in range(COLLISIONS_SHOWN + 1)]
    found = conflicts_in(InMemory(events, 7), event_id=events[3].id)
    assert found == ([*events[:3], *events[4:]], True)


def test_an_event_that_is_found_at_two_places_counts_as_it_is_now() -> None:
    # It moves between the reads of two classes, and lies in both of them.
    first = event(START, shifted(START, 5 * HOUR))
    moved = event(START, END, event_id=first.id)
    assert conflicts_in(InMemory([moved, first]), []) == ([moved], True)


@pytest.mark.parametrize("left", [0, 1, COLLISIONS_SHOWN])
def test_behind_a_crowd_that_is_gone_is_read_on(left: int) -> None:
    # All of a page is gone by now, as the fences remember: that refuses nothing, and allows nothing either.
    stale = [event() for _ in range(3 * RECENT)]
    newer = [event(event_id=each.id) for each in stale]
    fences = [Fence(f"c{number:02d}") for number in range(3)]
    for number, each in enumerate(newer):
        fences[number % 3] = fences[number % 3].moved(each)
    gone = {each.id: replace(each, stamp=event(kind="delete").stamp) for each in newer}
    standing = [event() for _ in range(left)]
    calendar = InMemory([*standing, *stale], largest=len(stale), looked_up=gone)
    assert conflicts_in(calendar, fences) == (standing, True)
    assert calendar.queries == [4, 1]


def test_a_crowd_in_the_way_is_not_read_to_its_end() -> None:
    calendar = InMemory([event() for _ in range(1_000)])
    found, complete = conflicts_in(calendar, [])
    assert (len(found) > COLLISIONS_SHOWN, complete) == (True, False)
    assert calendar.queries == [4]


def over(count: int) -> list[Event]:
    """Events that were over when WANTED begins."""
    return [event(shifted(START, -HOUR), START) for _ in range(count)]


def test_behind_a_crowd_that_is_not_in_the_way_is_read_until_there_is_a_reason_to_refuse() -> None:
    # The last of them that is read began first.
    calendar = InMemory([*over(1_001), event(shifted(START, -2 * HOUR), END)], largest=101)
    assert conflicts_in(calendar, []) == ([calendar.events[-1]], True)
    assert calendar.queries == [4] + [1] * 10
    assert conflicts_in(InMemory(over(1_000), largest=101), []) == ([], True)


@pytest.mark.parametrize(("count", "complete"), [(499, True), (500, False), (5_000, False)])
def test_with_a_reason_to_refuse_no_more_than_the_stated_rounds_are_read(count: int, complete: bool) -> None:
    calendar = InMemory([*over(count), event(shifted(START, 1800), END)], largest=101)
    assert conflicts_in(calendar, []) == ([calendar.events[-1]], complete)
    assert calendar.queries == [4] + [1] * (ROUNDS - 1)


def test_a_reason_that_is_gone_does_not_end_the_reading() -> None:
    stale = event(shifted(START, 1800), END)
    newer = event(shifted(START, 1800), END, event_id=stale.id)
    gone = {stale.id: replace(newer, stamp=event(kind="delete").stamp)}
    standing = event(shifted(START, -2 * HOUR), END)
    calendar = InMemory([*over(1_000), stale, standing], largest=101, looked_up=gone)
    fences = [Fence("c09").moved(newer)]
    assert conflicts_in(calendar, fences) == ([standing], True)
