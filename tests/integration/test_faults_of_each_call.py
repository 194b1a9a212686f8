"""Each call of each route meets each fault of the database, once or each time: what is answered, and what is written.

Never a 500; what is said not to be written is not; what is said to be done is, once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from botocore.awsrequest import AWSResponse

from shared.runtime import use
from shared.store.client import Clients
from tests.harness.botocore_faults import Unrepeated, Wire, cancelled, refusal
from tests.harness.clock import Clock
from tests.harness.deployment import Deployment, Item
from tests.harness.gateway import Reply
from tests.integration.every_route import ROUTES, Ask, Scene

Facts = list[tuple[str, ...]]
Fault = Callable[[Wire, str], None]


def throttling(operation: str) -> AWSResponse:
    if operation == "TransactWriteItems":
        return cancelled("ThrottlingError", "None")
    return refusal("ProvisionedThroughputExceededException")


def server_error(_: str) -> AWSResponse:
    return refusal("InternalServerError", 500)


FAULTS: dict[str, Fault] = {
    "throttled": lambda wire, operation: wire.then(operation, lambda _: throttling(operation)),
    "server error": lambda wire, operation: wire.then(operation, lambda _: server_error(operation)),
    "cut short": lambda wire, operation: wire.cut_answer_short(operation),
    "lost on its way there": lambda wire, operation: wire.lose_request(operation),
    "lost on its way back": lambda wire, operation: wire.lose_answer(operation),
}


@dataclass
class Stage:
    """Where a request meets its faults: a scene that is set again when something was written, and its wire."""

    deployment: Deployment
    scene: Scene = field(init=False)
    before: Facts = field(init=False)
    _items: list[Item] = field(init=False)
    _now_ns: int = field(init=False)

    def __post_init__(self) -> None:
        self.scene = Scene(self.deployment)
        self.before = written(self.scene)
        self._items = self.deployment.calendars()
        self._now_ns = self.deployment.clock.nanoseconds

    def renew(self) -> None:
        """Bring the calendar, and the clock, back to where they were before the request."""
        table, database = self.deployment.runtime.settings.events_table, self.deployment.runtime.clients.dynamodb
        for item in self.deployment.calendars():
            database.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
        for item in self._items:
            database.put_item(TableName=table, Item=item)
        self.deployment.clock.nanoseconds = self._now_ns
        assert written(self.scene) == self.before

    def ask(self, request: Ask, prepare: Callable[[Wire], None]) -> tuple[Reply, list[str]]:
        """Send a request over a wire that `prepare` has prepared; gives the calls, too. Pauses take no time."""
        seconds = Clock()
        clock = replace(self.deployment.runtime, monotonic=seconds.monotonic, sleep=seconds.sleep)
        with Wire(self.deployment.runtime.clients) as wire, use(replace(clock, jitter=lambda most: most)):
            prepare(wire)
            return request(self.scene), wire.order


def written(scene: Scene) -> Facts:
    """What the calendar holds: each event by all that is the same each time it is made."""
    facts = []
    for item in scene.deployment.events():
        if item["pk"]["S"] == f"CAL#{scene.api.user_id}":
            names = ("title", "start", "end", "change_type", "version")
            facts.append(tuple(str(next(iter(item[name].values()))) for name in names))
    return sorted(facts)


def judge(scene: Scene, reply: Reply, before: Facts, undisturbed: tuple[Reply, Facts], where: str) -> None:
    """Assert that `reply` is true of what is written now."""
    usual, after = undisturbed
    now = written(scene)
    assert now in (before, after), where
    if reply.status == 503:
        assert reply.headers["Content-Type"] == "application/problem+json", where
        assert int(reply.headers["Retry-After"]) > 0, where
        if reply.body["type"] != "/problems/outcome-unknown" and "nothing was written" in reply.body["detail"]:
            assert now == before, where
    elif reply.status == 207:
        (item,) = reply.body["items"]
        assert item["status"] == 503, where
        if "not written" in item["detail"]:
            assert now == before, where
    elif reply.status == 200 and "left" in reply.body and reply.body["left"]:
        if reply.body["operation_id"] is None:
            assert now == before, where
    else:
        assert reply.status == usual.status, (where, reply)
        assert now == after, where


@pytest.fixture(scope="module")
def clients(dynamodb_endpoint: str) -> Clients:
    """One for all tests here."""
    return Unrepeated(dynamodb_endpoint)


@pytest.mark.parametrize(
    ("route", "request_"),
    [(route, ask) for _, route, _, ask, _ in ROUTES],
    ids=[f"{number}: {method} {route}" for number, (method, route, *_) in enumerate(ROUTES)],
)
def test_no_fault_of_a_call_makes_a_false_answer(
    dynamodb_deployment: Deployment, clients: Clients, route: str, request_: Ask
) -> None:
    # More bulk requests than usual come in one minute here.
    settings = replace(dynamodb_deployment.runtime.settings, bulk_requests_per_minute=10_000)
    runtime = replace(dynamodb_deployment.runtime, clients=clients, settings=settings)
    deployment = replace(dynamodb_deployment, runtime=runtime)
    with use(deployment.runtime):
        stage = Stage(deployment)
        usual, order = stage.ask(request_, lambda _: None)
        assert usual.status < 500
        undisturbed = (usual, written(stage.scene))
        for where, prepare in faults_of(order):
            if written(stage.scene) != stage.before:
                stage.renew()
            reply, _ = stage.ask(request_, prepare)
            judge(stage.scene, reply, stage.before, undisturbed, where)
            # Nothing is answered without what has to be read first. A bulk can do without its report of conflicts.
            if where in LASTING_OF_READS and route != "/events/bulk":
                assert reply.status == 503, where


LASTING = (throttling, server_error)
READS = ("GetItem", "BatchGetItem", "Query")
LASTING_OF_READS = {f"{operation}, each time: {fault.__name__}" for operation in READS for fault in LASTING}


def faults_of(order: list[str]) -> Iterator[tuple[str, Callable[[Wire], None]]]:
    """Each fault of each of these calls, and of all calls of an operation."""
    for operation in sorted({*order}):
        for nth in range(order.count(operation)):
            for name, fault in FAULTS.items():
                yield f"{operation} {nth}: {name}", partial(lay_out, operation, nth, fault)
        for always in LASTING:
            yield f"{operation}, each time: {always.__name__}", partial(answer_always, operation, always)


def lay_out(operation: str, nth: int, fault: Fault, wire: Wire) -> None:
    for _ in range(nth):
        wire.then(operation, lambda _: None)
    fault(wire, operation)


def answer_always(operation: str, answer: Callable[[str], AWSResponse], wire: Wire) -> None:
    wire.always[operation] = lambda _: answer(operation)
