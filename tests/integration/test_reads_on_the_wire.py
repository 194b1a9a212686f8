"""What each route reads, as the request goes over the wire: which table and index, and whether strongly consistent.

A local database answers an eventual read like a strong one, so no other test would notice the difference. Guarantees
rest on the strong ones: no double booking, no lost update, and that a caller reads what was just written.
"""

from collections.abc import Callable, Iterator

import pytest

from shared.store.secrets import Secrets
from tests.harness.botocore_faults import Wire
from tests.harness.dataset import Dataset
from tests.harness.deployment import Deployment
from tests.harness.gateway import Context, Reply, invoke
from tests.harness.identity_client import PASSWORD, Identity, exchange, login, logout, register, user_of
from tests.harness.requests import USUAL_ROUTES
from tests.harness.signing_keys import SECRETS
from tests.harness.template import routes
from tests.integration.every_route import (
    BY_CALENDAR,
    BY_OPERATION,
    IN_CALENDAR,
    MANY,
    MANY_VERSIONS,
    ROUTES,
    SPANS,
    USAGE,
    VERSIONS,
    Ask,
    Json,
    Scene,
    rollback,
)
from tests.integration.reads import Read, reads

USER: Read = ("GetItem", "users", None, True)
SESSIONS: Read = ("Query", "users", None, True)
USERS: Read = ("BatchGetItem", "users", None, True)
EVENTS: Read = ("Query", "events", None, True)
CHANGE = {"current_password": PASSWORD, "new_password": "a longer battery of horses"}

# By the names in `tests.harness.requests`.
ADDRESSES: list[tuple[str, str, str, set[Read]]] = [
    ("GET", "/me", "read me", {USER}),
    ("PATCH", "/me", "change the address", {USER}),
    ("POST", "/me/email/code", "ask for a code", {USER}),
    ("POST", "/me/email/verification", "verify the address", {USER}),
    ("POST", "/auth/password-reset", "forget the password", set()),
    ("POST", "/auth/password-reset/confirmation", "reset the password", {USER, SESSIONS}),
    ("", "the stream", "send a mail", {USER}),
    ("GET", "/me/export", "export", {USER, SESSIONS, EVENTS, BY_CALENDAR}),
    ("DELETE", "/me", "erase", {USER, SESSIONS, USERS}),
]

ACCESS: Read = ("BatchGetItem", "access", None, True)
LISTED: Read = ("Query", "access", None, True)
NAMES: Read = ("BatchGetItem", "directory", None, True)
CALENDAR = "/calendars/{calendar_id}"
# Likewise.
SHARING: list[tuple[str, str, str, set[Read]]] = [
    ("POST", "/calendars", "make a calendar", set()),
    ("GET", "/calendars", "list calendars", {LISTED, ACCESS}),
    ("GET", CALENDAR, "get a calendar", {ACCESS}),
    ("PATCH", CALENDAR, "patch a calendar", {ACCESS}),
    ("GET", f"{CALENDAR}/members", "list members", {LISTED, ACCESS}),
    ("GET", f"{CALENDAR}/members/me", "get a membership", {ACCESS}),
    ("PATCH", f"{CALENDAR}/members/me", "patch a membership", {ACCESS}),
    ("PUT", f"{CALENDAR}/members/{{username}}", "grant", {ACCESS, NAMES}),
    ("PUT", f"{CALENDAR}/members/{{username}}", "share the default calendar", {ACCESS, NAMES}),
    ("DELETE", f"{CALENDAR}/members/{{username}}", "revoke", set()),
    ("DELETE", f"{CALENDAR}/members/{{username}}", "revoke by name", {ACCESS, NAMES}),
    ("DELETE", f"{CALENDAR}/members/me", "leave", set()),
    ("DELETE", CALENDAR, "delete a calendar", set()),
    ("POST", f"{CALENDAR}/restore", "restore a calendar", set()),
    ("POST", f"{CALENDAR}/transfer", "transfer", {ACCESS, NAMES}),
    ("GET", f"{CALENDAR}/log", "list changes of roles", {LISTED, ACCESS}),
    ("POST", f"{CALENDAR}/invitations", "invite", set()),
    ("GET", f"{CALENDAR}/invitations", "list invitations", {LISTED, ACCESS}),
    ("GET", f"{CALENDAR}/invitations/{{invitation_id}}", "get an invitation", {ACCESS}),
    ("DELETE", f"{CALENDAR}/invitations/{{invitation_id}}", "withdraw an invitation", set()),
    ("POST", "/invitations/accept", "accept an invitation", {ACCESS}),
    ("POST", "/free-busy", "find a time of one's own", {SPANS}),
    ("POST", "/free-busy", "find a time in 5 calendars", {ACCESS, SPANS}),
]

