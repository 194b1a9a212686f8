"""Too many callers at once, or too few units: every function tries for as long as it has time, then says 503."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from botocore.awsrequest import AWSResponse

from shared.retries import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS
from shared.runtime import use
from shared.scheduling.events import Event
from tests.harness.botocore_faults import COMMIT, QUERY, READ, cancelled, refusal
from tests.harness.gateway import Api, Context, Reply
from tests.integration.conflicts.changes import AWAY, END, START
from tests.integration.conflicts.contended_calendar import ContendedCalendar

MARGIN_SECONDS = 2.0  # what a function keeps to answer in
TIMES = {"start": START, "end": END}
OURS = {"title": "Ours", **TIMES}


@dataclass(frozen=True)
class Call:
    """A request about an event that is there, or was, and the operation that carries its write."""

    name: str
    operation: str
    send: Callable[[Api, Event, Context], Reply]
    deleted: bool = False

    def __str__(self) -> str:
        return self.name


CHECKED = (
    Call("create", COMMIT, lambda api, _, context: api("POST", "/events", OURS, context=context)),
    Call("replace", COMMIT, lambda api, event, context: api("PUT", f"/events/{event.id}", OURS, context=context)),
    Call("patch", COMMIT, lambda api, event, context: api("PATCH", f"/events/{event.id}", TIMES, context=context)),
    Call(
        "patch one",
        COMMIT,
        lambda api, event, context: api(
            "PATCH", f"/events/{event.id}", {"end": "2027-06-01T14:00:00Z"}, context=context
        ),
    ),
    Call(
        "restore",
        COMMIT,
        lambda api, event, context: api(
            "POST", f"/events/{event.id}/rollback", {"history_id": event.history_id}, context=context
        ),
        deleted=True,
    ),
)
UNCHECKED = (
    Call(
        "create with leave",
        "PutItem",
        lambda api, _, context: api("POST", "/events", OURS, context=context, on_conflict="allow"),
    ),
    Call(
        "make transparent",
        "PutItem",
        lambda api, event, context: api(
            "PATCH", f"/events/{event.id}", {"transparency": "transparent"}, context=context
        ),
    ),
    Call(
        "patch a title",
        "UpdateItem",
        lambda api, event, context: api("PATCH", f"/events/{event.id}", {"title": "Ours"}, context=context),
    ),
    Call("delete", "UpdateItem", lambda api, event, context: api("DELETE", f"/events/{event.id}", context=context)),
)
REFUSALS: dict[str, tuple[str, Callable[[], AWSResponse]]] = {
    "conflict": (COMMIT, lambda: cancelled("None", "TransactionConflict")),
    "condition": (COMMIT, lambda: cancelled("None", "ConditionalCheckFailed")),
    "both": (COMMIT, lambda: cancelled("ThrottlingError", "TransactionConflict")),
    "throttled action": (COMMIT, lambda: cancelled("None", "ThrottlingError")),
    "throttled transaction": (COMMIT, lambda: refusal("ThrottlingException")),
    "throttled commit": (COMMIT, lambda: refusal("ProvisionedThroughputExceededException")),
    "throttled fences": (READ, lambda: refusal("ProvisionedThroughputExceededException")),
    "throttled query": (QUERY, lambda: refusal("RequestLimitExceeded")),
}


@pytest.fixture
def api(contended: ContendedCalendar) -> Iterator[Api]:
    """The functions, for the subject, on a clock that stands while nobody sleeps."""
    runtime = replace(
        contended.wired, monotonic=contended.clock.monotonic, sleep=contended.clock.sleep, jitter=lambda most: most
    )
    with use(runtime):
        yield Api(user_id=contended.user_id)


def prepared(contended: ContendedCalendar, call: Call) -> Event:
    event = contended.rival().create(AWAY)
    contended.record(event)
    if call.deleted:
        contended.rival().delete(event.id)
    return event


def check_unavailable(reply: Reply) -> None:
    assert reply.status == 503
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert int(reply.headers["Retry-After"]) > 0
    assert reply.body["title"] == "Unavailable"
    assert "nothing was written" in reply.body["detail"]


@pytest.mark.parametrize("call", CHECKED, ids=str)
@pytest.mark.parametrize("why", REFUSALS)
@pytest.mark.parametrize("seconds", [5, 28])
def test_a_checked_change_is_tried_while_there_is_time(
    contended: ContendedCalendar, api: Api, call: Call, why: str, seconds: int
) -> None:
    event = prepared(contended, call)
    before = contended.events()
    operation, refuse = REFUSALS[why]
    if call.deleted:
        contended.wire.then(READ, lambda _: None)  # of the version to go back to, before the guard comes in
    contended.wire.always[operation] = lambda _: refuse()

    reply = call.send(api, event, Context(milliseconds=seconds * 1000))

    check_unavailable(reply)
    assert contended.events() == before
    left = seconds - MARGIN_SECONDS
    assert left - LONGEST_PAUSE_SECONDS <= contended.clock.elapsed <= left
    assert contended.wire.calls[READ] - call.deleted == len(contended.clock.pauses) + 1, (
        "an attempt begins with one read"
    )


@pytest.mark.parametrize("call", UNCHECKED, ids=str)
@pytest.mark.parametrize(
    "code", ["TransactionConflictException", "ThrottlingException", "ProvisionedThroughputExceededException"]
)
def test_an_unchecked_change_is_tried_while_there_is_time(
    contended: ContendedCalendar, api: Api, call: Call, code: str
) -> None:
    event = prepared(contended, call)
    before = contended.events()
    contended.wire.always[call.operation] = lambda _: refusal(code)

    check_unavailable(call.send(api, event, Context(milliseconds=10_000)))

    assert contended.events() == before
    assert 8.0 - LONGEST_PAUSE_SECONDS <= contended.clock.elapsed <= 8.0


@pytest.mark.parametrize("call", [*CHECKED, *UNCHECKED], ids=str)
def test_what_is_refused_some_times_is_written_once(contended: ContendedCalendar, api: Api, call: Call) -> None:
    event = prepared(contended, call)
    for code in ("ThrottlingException", "TransactionConflictException", "ThrottlingException"):
        contended.wire.then(call.operation, lambda _, code=code: refusal(code))  # type: ignore[misc]

    reply = call.send(api, event, Context())

    assert reply.status in {200, 201, 204}
    assert contended.wire.calls[call.operation] == 4
    assert sum(each.stamp.version for each in contended.events()) == (3 if call.deleted else 2)


@pytest.mark.parametrize("call", [*CHECKED, *UNCHECKED], ids=str)
def test_a_function_with_no_time_left_tries_once(contended: ContendedCalendar, api: Api, call: Call) -> None:
    event = prepared(contended, call)

    reply = call.send(api, event, Context(milliseconds=100))

    assert reply.status in {200, 201, 204}
    assert contended.clock.pauses == []


def test_pauses_double_up_to_a_second(contended: ContendedCalendar, api: Api) -> None:
    contended.wire.always[COMMIT] = lambda _: cancelled("None", "TransactionConflict")

    check_unavailable(api("POST", "/events", OURS, context=Context(milliseconds=28_000)))

    doubling = [min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt) for attempt in range(40)]
    assert contended.clock.pauses == doubling[: len(contended.clock.pauses)]
    assert len(contended.clock.pauses) > 20


def test_pauses_are_drawn_from_all_between_nothing_and_the_most(contended: ContendedCalendar) -> None:
    asked: list[float] = []

    def draw(most: float) -> float:
        asked.append(most)
        return 0.0

    contended.wire.always[COMMIT] = lambda _: cancelled("None", "TransactionConflict")
    for _ in range(5):
        contended.wire.then(COMMIT, lambda _: cancelled("None", "TransactionConflict"))
    contended.wire.then(COMMIT, lambda _: None)
    runtime = replace(contended.wired, monotonic=contended.clock.monotonic, sleep=contended.clock.sleep, jitter=draw)

    with use(runtime):
        reply = Api(user_id=contended.user_id)("POST", "/events", OURS)

    assert reply.status == 201
    assert asked == [FIRST_PAUSE_SECONDS * 2**attempt for attempt in range(5)]
    assert contended.clock.pauses == [0.0] * 5
