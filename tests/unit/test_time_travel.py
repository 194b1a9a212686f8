"""The calendar as it was, from versions in memory, against the versions themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import ids
from shared.errors import NotFound
from shared.history.past_series import SERIES_LOOK_UPS
from shared.history.time_travel import LOOK_UPS, Placed, TimeTravel
from shared.ids import CalendarId, EventId, HistoryId
from shared.scheduling.events import ChangeType, Event
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import ClassRange
from shared.scheduling.range_reader import ROUNDS, ClassPage
from shared.scheduling.recurrences import Override, Recurrence, occurrences
from shared.scheduling.window_reader import position_of
from shared.scheduling.windows import Window
from shared.store import keys
from tests.harness.samples import NOW_NS, OWNER, event, request

START: Final = Instant("2027-03-01T00:00:00Z")
HOUR, DAY = 3600, 86_400
WINDOW = Window(Interval(START, shifted(START, 2 * DAY)), None, "window as of then")
FIRST_MS = NOW_NS // 1_000_000


@dataclass
class Versions:
    """All versions of the events of a calendar, each event's oldest first; `gone` ones are stored no more."""

    events: Sequence[Sequence[Event]]
    gone: frozenset[EventId]
    largest: int = 2000
    reads: int = 0
    looked_up: list[EventId] = field(default_factory=list)

    @property
    def _placed(self) -> list[Event]:
        return [version for versions in self.events for version in versions if not version.deleted]

    def read_positions_and_series(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], limit: int, start: Instant
    ) -> tuple[list[ClassPage[Placed]], list[tuple[EventId, HistoryId]]]:
        low = keys.series_range(start).low
        series = [(each.id, each.history_id) for each in self._placed if keys.span(each) >= low]
        return self.read_positions(calendar_id, ranges, limit), series

    def versions(self, calendar_id: CalendarId, wanted: Sequence[tuple[EventId, HistoryId]]) -> list[Event]:
        assert calendar_id == OWNER
        return [each for each in self._placed if (each.id, each.history_id) in {*wanted}]

    def read_positions(
        self, calendar_id: CalendarId, ranges: Sequence[ClassRange], limit: int
    ) -> list[ClassPage[Placed]]:
        assert calendar_id == OWNER
        self.reads += 1
        limit = min(limit, self.largest)
        indexed = sorted((keys.span(each), each.history_id) for each in self._placed)
        pages = []
        for one in map(keys.class_range, ranges):
            inside = [pair for pair in indexed if one.low <= pair[0] <= one.high]
            page = inside[:limit]
            found = [(keys.position_in(key), history_id) for key, history_id in page]
            pages.append(ClassPage(found, found[-1][0] if len(inside) >= limit and found else None))
        return pages

    def stored(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
        assert calendar_id == OWNER
        latest = {versions[0].id: versions[-1] for versions in self.events}
        return {each: latest[each] for each in event_ids if each not in self.gone}

    def as_of(self, event_id: EventId, moment_ms: int) -> Event:
        """The look-up of a single event, at two reads."""
        self.looked_up.append(event_id)
        for versions in self.events:
            if versions[0].id == event_id:
                then = [each for each in versions if ids.milliseconds_of(each.history_id) <= moment_ms]
                if then and not then[-1].deleted:
                    return then[-1]
        raise NotFound("event at that time")

    def as_it_was(self, moment_ms: int) -> list[Event]:
        """What the window showed at the moment."""
        found: list[Event] = []
        for versions in self.events:
            then = [each for each in versions if ids.milliseconds_of(each.history_id) <= moment_ms]
            if then and not then[-1].deleted:
                found += occurrences(then[-1], WINDOW.interval)
        return sorted(found, key=position_of)

    def page(self, window: Window, moment_ms: int, limit: int) -> tuple[list[Event], str | None]:
        history: Any = self
        return TimeTravel(request(), self, history, map).page(window, moment_ms, limit)


@st.composite
def recurrences(draw: st.DrawFn, start: Instant, length: int) -> Recurrence | None:
    """None, or a recurrence from the local time `start`, in UTC: one that has ended, one that ends, or an endless one.

    One occurrence may be excluded, and another one moved by some hours or renamed.
    """
    step = 1 + length // DAY
    rule = draw(st.sampled_from([None, None, f"FREQ=DAILY;INTERVAL={step}", f"FREQ=DAILY;COUNT=2;INTERVAL={step}"]))
    if rule is None:
        return None
    ids_ = ["".join(filter(str.isalnum, shifted(start, number * step * DAY)))[:-1] for number in range(2)]
    excluded = draw(st.sampled_from([(), (ids_[0],)]))
    to = draw(st.sampled_from([None, -DAY, 3 * HOUR]))
    if to is None:
        return Recurrence(rule, excluded=excluded)
    at = shifted(start, step * DAY + to)
    moved = Override(ids_[1], (("end", shifted(at, HOUR)), ("start", at), ("title", "Moved")))
    return Recurrence(rule, excluded=excluded, changed=(moved,))


@st.composite
def histories(draw: st.DrawFn) -> Versions:
    """Events that were made, moved, deleted and restored, one change each second at most."""
    events: list[list[Event]] = []
    gone: set[EventId] = set()
    for number in range(draw(st.integers(0, 12))):
        versions: list[Event] = []
        at = FIRST_MS
        for _ in range(draw(st.integers(1, 4))):
            at += draw(st.sampled_from([1_000, 2_000, 5_000]))
            start = draw(st.sampled_from([-3 * DAY, -HOUR, 0, HOUR, DAY, 2 * DAY]))
            length = draw(st.sampled_from([HOUR, 2 * HOUR, 5 * HOUR, 4 * DAY]))
            kind: ChangeType = draw(st.sampled_from(["update", "update", "delete"])) if versions else "create"
            times = (shifted(START, start), shifted(START, start + length))
            history_id = ids.derived_id(at, number)
            event_id = versions[0].id if versions else history_id
            made = event(*times, event_id=event_id, history_id=history_id, version=len(versions) + 1, kind=kind)
            recurrence = draw(recurrences(times[0], length))
            content = replace(made.content, recurrence=recurrence) if kind != "delete" else versions[-1].content
            created_at = versions[0].created_at if versions else made.created_at
            versions.append(replace(made, content=content, created_at=created_at))
        events.append(versions)
        if versions[-1].deleted and draw(st.booleans()):
            gone.add(versions[0].id)
    return Versions(events, frozenset(gone))


@settings(max_examples=300)
@given(histories(), st.integers(0, 20), st.integers(1, 6), st.integers(1, 40))
def test_the_pages_together_are_the_calendar_as_it_was(
    versions: Versions, seconds: int, limit: int, largest: int
) -> None:
    versions.largest = largest
    moment_ms = FIRST_MS + seconds * 1_000
    window, shown = WINDOW, []
    for _ in range(200):
        versions.reads = 0
        versions.looked_up.clear()
        page, cursor = versions.page(window, moment_ms, limit)
        shown += page
        assert len(page) <= limit
        if cursor is None:
            break
        assert len(page) == limit or versions.reads == ROUNDS or len(versions.looked_up) == LOOK_UPS
        window = Window.of(None, None, cursor, START, WINDOW.query)
    assert cursor is None, "the cursor moves"
    assert shown == versions.as_it_was(moment_ms)


def test_only_what_has_changed_since_is_looked_up() -> None:
    def made(number: int, *seconds: int) -> list[Event]:
        first = event(event_id=ids.derived_id(number, 0), history_id=ids.derived_id(FIRST_MS + seconds[0] * 1_000, 0))
        first = replace(first, content=replace(first.content, start=START, end=shifted(START, HOUR)))
        later = [event(history_id=ids.derived_id(FIRST_MS + at * 1_000, 0)).stamp for at in seconds[1:]]
        return [first, *(replace(first, stamp=stamp) for stamp in later)]

    unchanged, changed_before, changed_since, made_since = made(1, 1), made(2, 1, 2), made(3, 1, 9), made(4, 9)
    versions = Versions([unchanged, changed_before, changed_since, made_since], frozenset())
    page, cursor = versions.page(WINDOW, FIRST_MS + 5_000, 10)
    assert (page, cursor) == ([unchanged[0], changed_before[1], changed_since[0]], None)
    assert versions.looked_up == [changed_since[0].id]


def restored(number: int, *seconds: int) -> list[Event]:
    """An event in the window that was made, deleted, restored, and so on, at these seconds."""
    first = event(event_id=ids.derived_id(number, 0), history_id=ids.derived_id(FIRST_MS + seconds[0] * 1_000, number))
    start = shifted(START, number)
    first = replace(first, content=replace(first.content, start=start, end=shifted(start, HOUR)))
    versions = [first]
    for each, at in enumerate(seconds[1:]):
        kind: ChangeType = "update" if each % 2 else "delete"
        stamp = event(history_id=ids.derived_id(FIRST_MS + at * 1_000, number), version=each + 2, kind=kind).stamp
        versions.append(replace(first, stamp=stamp))
    return versions


@pytest.mark.parametrize("limit", [1, 50, 100])
@pytest.mark.parametrize(("seconds", "shown"), [(2, 300), (4, 0)])
def test_no_more_is_looked_up_than_is_stated(limit: int, seconds: int, shown: int) -> None:
    versions = Versions([restored(number, 1, 3, 5) for number in range(300)], frozenset())
    window, pages, found = WINDOW, 0, 0
    while True:
        versions.looked_up.clear()
        page, cursor = versions.page(window, FIRST_MS + seconds * 1_000, limit)
        pages, found = pages + 1, found + len(page)
        assert len(versions.looked_up) <= LOOK_UPS
        if cursor is None:
            break
        # What was there then fills its pages.
        assert len(page) == (limit if shown else 0)
        window = Window.of(None, None, cursor, START, WINDOW.query)
    assert (found, pages) == (shown, 300 // limit if shown else 3)


def test_what_is_told_by_what_is_stored_counts_as_no_look_up() -> None:
    doubtful = [restored(number, 1, 3, 5) for number in range(LOOK_UPS)]
    unchanged = [restored(number, 1) for number in range(LOOK_UPS, LOOK_UPS + 50)]
    versions = Versions([*doubtful, *unchanged], frozenset())
    page, cursor = versions.page(WINDOW, FIRST_MS + 4_000, 100)
    assert (page, cursor) == ([each[0] for each in unchanged], None)
    assert len(versions.looked_up) == LOOK_UPS


def test_an_event_of_a_name_that_was_used_before_is_looked_up_where_the_first_one_lay() -> None:
    # The first one was deleted and gone, and its client's name used again: for an event elsewhere, and for one there.
    def again(number: int, hours: int) -> list[Event]:
        first, deleted = restored(number, 1, 3)
        content = replace(first.content, start=shifted(START, hours * HOUR), end=shifted(START, hours * HOUR + 60))
        history_id = ids.derived_id(FIRST_MS + 9_000, number)
        stamp = event(history_id=history_id, version=3).stamp
        named = replace(first, content=content, stamp=stamp, created_at=ids.made_at(history_id), uid="1")
        return [replace(first, uid="1"), deleted, named]

    lives, only_one = again(1, 20), again(2, 20)[2:]
    versions = Versions([lives, only_one], frozenset())
    assert versions.page(WINDOW, FIRST_MS + 2_000, 10) == ([lives[0]], None)
    assert versions.looked_up == [lives[0].id], "where no version of that time lies, nothing lay"
    assert versions.page(WINDOW, FIRST_MS + 4_000, 10) == ([], None)
    assert versions.page(WINDOW, FIRST_MS + 9_000, 10) == ([lives[2], only_one[0]], None)


def test_a_version_behind_the_end_of_a_page_is_not_missed() -> None:
    # A change around the API leaves the stored event its old id: that there is a later one tells the index alone, and
    # a page of it may end between the two.
    (first,) = restored(1, 1)
    changed = replace(first, stamp=event(history_id=ids.derived_id(FIRST_MS + 5_000, 1)).stamp)
    around = replace(first, content=replace(first.content, title="another"))

    class Around(Versions):
        def stored(self, calendar_id: CalendarId, event_ids: Sequence[EventId]) -> dict[EventId, Event]:
            return dict.fromkeys(super().stored(calendar_id, event_ids), around)

    for largest in (1, 2):
        versions = Around([[first, changed]], frozenset(), largest)
        assert versions.page(WINDOW, FIRST_MS + 2_000, 10) == ([first], None)


def series(number: int, *seconds: int) -> list[Event]:
    """A daily series that was made and then renamed at these seconds."""
    first, *_ = restored(number, *seconds)
    content = replace(first.content, recurrence=Recurrence("FREQ=DAILY"))
    later = [event(history_id=ids.derived_id(FIRST_MS + at * 1_000, number)).stamp for at in seconds[1:]]
    stamps = [first.stamp, *later]
    return [replace(first, content=replace(content, title=str(at)), stamp=stamp) for at, stamp in enumerate(stamps)]


def test_only_series_on_the_page_that_have_changed_since_are_looked_up() -> None:
    unchanged, changed_since, made_since, behind = series(1, 1), series(2, 1, 9), series(3, 9), series(4, 1, 9)
    versions = Versions([unchanged, changed_since, made_since, behind], frozenset())
    page, cursor = versions.page(WINDOW, FIRST_MS + 5_000, 1)
    assert [(each.stored_id, each.content.title) for each in page] == [(unchanged[0].id, "0")]
    assert cursor is not None
    assert versions.looked_up == [changed_since[0].id], "the second one shows that there is a next page"


@pytest.mark.parametrize("limit", [1, 100])
def test_no_more_series_are_looked_up_than_is_stated(limit: int) -> None:
    """Series that were deleted at the moment, and restored since: the index has what they were before and after."""
    first = [series(number, 1) for number in range(300)]
    events = [
        [*versions, *(replace(versions[0], stamp=each.stamp) for each in restored(number, 1, 3, 5)[1:])]
        for number, versions in enumerate(first)
    ]
    events.append(series(300, 1, 9))
    versions = Versions(events, frozenset())
    window, pages = WINDOW, 0
    found: list[Event] = []
    while True:
        versions.looked_up.clear()
        page, cursor = versions.page(window, FIRST_MS + 4_000, limit)
        pages, found = pages + 1, found + page
        assert len(versions.looked_up) <= SERIES_LOOK_UPS
        if cursor is None:
            break
        window = Window.of(None, None, cursor, START, WINDOW.query)
    assert [each.stored_id for each in found] == [events[300][0].id] * 2
    assert pages <= 10, "each page goes on"
