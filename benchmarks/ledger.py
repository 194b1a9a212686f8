"""The ledger: the database calls of a typical request to every route, compared with their budgets."""

from benchmarks.report import Part
from shared.runtime import current
from tests.harness.budgets import BUDGETS
from tests.harness.requests import ROUTES, ledger_of

FACTS = ("read", "written", "sent", "received", "units")


def measure() -> Part:
    """Counts the calls of all routes. A request that exceeds its budget is reported as broken."""
    columns = ("route", "calls", "budget", "depth", "budget", "items read", "items written", "sent B", "received B")
    part = Part("Ledger: calls to DynamoDB", (*columns, "units"))
    for route in ROUTES:
        ledger, budget = ledger_of(route, current(), capacity=True), BUDGETS[route.name]
        calls, depth = len(ledger.calls), ledger.depth
        totals = {fact: ledger.total(fact) for fact in FACTS}
        *counts, units = totals.values()
        numbers = map(str, (calls, budget.calls, depth, budget.depth))
        part.rows.append([route.name, *numbers, *(f"{count:.0f}" for count in counts), f"{units:.1f}"])
        operations = dict(ledger.operations)
        part.data[route.name] = {"calls": calls, "depth": depth, "operations": operations, **totals}
        if budget.exceeded_by(ledger):
            part.broken.append(f"{route.name}: {calls} calls of depth {depth}, budget {budget.calls} of {budget.depth}")
    part.notes.append(
        "Depth: how many calls wait for one another. Units: the capacity that DynamoDB Local reports, reads and writes "
        "together."
    )
    return part
