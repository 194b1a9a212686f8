"""What each route reads, as the request goes over the wire: which table and index, and whether strongly consistent.

A local database answers an eventual read like a strong one, so no other test would notice the difference.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.deployment import Deployment
from tests.gateway import Reply
from tests.integration.identity_client import Identity, exchange, login, logout, register
from tests.integration.payloads import ADA, ALLOW, LATER, REVIEW, created
from tests.template import routes

Json = dict[str, Any]
WINDOW = "from=2027-03-01T00:00:00Z&to=2027-03-02T00:00:00Z"

# Reads as `<operation> <table>[.<index>]`. All are strong but those of the global indexes, which cannot be.
GET, MANY, SPANS = "GetItem Events", "BatchGetItem Events", "Query Events.by_span"
VERSIONS, MANY_VERSIONS = "Query History", "BatchGetItem History"
BY_OPERATION, BY_CALENDAR = "Query History.by_operation", "Query History.by_calendar"
USERS = "BatchGetItem Users"
EVENTUAL = {BY_OPERATION, BY_CALENDAR}


@dataclass
class Scene:
    """An event of two recorded versions, of which the first lies an hour before the second."""

    deployment: Deployment
    first: Json = field(init=False)
    event: Json = field(init=False)
    operation_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.first = created()
        self.deployment.clock.forward(seconds=3600)
        self.event = ADA("PATCH", self.path, {"title": "Retro", **LATER}).body
        self.deployment.record()
        self.operation_id = ADA("GET", f"{self.path}/history").body["items"][0]["operation_id"]

    @property
    def path(self) -> str:
        return f"/events/{self.first['id']}"


Ask = Callable[[Scene], Reply]
KEY = {"Idempotency-Key": "4711"}
UID = {**REVIEW, "uid": "4711@example.com"}


def rollback(scene: Scene, **query: Any) -> Reply:
    return ADA("POST", f"{scene.path}/rollback", {"history_id": scene.first["history_id"]}, **query)


# A request of each route in each way that reads otherwise, and all that it may read.
ROUTES: list[tuple[str, str, Ask, set[str]]] = [
    ("POST", "/events", lambda _: ADA("POST", "/events", REVIEW), {MANY, SPANS}),
    ("POST", "/events", lambda _: ADA("POST", "/events?dry_run=true", REVIEW), {SPANS}),
    ("POST", "/events", lambda _: ADA("POST", f"/events{ALLOW}", REVIEW), set()),
    ("POST", "/events", lambda _: ADA("POST", "/events", UID), {MANY, SPANS}),
    ("POST", "/events", lambda _: ADA("POST", f"/events{ALLOW}&dry_run=true", UID), {GET}),
    ("POST", "/events", lambda _: ADA("POST", "/events", {**REVIEW, **LATER}), {MANY, SPANS}),
    ("GET", "/events", lambda _: ADA("GET", f"/events?{WINDOW}"), {SPANS}),
    ("GET", "/events", lambda _: ADA("GET", "/events?uid=4711"), {GET}),
    (
        "GET",
        "/events",
        lambda _: ADA("GET", f"/events?{WINDOW}&as_of=2026-11-22T09:00:00Z"),
        {BY_CALENDAR, MANY, GET, VERSIONS},
    ),
    ("GET", "/free-busy", lambda _: ADA("GET", f"/free-busy?{WINDOW}"), {SPANS}),
    ("GET", "/events/deleted", lambda _: ADA("GET", "/events/deleted"), {SPANS}),
    ("GET", "/events/{event_id}", lambda scene: ADA("GET", scene.path), {GET}),
    (
        "GET",
        "/events/{event_id}",
        lambda scene: ADA("GET", f"{scene.path}?as_of=2026-11-22T09:30:00Z"),
        {GET, VERSIONS},
    ),
    ("PUT", "/events/{event_id}", lambda scene: ADA("PUT", scene.path, REVIEW), {MANY, SPANS}),
    ("PUT", "/events/{event_id}", lambda scene: ADA("PUT", f"{scene.path}{ALLOW}", REVIEW), {MANY}),
    ("PUT", "/events/{event_id}", lambda scene: ADA("PUT", f"{scene.path}?dry_run=true", REVIEW), {GET, SPANS}),
    ("PATCH", "/events/{event_id}", lambda scene: ADA("PATCH", scene.path, {"title": "x"}), set()),
    ("PATCH", "/events/{event_id}", lambda scene: ADA("PATCH", scene.path, {}), {GET}),
    ("PATCH", "/events/{event_id}", lambda scene: ADA("PATCH", scene.path, {"time_zone": "CET"}), {MANY}),
    (
        "PATCH",
        "/events/{event_id}",
        lambda scene: ADA("PATCH", scene.path, {"end": "2027-03-01T12:00:00Z"}),
        {GET, MANY, SPANS},
    ),
    (
        "PATCH",
        "/events/{event_id}",
        lambda scene: ADA("PATCH", scene.path, {"start": REVIEW["start"], "end": REVIEW["end"]}),
        {MANY, SPANS},
    ),
    ("DELETE", "/events/{event_id}", lambda scene: ADA("DELETE", scene.path), set()),
    ("DELETE", "/events/{event_id}", lambda scene: ADA("DELETE", f"{scene.path}?dry_run=true"), {GET}),
    ("POST", "/events/bulk", lambda _: ADA("POST", "/events/bulk", {"events": [REVIEW]}), set()),
    ("POST", "/events/bulk", lambda _: ADA("POST", "/events/bulk?conflicts=report", {"events": [REVIEW]}), {SPANS}),
    ("POST", "/events/bulk", lambda _: ADA("POST", "/events/bulk", {"events": [UID]}, headers=KEY), {MANY}),
    ("GET", "/events/{event_id}/history", lambda scene: ADA("GET", f"{scene.path}/history"), {GET, VERSIONS}),
    (
        "GET",
        "/events/{event_id}/history/{history_id}",
        lambda scene: ADA("GET", f"{scene.path}/history/{scene.first['history_id']}"),
        {MANY, MANY_VERSIONS},
    ),
    (
        "GET",
        "/events/{event_id}/history/{history_id}",
        lambda scene: ADA("GET", f"{scene.path}/history/{scene.first['id']}"),
        {MANY, MANY_VERSIONS, VERSIONS},
    ),
    ("GET", "/events/{event_id}/diff", lambda scene: ADA("GET", f"{scene.path}/diff"), {GET, VERSIONS}),
    (
        "GET",
        "/events/{event_id}/diff",
        lambda scene: ADA("GET", f"{scene.path}/diff?to={scene.event['history_id']}"),
        {GET, VERSIONS, MANY, MANY_VERSIONS},
    ),
    ("POST", "/events/{event_id}/rollback", rollback, {MANY, MANY_VERSIONS, SPANS}),
    (
        "POST",
        "/events/{event_id}/rollback",
        lambda scene: rollback(scene, dry_run="true"),
        {MANY, MANY_VERSIONS, GET, SPANS},
    ),
    (
        "POST",
        "/operations/{operation_id}/undo",
        lambda scene: ADA("POST", f"/operations/{scene.operation_id}/undo"),
        {BY_OPERATION, MANY, VERSIONS, SPANS},
    ),
]
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
