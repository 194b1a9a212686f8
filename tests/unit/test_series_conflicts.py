"""What the check of a series finds, held against a plain sweep over all that takes time."""

import os
import random
import time
from dataclasses import replace
from itertools import count
from typing import Any, Final

import pytest

from shared.errors import COLLISIONS_SHOWN, Contended
from shared.retries import Deadline
from shared.scheduling import series_conflicts
from shared.scheduling.conflicts import ConflictsFound, find_conflicts
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.series_errors import TooManySeries
from tests.harness.samples import event
from tests.harness.series_contents import DAY, HOUR, expanded, first_overlap_of, override, random_series, series
from tests.unit.in_memory_calendar import InMemory

ROUNDS: Final = int(os.environ.get("SERIES_CHECKS", "150"))
# All that the random calendars hold begins before its end; what is endless goes on.
HORIZON: Final = Interval(Instant("2026-06-01T00:00:00Z"), Instant("2029-01-01T00:00:00Z"))
FIRST: Final = Instant("2027-03-01T09:00:00Z")


def checked(events: list[Event], content: Content, largest: int = 2000, event_id: str | None = None) -> ConflictsFound:
    calendar: Any = InMemory(events, largest)
    wanted = replace(event(event_id=event_id), content=content)
    return find_conflicts(calendar, wanted, (), deadline())


def deadline() -> Deadline:
    return Deadline(60.0, time.monotonic, time.sleep, lambda _: 0.0)


def of(content: Content) -> Event:
    return replace(event(), content=content)


def single(chance: random.Random) -> Event:
    start = shifted(FIRST, 900 * chance.randint(-60 * 96, 600 * 96))
    return event(start, shifted(start, chance.choice((900, HOUR, 5 * HOUR, 2 * DAY, 9 * DAY, 40 * DAY))))


def in_the_way(events: list[Event], content: Content, horizon: Interval) -> dict[str, Event]:
    """The first conflict with each event that is in the way of `content`, by the id of the event."""
    mine = [each for each in expanded([of(content)], horizon) if each.content.opaque]
    found: dict[str, Event] = {}
    for each in events:
        theirs = [one for one in expanded([each], horizon) if one.content.opaque]
        met = first_overlap_of(theirs, mine)
        if met is not None:
            found[each.id] = met[0]
    return found


