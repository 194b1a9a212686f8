"""Requests to a shared calendar stay within their budgets, however many members it has."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.runtime import Runtime, use
from shared.store.access_keys import member_key
from shared.store.batches import BATCH_WRITE_ITEMS, batch_write
from shared.store.codec import text
from tests.harness.budgets import BOOKER_BUDGETS, BUDGETS, SHARED_BUDGETS
from tests.harness.dataset import Dataset
from tests.harness.gateway import Context, invoke
from tests.harness.ledger import recording
from tests.harness.requests import ledger_of
from tests.harness.routes import Route
from tests.harness.shared_calendar_requests import BOOKER, EDITOR, SHARED_ROUTES, SharedDataset
from tests.harness.sharing import new_user
from tests.harness.template import routes
from tests.integration.sharing.rules import CONCERNED

MANY_MEMBERS = 1000


@pytest.fixture
def stopped(dynamodb_runtime: Runtime) -> Iterator[Runtime]:
    """A runtime in which no call takes long: a grant would be read again after one that does."""
    with use(replace(dynamodb_runtime, monotonic=lambda: 0.0)) as runtime:
        yield runtime


@pytest.mark.parametrize("route", SHARED_ROUTES, ids=lambda route: route.name)
def test_a_request_stays_within_its_budget(route: Route, stopped: Runtime) -> None:
    name = route.name.removesuffix(f", {EDITOR}").removesuffix(f", {BOOKER}")
    budgets = BOOKER_BUDGETS if route.name.endswith(BOOKER) else SHARED_BUDGETS
    budget = budgets.get(name, BUDGETS[name])
    ledger = ledger_of(route, stopped)
    assert not budget.exceeded_by(ledger), (len(ledger.calls), ledger.depth, ledger.operations)


def test_every_route_is_here() -> None:
    served = {function for (_, path), function in routes().items() if path.startswith(CONCERNED)}
    assert served == {route.function for route in SHARED_ROUTES}
    assert SHARED_BUDGETS.keys() | BOOKER_BUDGETS.keys() <= BUDGETS.keys()


@pytest.mark.parametrize("name", ["get", "list a window", "create", "patch no time", "delete"])
def test_the_number_of_members_does_not_matter(name: str, stopped: Runtime) -> None:
    route = next(each for each in SHARED_ROUTES if each.name == f"{name}, {EDITOR}")
    found = []
    for members in (10, MANY_MEMBERS):
        data = Dataset(stopped)
        route.prepare(data, 0)
        shared: SharedDataset = data.once("editor None", lambda: pytest.fail("there is no calendar"))
        items = [{**member_key(shared.calendar_id, new_user()), "role": text("editor")} for _ in range(members)]
        for at in range(0, members, BATCH_WRITE_ITEMS):
            chunk = items[at : at + BATCH_WRITE_ITEMS]
            assert batch_write(stopped.clients.dynamodb, shared.calendar.table, chunk) == []
        event = route.prepare(data, 1)
        with recording(stopped.clients) as ledger:
            route.check(invoke(route.function, event, Context(milliseconds=28_000)))
        found.append((len(ledger.calls), ledger.depth, ledger.total("read")))
    assert found[0] == found[1]
