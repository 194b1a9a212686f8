"""Times at which several calendars are free, against a grid of minutes, in one page and in many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidCursor, NotFound
from shared.ids import CalendarId
from shared.scheduling.events import Event, Transparency
from shared.scheduling.find_time import CalendarProblem, Progress, Search, SlotRules, TimeFinder, TimesFound
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval, gaps
from shared.scheduling.length_classes import ClassRange
from shared.scheduling.range_reader import LARGEST_PAGE, ROUNDS, ClassPage
from shared.scheduling.working_hours import WEEKDAYS, WorkingHours
from tests.harness.samples import OWNER, event
from tests.unit.in_memory_calendar import InMemory

NOW: Final = Instant("2027-03-01T00:00:00Z")
MINUTE, HOUR, DAY = 60, 3600, 86_400
# The grid: two days in steps of half an hour.
STEP, STEPS = 30 * MINUTE, 96
IDS: Final = tuple(CalendarId(f"01998f00-0000-7000-8000-00000000000{n}") for n in range(3))
WINDOW: Final = Interval(NOW, shifted(NOW, STEPS * STEP))


def at(start: int, length: int, transparency: Transparency = "opaque") -> Event:
    """An event of `length` steps from step `start`."""
    return event(shifted(NOW, start * STEP), shifted(NOW, (start + length) * STEP), transparency=transparency)


@dataclass
class Calendars:
    """Several calendars in memory, whose pages end after `largest` keys, and who may not see them."""

    events: dict[CalendarId, list[Event]]
    largest: int = LARGEST_PAGE
    refused: list[dict[CalendarId, CalendarProblem]] = field(default_factory=lambda: [{}])
    limits: list[int] = field(default_factory=list)
    read: list[CalendarId] = field(default_factory=list)

    def read_with_series(
        self,
        calendar_id: CalendarId,
        ranges: Sequence[ClassRange],
        start: Instant,
        limit: int,
        window: Interval,
        *,
        opaque: bool = False,
    ) -> tuple[list[ClassPage[Event]], list[Event]]:
        del window
        return self.read_ranges(calendar_id, ranges, start, limit, opaque=opaque), []

    def read_ranges(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], start: Instant, limit: int, *, opaque: bool = False
    ) -> list[ClassPage[Event]]:
        self.read.append(calendar_id)
        self.limits.append(limit)
        calendar = InMemory(self.events[calendar_id], self.largest)
        return calendar.read_ranges(CalendarId(OWNER), ranges, start, limit, opaque=opaque)

    def refusals(self) -> dict[CalendarId, CalendarProblem]:
        return self.refused.pop(0) if len(self.refused) > 1 else self.refused[0]

    def grants_of(self, calendar_ids: Sequence[CalendarId]) -> "Calendars":
        del calendar_ids
        return self

    def find(self, search: Search, progress: Progress | None = None) -> TimesFound:
        return TimeFinder(self, self.grants_of, map).find(search, progress or Progress.start(search))

    def pages(self, search: Search) -> list[TimesFound]:
        """All pages, each reached by what a cursor carries."""
        pages = [self.find(search)]
        while (following := pages[-1].following) is not None:
            again = Progress.of(following.facts(search), search)
            assert again == following
            pages.append(self.find(search, again))
            assert len(pages) < 200, "does not end"
        return pages


def calendars(*events: list[Event], largest: int = LARGEST_PAGE) -> tuple[Calendars, Search]:
    made = dict(zip(IDS, events, strict=False))
    return Calendars(made, largest), Search(tuple(made), WINDOW, SlotRules(STEP, 50))


def busy_steps(intervals: Iterable[Interval]) -> set[int]:
    intervals = [*intervals]
    moments = {step: shifted(NOW, step * STEP) for step in range(STEPS)}
    return {step for step, moment in moments.items() if any(each.start <= moment < each.end for each in intervals)}


def taken_steps(events: Iterable[Event]) -> set[int]:
    return busy_steps(each.content.interval for each in events if each.content.opaque)


# With transparent ones, and enough of them for several pages.
drawn = st.lists(
    st.builds(
        at,
        st.integers(-10, STEPS),
        st.sampled_from([1, 1, 1, 2, 9, 150]),
        st.sampled_from(["opaque", "transparent"]),
    ),
    min_size=10,
    max_size=30,
)
some = st.lists(drawn, min_size=1, max_size=3)
hours = st.none() | st.builds(
    lambda start, lasts, days: WorkingHours(ZoneInfo("UTC"), start * STEP, min(48, start + lasts) * STEP, days),
    st.integers(0, 47),
    st.integers(1, 48),
    st.frozensets(st.sampled_from(WEEKDAYS[:3]), min_size=1),
)


def expected_slots(taken: set[int], rules: SlotRules) -> list[Interval]:
    """The slots, from the grid: runs of free steps within the working hours of a day."""
    runs: list[list[int]] = []
    for step in range(STEPS):
        day, of_day = divmod(step, 48)
        worked = rules.hours is None or (
            WEEKDAYS[day] in rules.hours.weekdays and rules.hours.start <= of_day * STEP < rules.hours.end
        )
        if step in taken or not worked:
            continue
        goes_on = bool(runs) and runs[-1][-1] == step - 1 and (rules.hours is None or of_day > 0)
        if goes_on:
            runs[-1].append(step)
        else:
            runs.append([step])
    slots = [Interval(shifted(NOW, run[0] * STEP), shifted(NOW, (run[-1] + 1) * STEP)) for run in runs]
    return [slot for slot in slots if slot.length >= rules.seconds][: rules.most]


@given(some, hours, st.integers(1, 5), st.integers(1, 12), st.integers(1, 3))
def test_pages_tell_what_a_grid_tells(
    events: list[list[Event]], hours: WorkingHours | None, steps: int, most: int, largest: int
) -> None:
    held, search = calendars(*events, largest=largest)
    search = replace(search, slots=SlotRules(steps * STEP, most, hours))
    pages = held.pages(search)
    for calendar_id, of_calendar in held.events.items():
        busy = [one for page in pages for one in page.busy[calendar_id]]
        assert busy_steps(busy) == taken_steps(of_calendar)
        assert all(one.end < other.start for one, other in pairwise(busy)), "split by pages"
    free = [slot for page in pages for slot in page.free or ()]
    taken = set().union(*map(taken_steps, events))
    assert search.slots is not None
    assert free == expected_slots(taken, search.slots)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=6))
def test_gaps_are_what_nothing_takes(drawn: list[tuple[int, int]]) -> None:
    within = Interval(NOW, shifted(NOW, 20 * STEP))
    taken = [at(start, length).content.interval for start, length in drawn]
    found = list(gaps(taken, within))
    assert busy_steps(found) == set(range(20)) - busy_steps(taken)
    assert all(one.end < other.start for one, other in pairwise(found))


def test_all_calendars_together_are_read_like_one() -> None:
    held, search = calendars([], [], [])
    assert held.find(search).following is None
    assert sorted(held.read) == sorted(IDS)
    assert {*held.limits} == {LARGEST_PAGE // 3}


def test_a_crowded_calendar_holds_the_page_back_and_reads_no_more_than_its_rounds() -> None:
    crowd = [at(step, 1) for step in range(0, STEPS, 2)]
    held, search = calendars(crowd, [at(90, 2)], largest=4)
    page = held.find(search)
    assert held.read.count(IDS[0]) == ROUNDS
    assert page.following is not None
    known = page.following.after
    assert known is not None
    assert known[0] < shifted(NOW, 90 * STEP)
    assert page.busy[IDS[1]] == []
    assert all(slot.end <= known[0] for slot in page.free or ())


def test_what_may_not_be_seen_is_not_read_and_ends_the_search_for_slots() -> None:
    held, search = calendars([at(0, 1)], [at(1, 1)])
    held.refused = [{IDS[1]: NotFound("calendar")}]
    page = held.find(search)
    assert held.read == [IDS[0]]
    assert (page.free, [*page.busy], [*page.refused]) == (None, [IDS[0]], [IDS[1]])


def test_a_right_that_ends_while_it_is_used_shows_nothing() -> None:
    held, search = calendars([at(0, 1)], [at(1, 1)])
    held.refused = [{}, {IDS[0]: NotFound("calendar")}]
    page = held.find(search)
    assert (page.free, [*page.busy], [*page.refused]) == (None, [IDS[1]], [IDS[0]])


def test_a_right_that_begins_in_the_middle_counts_for_another_search() -> None:
    crowd = [at(step, 1) for step in range(0, STEPS, 2)]
    held, search = calendars(crowd, [at(-5, 80)], largest=4)
    held.refused = [{IDS[1]: NotFound("calendar")}]
    first = held.find(search)
    assert first.following is not None
    held.refused = [{}]
    second = held.find(search, first.following)
    assert ([*second.busy], [*second.refused], second.free) == ([IDS[0]], [IDS[1]], None)


GOOD = {"start": NOW, "id": "x", "busy": f",{NOW}/{shifted(NOW, HOUR)},-", "free_from": NOW, "found": "0"}
WRONG: list[tuple[str, str]] = [
    ("start", ""),
    ("start", "x"),
    ("id", "é"),
    ("id", "x" * 65),
    ("busy", ""),
    ("busy", ",,,"),
    ("busy", "x,,"),
    ("busy", f"{NOW},,"),
    ("busy", f"{NOW}/{NOW},,"),
    ("busy", f"{NOW}/{shifted(NOW, 3 * DAY)},,"),
    ("busy", f"{shifted(NOW, -1)}/{shifted(NOW, HOUR)},,"),
    ("free_from", "x"),
    ("found", "-1"),
    ("found", "51"),
    ("found", "9" * 5000),
    ("found", "٣"),
]


def test_what_a_cursor_carries_is_read_back() -> None:
    _, search = calendars([], [], [])
    progress = Progress.of(GOOD, search)
    assert progress.facts(search) == GOOD
    assert progress.open == {IDS[0]: None, IDS[1]: Interval(NOW, shifted(NOW, HOUR))}


@pytest.mark.parametrize(("fact", "value"), WRONG)
def test_what_no_cursor_carries_is_refused(fact: str, value: str) -> None:
    _, search = calendars([], [], [])
    with pytest.raises(InvalidCursor):
        Progress.of({**GOOD, fact: value}, search)


def test_a_slot_is_whole_where_a_page_ends_within_it() -> None:
    # The first page ends at an event that takes no time.
    shown = [at(step, 1, "transparent") for step in range(0, STEPS, 2)]
    held, search = calendars([*shown, at(80, 2)], largest=1)
    pages = held.pages(search)
    assert len(pages) > 2
    free = [slot for page in pages for slot in page.free or ()]
    assert free == [Interval(NOW, shifted(NOW, 80 * STEP)), Interval(shifted(NOW, 82 * STEP), WINDOW.end)]
