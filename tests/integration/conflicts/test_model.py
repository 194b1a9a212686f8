"""Random operations, alone and two at once, against a model of a calendar: every answer is compared."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from shared.ids import EventId
from shared.scheduling import conflicts, free_time, windows
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import EPOCH, Instant, of_seconds, seconds_between, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.windows import Window
from shared.store.bookings import DynamoBookingStore
from shared.store.events import DynamoEventStore
from tests.integration.conflicts.broken_guards import CheckThenInsert, SeriesBeginWithin, StartsWithin
from tests.integration.conflicts.calendar_model import Model
from tests.integration.conflicts.calendar_operations import Answer, Kind, Operation
from tests.integration.conflicts.contended_calendar import ContendedCalendar
from tests.integration.conflicts.known_events import Known, free_busy, live, whole
from tests.integration.conflicts.model_drafts import (
    DAY,
    HOUR,
    contents,
    days_on,
    drafts,
    half_hours,
    lengths,
    occurrence_drafts,
    points,
    series,
    shortly,
    takers,
    weeks_on,
)
from tests.integration.conflicts.model_operations import operation_of, series_among
from tests.integration.conflicts.model_room import Room
from tests.integration.conflicts.series_model import occurring, with_clock
from tests.integration.sharing.broken_bookings import HomesFencesOnly
from tests.integration.sharing.broken_series_stores import FIRST_OCCURRENCE

NOW = seconds_between(EPOCH, Instant("2026-11-20T12:00:00Z"))

CHECK = settings(
    max_examples=15,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
# Against a mutant the first failure is enough: there is no need to make it small.
FIND = settings(CHECK, max_examples=200, phases=[Phase.generate], print_blob=False)


class CalendarMachine(RuleBasedStateMachine):
    """A real calendar and its model."""

    contended: ContendedCalendar
    store: type[DynamoEventStore] = DynamoEventStore
    bookings: type[DynamoBookingStore] = DynamoBookingStore

    def __init__(self) -> None:
        super().__init__()
        own = self.contended
        self.own = ContendedCalendar(
            own.runtime, own.wired, own.wire, make_store=self.store, make_bookings=self.bookings
        )
        self.room = Room(self.own)
        self.model = Model(NOW)
        self.versions: dict[EventId, list[Event]] = {}

    def operation(self, draft: dict[str, Any]) -> Operation:
        """What a draft comes to in the calendar as it is."""
        return operation_of(draft, self.model.events, self.versions, self.room.calendar_id)

    def series_there(self) -> list[EventId]:
        """The series that are there."""
        return series_among(self.versions, self.model.events)

    @property
    def now_ns(self) -> int:
        return self.model.now * 1_000_000_000

    def remember(self, *written: Event) -> None:
        """Keep the versions given; each is later than those of its event before it."""
        for event in written:
            versions = self.versions.setdefault(event.id, [])
            if all(event.history_id != each.history_id for each in versions):
                assert all(event.history_id > each.history_id for each in versions)
                versions.append(event)

    @rule(draft=drafts)
    def change(self, draft: dict[str, Any]) -> None:
        operation = self.operation(draft)
        answer, written = operation.ask(self.own.subject(now_ns=self.now_ns))
        assert answer == self.model.do(operation, written)
        self.remember(*written)

    @precondition(lambda self: self.series_there())
    @rule(draft=occurrence_drafts)
    def change_occurrences(self, draft: dict[str, Any]) -> None:
        self.change(draft)

    @rule(draft=drafts, other=drafts, point=points)
    def change_while_another_does(self, draft: dict[str, Any], other: dict[str, Any], point: tuple[str, ...]) -> None:
        self.both(self.operation(draft), self.operation(other), point)

    @rule(draft=drafts, other=drafts, kinds=st.tuples(takers, takers), weeks=weeks_on, point=points)
    def race_for_time_that_is_free(
        self, draft: dict[str, Any], other: dict[str, Any], kinds: tuple[Kind, Kind], weeks: int, point: tuple[str, ...]
    ) -> None:
        racers = [
            self.operation({**each, "kind": kind, "content": shortly(each["content"], weeks)})
            for each, kind in zip((draft, other), kinds, strict=True)
        ]
        self.both(racers[0], racers[1], point)

    @rule(said=series(), weeks=weeks_on, number=st.integers(1, 2), swapped=st.booleans(), point=points)
    def race_for_an_occurrence(
        self, said: Content, weeks: int, number: int, swapped: bool, point: tuple[str, ...]
    ) -> None:
        """One wants a series, and another one the time of an occurrence of it, not the first."""
        wanted = shortly(said, weeks)
        of_one = occurring(wanted)[number].content
        racers = Operation("create", content=wanted), Operation("create", content=of_one)
        self.both(racers[swapped], racers[not swapped], point)

    def both(self, operation: Operation, rival: Operation, point: tuple[str, ...]) -> None:
        """Two at once: what both are answered has to fit one order or the other."""
        answers: list[tuple[Answer, Sequence[Event]]] = []

        def act() -> None:
            if not answers:
                calendar = self.room.calendar(self.now_ns) if rival.in_room else self.own.rival(now_ns=self.now_ns)
                answers.append(rival.ask(calendar))

        for operation_name in point:
            self.own.wire.before(operation_name, act)
        answer, written = operation.ask(self.own.subject(now_ns=self.now_ns))
        self.own.wire.forget()
        act()  # if the change had no such step
        ((rival_answer, by_rival),) = answers
        first, second = self.model.copy(), self.model.copy()
        if (first.do(rival, by_rival), first.do(operation, written)) == (rival_answer, answer):
            self.model = first
            self.remember(*(() if rival.in_room else by_rival), *written)
        else:
            assert (second.do(operation, written), second.do(rival, by_rival)) == (answer, rival_answer)
            self.model = second
            self.remember(*written, *(() if rival.in_room else by_rival))

    @rule(said=contents, allow=st.booleans())
    def book_the_room_alone(self, said: Content, allow: bool) -> None:
        operation = Operation("create", content=said, allow=allow, in_room=True)
        answer, written = operation.ask(self.room.calendar(self.now_ns))
        assert answer == self.model.do(operation, written)

    @rule(draft=drafts, said=contents, kind=takers, weeks=weeks_on, point=points)
    def race_for_the_room(
        self, draft: dict[str, Any], said: Content, kind: Kind, weeks: int, point: tuple[str, ...]
    ) -> None:
        booking = self.operation({**draft, "kind": kind, "content": shortly(said, weeks), "booked": True})
        other = Operation("create", content=shortly(said, weeks), in_room=True)
        self.both(booking, other, point)

    @rule(many=st.lists(contents, min_size=1, max_size=4), copies=st.sampled_from((1, 4)))
    def bulk_create(self, many: list[Content], copies: int) -> None:
        many = many if copies == 1 else many[:1] * copies
        events, failures = self.own.bulk(many, now_ns=self.now_ns)
        assert failures == {}
        assert [event.content for event in events] == many
        for event in events:
            self.model.do(Operation("create", content=event.content, allow=True), [event])
        self.remember(*events)

    def listed(self, window: Window, limit: int) -> list[Event]:
        """A window, page by page."""
        calendar = self.own.subject(now_ns=self.now_ns)
        shown: list[Event] = []
        cursor = None
        while True:
            after = Window.of(*window.interval, cursor, window.interval.start).after
            events, cursor = calendar.page(replace(window, after=after), limit)
            assert len(events) <= limit
            shown += events
            if cursor is None:
                return shown

    @rule(start=half_hours, on=days_on, length=lengths, limit=st.integers(1, 4), expand=st.booleans())
    def list_window(self, start: Instant, on: int, length: int, limit: int, expand: bool) -> None:
        start = shifted(start, on * DAY)
        self.compare_window(Interval(start, shifted(start, length)), limit, expand=expand)

    @rule(start=half_hours, limit=st.integers(1, 2), copies=st.integers(3, 5))
    def list_from_the_midst_of_a_crowd(self, start: Instant, limit: int, copies: int) -> None:
        """Pages end among what has begun before the window, whatever lasts since then."""
        lasting = with_clock(Content(title="Crowd", start=start, end=shifted(start, HOUR), transparency="transparent"))
        self.bulk_create([lasting], copies)
        self.compare_window(Interval(shifted(start, HOUR // 4), shifted(start, HOUR)), limit, expand=True)

    def compare_window(self, interval: Interval, limit: int, *, expand: bool) -> None:
        # Pages of a year of many series take long.
        limit = limit if interval.length <= 3 * DAY else 100 * limit
        shown = self.listed(Window(interval, expand=expand), limit)
        if expand:
            expected = [(each.id, each.content, each.facts) for each in live(self.model.there(), *interval)]
            assert [(each.id, each.content, each.occurrence) for each in shown] == expected
        else:
            assert [each.id for each in shown] == whole(self.model.there(), *interval)

    @rule(start=half_hours, on=days_on, length=lengths.filter(lambda length: length <= 62 * DAY))
    def free_busy(self, start: Instant, on: int, length: int) -> None:
        start = shifted(start, on * DAY)
        end = shifted(start, length)
        window, intervals, cursor = self.own.subject(now_ns=self.now_ns).free_busy(start, end)
        assert (window.start, window.end, cursor) == (start, end, None)
        assert intervals == list(free_busy(self.model.there(), start, end))

    @rule(seconds=st.sampled_from((1, HOUR, -HOUR, -DAY, 29 * DAY, 31 * DAY)))
    def let_time_pass(self, seconds: int) -> None:
        """Clocks of functions differ, and may go back."""
        self.model.now += seconds
        assert of_seconds(self.model.now) > EPOCH

    @invariant()
    def the_table_holds_what_the_model_knows(self) -> None:
        assert {event.id: Known.of(event) for event in self.own.events()} == self.model.events

    @invariant()
    def the_room_holds_what_is_booked(self) -> None:
        booked = self.model.there(in_room=True)
        expected = {each.id: (bool(each.content.calendars), replace(each.content, calendars=())) for each in booked}
        assert self.room.live() == expected


def machine(contended: ContendedCalendar, **stores: type[DynamoEventStore]) -> type[CalendarMachine]:
    """The machine on the tables of `contended`, with these stores."""
    return type("Machine", (CalendarMachine,), {"contended": contended, **stores})


@pytest.fixture(autouse=True)
def _read_little_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages end where a calendar of a few events has ends of pages, and searches take several rounds."""
    monkeypatch.setattr(windows, "MARGIN", 1)
    monkeypatch.setattr(conflicts, "FIRST_LOOK", 2)
    monkeypatch.setattr(free_time, "FIRST_READ", 2)


def test_a_calendar_answers_as_its_model_does(contended: ContendedCalendar) -> None:
    run_state_machine_as_test(machine(contended), settings=CHECK)


@pytest.mark.parametrize(
    ("store", "bookings"),
    [
        (CheckThenInsert, DynamoBookingStore),
        (StartsWithin, DynamoBookingStore),
        (SeriesBeginWithin, DynamoBookingStore),
        (FIRST_OCCURRENCE[0], FIRST_OCCURRENCE[2]),
        (DynamoEventStore, HomesFencesOnly),
    ],
    ids=["check, then insert", "starts within", "series begin within", "fences of the first occurrence", "home's only"],
)
def test_a_calendar_without_a_part_of_its_guard_does_not(
    contended: ContendedCalendar, store: type[DynamoEventStore], bookings: type[DynamoBookingStore]
) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine(contended, store=store, bookings=bookings), settings=FIND)
