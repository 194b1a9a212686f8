"""GET and DELETE /me/sessions, and PUT /me/password."""

from typing import Any

import pytest

from shared.ids import UserId
from tests.harness.gateway import Api, Reply, payload, reply
from tests.harness.identity_client import PASSWORD, Identity, exchange, login, register
from tests.harness.openapi_document import check

pytestmark = pytest.mark.usefixtures("identity")

NEW = "a longer battery of horses"


def ada(identity: Identity, place: int = 0) -> tuple[Api, str]:
    """Returns Ada with an access token of one of her sessions, in the order of their ids, and that session's id."""
    sessions = sorted(identity.items("SESSION#"), key=lambda item: str(item["sk"]["S"]))
    family = sessions[place]["sk"]["S"].removeprefix("SESSION#")
    return Api(UserId(sessions[place]["user_id"]["S"]), "Ada", session=family), family


def as_ada(name: str, api: Api, **changes: Any) -> Reply:
    """Sends a payload as a request of Ada's."""
    event = {**payload(name), **changes}
    event["requestContext"]["authorizer"] |= {"user_id": api.user_id, "username": "Ada", "session": api.session}
    return reply("password" if name == "change_password" else "sessions", event)


def test_the_payload_lists_the_sessions(identity: Identity) -> None:
    register("Ada")
    identity.clock.forward(60)
    second = login("Ada").body
    identity.clock.forward(60)
    exchange(second["refresh_token"])
    register("Bob")
    api, family = ada(identity)
    with identity.costs(Query=1):
        response = as_ada("list_sessions", api)
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    used, other = response.body["items"]
    assert other == {
        "id": family,
        "created_at": "2026-11-22T09:00:00Z",
        "last_used_at": "2026-11-22T09:00:00Z",
        "expires_at": "2026-12-22T09:00:00Z",
        "user_agent": "curl/8.7.1",
        "current": True,
    }
    assert (used["created_at"], used["last_used_at"]) == ("2026-11-22T09:01:00Z", "2026-11-22T09:02:00Z")
    assert not used["current"]
    check("GET", "/me/sessions", response)


def test_a_session_that_has_ended_is_not_listed(identity: Identity) -> None:
    """Though TTL may not have come by."""
    register("Ada")
    api, _ = ada(identity)
    identity.clock.forward(identity.runtime.settings.refresh_token_seconds)
    assert api("GET", "/me/sessions").body == {"items": []}


def test_the_payload_ends_all_other_sessions(identity: Identity) -> None:
    here = register("Ada").body["refresh_token"]
    identity.clock.forward(1)
    elsewhere = login("Ada").body["refresh_token"]
    register("Bob")
    api, _ = ada(identity)
    assert as_ada("end_sessions", api).status == 204
    assert exchange(elsewhere).status == 401
    assert exchange(here).status == 200
    assert len(identity.items("SESSION#")) == 2


def test_all_sessions_are_ended(identity: Identity) -> None:
    tokens = [register("Ada").body["refresh_token"], login("Ada").body["refresh_token"]]
    api, _ = ada(identity)
    response = api("DELETE", "/me/sessions")
    assert (response.status, response.text) == (204, "")
    assert [exchange(token).status for token in tokens] == [401, 401]
    assert api("DELETE", "/me/sessions").status == 204


def test_the_payload_ends_a_session(identity: Identity) -> None:
    tokens = [register("Ada").body["refresh_token"]]
    identity.clock.forward(1)
    tokens.append(login("Ada").body["refresh_token"])
    api, family = ada(identity, 1)
    with identity.costs(DeleteItem=1):
        assert as_ada("end_session", api, pathParameters={"session_id": family}).status == 204
    assert [exchange(token).status for token in tokens] == [200, 401]
    response = as_ada("end_session", api, pathParameters={"session_id": family})
    assert response.status == 404
    check("DELETE", "/me/sessions/{session_id}", response)


def test_a_session_of_somebody_else_is_not_found(identity: Identity) -> None:
    token = register("Bob").body["refresh_token"]
    api, family = ada(identity)
    stranger = Api(UserId("01998f00-0000-7000-8000-000000000009"), "eve", session=family)
    assert stranger("DELETE", f"/me/sessions/{family}").status == 404
    assert stranger("GET", "/me/sessions").body == {"items": []}
    assert stranger("DELETE", "/me/sessions").status == 204
    assert api.user_id
    assert exchange(token).status == 200


@pytest.mark.parametrize("query", ["keep=all", "keep=", "keep=current&keep=current", "all=true"])
def test_what_is_not_understood_ends_no_session(identity: Identity, query: str) -> None:
    register("Ada")
    api, _ = ada(identity)
    assert api("DELETE", f"/me/sessions?{query}").status == 422
    assert len(identity.items("SESSION#")) == 1


def test_an_id_that_can_be_none_is_named(identity: Identity) -> None:
    register("Ada")
    api, _ = ada(identity)
    response = api("DELETE", "/me/sessions/nonsense")
    assert (response.status, response.fields) == (422, ["session_id"])


def test_the_payload_changes_the_password_and_ends_other_sessions(identity: Identity) -> None:
    here = register("Ada").body["refresh_token"]
    identity.clock.forward(1)
    elsewhere = login("Ada").body["refresh_token"]
    api, _ = ada(identity)
    response = as_ada("change_password", api)
    assert (response.status, response.text) == (204, "")
    assert exchange(elsewhere).status == 401
    assert exchange(here).status == 200
    assert login("Ada").status == 401
    assert login("Ada", NEW).status == 200


def test_a_wrong_current_password_is_named_and_changes_nothing(identity: Identity) -> None:
    register("Ada")
    api, _ = ada(identity)
    response = api("PUT", "/me/password", {"current_password": "a wrong password", "new_password": NEW})
    assert (response.status, response.fields) == (422, ["current_password"])
    check("PUT", "/me/password", response)
    for _ in range(4):
        api("PUT", "/me/password", {"current_password": "a wrong password", "new_password": NEW})
    refused = api("PUT", "/me/password", {"current_password": PASSWORD, "new_password": NEW})
    assert refused.status == 429
    check("PUT", "/me/password", refused)
    assert login("Ada").status == 429, "the same guesses"
    identity.clock.forward(2)
    assert login("Ada").status == 200


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, ["current_password", "new_password"]),
        ({"current_password": PASSWORD, "new_password": "short"}, ["new_password"]),
        ({"current_password": "", "new_password": NEW}, ["current_password"]),
        ({"current_password": PASSWORD, "new_password": NEW, "username": "bob"}, ["username"]),
        ({"current_password": PASSWORD, "new_password": NEW + "\0"}, ["new_password"]),
    ],
)
def test_a_change_that_is_none_is_named(identity: Identity, change: dict[str, str], fields: list[str]) -> None:
    register("Ada")
    api, _ = ada(identity)
    with identity.costs():
        response = api("PUT", "/me/password", change)
    assert (response.status, response.fields) == (422, fields)


@pytest.mark.parametrize("new", ["Password1", "Ada@Example.com"])
def test_a_password_that_is_tried_first_or_is_ones_own_address_is_named(identity: Identity, new: str) -> None:
    register("Ada")
    api, _ = ada(identity)
    with identity.costs(GetItem=1):
        response = api("PUT", "/me/password", {"current_password": PASSWORD, "new_password": new})
    assert (response.status, response.fields) == (422, ["new_password"])