IDENTITY: list[tuple[str, str, int, Callable[[Json], Reply], set[Read]]] = [
    ("POST", "/auth/register", 201, lambda _: register("Grace"), set()),
    ("POST", "/auth/login", 200, lambda _: login(), {USER, SESSIONS}),
    ("POST", "/auth/refresh", 200, lambda pair: exchange(pair["refresh_token"]), set()),
    ("POST", "/auth/logout", 204, lambda pair: logout(pair["refresh_token"]), set()),
    ("GET", "/me/sessions", 200, lambda pair: user_of(pair)("GET", "/me/sessions"), {SESSIONS}),
    ("DELETE", "/me/sessions", 204, lambda pair: user_of(pair)("DELETE", "/me/sessions"), {SESSIONS}),
    (
        "DELETE",
        "/me/sessions/{session_id}",
        204,
        lambda pair: user_of(pair)("DELETE", f"/me/sessions/{user_of(pair).session}"),
        set(),
    ),
    ("PUT", "/me/password", 204, lambda pair: user_of(pair)("PUT", "/me/password", CHANGE), {USER, SESSIONS}),
    ("GET", "/erasures/{erasure_id}", 404, lambda pair: user_of(pair)("GET", f"/erasures/{'A' * 43}"), {USER}),
]


@pytest.mark.parametrize(
    ("method", "route", "status", "ask", "expected"),
    [*ROUTES, *IN_CALENDAR],
    ids=[f"{n}: {each[0]} {each[1]}" for n, each in enumerate([*ROUTES, *IN_CALENDAR])],
)
def test_a_route_reads_just_so(
    dynamodb_deployment: Deployment, wire: Wire, method: str, route: str, status: int, ask: Ask, expected: set[Read]
) -> None:
    del method, route
    scene = Scene(dynamodb_deployment)
    wire.requests.clear()
    assert ask(scene).status == status
    assert reads(wire, dynamodb_deployment.runtime.settings) == expected


GOING_BACK: dict[str, tuple[Ask, set[Read]]] = {
    "rollback": (rollback, {MANY, MANY_VERSIONS}),
    "undo": (
        lambda scene: scene.api("POST", f"/operations/{scene.operation_id}/undo"),
        {BY_OPERATION, MANY, USAGE, VERSIONS},
    ),
}


@pytest.mark.parametrize("way", GOING_BACK)
def test_who_goes_back_to_the_same_time_does_not_look_at_conflicts(
    dynamodb_deployment: Deployment, wire: Wire, way: str
) -> None:
    ask, expected = GOING_BACK[way]
    scene = Scene(dynamodb_deployment)
    scene.first = scene.event
    assert scene.api("PATCH", scene.path, {"location": "Room 4"}).status == 200
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(seconds=1)
    scene.operation_id = scene.api("GET", f"{scene.path}/history").body["items"][0]["operation_id"]
    wire.requests.clear()
    assert ask(scene).status == 200
    assert reads(wire, dynamodb_deployment.runtime.settings) == expected


@pytest.fixture
def identity_wire(identity: Identity) -> Iterator[Wire]:
    """The wire between the functions of identity and the database."""
    with Wire(identity.runtime.clients) as made:
        yield made


@pytest.mark.parametrize(
    ("method", "route", "status", "ask", "expected"), IDENTITY, ids=[f"{each[0]} {each[1]}" for each in IDENTITY]
)
def test_a_route_of_identity_reads_just_so(
    identity: Identity,
    identity_wire: Wire,
    method: str,
    route: str,
    status: int,
    ask: Callable[[Json], Reply],
    expected: set[Read],
) -> None:
    del method, route
    pair = register().body
    identity_wire.requests.clear()
    assert ask(pair).status == status
    assert reads(identity_wire, identity.runtime.settings) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [(name, expected) for _, _, name, expected in [*ADDRESSES, *SHARING]],
    ids=[each[2] for each in [*ADDRESSES, *SHARING]],
)
def test_a_request_about_a_user_reads_just_so(
    dynamodb_deployment: Deployment, wire: Wire, name: str, expected: set[Read], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Secrets, "read", lambda _, secret_id: SECRETS[secret_id])
    route = next(each for each in USUAL_ROUTES if each.name == name)
    event = route.prepare(Dataset(dynamodb_deployment.runtime), 0)
    wire.requests.clear()
    route.check(invoke(route.function, event, Context(milliseconds=28_000)))
    assert reads(wire, dynamodb_deployment.runtime.settings) == expected


def test_every_route_is_in_the_tables() -> None:
    listed = {(method, route) for method, route, *_ in [*ROUTES, *IN_CALENDAR, *IDENTITY, *ADDRESSES, *SHARING]}
    without_database = {("GET", "/openapi.json"), ("GET", "/docs"), ("GET", "/.well-known/jwks.json")}
    assert routes().keys() - listed == without_database
