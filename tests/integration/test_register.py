"""POST /auth/register."""

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.harness.gateway import payload
from tests.harness.gateway import reply as reply_to
from tests.harness.identity_client import PASSWORD, Identity, authorize, exchange, login, post, register

pytestmark = pytest.mark.usefixtures("identity")


def test_the_payload_registers_a_user(identity: Identity) -> None:
    with identity.costs(TransactWriteItems=1):
        reply = post("register")
    assert reply.status == 201
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Cache-Control"] == "no-store"
    assert set(reply.body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert reply.headers["Device-Token"]
    assert reply.body["token_type"] == "Bearer"
    assert reply.body["expires_in"] == identity.runtime.settings.access_token_seconds


def test_the_tokens_are_good_at_once() -> None:
    reply = register("Ada")
    assert authorize(reply.body["access_token"])["context"]["username"] == "Ada"
    assert exchange(reply.body["refresh_token"]).status == 200
    assert login("Ada").status == 200


def test_what_is_stored(identity: Identity) -> None:
    register("Ada", email="Ada@Example.com")
    kinds = Counter(item["sk"]["S"].split("#")[0] for item in identity.items())
    assert kinds == {"LOGIN": 1, "PROFILE": 1, "SESSION": 1, "MAIL": 1}
    now = {"N": str(identity.runtime.now())}
    (account,) = identity.items("NAME#ada")
    assert account["username"]["S"] == "Ada"
    assert account["password_hash"]["S"].startswith("$argon2id$")
    assert "email" not in account
    user_id = account["user_id"]["S"]
    (profile,) = identity.items("PROFILE")
    assert profile == {
        "pk": {"S": f"USER#{user_id}"},
        "sk": {"S": "PROFILE"},
        "user_id": {"S": user_id},
        "username": {"S": "Ada"},
        "email": {"S": "Ada@Example.com"},
        "email_set_at": now,
        "created_at": now,
    }
    (session,) = identity.items("SESSION#")
    assert session["pk"] == profile["pk"]
    settings = identity.runtime.settings
    assert int(session["expires_at"]["N"]) == identity.runtime.now() + settings.refresh_token_seconds
    assert int(session["ends_at"]["N"]) == identity.runtime.now() + settings.session_seconds
    assert session["user_agent"]["S"] == "curl/8.7.1"
    settings = identity.runtime.settings
    (name,) = identity.runtime.clients.dynamodb.scan(TableName=settings.directory_table)["Items"]
    assert name == {"pk": {"S": "NAME#ada"}, "user_id": {"S": user_id}, "username": {"S": "Ada"}}
    (name,) = identity.runtime.clients.dynamodb.scan(TableName=settings.directory_table)["Items"]
    assert name == {"pk": {"S": "NAME#ada"}, "user_id": {"S": user_id}, "username": {"S": "Ada"}}
    (mail,) = identity.items("MAIL#")
    assert mail["kind"]["S"] == "verification"
    assert mail["user_id"]["S"] == user_id
    assert mail["address"]["S"] == "Ada@Example.com"
    assert int(mail["expires_at"]["N"]) == identity.runtime.now() + 3600


def test_what_the_client_says_it_is_is_kept_short_and_on_one_line(identity: Identity) -> None:
    event = payload("register")
    event["requestContext"]["identity"]["userAgent"] = "a\r\nb\0c\u202ed\ud800" + "x" * 300
    assert reply_to("register", event).status == 201
    (session,) = identity.items("SESSION#")
    assert session["user_agent"]["S"] == "abcd" + "x" * 196


@pytest.mark.parametrize("email", ["other@example.com", "ADA@EXAMPLE.COM"])
def test_a_name_that_is_taken_is_named_and_the_address_never(identity: Identity, email: str) -> None:
    register("Ada", email="ada@example.com")
    before = identity.items()
    reply = register("aDa", email=email)
    assert reply.status == 409
    assert reply.fields == ["username"]
    assert identity.items() == before


def test_an_address_that_somebody_else_has_is_answered_like_any_other() -> None:
    """It belongs to nobody until it is verified: the response tells nothing about it."""
    first = register("Ada", email="ada@example.com")
    second = register("Bob", email="ADA@example.com")
    assert (first.status, second.status) == (201, 201)
    assert first.body.keys() == second.body.keys()


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
        ({**GOOD, "password": "Password1"}, ["password"]),
        ({**GOOD, "password": "a\u0308" * 7}, ["password"]),
        ({**GOOD, "username": "ada.lovelace", "password": "Ada.Lovelace"}, ["password"]),
        ({**GOOD, "password": "ADA@example.com"}, ["password"]),
        ({**GOOD, "username": "Ad-min"}, ["username"]),
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
