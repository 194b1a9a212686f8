"""Gaps in version numbers, told from what people do to numbers around the API."""

from collections.abc import Iterable
from functools import partial
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import ids
from shared.history.changes import VersionRef
from shared.history.continuity import GRACE_MS, ContinuityCheck, Gap, Mark, Numbers, Report, step
from shared.ids import CalendarId, EventId, HistoryId, ItemKey
from shared.scheduling.quotas import NOTHING, Usage

NOW_MS = 1_795_338_000_000
OWNER, EVENT = CalendarId("ada"), EventId("review")


def at(milliseconds: int) -> HistoryId:
    return ids.derived_id(milliseconds, 0)


class Store:
    """The versions of one event, and the event itself."""

    def __init__(self, marks: list[Mark], live: Mark | None = None, swept: str = "") -> None:
        self._marks, self._live, self._swept = marks, live, swept

    def version_page(self, after: ItemKey | None) -> tuple[list[tuple[ItemKey, Mark]], ItemKey | None]:
        """One version a page."""
        left = [mark for mark in self._marks if after is None or mark.history_id > after[1]]
        page: list[tuple[ItemKey, Mark]] = [((EVENT, mark.history_id), mark) for mark in left[:1]]
        return page, page[0][0] if len(left) > 1 else None

    def live_page(self, after: ItemKey | None) -> tuple[list[tuple[VersionRef, Mark]], ItemKey | None]:
        """The event, on the second page."""
        if after is None:
            return [], ("fences", "first")
        return [(VersionRef(OWNER, EVENT, self._live.history_id), self._live)] if self._live else [], None

    def recorded(self, versions: Iterable[VersionRef]) -> set[VersionRef]:
        return {each for each in versions if each.history_id in {mark.history_id for mark in self._marks}}

    def marks(self, calendar_id: CalendarId, event_id: EventId) -> list[Mark]:
        assert (calendar_id, event_id) == (OWNER, EVENT)
        return self._marks

    def live(self, calendar_id: CalendarId, event_id: EventId) -> Mark | None:
        assert (calendar_id, event_id) == (OWNER, EVENT)
        return self._live

    def swept_below(self) -> str:
        return self._swept

    def read_to_correct(self, calendar_id: CalendarId) -> tuple[Usage, str]:
        assert calendar_id == OWNER
        return NOTHING, ""

    def correct(self, calendar_id: CalendarId, growth: Usage, after: str, correction: str) -> bool:
        raise AssertionError((calendar_id, growth, after, correction))

    def event_of(self, place: ItemKey) -> tuple[CalendarId, EventId]:
        assert place[0] == EVENT
        return OWNER, EVENT


def check(store: Store, now_ms: int = NOW_MS) -> Report:
    """The gaps of the event, found by looking at it alone; over the table there are as many, found a page at a time."""
    report = ContinuityCheck(store, now_ms, lambda: False).event(OWNER, EVENT)
    parts: list[Report] = []
    while not parts or not parts[-1].complete:
        one_page = partial(next, iter([False, True]))
        parts.append(ContinuityCheck(store, now_ms, one_page).table(parts[-1].token if parts else None))
    assert parts[-1].missing == report.missing
    assert sorted(each for part in parts for each in numbers(part.gaps)) == sorted(numbers(report.gaps))
    return report


def numbers(gaps: list[Gap]) -> list[Numbers]:
    return [each for gap in gaps for each in gap.missing]


def missing(marks: list[Mark], live: Mark | None = None, swept: str = "", now_ms: int = NOW_MS) -> list[Numbers]:
    return numbers(check(Store(marks, live, swept), now_ms).gaps)


def stamped(*versions: int) -> list[Mark]:
    """Versions of these numbers, made at as many milliseconds."""
    return [Mark(at(number), number) for number in versions]


@pytest.mark.parametrize(
    ("marks", "found"),
    [
        ([], []),
        (stamped(1), []),
        (stamped(1, 2, 3), []),
        (stamped(2, 3), [(1, 1)]),
        (stamped(1, 4), [(2, 3)]),
        (stamped(2, 5, 6, 9), [(1, 1), (3, 4), (7, 8)]),
    ],
)
def test_a_gap_between_versions(marks: list[Mark], found: list[Numbers]) -> None:
    assert missing(marks) == found
    assert missing(marks, marks[-1] if marks else None) == found


def test_a_gap_up_to_the_event_itself() -> None:
    assert missing(stamped(1, 2), Mark(at(5), 5)) == [(3, 5)]
    assert missing([], Mark(at(5), 3)) == [(1, 3)]


def test_what_is_younger_than_the_grace_may_be_on_its_way() -> None:
    late = NOW_MS - GRACE_MS
    assert missing([*stamped(1), Mark(at(late), 3)]) == []
    assert missing([*stamped(1), Mark(at(late), 3)], now_ms=NOW_MS + 1) == [(2, 2)]
    assert missing(stamped(1), Mark(at(late), 3)) == []
    assert missing(stamped(1), Mark(at(late), 3), now_ms=NOW_MS + 1) == [(2, 3)]


def test_what_a_sweep_may_have_removed_is_not_missing() -> None:
    assert missing(stamped(5, 8, 9, 11), swept=at(8)) == [(6, 7), (10, 10)]
    assert missing(stamped(5, 8, 9, 11), swept=at(9)) == [(10, 10)]
    assert missing(stamped(5, 8, 9, 11), swept=at(12)) == []


def test_the_newest_version_is_never_swept_and_so_always_expected() -> None:
    assert missing(stamped(5), Mark(at(8), 8), swept=at(9)) == [(8, 8)]
    assert missing(stamped(5), Mark(at(8), 8), swept=at(8)) == [(6, 8)]


def test_an_event_without_a_stamp_of_the_api_is_not_looked_for() -> None:
    assert missing([], Mark(at(0), 0)) == []


def test_a_change_around_the_api_that_sorts_behind_the_next_one_is_no_gap() -> None:
    """Both were made within the same millisecond, or the clocks differ."""
    first, second, third = stamped(1, 2, 3)
    assert step(3, Mark(at(4), 2, external=True, follows=2)) == (3, None)
    assert missing([first, second, third, Mark(at(4), 2, external=True, follows=2), Mark(at(5), 4)]) == []


changes = st.lists(
    st.one_of(
        st.tuples(st.just("api"), st.booleans()),
        st.tuples(st.just("hand"), st.integers(0, 6)),
        st.tuples(st.just("put anew"), st.integers(0, 6)),
    ),
    max_size=14,
)


@given(changes)
def test_just_the_versions_that_were_lost_are_missing(changes: list[tuple[str, int]]) -> None:
    """People write any numbers in between; a version that they made themselves is never lost here."""
    number, exists, moment = 0, False, count(1)
    live: Mark | None = None
    recorded: list[Mark] = []
    lost: list[Mark] = []

    def by_hand(number: int, follows: int | None) -> None:
        recorded.append(Mark(at(next(moment)), number, external=True, follows=follows))

    for kind, value in changes:
        if kind == "api":
            number += 1
            live = Mark(at(next(moment)), number)
            (lost if value else recorded).append(live)
        elif kind == "hand" and exists:
            by_hand(value, number)
            number = value
            live = Mark(live.history_id, number) if live else None
        else:
            if exists:
                by_hand(number, number)  # the removal
            by_hand(value, None)
            number, live = value, None  # without a stamp of the API's
        exists = True
    found = missing(recorded, live)
    assert sorted(n for first, last in found for n in range(first, last + 1)) == sorted(mark.number for mark in lost)
