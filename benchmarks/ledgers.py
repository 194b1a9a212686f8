"""Part 1, the ledger: the calls of a typical request to every route, held against the budgets."""

import importlib
from collections.abc import Iterator

from benchmarks.budgets import BUDGETS
from benchmarks.identity_routes import IDENTITY_ROUTES
from benchmarks.ledger import Ledger, recording
from benchmarks.report import Part
from benchmarks.routes import CROWDED_ROUTES, EVENT_ROUTES, Route
from benchmarks.scenes import Scene
from shared.runtime import Runtime, current
from tests.harness.gateway import Context

ROUTES = (*IDENTITY_ROUTES, *EVENT_ROUTES, *CROWDED_ROUTES)


def ledger_of(route: Route, runtime: Runtime, *, capacity: bool = False) -> Ledger:
    """The ledger of one request to `route`, which the current runtime has to serve.

    Raises RuntimeError for an answer with another status than a good one.
    """
    scene = Scene(runtime)
    event = route.prepare(scene, 0)
    handler = importlib.import_module(f"functions.{route.function}").handler
    with recording(runtime.clients, capacity=capacity) as ledger:
        answer = handler(event, Context())
    status = answer.get("statusCode", route.status)
    if status != route.status or answer.get("batchItemFailures"):
        raise RuntimeError(f"{route.name}: {answer}")
    return ledger


def excess(route: Route, ledger: Ledger) -> str | None:
    """What is over the budget of `route`, if anything is."""
    budget = BUDGETS[route.name]
    if ledger.depth <= budget.depth and len(ledger.calls) <= budget.calls:
        return None
    return f"{route.name}: {len(ledger.calls)} calls of depth {ledger.depth}, budget {budget.calls} of {budget.depth}"


def ledgers(runtime: Runtime) -> Iterator[tuple[Route, Ledger]]:
    """The ledger of every route, with the capacity consumed."""
    for route in ROUTES:
        yield route, ledger_of(route, runtime, capacity=True)


def measure() -> Part:
    """The table of all routes; what exceeds its budget is broken."""
    counted = ("calls", "budget", "depth", "budget")
    columns = ("route", *counted, "items read", "items written", "sent B", "received B", "units")
    part = Part("Ledger: calls to DynamoDB per request", columns)
    for route, ledger in ledgers(current()):
        budget = BUDGETS[route.name]
        totals = {fact: ledger.total(fact) for fact in ("read", "written", "sent", "received", "units")}
        *counts, units = totals.values()
        part.rows.append(
            [
                route.name,
                *map(str, (len(ledger.calls), budget.calls, ledger.depth, budget.depth)),
                *(f"{count:.0f}" for count in counts),
                f"{units:.1f}",
            ]
        )
        part.data[route.name] = {
            "calls": len(ledger.calls),
            "depth": ledger.depth,
            "operations": dict(ledger.operations),
            **totals,
        }
        over = excess(route, ledger)
        if over:
            part.broken.append(over)
    part.notes.append(
        "Depth: how many calls wait for one another, found with each call held up until all that can be made with it "
        "are. Units: capacity as DynamoDB Local accounts for it, reads and writes together."
    )
    return part
