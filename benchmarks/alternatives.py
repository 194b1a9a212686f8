"""Part 5, alternatives: the usual stack on the same routes and the same database, and the same handlers unvalidated."""

import asyncio
import importlib
from typing import Any, Final

from benchmarks import fresh
from benchmarks.cold import Process, first_events, in_turn, program_of, spread
from benchmarks.installed import built_functions, built_layer, peers
from benchmarks.overhead import FEWER_ROUNDS, Handler, contestant, handler_of, makes_same_calls, routes_of
from benchmarks.report import Part, milliseconds
from benchmarks.timing import Samples, alternate
from tests.harness.gateway import Context
from tools.local_stack import ROOT

FUNCTIONS: Final = ("events", "bulk_create", "history", "rollback", "register", "login", "refresh", "logout")
IDENTITY: Final = {"register", "login", "refresh", "logout"}
# The others differ from these in what they call, not in the stack.
UNVALIDATED: Final = {
    "get",
    "list a window",
    "create",
    "create, conflicts allowed",
    "patch no time",
    "delete",
    "list versions",
}
WARM_UP: Final = 20
ROUNDS: Final = 150
STACKS: Final = ("handler", "FastAPI", "unvalidated")


def _peer(module: str) -> Handler:
    handler = importlib.import_module(module).handler
    return lambda event: handler(event, Context(milliseconds=28_000))


def measure_function(function: str) -> dict[str, Any]:
    """The samples of the routes of `function` on each stack; to be run in a process of its own."""
    asyncio.set_event_loop(asyncio.new_event_loop())  # Mangum wants one to be there
    ours = handler_of(function)
    module = "identity" if function in IDENTITY else "app"
    fastapi = _peer(f"benchmarks.fastapi_peer.{module}")
    place = importlib.import_module(f"benchmarks.fastapi_peer.{'identity' if function in IDENTITY else 'calendar'}")
    unvalidated = _peer("benchmarks.unvalidated")
    found = {}
    for route in routes_of(function):
        stacks = dict(zip(STACKS, (ours, fastapi, unvalidated), strict=True))
        if route.name not in UNVALIDATED:
            del stacks["unvalidated"]
        rounds = FEWER_ROUNDS.get(route.name, ROUNDS)
        contestants = [contestant(name, route, handler) for name, handler in stacks.items()]
        samples = alternate(contestants, rounds, min(WARM_UP, rounds // 3))
        found[route.name] = {
            "same_calls": makes_same_calls(route, ours, fastapi, place.dynamodb.meta.client),
            "samples": {name: {"wall": each.wall, "cpu": each.cpu} for name, each in samples.items()},
        }
    return found


def measure() -> Part:
    """Requests, then cold starts."""
    part = Part(
        "Alternatives: the same calls on other stacks",
        ("request", *(f"{stack}{cpu} ms" for cpu in ("", " cpu") for stack in STACKS), "to FastAPI", "cpu to FastAPI"),
    )
    for function in FUNCTIONS:
        for name, found in fresh.run(measure_function, function).items():
            if not found["same_calls"]:
                part.broken.append(f"{name}: handler and FastAPI do not make the same calls")
            _row(part, name, {stack: Samples(**each) for stack, each in found["samples"].items()})
    _cold(part)
    part.notes.append(
        f"Median (quartiles), in turn, {WARM_UP} calls of warm-up, {ROUNDS} calls each (fewer where one takes long). "
        "The cold start is import, client and the first get, in fresh processes, both with bytecode."
    )
    return part


def _row(part: Part, name: str, samples: dict[str, Samples]) -> None:
    wall = {stack: milliseconds(each.wall) for stack, each in samples.items()}
    cpu = {stack: milliseconds(each.cpu) for stack, each in samples.items()}
    shown = [each[stack].show() if stack in each else "-" for each in (wall, cpu) for stack in STACKS]
    part.rows.append(
        [
            *(name, *shown),
            part.goal(f"{name}, to FastAPI", wall["handler"].median / wall["FastAPI"].median, 1.0),
            part.goal(f"{name}, cpu to FastAPI", cpu["handler"].median / cpu["FastAPI"].median, 1.0),
        ]
    )
    part.data[name] = {stack: {"wall": wall[stack].median, "cpu": cpu[stack].median} for stack in samples}


def _cold(part: Part) -> None:
    (event, *_) = events = first_events("events", 1)
    begin = "import asyncio; asyncio.set_event_loop(asyncio.new_event_loop())"
    ours = Process("handler", program_of("events"), [built_functions(), built_layer()], events)
    theirs = Process("FastAPI", program_of("benchmarks.fastapi_peer.app", begin), [ROOT, peers()], [event])
    said = in_turn([ours, theirs])
    wall = {name: spread(rounds, "first") for name, rounds in said.items()}
    cpu = {name: spread(rounds, "first", cpu=True) for name, rounds in said.items()}
    part.rows.append(
        [
            *("cold start and first get", wall["handler"].show(0), wall["FastAPI"].show(0), "-"),
            *(cpu["handler"].show(0), cpu["FastAPI"].show(0), "-"),
            part.goal("cold start, to FastAPI", wall["handler"].median / wall["FastAPI"].median, 1.0),
            part.goal("cold start, cpu to FastAPI", cpu["handler"].median / cpu["FastAPI"].median, 1.0),
        ]
    )
    part.data["cold start and first get"] = {name: each.median for name, each in wall.items()}
