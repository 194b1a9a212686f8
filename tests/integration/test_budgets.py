"""What a request may cost (DESIGN section 8): calls, and how many of them wait for one another. No time is measured."""

import pytest

from benchmarks.budgets import BUDGETS
from benchmarks.ledger import Call, Ledger
from benchmarks.ledgers import ROUTES, excess, ledger_of
from benchmarks.routes import Route
from shared.runtime import Runtime
from tests.harness.template import resources


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_request_stays_within_its_budget(route: Route, runtime: Runtime) -> None:
    ledger = ledger_of(route, runtime)
    assert excess(route, ledger) is None, ledger.operations


def test_every_function_with_a_database_has_a_budget() -> None:
    served = {function["Handler"].split(".")[0] for function in resources("AWS::Serverless::Function").values()}
    # The reference has no database; the others are called by a schedule or by hand, for a whole table.
    without = {"docs", "check_history", "redrive_history", "sweep_history"}
    assert served - {route.function for route in ROUTES} == without
    assert {route.name for route in ROUTES} == BUDGETS.keys()


def call(started: float, ended: float) -> Call:
    return Call("Query", started, ended, sent=0, received=0, read=0, written=0, units=0)


@pytest.mark.parametrize(
    ("spans", "depth"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (0.5, 1.5), (0.9, 2)], 1),
        ([(0, 1), (1, 2), (1.5, 3), (3, 4)], 3),
        ([(0, 9), (1, 2), (3, 4), (5, 6)], 3),
    ],
)
def test_depth_is_the_longest_chain_of_calls_that_wait(spans: list[tuple[float, float]], depth: int) -> None:
    assert Ledger([call(*span) for span in spans]).depth == depth


def test_a_call_too_many_is_noticed() -> None:
    get = next(route for route in ROUTES if route.name == "get")
    assert excess(get, Ledger([call(0, 1), call(0, 1)])) == "get: 2 calls of depth 1, budget 1 of 1"
    assert excess(get, Ledger([call(0, 1)])) is None
