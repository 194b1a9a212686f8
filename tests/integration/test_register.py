"""POST /auth/register."""

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.harness.identity_client import PASSWORD, Identity, authorize, exchange, login, post, register

pytestmark = pytest.mark.usefixtures("identity")


def test_the_payload_registers_a_user(identity: Identity) -> None:
    with identity.costs(TransactWriteItems=1):
        reply = post("register")
    assert reply.status == 201
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Cache-Control"] == "no-store"
    assert set(reply.body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert reply.body["token_type"] == "Bearer"
    assert reply.body["expires_in"] == identity.runtime.settings.access_token_seconds


def test_the_tokens_are_good_at_once() -> None:
    reply = register("Ada")
    assert authorize(reply.body["access_token"])["context"]["username"] == "Ada"
    assert exchange(reply.body["refresh_token"]).status == 200
    assert login("Ada").status == 200


def test_what_is_stored(identity: Identity) -> None:
    register("Ada", email="Ada@Example.com")
    kinds = Counter(item["pk"]["S"].split("#")[0] for item in identity.items())
    assert kinds == {"USER": 1, "EMAIL": 1, "SESSION": 1}
    (user,) = identity.items("USER#ada")
    assert user["username"]["S"] == "Ada"
    assert user["email"]["S"] == "Ada@Example.com"
    assert user["created_at"]["S"] == "2026-11-22T09:00:00.000Z"
    assert user["password_hash"]["S"].startswith("$argon2id$")
    (address,) = identity.items("EMAIL#ada@example.com")
    assert address["user_id"] == user["user_id"]
    (session,) = identity.items("SESSION#")
    assert int(session["expires_at"]["N"]) == identity.runtime.now() + identity.runtime.settings.refresh_token_seconds


@pytest.mark.parametrize(
    ("second", "fields"),
    [
        ({"username": "ADA", "email": "other@example.com"}, ["username"]),
        ({"username": "other", "email": "ADA@EXAMPLE.COM"}, ["email"]),
        ({"username": "aDa", "email": "aDa@eXample.com"}, ["username", "email"]),
    ],
)
def test_what_is_taken_is_named(identity: Identity, second: dict[str, str], fields: list[str]) -> None:
    register("Ada", email="ada@example.com")
    before = identity.items()
    reply = register(**second)
    assert reply.status == 409
    assert reply.fields == fields
    assert identity.items() == before


def test_an_address_is_the_same_however_its_accents_are_composed() -> None:
    assert register("ada", email="caf\u00e9@example.com").status == 201
    assert register("bob", email="CAFE\u0301@example.com").fields == ["email"]


def test_addresses_that_only_folding_would_make_one() -> None:
    assert register("ada", email="stra\u00dfe@example.com").status == 201
    assert register("bob", email="strasse@example.com").status == 201


def test_a_registration_whose_answer_was_lost_finds_itself(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the SDK's own retry comes after DynamoDB has forgotten the token that would tell it apart."""
    client = identity.runtime.clients.dynamodb
    write = client.transact_write_items

    def twice(**request: Any) -> Any:
        write(**request)
        return write(**request)

    monkeypatch.setattr(client, "transact_write_items", twice)
    reply = register("Ada")
    assert reply.status == 201
    assert exchange(reply.body["refresh_token"]).status == 200


def test_a_lost_answer_is_not_called_a_failure(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    monkeypatch.setattr(identity.runtime.clients.dynamodb, "transact_write_items", lost)
    reply = register("Ada")
    assert reply.status == 503
    assert reply.body["title"] == "Outcome unknown"
    assert reply.headers["Retry-After"] == "1"


GOOD = {"username": "ada", "password": PASSWORD, "email": "ada@example.com"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["username", "password", "email"]),
        ({**GOOD, "admin": True}, ["admin"]),
        ({**GOOD, "username": 1}, ["username"]),
        ({**GOOD, "username": None}, ["username"]),
        ({**GOOD, "username": ["ada"]}, ["username"]),
        ({**GOOD, "username": "ab"}, ["username"]),
        ({**GOOD, "username": "a" * 65}, ["username"]),
        ({**GOOD, "username": "a b c"}, ["username"]),
        ({**GOOD, "username": "ada\n"}, ["username"]),
        ({**GOOD, "username": "\u212aelvin"}, ["username"]),
        ({**GOOD, "username": "a\0da"}, ["username"]),
        ({**GOOD, "username": "ada\ud800"}, ["username"]),
        ({**GOOD, "password": "short"}, ["password"]),
        ({**GOOD, "password": "x" * 257}, ["password"]),
        ({**GOOD, "password": "correct\0horse"}, ["password"]),
        ({**GOOD, "password": "correct horse\ud800"}, ["password"]),
        ({**GOOD, "password": 12345678}, ["password"]),
        ({**GOOD, "email": "nowhere"}, ["email"]),
        ({**GOOD, "email": "a@b"}, ["email"]),
        ({**GOOD, "email": "ada@example.com\n"}, ["email"]),
        ({**GOOD, "email": "a\0da@example.com"}, ["email"]),
        ({**GOOD, "email": "ada\udfff@example.com"}, ["email"]),
        *(({**GOOD, "password": f"correct{each}horse"}, ["password"]) for each in "\n\r\t\x1b\x85\u2028\ufffe"),
        *(
            ({**GOOD, "email": each}, ["email"])
            for each in ("a@b..c", "<a@b.c>", "a,b@c.de", "a@-b.c", ".a@b.c", "a..b@c.d", "a@b.c.", "a\u200bb@c.de")
        ),
        ({**GOOD, "email": "a" * 250 + "@example.com"}, ["email"]),
        ({**GOOD, "email": "\U0001d160" * 200 + "@example.com"}, ["email"]),
        ({"username": 1, "password": 2, "email": 3}, ["username", "password", "email"]),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(identity: Identity, body: Any, fields: list[str]) -> None:
    with identity.costs():
        reply = post("register", body)
    assert reply.status == 422
    assert reply.fields == fields


def test_the_longest_input_that_is_allowed() -> None:
    """Composing accents makes text longer: the key must still fit."""
    email = "\U0001d160" * 16 + "@" + ("\u0958" * 20 + ".") * 3 + "com"
    assert register("a" * 64, password="\u00e9" * 256, email=email).status == 201
    assert login("A" * 64, "e\u0301" * 128 + "\u00e9" * 128).status in (401, 422)
    assert login("A" * 64, "\u00e9" * 256).status == 200
