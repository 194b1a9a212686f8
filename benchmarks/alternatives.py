"""Part 5, alternatives: the usual stack on the same routes and the same database, and the same handlers unvalidated."""

import asyncio
import importlib
from typing import Any, Final

from benchmarks import fresh
from benchmarks.cold import Process, first_events, in_turn, program_of, spread
from benchmarks.installed import built_functions, built_layer, peers
from benchmarks.overhead import Handler, contestant, handler_of
from benchmarks.report import Part, milliseconds
from benchmarks.routes import EVENT_ROUTES, Route
from benchmarks.timing import Samples, alternate
from tests.gateway import Context
from tools.local_stack import ROOT

ROUTES: Final = (
    "get",
    "list a window",
    "create",
    "create, conflicts allowed",
    "patch no time",
    "delete",
    "list versions",
)
WARM_UP: Final = 20
ROUNDS: Final = 150
COLUMNS: Final = ("handler", "FastAPI", "unvalidated")
STACKS: Final = ("FastAPI and Mangum", "without validation")


def _peer(module: str) -> Handler:
    handler = importlib.import_module(module).handler
    return lambda event: handler(event, Context(milliseconds=28_000))


def measure_function(function: str) -> dict[str, Any]:
    """The samples of the routes of `function` on each stack; to be run in a process of its own."""
    asyncio.set_event_loop(asyncio.new_event_loop())  # Mangum wants one to be there
    ours = handler_of(function)
    fastapi, unvalidated = (_peer(f"benchmarks.{module}") for module in ("fastapi_app", "unvalidated"))
    found = {}
    for route in routes_of(function):
        stacks = zip(("handler", *STACKS), (ours, fastapi, unvalidated), strict=True)
        samples = alternate([contestant(name, route, handler) for name, handler in stacks], ROUNDS, WARM_UP)
        found[route.name] = {name: {"wall": each.wall, "cpu": each.cpu} for name, each in samples.items()}
    return found


def routes_of(function: str) -> list[Route]:
    """The routes of `function` that the peers have, too."""
    return [route for route in EVENT_ROUTES if route.function == function and route.name in ROUTES]


def measure() -> Part:
    """Requests, then cold starts."""
    part = Part(
        "Alternatives: the same calls on other stacks",
        ("request", *(f"{stack}{cpu} ms" for cpu in ("", " cpu") for stack in COLUMNS), "cpu to FastAPI"),
    )
    for function in ("events", "history"):
        for name, found in fresh.run(measure_function, function).items():
            samples = [Samples(**each) for each in found.values()]
            wall = [milliseconds(each.wall) for each in samples]
            cpu = [milliseconds(each.cpu) for each in samples]
            growth = cpu[0].median / cpu[1].median
            part.rows.append(
                [name, *(each.show() for each in (*wall, *cpu)), part.goal(f"{name}, cpu to FastAPI", growth, 1.0)]
            )
            part.data[name] = {
                stack: {"wall": wall[index].median, "cpu": cpu[index].median} for index, stack in enumerate(found)
            }
    _cold(part)
    part.notes.append(
        f"Median (quartiles), in turn, {WARM_UP} calls of warm-up, {ROUNDS} calls each. The cold start is import, "
        "client and the first get, in fresh processes, both with bytecode."
    )
    return part


def _cold(part: Part) -> None:
    (event, *_) = events = first_events("events", 1)
    begin = "import asyncio; asyncio.set_event_loop(asyncio.new_event_loop())"
    ours = Process("handler", program_of("events"), [built_functions(), built_layer()], events)
    theirs = Process("FastAPI", program_of("benchmarks.fastapi_app", begin), [ROOT, peers()], [event])
    said = in_turn([ours, theirs])
    wall = {name: spread(rounds, "first") for name, rounds in said.items()}
    cpu = {name: spread(rounds, "first", cpu=True) for name, rounds in said.items()}
    growth = cpu["handler"].median / cpu["FastAPI"].median
    part.rows.append(
        [
            *("cold start and first get", wall["handler"].show(0), wall["FastAPI"].show(0), "-"),
            *(cpu["handler"].show(0), cpu["FastAPI"].show(0), "-"),
            part.goal("cold start, cpu to FastAPI", growth, 1.0),
        ]
    )
    part.data["cold start and first get"] = {name: each.median for name, each in wall.items()}