@pytest.mark.parametrize("small", [False, True], ids=["pages of 300", "pages of 4"])
def test_nothing_that_is_booked_before_checked_until_is_missed(small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    largest = 2000
    if small:
        # So small that each class has more than a page, and the two years more than the occurrences looked at.
        for name, value in (("PAGE", 4), ("NEAR", 12), ("_TOGETHER", 5), ("NEAR_SECONDS", 90 * DAY)):
            monkeypatch.setattr(series_conflicts, name, value)
        largest = 4
    seen = dict.fromkeys(("free", "refused", "checked until the end", "not to the end"), 0)
    for number in range(ROUNDS):
        chance = random.Random(f"{small} {number}")  # noqa: S311 not for secrets
        content = random_series(chance, opaque=1)
        events = [single(chance) for _ in range(chance.choice((3, 20, 60)))]
        events += [of(random_series(chance)) for _ in range(chance.choice((0, 0, 1, 6)))]
        if chance.random() < 0.7:
            # Nothing is in the way of most, up to some time.
            clear = chance.choice((HORIZON.end, Instant("2027-09-01T00:00:00Z")))
            there = in_the_way(events, content, Interval(HORIZON.start, clear))
            events = [each for each in events if each.id not in there]
        found = checked(events, content, largest)
        expected = in_the_way(events, content, HORIZON)
        # Of series that never end, what is told may lie behind the horizon of this test.
        told = {each.stored_id: each for each in found.events if each.content.start < HORIZON.end}
        assert told.keys() <= expected.keys(), number
        assert {key: expected[key].id for key in told} == {key: each.id for key, each in told.items()}, number
        if found.complete and told:
            assert len(told) <= COLLISIONS_SHOWN
        until = found.checked_until
        assert until is not None
        if not found.events:
            assert not in_the_way(events, content, Interval(HORIZON.start, min(until, HORIZON.end))), number
        seen["refused" if found.events else "free"] += 1
        seen["not to the end" if until < content.extent.end else "checked until the end"] += 1
    assert all(seen.values()), seen


def test_all_that_is_in_the_way_is_told_if_all_was_read() -> None:
    chance = random.Random(7)  # noqa: S311 not for secrets
    for number in range(ROUNDS):
        content = random_series(chance)
        events = [single(chance) for _ in range(25)] + [of(random_series(chance)) for _ in range(4)]
        found, expected = checked(events, content), in_the_way(events, content, HORIZON)
        if content.busy and len(expected) <= COLLISIONS_SHOWN and found.complete:
            # Those beyond the horizon of this test may be told besides.
            told = {each.stored_id: each.id for each in found.events if each.content.start < HORIZON.end}
            assert told == {key: each.id for key, each in expected.items()}, number


WEEKLY: Final = series("2027-03-01T09:00:00", "FREQ=WEEKLY")


@pytest.mark.parametrize(
    ("start", "changed", "met"),
    [
        ("2027-03-01T09:30:00Z", (), "20270301T090000"),
        ("2046-04-23T09:30:00Z", (), "20460423T090000"),
        ("2027-03-08T10:00:00Z", (), None),
        ("2027-03-08T09:30:00Z", (override("20270308T090000", "2027-03-09T12:00:00Z"),), None),
        ("2027-03-09T12:30:00Z", (override("20270308T090000", "2027-03-09T12:00:00Z"),), "20270308T090000"),
        ("2027-03-08T09:30:00Z", (override("20270308T090000", transparency="transparent"),), None),
        ("2027-03-08T09:30:00Z", (override("20270308T090000", title="Another"),), "20270308T090000"),
    ],
    ids=["first", "1000th", "touches", "moved away", "moved there", "transparent there", "another title"],
)
def test_a_single_event_meets_a_series_wherever_it_takes_time(start: str, changed: Any, met: str | None) -> None:
    there = of(series("2027-03-01T09:00:00", "FREQ=WEEKLY", changed=changed))
    wanted = event(start, shifted(Instant(start), 900))
    found = checked([there], wanted.content)
    assert [each.id for each in found.events] == ([] if met is None else [f"{there.id}_{met}"])


def test_a_single_event_does_not_meet_what_was_cancelled() -> None:
    there = of(series("2027-03-01T09:00:00", "FREQ=WEEKLY", excluded=["20270308T090000"]))
    assert checked([there], event("2027-03-08T09:00:00Z", "2027-03-08T10:00:00Z").content).events == []
    assert len(checked([there], event("2027-03-15T09:00:00Z", "2027-03-15T10:00:00Z").content).events) == 1


def test_an_occurrence_of_a_transparent_series_may_take_its_time() -> None:
    changed = [override("20270308T090000", transparency="opaque")]
    there = of(series("2027-03-01T09:00:00", "FREQ=WEEKLY", transparency="transparent", changed=changed))
    meets = [
        len(checked([there], event(f"2027-03-{day}T09:00:00Z", f"2027-03-{day}T10:00:00Z").content).events)
        for day in ("01", "08", "15")
    ]
    assert meets == [0, 1, 0]
    assert len(checked([of(WEEKLY)], there.content).events) == 1


@pytest.mark.parametrize(("hour", "meets"), [("09:30", 1), ("10:00", 0)])
def test_two_series_that_never_end_meet_or_are_compared_for_five_years(hour: str, meets: int) -> None:
    found = checked([of(WEEKLY)], series(f"2028-03-06T{hour}:00", "FREQ=WEEKLY;INTERVAL=2"))
    assert len(found.events) == meets
    assert found.checked_until == ("2033-03-10T09:30:00Z" if meets else "2033-03-10T10:00:00Z")


def test_a_calendar_has_no_more_series_than_a_check_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_conflicts, "MAX_SERIES", 3)
    there = [of(series(f"2027-03-0{day}T0{day}:00:00", "FREQ=WEEKLY;COUNT=90")) for day in (1, 2, 3)]
    with pytest.raises(TooManySeries) as refused:
        checked(there, WEEKLY)
    assert refused.value.limit == 3
    assert checked(there, there[0].content, event_id=there[0].id).events == [], "a change of one of them adds none"
    ended = series("2026-03-02T09:00:00", "FREQ=WEEKLY;COUNT=2")
    assert checked(there, ended).events == [], "those that begin later do not count"
    earlier, moved = of(ended), series("2027-03-12T12:00:00", "FREQ=WEEKLY;COUNT=2")
    assert checked([*there, earlier], moved, event_id=earlier.id).events == [], "a move adds none, from wherever"
    calendar: Any = InMemory(there)
    assert find_conflicts(calendar, of(moved), (), deadline(), there[0].id).events == [], "nor what is split off"
    for content in (replace(ended, transparency="transparent"), replace(ended, recurrence=None)):
        before = of(content)
        with pytest.raises(TooManySeries):
            checked([*there, before], moved, event_id=before.id)


