"""POST /auth/refresh."""

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from botocore.exceptions import ReadTimeoutError

from tests.harness.gateway import Reply, payload
from tests.harness.identity_client import Identity, authorize, exchange, login, logout, post, register, user_of

pytestmark = pytest.mark.usefixtures("identity")


def test_the_payload_exchanges_its_token(identity: Identity) -> None:
    first = register("Ada").body
    event = payload("refresh")
    body = json.loads(event["body"])
    assert list(body) == ["refresh_token"]
    with identity.costs(UpdateItem=1):
        reply = post("refresh", {**body, "refresh_token": first["refresh_token"]})
    assert reply.status == 200
    assert set(reply.body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert reply.body["refresh_token"] != first["refresh_token"]
    assert authorize(reply.body["access_token"])["context"]["username"] == "Ada"


def test_the_payload_as_it_is_is_refused() -> None:
    assert post("refresh").status == 401


def test_a_chain_of_exchanges(identity: Identity) -> None:
    """The session slides: it ends after its lifetime without use, and at its end."""
    token = register("Ada").body["refresh_token"]
    settings = identity.runtime.settings
    lifetime, begun = settings.refresh_token_seconds, identity.runtime.now()
    for _ in range(3):
        identity.clock.forward(lifetime - 1)
        with identity.costs(UpdateItem=1):
            reply = exchange(token)
        assert reply.status == 200
        token = reply.body["refresh_token"]
        (session,) = identity.items("SESSION#")
        ends = min(identity.runtime.now() + lifetime, begun + settings.session_seconds)
        assert int(session["expires_at"]["N"]) == ends
    identity.clock.forward(3)
    assert exchange(token).status == 401


def test_a_token_that_was_exchanged_is_repeated_and_then_ends_the_whole_session(identity: Identity) -> None:
    stolen = register("Ada").body["refresh_token"]
    current = exchange(stolen).body
    with identity.costs(UpdateItem=1):
        assert exchange(stolen).body == current
    identity.clock.forward(identity.runtime.settings.refresh_grace_seconds)
    with identity.costs(UpdateItem=1, DeleteItem=1):
        reply = exchange(stolen)
    assert reply.status == 401
    assert identity.items("SESSION#") == []
    assert exchange(current["refresh_token"]).status == 401


def test_other_sessions_of_the_user_live_on(identity: Identity) -> None:
    stolen = register("Ada").body["refresh_token"]
    elsewhere = login("Ada").body["refresh_token"]
    exchange(stolen)
    identity.clock.forward(identity.runtime.settings.refresh_grace_seconds)
    assert exchange(stolen).status == 401
    assert exchange(elsewhere).status == 200


def test_an_exchange_whose_answer_was_lost_is_no_reuse(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    token = register("Ada").body["refresh_token"]
    client = identity.runtime.clients.dynamodb
    write = client.update_item

    def twice(**request: Any) -> Any:
        write(**request)
        return write(**request)

    monkeypatch.setattr(client, "update_item", twice)
    reply = exchange(token)
    monkeypatch.undo()
    assert reply.status == 200
    assert exchange(reply.body["refresh_token"]).status == 200


def test_a_token_expires(identity: Identity) -> None:
    token = register("Ada").body["refresh_token"]
    identity.clock.forward(identity.runtime.settings.refresh_token_seconds)
    with identity.costs():
        assert exchange(token).status == 401


def test_a_session_that_was_cut_short_is_not_prolonged(identity: Identity) -> None:
    token = register("Ada").body["refresh_token"]
    (session,) = identity.items("SESSION#")
    identity.runtime.clients.dynamodb.put_item(
        TableName=identity.runtime.settings.users_table,
        Item={**session, "expires_at": {"N": str(identity.runtime.now())}},
    )
    assert exchange(token).status == 401
    assert len(identity.items("SESSION#")) == 1


def test_an_access_token_is_no_refresh_token(identity: Identity) -> None:
    tokens = register("Ada").body
    with identity.costs():
        assert exchange(tokens["access_token"]).status == 401
    assert exchange(tokens["refresh_token"]).status == 200


def test_a_forged_token_ends_nobodys_session(identity: Identity) -> None:
    token = register("Ada").body["refresh_token"]
    header, claims, signature = token.split(".")
    for forged in (
        f"{header}.{claims}.{signature[::-1]}",
        f"{header}.{claims}.",
        jwt.encode(jwt.decode(token, options={"verify_signature": False}), "", "none", headers={"typ": "rt+jwt"}),
        "nonsense",
    ):
        with identity.costs():
            reply = exchange(forged)
        assert reply.status == 401
        assert reply.headers["WWW-Authenticate"] == "Bearer"
        assert reply.headers["Content-Type"] == "application/problem+json"
    assert exchange(token).status == 200


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("update_item", lambda pair: exchange(pair["refresh_token"])),
        ("delete_item", lambda pair: logout(pair["refresh_token"])),
        ("delete_item", lambda pair: user_of(pair)("DELETE", f"/me/sessions/{user_of(pair).session}")),
        ("query", lambda pair: user_of(pair)("DELETE", "/me/sessions")),
    ],
)
def test_a_lost_answer_to_a_write_is_not_called_a_failure(
    identity: Identity, monkeypatch: pytest.MonkeyPatch, operation: str, call: Callable[[dict[str, Any]], Reply]
) -> None:
    pair = register("Ada").body
    lose(identity, monkeypatch, operation)
    reply = call(pair)
    assert (reply.status, reply.body["type"]) == (503, "/problems/outcome-unknown")
    assert reply.headers["Retry-After"] == "1"


def test_a_lost_answer_to_a_read_leaves_nothing_unknown(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = register("Ada").body
    lose(identity, monkeypatch, "query")
    reply = user_of(pair)("GET", "/me/sessions")
    assert (reply.status, reply.body["type"]) == (503, "/problems/unavailable")


def lose(identity: Identity, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    def lost(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    monkeypatch.setattr(identity.runtime.clients.dynamodb, operation, lost)
