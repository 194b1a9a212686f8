"""POST /auth/login."""

import io
import json
import logging
from typing import Any

import pytest
from argon2 import PasswordHasher

from shared.identity import passwords
from shared.identity.guessing import ONE_SOURCE
from tests.harness.gateway import payload
from tests.harness.identity_client import PASSWORD, Identity, authorize, exchange, login, post, register

pytestmark = pytest.mark.usefixtures("identity")


def fail(times: int, username: str = "Ada") -> None:
    """Guess wrong, and have it answered with 401 each time."""
    for _ in range(times):
        assert login(username, "a wrong password").status == 401


def test_the_payload_logs_in(identity: Identity) -> None:
    post("register")
    with identity.costs(GetItem=1, UpdateItem=5, TransactWriteItems=1, DeleteItem=1, Query=1):
        reply = post("login")
    assert reply.status == 200
    assert set(reply.body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert authorize(reply.body["access_token"])["context"]["username"] == "ada"
    assert exchange(reply.body["refresh_token"]).status == 200


@pytest.mark.parametrize("username", ["Ada", "ada", "ADA"])
def test_case_makes_no_difference(username: str) -> None:
    register("Ada")
    reply = login(username)
    assert authorize(reply.body["access_token"])["context"]["username"] == "Ada"


def test_each_login_is_a_session_of_its_own(identity: Identity) -> None:
    register("Ada")
    first, second = login(), login()
    assert len(identity.items("SESSION#")) == 3
    assert exchange(first.body["refresh_token"]).status == 200
    assert exchange(second.body["refresh_token"]).status == 200


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(identity: Identity) -> None:
    register("Ada")
    with identity.costs(GetItem=1, UpdateItem=3):
        wrong = login("Ada", "a wrong password")
    with identity.costs(GetItem=1, UpdateItem=3):
        unknown = login("Bob", "a wrong password")
    assert wrong.status == unknown.status == 401
    assert wrong.text == unknown.text
    assert wrong.headers == unknown.headers
    assert "WWW-Authenticate" in wrong.headers


def test_an_unknown_name_costs_as_much_work(monkeypatch: pytest.MonkeyPatch) -> None:
    register("Ada")
    held_against: list[str] = []
    check = passwords.is_password

    def watched(password_hash: str, password: str) -> bool:
        held_against.append(password_hash)
        return check(password_hash, password)

    monkeypatch.setattr(passwords, "is_password", watched)
    login("Ada", "a wrong password")
    login("Bob", "a wrong password")
    assert len(held_against) == 2
    assert held_against[1] == passwords.NOBODY


@pytest.mark.parametrize("username", ["Ada", "Bob"])
def test_five_failures_lock_a_name_whether_or_not_it_exists(identity: Identity, username: str) -> None:
    register("Ada")
    fail(5, username)
    # Two counters, one of which refuses, so that the other one takes the attempt back, and the third is left alone.
    with identity.costs(GetItem=1, UpdateItem=2 + 1):
        reply = login(username)
    assert reply.status == 429
    assert reply.headers["Retry-After"] == "2"
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_the_lock_doubles_and_ends(identity: Identity) -> None:
    register("Ada")
    fail(5)
    for wait in (1, 2, 4, 8):
        assert login().headers["Retry-After"] == str(wait + 1)
        identity.clock.forward(wait)
        assert login().headers["Retry-After"] == "1"
        identity.clock.forward(1)
        fail(1)
    identity.clock.forward(17)
    assert login().status == 200


def test_a_locked_name_looks_at_no_password(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    register("Ada")
    fail(5)
    monkeypatch.setattr(passwords, "is_password", lambda *_: pytest.fail("looked"))
    assert login().status == 429
    assert {item["attempts"]["N"] for item in identity.items("GUESS#")} == {"5"}


def test_a_login_forgets_the_failures_a_little_later(identity: Identity) -> None:
    register("Ada")
    fail(4)
    assert login().status == 200
    assert login().status == 429
    identity.clock.forward(5)
    fail(4)
    assert login().status == 200


def test_failures_are_forgotten_after_a_day(identity: Identity) -> None:
    """Also when TTL, which may take days, has not come by."""
    register("Ada")
    fail(5)
    identity.clock.forward(ONE_SOURCE.forgotten_after)
    fail(4)
    (counter,) = [item for item in identity.items("GUESS#NAME#ada") if item["sk"]["S"] == "SOURCE#203.0.113.17"]
    assert counter["attempts"]["N"] == "4"
    assert int(counter["expires_at"]["N"]) == identity.runtime.now() + ONE_SOURCE.forgotten_after
    assert login().status == 200


def test_failures_of_one_name_lock_no_other() -> None:
    register("Ada")
    register("Bob")
    fail(5, "Ada")
    assert login("Ada").status == 429
    assert login("Bob").status == 200


def test_a_header_that_names_another_address_changes_nothing() -> None:
    register("Ada")
    fail(5)
    event = payload("login")
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP"):
        headers = {**event["headers"], name: "192.0.2.1"}
        assert post("login", {"username": "Ada", "password": PASSWORD}, headers=headers).status == 429


def test_a_device_that_is_known_is_not_locked_by_others(identity: Identity) -> None:
    device = register("Ada").headers["Device-Token"]
    fail(5)
    assert login().status == 429
    with identity.costs(GetItem=1, UpdateItem=1, TransactWriteItems=1, DeleteItem=1, Query=1):
        reply = login(device=device)
    assert reply.status == 200
    assert set(reply.body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert login(device=reply.headers["Device-Token"]).status == 200
    assert len({item["device_id"]["S"] for item in identity.items("SESSION#")}) == 1
    register("Bob")
    assert login("Bob", device=device).status == 200, "it is nothing to Bob"


def test_a_device_token_opens_nothing() -> None:
    device = register("Ada").headers["Device-Token"]
    assert exchange(device).status == 401
    assert authorize(device)["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_an_unknown_device_costs_the_same_for_every_name(identity: Identity) -> None:
    register("Ada")
    for name in ("Ada", "Bob"):
        with identity.costs(GetItem=1, UpdateItem=3):
            assert login(name, "a wrong password", device="nonsense").status == 401


def test_what_is_reported_has_no_name(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    for handler in logging.getLogger("event-scheduling-api").handlers:
        monkeypatch.setattr(handler, "stream", log)
    register("Ada")
    login("Ada")
    login("Ada", "a wrong password")
    events = [json.loads(line) for line in log.getvalue().splitlines() if "security_event" in line]
    assert [each["security_event"] for each in events] == ["Registered", "LoginSucceeded", "LoginFailed"]
    (account,) = identity.items("NAME#")
    for each in events:
        assert (each["user_id"], each["source"]) == (account["user_id"]["S"], "203.0.113.17")
        assert "ada" not in json.dumps(each).lower()


def test_a_hash_with_older_parameters_is_made_anew(identity: Identity) -> None:
    register("Ada")
    old = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    identity.runtime.clients.dynamodb.update_item(
        TableName=identity.runtime.settings.users_table,
        Key={"pk": {"S": "NAME#ada"}, "sk": {"S": "LOGIN"}},
        UpdateExpression="SET password_hash = :old",
        ExpressionAttributeValues={":old": {"S": old}},
    )
    assert login().status == 200
    assert identity.items("NAME#ada")[0]["password_hash"]["S"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert login().status == 200


@pytest.mark.parametrize(
    "username",
    ["a b c", "\u00e9l\u00e8ve", "\U0001d160" * 256, "\u0130" * 256, "../../x", "USER#ada", "x" * 256],
)
def test_what_cannot_be_a_name_is_a_wrong_name(username: str) -> None:
    assert login(username).status == 401


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["username", "password"]),
        ({"username": "ada", "password": PASSWORD, "email": "ada@example.com"}, ["email"]),
        ({"username": 1, "password": True}, ["username", "password"]),
        ({"username": "", "password": ""}, ["username", "password"]),
        ({"username": "x" * 257, "password": "x" * 257}, ["username", "password"]),
        ({"username": "a\0", "password": "b\0"}, ["username", "password"]),
        ({"username": "\ud800", "password": "\udc00"}, ["username", "password"]),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(identity: Identity, body: Any, fields: list[str]) -> None:
    with identity.costs():
        reply = post("login", body)
    assert reply.status == 422
    assert reply.fields == fields