def test_a_comparison_of_many_series_ends_with_the_time_of_the_request() -> None:
    calendar: Any = InMemory(
        [of(series(f"2027-03-01T10:{each:02}:00", "FREQ=DAILY", seconds=60)) for each in range(20)]
    )
    wanted = replace(event(), content=series("2027-03-01T09:00:00", "FREQ=DAILY"))

    def found(seconds: float) -> ConflictsFound:
        ticks = count()
        deadline = Deadline(seconds, lambda: float(next(ticks)), time.sleep, lambda _: 0.0)
        return find_conflicts(calendar, wanted, (), deadline)

    assert found(60.0).events == []
    with pytest.raises(Contended, match="no time is left to compare series"):
        found(10.0)


YEARLY: Final = series("2027-03-01T09:00:00", "FREQ=YEARLY")


def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of four, and look ahead at one occurrence after the other."""
    for name, value in (("PAGE", 4), ("_TOGETHER", 1)):
        monkeypatch.setattr(series_conflicts, name, value)


def _aside(length: int) -> list[Event]:
    """More than a page of a length class soon after the first occurrence of YEARLY."""
    starts = [shifted(FIRST, 2 * HOUR + number * 60) for number in range(6)]
    return [event(start, shifted(start, length)) for start in starts]


@pytest.mark.parametrize("length", [HOUR, 5 * HOUR, 4 * DAY, 40 * DAY])
@pytest.mark.parametrize("at", [1, -1], ids=["its last second", "its first second"])
@pytest.mark.parametrize("year", [2028, 2029, 2039], ids=["near", "the last that is near", "behind"])
def test_behind_the_first_page_what_is_near_an_occurrence_is_found(
    monkeypatch: pytest.MonkeyPatch, length: int, at: int, year: int
) -> None:
    _small(monkeypatch)
    occurrence = Instant(f"{year}-03-01T09:00:00Z")
    start = shifted(occurrence, 1 - length) if at == 1 else shifted(occurrence, HOUR - 1)
    there = event(start, shifted(start, length))
    found = checked([*_aside(length), there], YEARLY, largest=4)
    assert [each.id for each in found.events] == [there.id]
    touching = shifted(start, -at)
    assert checked([*_aside(length), event(touching, shifted(touching, length))], YEARLY, largest=4).events == []


def test_a_crowd_near_an_occurrence_ends_what_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    _small(monkeypatch)
    crowd = [
        event(f"2028-03-01T0{5 + number // 4}:{number % 4 * 15:02}:00Z", "2028-03-01T09:00:00Z") for number in range(5)
    ]
    behind = event("2028-03-01T09:30:00Z", "2028-03-01T09:45:00Z")
    found = checked([*_aside(HOUR), *crowd, behind], YEARLY, largest=4)
    assert (found.events, found.checked_until) == ([], "2028-03-01T09:00:00Z")
    assert [each.id for each in checked([*_aside(HOUR), *crowd[:1], behind], YEARLY, largest=4).events] == [behind.id]
