"""Random operations, alone and two at once, against a model of a calendar: every answer is compared."""

from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from shared.ids import EventId, HistoryId
from shared.scheduling.events import Content, Event, Transparency
from shared.scheduling.instants import EPOCH, Instant, of_seconds, seconds_between, shifted
from shared.scheduling.windows import Window
from shared.store.events import DynamoEventStore
from tests.harness.botocore_faults import COMMIT, QUERY, READ
from tests.integration.conflicts.broken_guards import CheckThenInsert, StartsWithin
from tests.integration.conflicts.calendar_model import Answer, Kind, Model, Operation, with_clock
from tests.integration.conflicts.contended_calendar import ContendedCalendar

HOUR, DAY = 3600, 24 * 3600
MONDAY: Final = Instant("2026-11-23T00:00:00Z")
NOW = seconds_between(EPOCH, Instant("2026-11-20T12:00:00Z"))
UNKNOWN: Final = EventId("01998f00-0000-7000-8000-00000000ffff")

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

half_hours = st.integers(-10, 10).map(lambda number: shifted(MONDAY, number * HOUR // 2))
lengths = st.sampled_from(
    (HOUR // 2, HOUR, HOUR, 2 * HOUR, 4 * HOUR, 4 * HOUR + 1, 3 * DAY, 3 * DAY + 1, 31 * DAY + 1, 366 * DAY)
)
transparencies: st.SearchStrategy[Transparency] = st.sampled_from(("opaque", "opaque", "opaque", "transparent"))
titles = st.sampled_from(("One", "Another"))


@st.composite
def contents(draw: st.DrawFn) -> Content:
    start, transparency = draw(half_hours), draw(transparencies)
    # A reminder takes no time; it may have no length either.
    length = draw(lengths if transparency == "opaque" else lengths | st.just(0))
    made = Content(title=draw(titles), start=start, end=shifted(start, length), transparency=transparency)
    return with_clock(made)


patches = st.fixed_dictionaries(
    {}, optional={"title": titles, "start": half_hours, "end": half_hours, "transparency": transparencies}
).filter(lambda fields: not fields.keys() >= {"start", "end"} or fields["start"] <= fields["end"])
# What to do, to which of the events, with which of its versions in mind; None: with none.
drafts = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(("create", "create", "replace", "patch", "delete", "roll back", "roll back")),
        "event": st.integers(0, 9),
        "version": st.integers(0, 9),
        "content": contents(),
        "fields": patches,
        "if_match": st.sampled_from((None, None, None, 0, 1)),
        "allow": st.sampled_from((False, False, False, False, True)),
    }
)


# Between which steps another acts; whatever carries a write is a commit.
points = st.sampled_from(((READ,), (QUERY,), (COMMIT, "PutItem", "UpdateItem")))
takers = st.sampled_from(("create", "replace"))


def shortly(said: Content, days: int) -> Content:
    """The same, `days` later, and four hours long."""
    start = shifted(said.start, days * DAY)
    return with_clock(replace(said, start=start, end=shifted(start, 4 * HOUR)))


class CalendarMachine(RuleBasedStateMachine):
    """A real calendar and its model."""

    contended: ContendedCalendar
    store: type[DynamoEventStore] = DynamoEventStore

    def __init__(self) -> None:
        super().__init__()
        own = self.contended
        self.own = ContendedCalendar(own.runtime, own.wired, own.wire, make_store=self.store)
        self.model = Model(NOW)
        self.versions: dict[EventId, list[Event]] = {}

    def operation(self, draft: dict[str, Any]) -> Operation:
        """What a draft comes to in the calendar as it is."""
        kind: Kind = draft["kind"]
        known = list(self.versions)  # in the order of their making: the same in every run
        if kind == "create":
            return Operation(kind, content=draft["content"], allow=draft["allow"])
        event_id = known[draft["event"] % len(known)] if known else UNKNOWN
        versions = self.versions.get(event_id, [])
        if kind == "roll back" and not versions:
            kind = "delete"
        if_match = None
        if draft["if_match"] is not None:
            if_match = versions[-1 - draft["if_match"] % len(versions)].history_id if versions else HistoryId(UNKNOWN)
        return Operation(
            kind,
            event_id,
            content=draft["content"] if kind == "replace" else None,
            fields=draft["fields"] if kind == "patch" else {},
            back_to=versions[draft["version"] % len(versions)] if kind == "roll back" else None,
            if_match=if_match,
            allow=draft["allow"],
        )

    @property
    def now_ns(self) -> int:
        return self.model.now * 1_000_000_000

    def remember(self, *written: Event | None) -> None:
        """Keep the versions given; each is later than those of its event before it."""
        for event in written:
            if event is None:
                continue
            versions = self.versions.setdefault(event.id, [])
            if all(event.history_id != each.history_id for each in versions):
                assert all(event.history_id > each.history_id for each in versions)
                versions.append(event)

    @rule(draft=drafts)
    def change(self, draft: dict[str, Any]) -> None:
        operation = self.operation(draft)
        answer, event = operation.ask(self.own.subject(now_ns=self.now_ns))
        assert answer == self.model.do(operation, event)
        self.remember(event)

    @rule(draft=drafts, other=drafts, point=points)
    def change_while_another_does(self, draft: dict[str, Any], other: dict[str, Any], point: tuple[str, ...]) -> None:
        self.both(self.operation(draft), self.operation(other), point)

    @rule(draft=drafts, other=drafts, kinds=st.tuples(takers, takers), days=st.integers(1, 300), point=points)
    def race_for_time_that_is_free(
        self, draft: dict[str, Any], other: dict[str, Any], kinds: tuple[Kind, Kind], days: int, point: tuple[str, ...]
    ) -> None:
        racers = [
            self.operation({**each, "kind": kind, "content": shortly(each["content"], days)})
            for each, kind in zip((draft, other), kinds, strict=True)
        ]
        self.both(racers[0], racers[1], point)

    def both(self, operation: Operation, rival: Operation, point: tuple[str, ...]) -> None:
        """Two at once: what both are answered has to fit one order or the other."""
        answers: list[tuple[Answer, Event | None]] = []

        def act() -> None:
            if not answers:
                answers.append(rival.ask(self.own.rival(now_ns=self.now_ns)))

        for operation_name in point:
            self.own.wire.before(operation_name, act)
        answer, event = operation.ask(self.own.subject(now_ns=self.now_ns))
        self.own.wire.forget()
        act()  # if the change had no such step
        ((rival_answer, rival_event),) = answers
        first, second = self.model.copy(), self.model.copy()
        if (first.do(rival, rival_event), first.do(operation, event)) == (rival_answer, answer):
            self.model = first
            self.remember(rival_event, event)
        else:
            assert (second.do(operation, event), second.do(rival, rival_event)) == (answer, rival_answer)
            self.model = second
            self.remember(event, rival_event)

    @rule(many=st.lists(contents(), min_size=1, max_size=4))
    def bulk_create(self, many: list[Content]) -> None:
        events, failures = self.own.bulk(many, now_ns=self.now_ns)
        assert failures == {}
        assert [event.content for event in events] == many
        for event in events:
            self.model.do(Operation("create", content=event.content, allow=True), event)
        self.remember(*events)

    @rule(start=half_hours, length=lengths, limit=st.integers(1, 4))
    def list_window(self, start: Instant, length: int, limit: int) -> None:
        end = shifted(start, length)
        calendar = self.own.subject(now_ns=self.now_ns)
        shown: list[str] = []
        cursor = None
        while True:
            events, cursor = calendar.page(Window.of(start, end, cursor, start), limit)
            assert len(events) <= limit
            shown += [event.id for event in events]
            if cursor is None:
                break
        assert shown == [each.id for each in self.model.live(start, end)]

    @rule(start=half_hours, length=lengths.filter(lambda length: length <= 62 * DAY))
    def free_busy(self, start: Instant, length: int) -> None:
        end = shifted(start, length)
        window, intervals, cursor = self.own.subject(now_ns=self.now_ns).free_busy(start, end)
        assert (window.start, window.end, cursor) == (start, end, None)
        assert intervals == list(self.model.free_busy(start, end))

    @rule(seconds=st.sampled_from((1, HOUR, -HOUR, -DAY, 29 * DAY, 31 * DAY)))
    def let_time_pass(self, seconds: int) -> None:
        """Clocks of functions differ, and may go back."""
        self.model.now += seconds
        assert of_seconds(self.model.now) > EPOCH

    @invariant()
    def the_table_holds_what_the_model_knows(self) -> None:
        there = {
            event.id: (event.content, event.stamp.version, event.history_id, event.expires_at)
            for event in self.own.events()
        }
        known = {
            each.id: (each.content, each.version, each.history_id, each.expires_at)
            for each in self.model.events.values()
        }
        assert there == known


def machine(contended: ContendedCalendar, store: type[DynamoEventStore]) -> type[CalendarMachine]:
    """The machine on the tables of `contended`, with that store."""
    return type("Machine", (CalendarMachine,), {"contended": contended, "store": store})


def test_a_calendar_answers_as_its_model_does(contended: ContendedCalendar) -> None:
    run_state_machine_as_test(machine(contended, DynamoEventStore), settings=CHECK)


@pytest.mark.parametrize("mutant", [CheckThenInsert, StartsWithin])
def test_a_calendar_without_a_part_of_its_guard_does_not(
    contended: ContendedCalendar, mutant: type[DynamoEventStore]
) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine(contended, mutant), settings=FIND)
