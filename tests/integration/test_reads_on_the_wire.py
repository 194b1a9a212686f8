"""What each route reads, as the request goes over the wire: which table and index, and whether strongly consistent.

A local database answers an eventual read like a strong one, so no other test would notice the difference.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.identity_client import Identity, exchange, login, logout, register
from tests.harness.template import routes
from tests.integration.every_route import EVENTUAL, ROUTES, Ask, Json, Scene

USERS = "BatchGetItem Users"

IDENTITY: list[tuple[str, Callable[[Json], Reply], set[str]]] = [
    ("/auth/register", lambda _: register("Grace"), set()),
    ("/auth/login", lambda _: login(), {USERS}),
    ("/auth/refresh", lambda pair: exchange(pair["refresh_token"]), set()),
    ("/auth/logout", lambda pair: logout(pair["refresh_token"]), set()),
]


@contextmanager
def heard(clients: Any, tables: dict[str, str]) -> Iterator[list[tuple[str, bool]]]:
    """The reads in the block, each with whether it is strong; a table by what the template calls it."""
    reads: list[tuple[str, bool]] = []

    def hear(model: Any, params: Json, **_: Any) -> None:
        asked = json.loads(params["body"])
        if model.name in ("GetItem", "Query", "Scan"):
            index = f".{asked['IndexName']}" if "IndexName" in asked else ""
            name = f"{model.name} {tables[asked['TableName']]}{index}"
            reads.append((name, asked.get("ConsistentRead", False)))
        elif model.name == "BatchGetItem":
            for table, each in asked["RequestItems"].items():
                reads.append((f"{model.name} {tables[table]}", each.get("ConsistentRead", False)))

    # Both clients: also one that is meant for writes may read.
    registered = {client.meta.events for client in (clients.dynamodb, clients.dynamodb_once)}
    for events in registered:
        events.register("before-call.dynamodb", hear)
    try:
        yield reads
    finally:
        for events in registered:
            events.unregister("before-call.dynamodb", hear)


def names(runtime: Any) -> dict[str, str]:
    settings = runtime.settings
    return {settings.events_table: "Events", settings.history_table: "History", settings.users_table: "Users"}


def judge(reads: list[tuple[str, bool]], expected: set[str]) -> None:
    assert {name for name, _ in reads} == expected
    assert {name for name, strong in reads if strong} == expected - EVENTUAL
    assert {name for name, strong in reads if not strong} == expected & EVENTUAL


@pytest.mark.parametrize(
    ("method", "route", "ask", "expected"), ROUTES, ids=[f"{n}: {each[0]} {each[1]}" for n, each in enumerate(ROUTES)]
)
def test_a_route_reads_strongly(
    dynamodb_deployment: Deployment, method: str, route: str, ask: Ask, expected: set[str]
) -> None:
    del method, route
    scene = Scene(dynamodb_deployment)
    runtime = dynamodb_deployment.runtime
    with heard(runtime.clients, names(runtime)) as reads:
        ask(scene)
    judge(reads, expected)


@pytest.mark.parametrize(("route", "ask", "expected"), IDENTITY, ids=[each[0] for each in IDENTITY])
def test_a_route_of_identity_reads_strongly(
    identity: Identity, route: str, ask: Callable[[Json], Reply], expected: set[str]
) -> None:
    del route
    pair = register().body
    with heard(identity.runtime.clients, names(identity.runtime)) as reads:
        assert ask(pair).status in (200, 201, 204)
    judge(reads, expected)


def test_every_route_is_in_the_tables() -> None:
    listed = {(method, route) for method, route, *_ in ROUTES} | {("POST", route) for route, *_ in IDENTITY}
    assert routes().keys() - listed == {("GET", "/openapi.json"), ("GET", "/docs")}
