"""Overhead: handlers on DynamoDB Local, six of them compared with a bare function with the same database calls."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks.bare import BareFunctions, boto3_client
from benchmarks.report import Part, milliseconds
from benchmarks.subprocesses import run_in_process
from benchmarks.timing import Candidate, Handler, Samples, alternate, handler_of
from shared.runtime import current
from tests.harness.dataset import Dataset
from tests.harness.event_requests import EVENT_ROUTES
from tests.harness.history_requests import HISTORY_ROUTES
from tests.harness.routes import Route

# The routes with a bare function, and the maximum ratio of the handler's time to its time.
GOALS: Final = {
    "create": 1.0,
    "list a window": 1.0,
    "get": 1.25,
    "bulk of 1,000": 1.0,
    "record 100 changes": 1.0,
    "login": 1.25,
}
# Routes that are timed without a peer.
WITHOUT_PEER: Final = (
    "create, conflicts allowed",
    "free and busy",
    "replace",
    "patch no time",
    "delete",
    "undo of 10",
    "list versions",
    "rollback",
    "register",
    "refresh",
)
FUNCTIONS: Final = (
    *("events", "bulk_create", "undo", "history", "rollback"),
    *("record_history", "register", "login", "refresh"),
)
WARM_UP: Final = 20
ROUNDS: Final = 120
# Routes that take long, and those without a peer, are called fewer times.
FEWER_ROUNDS: Final = {"bulk of 1,000": 9, "register": 25, "login": 25, "record 100 changes": 25}
ROUNDS_WITHOUT_PEER: Final = 40

Responses = dict[str, Any]


def measure() -> Part:
    """Times every route, each function in a separate process."""
    columns = (
        "handler ms",
        "bare ms",
        "layer's client ms",
        "ratio",
        "goal",
        "to layer's client",
        "cpu ms",
        "cpu ratio",
    )
    part = Part("Overhead: the handler beside a bare function with the same calls", ("route", *columns))
    for function in FUNCTIONS:
        for route, found in run_in_process(measure_function, function).items():
            if not found["same_calls"]:
                part.broken.append(f"{route}: the handler and the bare function do not make the same calls")
            _add(part, route, {name: Samples(**each) for name, each in found["samples"].items()})
    part.notes.append(
        f"Time of a request: median (quartiles) of {ROUNDS} calls in turn (fewer where one takes long; "
        f"{ROUNDS_WITHOUT_PEER} without a peer), after {WARM_UP} that are not counted. Log lines go to /dev/null. "
        "Goals are for the ratio to the bare function on boto3's client; beside the layer's client, which is quicker, "
        "one sees the handler alone."
    )
    return part


def measure_function(function: str) -> dict[str, Any]:
    """Returns the samples of each route of `function`; to be called in a separate process."""
    handler, boto3s = handler_of(function), boto3_client()
    bare, on_layers_client = (_bare(function, client) for client in (boto3s, current().clients.dynamodb))
    measured = {}
    for route in _routes(function):
        if route.name in GOALS:
            peers = {"bare": bare.by_route[route.name], "tuned": on_layers_client.by_route[route.name]}
            rounds, same = FEWER_ROUNDS.get(route.name, ROUNDS), _same_calls(route, handler, peers["bare"], boto3s)
        else:
            peers, same, rounds = {}, True, FEWER_ROUNDS.get(route.name, ROUNDS_WITHOUT_PEER)
        candidates = [_candidate(name, route, each) for name, each in {"handler": handler, **peers}.items()]
        samples = alternate(candidates, rounds, min(WARM_UP, rounds // 3))
        times = {name: {"wall": each.wall, "cpu": each.cpu} for name, each in samples.items()}
        measured[route.name] = {"same_calls": same, "samples": times}
    return measured


def _bare(function: str, client: Any) -> Any:
    if function != "login":
        return BareFunctions(client, current().settings)
    from benchmarks.bare_login import BareLogin  # noqa: PLC0415 the others are measured without what it imports

    return BareLogin(client, current().settings)


def _routes(function: str) -> list[Route]:
    routes: tuple[Route, ...] = (*EVENT_ROUTES, *HISTORY_ROUTES)
    if not any(route.function == function for route in routes):
        from tests.harness.identity_requests import IDENTITY_ROUTES  # noqa: PLC0415 for the same reason

        routes = IDENTITY_ROUTES
    return [route for route in routes if route.function == function and route.name in (*GOALS, *WITHOUT_PEER)]


def _candidate(name: str, route: Route, handler: Handler) -> Candidate:
    data = Dataset(current())
    return Candidate(name, lambda index: route.prepare(data, index), handler, route.check)


def _same_calls(route: Route, handler: Handler, peer: Handler, peers_client: Any) -> bool:
    """Returns whether `peer` makes the same database calls for a request as `handler`."""
    clients, data = current().clients, Dataset(current())
    counts = []
    for index, call in enumerate((handler, peer)):
        event = route.prepare(data, index)
        with _counted(clients.dynamodb, clients.dynamodb_once, peers_client) as calls:
            route.check(call(event))
        counts.append(calls)
    return counts[0] == counts[1]


@contextmanager
def _counted(*clients: Any) -> Iterator[Counter[str]]:
    """Counts the calls of each operation within the block."""
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    for client in clients:
        client.meta.events.register("before-call.dynamodb", count)
    yield calls
    for client in clients:
        client.meta.events.unregister("before-call.dynamodb", count)


def _add(part: Part, route: str, samples: dict[str, Samples]) -> None:
    wall = {name: milliseconds(each.wall) for name, each in samples.items()}
    cpu = {name: milliseconds(each.cpu) for name, each in samples.items()}
    part.times[route] = wall["handler"].median
    part.data[route] = {name: {"wall": each.wall, "cpu": each.cpu} for name, each in samples.items()}
    row = [route, wall["handler"].show()]
    if route in GOALS:
        ratios = {name: wall["handler"].median / wall[name].median for name in wall}
        shown = part.compare(route, ratios["bare"], GOALS[route], "bare function")
        row += [wall["bare"].show(), wall["tuned"].show(), shown, part.ratios[route].show_goal()]
        cpu_ratio = cpu["handler"].median / cpu["bare"].median
        row += [f"{ratios['tuned']:.2f}", cpu["handler"].show(), f"{cpu_ratio:.2f}"]
    else:
        row += [*["-"] * 5, cpu["handler"].show(), "-"]
    part.rows.append(row)
