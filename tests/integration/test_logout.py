"""POST /auth/logout."""

import json

import pytest

from tests.harness.gateway import payload
from tests.harness.identity_client import Identity, authorize, exchange, login, logout, post, register

pytestmark = pytest.mark.usefixtures("identity")


def test_the_payload_ends_the_session(identity: Identity) -> None:
    token = register("Ada").body["refresh_token"]
    assert list(json.loads(payload("logout")["body"])) == ["refresh_token"]
    with identity.costs(DeleteItem=1):
        reply = post("logout", {"refresh_token": token})
    assert reply.status == 204
    assert reply.text == ""
    assert identity.items("SESSION#") == []
    assert exchange(token).status == 401


def test_a_second_time_is_as_good() -> None:
    token = register("Ada").body["refresh_token"]
    assert logout(token).status == 204
    assert logout(token).status == 204


def test_what_is_no_token_has_no_session(identity: Identity) -> None:
    tokens = register("Ada").body
    with identity.costs():
        assert post("logout").status == 204
        assert logout("nonsense").status == 204
        assert logout(tokens["access_token"]).status == 204
    identity.clock.forward(identity.runtime.settings.refresh_token_seconds)
    with identity.costs():
        assert logout(tokens["refresh_token"]).status == 204
    assert len(identity.items("SESSION#")) == 1


def test_a_token_that_was_exchanged_still_ends_its_session() -> None:
    first = register("Ada").body["refresh_token"]
    second = exchange(first).body["refresh_token"]
    assert logout(first).status == 204
    assert exchange(second).status == 401


def test_other_sessions_live_on() -> None:
    here = register("Ada").body["refresh_token"]
    elsewhere = login("Ada").body
    logout(here)
    assert exchange(elsewhere["refresh_token"]).status == 200
    assert authorize(elsewhere["access_token"])["principalId"]
