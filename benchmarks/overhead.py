"""Part 3, overhead: each handler in process on DynamoDB Local, beside a bare function that makes the same calls."""

import importlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import benchmarks
from benchmarks import fresh
from benchmarks.report import Part, milliseconds
from benchmarks.routes import EVENT_ROUTES, Route
from benchmarks.scenes import GatewayEvent, Scene
from benchmarks.timing import Contestant, Samples, alternate
from shared.runtime import current
from shared.startup import before_requests
from tests.harness.gateway import Context
from tools.local_stack import ROOT

GOAL: Final = 1.25
WARM_UP: Final = 20
ROUNDS: Final = 120
# Those that take long are called less often.
FEWER_ROUNDS: Final = {"bulk of 1,000": 9, "register": 25, "login": 25, "record 100 changes": 25, "authorize": 2000}
# What these do is in other routes, or is rare.
NO_PEER: Final = {
    "create, refused (409)",
    "create under a key",
    "create under a key, repeated",
    "find by uid",
    "bulk of 1,000 under a key",
    "bulk of 1,000 under a key, repeated",
    "bulk of 50 with uids",
    "bulk of 1,000 with a report of conflicts",
    "restore",
    "list deleted",
    "get as of",
    "list a window as of",
    "undo of 10",
    "undo of 10 changes",
    "undo of 10 deletions",
    "undo of 10 deletions, conflicts allowed",
}

STACKS: Final = ("handler", "bare", "tuned")

Handler = Callable[[GatewayEvent], Any]


def handler_of(function: str) -> Handler:
    """The handler of functions/<function>.py, loaded as Lambda loads it, and as ready as at its first request."""
    sys.path.insert(0, str(ROOT / "functions"))
    handler = importlib.import_module(function).handler
    before_requests()
    context = Context(milliseconds=28_000)
    return lambda event: handler(event, context)


def checked(route: Route, answer: Any) -> None:
    """Raise RuntimeError unless `answer` has the status of a good one."""
    status = answer.get("statusCode", route.status)
    if status != route.status:
        raise RuntimeError(f"{route.name}: {answer}")


def contestant(name: str, route: Route, handler: Handler) -> Contestant:
    """`handler` with a scene of its own for `route`."""
    scene = Scene(current())
    return Contestant(name, lambda index: route.prepare(scene, index), handler, lambda answer: checked(route, answer))


@contextmanager
def counted(*emitters: Any) -> Iterator[Counter[str]]:
    """How often each operation of DynamoDB is called in the block."""
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    for emitter in emitters:
        emitter.register("before-call.dynamodb", count)
    yield calls
    for emitter in emitters:
        emitter.unregister("before-call.dynamodb", count)


def makes_same_calls(route: Route, handler: Handler, peer: Handler, client: Any) -> bool:
    """Whether `peer`, which calls with `client`, makes the same calls for a request to `route` as `handler`."""
    clients, scene = current().clients, Scene(current())
    emitters = [each.meta.events for each in (clients.dynamodb, clients.dynamodb_once, client)]
    events = [route.prepare(scene, index) for index in (990, 991)]
    counts = []
    for each, event in zip((handler, peer), events, strict=True):
        with counted(*emitters) as calls:
            checked(route, each(event))
        counts.append(dict(calls))
    return counts[0] == counts[1]


def routes_of(function: str) -> list[Route]:
    """The routes that `function` serves and that have a peer."""
    routes = [route for route in EVENT_ROUTES if route.function == function and route.name not in NO_PEER]
    if routes:
        return routes
    from benchmarks.identity_routes import IDENTITY_ROUTES  # noqa: PLC0415 only these functions load what signs

    return [route for route in IDENTITY_ROUTES if route.function == function]


def measure_function(function: str) -> dict[str, Any]:
    """The samples of each route of `function`, by contestant; to be run in a process of its own."""
    handler = handler_of(function)
    routes = routes_of(function)
    module = "bare_routes" if routes[0] in EVENT_ROUTES else "bare_identity"
    client, peers = _bare(module)
    _, tuned_peers = _bare(module, layers_client=True)
    found = {}
    for route in routes:
        stacks = zip(STACKS, (handler, peers[route.name], tuned_peers[route.name]), strict=True)
        contestants = [contestant(name, route, each) for name, each in stacks]
        rounds = FEWER_ROUNDS.get(route.name, ROUNDS)
        samples = alternate(contestants, rounds, min(WARM_UP, rounds // 3))
        found[route.name] = {
            "same_calls": makes_same_calls(route, handler, peers[route.name], client),
            "samples": {name: {"wall": each.wall, "cpu": each.cpu} for name, each in samples.items()},
        }
    return found


def _bare(module: str, *, layers_client: bool = False) -> tuple[Any, dict[str, Handler]]:
    """The client and the bare functions of `module`, loaded anew, with boto3's client or the layer's."""
    for name in [name for name in sys.modules if name.startswith("benchmarks.bare")]:
        del sys.modules[name]
        delattr(benchmarks, name.removeprefix("benchmarks."))
    os.environ["BENCH_LAYERS_CLIENT"] = "yes" if layers_client else ""
    functions: dict[str, Handler] = importlib.import_module(f"benchmarks.{module}").BARE
    return sys.modules["benchmarks.bare"].client, functions


def measure() -> Part:
    """Every function, each in a fresh process."""
    columns = ("handler ms", "bare ms", "bare, layer's client ms", "ratio", "to the layer's client")
    part = Part(
        "Overhead: the handler beside a bare function that makes the same calls",
        ("route", *columns, "handler cpu ms", "bare cpu ms", "cpu ratio"),
    )
    for function in (
        *("events", "history", "rollback", "bulk_create", "record_history"),
        *("authorize", "register", "login", "refresh", "logout"),
    ):
        for name, found in fresh.run(measure_function, function).items():
            _row(part, name, found)
    part.notes.append(
        "Wall time and this process's processor time a request: median (quartiles), called in turn, "
        f"{WARM_UP} calls of warm-up, {ROUNDS} calls each (fewer where one takes long). Log lines go to /dev/null. The "
        "goal is for the ratio to bare boto3. The layer's client is quicker; beside it one sees the handler alone."
    )
    return part


def _row(part: Part, name: str, found: dict[str, Any]) -> None:
    if not found["same_calls"]:
        part.broken.append(f"{name}: handler and peer do not make the same calls")
    samples = {stack: Samples(**each) for stack, each in found["samples"].items()}
    wall = {stack: milliseconds(sample.wall) for stack, sample in samples.items()}
    cpu = {stack: milliseconds(sample.cpu) for stack, sample in samples.items()}
    ratios = {stack: wall["handler"].median / wall[stack].median for stack in STACKS}
    cpu_ratio = cpu["handler"].median / cpu["bare"].median
    # Checking a signature takes microseconds and calls nothing: no ratio to the calls can be had.
    shown = f"{ratios['bare']:.2f}" if name == "authorize" else part.goal(name, ratios["bare"], GOAL)
    part.rows.append(
        [
            *(name, *(wall[stack].show() for stack in STACKS), shown, f"{ratios['tuned']:.2f}"),
            *(cpu["handler"].show(), cpu["bare"].show(), f"{cpu_ratio:.2f}"),
        ]
    )
    part.data[name] = {"wall_ratios": ratios, "cpu_ratio": cpu_ratio, "samples": found["samples"]}
