"""What every function of identity does with a body that is no request."""

from base64 import b64encode
from typing import Any

import pytest

from shared.http.bodies import MAX_BODY_BYTES
from tests.harness.gateway import payload
from tests.harness.gateway import reply as reply_to
from tests.harness.identity_client import Identity, post

pytestmark = pytest.mark.usefixtures("identity")

every_function = pytest.mark.parametrize("name", ["register", "login", "refresh", "logout"])


@every_function
@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("{", 400),
        ('{"username": }', 400),
        ("nonsense", 400),
        ("[]", 400),
        ('[{"username": "ada"}]', 400),
        ("null", 400),
        ("1", 400),
        ('"text"', 400),
        ("[" * 100_000, 400),
        ('{"a":' * 100_000, 400),
        ('{"username": ' + "9" * 5000 + "}", 400),
        ('{"username": NaN}', 400),
        ("\ud800", 400),
        ("\0", 400),
        ('{"username": "' + "x" * MAX_BODY_BYTES + '"}', 413),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_json_object(identity: Identity, name: str, raw: str, status: int) -> None:
    with identity.costs():
        reply = post(name, raw=raw)
    assert reply.status == status
    assert reply.fields == ["body"]


@every_function
@pytest.mark.parametrize("no_body", [None, ""])
def test_no_body(identity: Identity, name: str, no_body: str | None) -> None:
    with identity.costs():
        reply = reply_to(name, {**payload(name), "body": no_body})
    assert reply.status == 422
    assert reply.fields == ["body"]


@every_function
def test_another_content_type(identity: Identity, name: str) -> None:
    headers = {**payload(name)["headers"], "Content-Type": "text/plain"}
    with identity.costs():
        reply = post(name, headers=headers)
    assert reply.status == 415
    assert reply.fields == ["Content-Type"]


@every_function
@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", None])
def test_a_content_type_that_is_json(name: str, content_type: str | None) -> None:
    headers = dict(payload(name)["headers"])
    headers.pop("Content-Type")
    if content_type:
        headers["content-type"] = content_type
    assert post(name, headers=headers).status in (201, 204, 401)


@every_function
def test_a_body_in_base64(name: str) -> None:
    body = b64encode(payload(name)["body"].encode()).decode()
    assert post(name, raw=body, isBase64Encoded=True).status in (201, 204, 401)


@every_function
@pytest.mark.parametrize("raw", ["%%%", "a", "\u00e9", b64encode(b"\xff\xfe").decode()])
def test_a_body_that_is_no_base64(name: str, raw: str) -> None:
    reply = post(name, raw=raw, isBase64Encoded=True)
    assert reply.status == 400
    assert reply.fields == ["body"]


@pytest.mark.parametrize("name", ["refresh", "logout"])
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["refresh_token"]),
        ({"refresh_token": ""}, ["refresh_token"]),
        ({"refresh_token": 1}, ["refresh_token"]),
        ({"refresh_token": ["x"]}, ["refresh_token"]),
        ({"refresh_token": "a\0b"}, ["refresh_token"]),
        ({"refresh_token": "\ud800"}, ["refresh_token"]),
        ({"refresh_token": "x" * 4097}, ["refresh_token"]),
        ({"refresh_token": "x", "more": 1}, ["more"]),
    ],
)
def test_a_refresh_token_that_can_be_none(identity: Identity, name: str, body: Any, fields: list[str]) -> None:
    with identity.costs():
        reply = post(name, body)
    assert reply.status == 422
    assert reply.fields == fields
