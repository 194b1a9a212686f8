"""Every route stays within its budget: DynamoDB calls, and those that wait for one another. No time is measured."""

from dataclasses import replace

import pytest

from shared import ids
from shared.runtime import Runtime, use
from tests.harness.budgets import BUDGETS, Budget
from tests.harness.dataset import Dataset
from tests.harness.history_requests import VERSIONS, versions
from tests.harness.ledger import Call, Ledger
from tests.harness.requests import ROUTES, USUAL_ROUTES, ledger_of
from tests.harness.routes import Route
from tests.harness.template import resources


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_request_stays_within_its_budget(route: Route, runtime: Runtime) -> None:
    ledger = ledger_of(route, runtime)
    assert not BUDGETS[route.name].exceeded_by(ledger), (len(ledger.calls), ledger.depth, ledger.operations)


@pytest.mark.parametrize(
    "route", [route for route in USUAL_ROUTES if route.function != "bulk_create"], ids=lambda route: route.name
)
def test_a_request_is_served_in_the_millisecond_of_its_dataset(route: Route, runtime: Runtime) -> None:
    """However fast the machine is: the order of two ids of one millisecond is random."""
    now = runtime.now_ns()
    with use(replace(runtime, now_ns=lambda: now)) as stopped:
        ledger_of(route, stopped)


def test_a_dataset_is_older_than_any_request(runtime: Runtime) -> None:
    data = Dataset(runtime)
    for _ in range(100):
        assert ids.milliseconds_of(data.version(0).history_id) < runtime.now_ns() // 1_000_000 - 10_000


def test_the_versions_of_a_dataset_have_ids_in_their_order(runtime: Runtime) -> None:
    made = versions(Dataset(runtime), VERSIONS)
    history_ids = [event.history_id for event in made]
    assert history_ids == sorted({*history_ids})
    assert [event.stamp.version for event in made] == [*range(1, VERSIONS + 1)]


def test_every_function_with_a_database_has_a_budget() -> None:
    served = {function["Handler"].split(".")[0] for function in resources("AWS::Serverless::Function").values()}
    # The reference and the keys have no database; the others are called by a schedule or by hand, for a whole table.
    without = {"docs", "jwks", "rotate_keys", "admin", "check_history", "erase", "redrive_history", "sweep_history"}
    without |= {"purge_calendars"}
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


@pytest.mark.parametrize(
    ("spans", "exceeded"),
    [
        ([(0, 1), (1, 2)], False),
        ([(0, 1), (0, 1), (1, 2)], True),
        ([(0, 1), (1, 2), (2, 3)], True),
    ],
)
def test_a_call_too_many_is_noticed(spans: list[tuple[float, float]], exceeded: bool) -> None:
    assert Budget(calls=2, depth=2).exceeded_by(Ledger([call(*span) for span in spans])) is exceeded


def test_a_chain_too_long_is_noticed() -> None:
    assert BUDGETS["list a window"] == (5, 1)
    assert BUDGETS["list a window"].exceeded_by(Ledger([call(0, 1), call(1, 2)]))


def test_a_request_that_is_not_served_is_noticed() -> None:
    get, record = (next(route for route in ROUTES if route.name == name) for name in ("get", "record 100 changes"))
    get.check({"statusCode": 200})
    record.check({"batchItemFailures": []})
    with pytest.raises(RuntimeError, match="get: "):
        get.check({"statusCode": 404})
    with pytest.raises(RuntimeError, match="record 100 changes: "):
        record.check({"batchItemFailures": [{"itemIdentifier": "1"}]})
