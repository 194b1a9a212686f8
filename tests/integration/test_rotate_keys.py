"""The function that rotates keys, on Secrets Manager, and what that does to tokens of users."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from shared.errors import AnswerLost, KeysUnavailable, MalformedEvent
from shared.identity.rotation import BETWEEN_ROTATIONS_SECONDS
from shared.runtime import use
from shared.store.secrets import KEPT_SECONDS
from tests.harness.gateway import Api, Context, invoke, payload
from tests.harness.identity_client import Identity, authorize, exchange, logout, register

DAY = 24 * 3600
FORM = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256"}


def rotate(event: dict[str, Any] | None = None) -> dict[str, Any]:
    done: dict[str, Any] = invoke("rotate_keys", event or {})
    return done


def secret(identity: Identity, name: str) -> str:
    return identity.runtime.clients.secretsmanager.get_secret_value(SecretId=name)["SecretString"]


def allowed(token: str) -> bool:
    return bool(authorize(token)["policyDocument"]["Statement"][0]["Effect"] == "Allow")


@pytest.fixture
def long_sessions(identity: Identity) -> Iterator[None]:
    """Sessions that last for years."""
    settings = replace(identity.runtime.settings, session_seconds=3650 * DAY)
    with use(replace(identity.runtime, settings=settings)):
        yield


@pytest.mark.usefixtures("long_sessions")
def test_a_session_goes_on_over_several_rotations(identity: Identity) -> None:
    """It is used every three weeks, before and after the keys may have changed, and its access tokens are too."""
    pair = register("Ada").body
    kids = set()
    for _ in range(12):
        identity.clock.forward(20 * DAY)
        for rotating in (False, True):
            done = rotate(payload("rotate_keys")) if rotating else None
            response = exchange(pair["refresh_token"])
            assert response.status == 200, response
            assert allowed(response.body["access_token"])
            if done:
                kids.add(done["current"])
                assert allowed(pair["access_token"]), "signed before the rotation"
            pair = response.body
    assert len(kids) == 3
    assert logout(pair["refresh_token"]).status == 204
    assert exchange(pair["refresh_token"]).status == 401


def test_a_process_that_still_has_the_old_keys_and_one_with_the_new_ones_understand_each_other(
    identity: Identity,
) -> None:
    """For a minute after a rotation there are both."""
    old = register("Ada").body
    assert allowed(old["access_token"])
    assert rotate()["changed"]
    identity.clock.forward(1)
    assert allowed(register("Bob").body["access_token"])
    identity.clock.forward(KEPT_SECONDS)
    new = register("Eve").body
    assert allowed(new["access_token"])
    assert exchange(old["refresh_token"]).status == 200


def test_a_rotation_reports_ids_of_keys_only(identity: Identity) -> None:
    done = rotate()
    assert done.keys() == {"changed", "why", "current", "next", "published"}
    state = json.loads(secret(identity, "signing"))
    assert (done["current"], done["next"]) == (state["current"]["kid"], state["next"]["kid"])
    for key in (state["current"], state["next"]):
        assert key["d"] not in json.dumps(done) + secret(identity, "verification")


def test_a_schedule_rotates_once_the_period_is_over(identity: Identity) -> None:
    identity.clock.forward(-identity.runtime.now() + 89 * DAY)  # the keys of the tests were made at 0
    assert rotate(payload("rotate_keys"))["why"] == "the current key is not old enough"
    identity.clock.forward(DAY)
    assert rotate(payload("rotate_keys"))["changed"]
    # A schedule may call a function twice.
    assert not rotate(payload("rotate_keys"))["changed"]


def test_two_rotations_at_once_are_one(identity: Identity) -> None:
    """The other one is made between the two writes of the first."""
    client = identity.runtime.clients.secretsmanager
    put = client.put_secret_value
    others: list[dict[str, Any]] = []

    def put_after_another(**request: Any) -> Any:
        if request["SecretId"] == "signing" and not others:
            others.append({})
            others[0] = rotate()
        return put(**request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "put_secret_value", put_after_another)
        done = rotate()
    assert others[0]["changed"]
    assert (done["changed"], done["why"]) == (False, "the last rotation was less than an hour ago")
    assert done["current"] == others[0]["current"]
    assert allowed(register("Ada").body["access_token"])


def test_what_is_revoked_is_refused_after_a_minute(identity: Identity) -> None:
    pair = register("Ada").body
    assert allowed(pair["access_token"])
    assert rotate({"revoke": True})["published"] == 2
    identity.clock.forward(KEPT_SECONDS)
    assert not allowed(pair["access_token"])
    assert exchange(pair["refresh_token"]).status == 401
    assert allowed(register("Bob").body["access_token"])


def test_a_secret_that_is_missing_or_denied_is_told(identity: Identity) -> None:
    client = identity.runtime.clients.secretsmanager
    client.delete_secret(SecretId="signing", ForceDeleteWithoutRecovery=True)
    with pytest.raises(KeysUnavailable, match="ResourceNotFoundException"):
        rotate()


# --- the published keys


def test_the_public_keys_are_published(identity: Identity) -> None:
    reply = Api()("GET", "/.well-known/jwks.json")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert reply.headers["Cache-Control"] == "public, max-age=900"
    keys = reply.body["keys"]
    assert [key["kid"] for key in keys] == [
        each["kid"] for each in json.loads(secret(identity, "verification"))["keys"]
    ]
    for key in keys:
        assert key == {**FORM, **{name: key[name] for name in ("x", "y", "kid")}}


def test_a_key_that_has_signed_is_published_without_what_is_stored_with_it(identity: Identity) -> None:
    rotate()
    assert "retired_at" in secret(identity, "verification")
    keys = Api()("GET", "/.well-known/jwks.json").body["keys"]
    assert len(keys) == 3
    assert all(key.keys() == FORM.keys() | {"x", "y", "kid"} for key in keys)


def test_keys_that_cannot_be_read_are_a_503(identity: Identity) -> None:
    client = identity.runtime.clients.secretsmanager
    client.delete_secret(SecretId="verification", ForceDeleteWithoutRecovery=True)
    assert Api()("GET", "/.well-known/jwks.json").status == 503


# --- CloudFormation


class _Responses(ThreadingHTTPServer):
    """What custom resources respond, and with which status each response is answered."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, str | None, dict[str, Any]]] = []
        self.statuses: list[int] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Responses

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.path, self.headers["Content-Type"], body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@contextmanager
def cloudformation() -> Iterator[_Responses]:
    with _Responses() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def request(kind: str, server: _Responses, **changes: Any) -> dict[str, Any]:
    """CloudFormation's request, as of its reference."""
    return {
        "RequestType": kind,
        "ResponseURL": f"http://127.0.0.1:{server.server_port}/response?signature=x",
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/event-scheduling-api/1",
        "RequestId": "request-1",
        "ResourceType": "Custom::SigningKeys",
        "LogicalResourceId": "FirstKeys",
        "ResourceProperties": {"ServiceToken": "arn"},
        **changes,
    }


def respond_to(kind: str, server: _Responses) -> dict[str, Any]:
    """The body of the response to a request of this kind."""
    invoke("rotate_keys", request(kind, server))
    ((path, media_type, body),) = server.received
    assert (path, media_type) == ("/response?signature=x", "")
    server.received.clear()
    return body


def without_keys(identity: Identity) -> None:
    """Secrets as CloudFormation makes them: without a value."""
    client = identity.runtime.clients.secretsmanager
    for name in ("signing", "verification"):
        client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        client.create_secret(Name=name)


def test_a_first_deployment_makes_the_keys_and_a_later_one_leaves_them(identity: Identity) -> None:
    without_keys(identity)
    success = {
        "Status": "SUCCESS",
        "Reason": "see the log of function",
        "PhysicalResourceId": "signing-keys",
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/event-scheduling-api/1",
        "RequestId": "request-1",
        "LogicalResourceId": "FirstKeys",
    }
    with cloudformation() as server:
        assert respond_to("Create", server) == success
        pair = register("Ada").body
        assert allowed(pair["access_token"])
        before = secret(identity, "signing"), secret(identity, "verification")
        for kind in ("Create", "Update", "Delete"):
            assert respond_to(kind, server) == success
        assert (secret(identity, "signing"), secret(identity, "verification")) == before


def test_a_failure_is_told_to_cloudformation_too(identity: Identity) -> None:
    identity.runtime.clients.secretsmanager.delete_secret(SecretId="signing", ForceDeleteWithoutRecovery=True)
    with cloudformation() as server:
        with pytest.raises(KeysUnavailable):
            invoke("rotate_keys", request("Create", server))
        ((_, _, body),) = server.received
    assert body["Status"] == "FAILED"
    assert body["Reason"] == "see the log of function"


def test_a_response_that_is_not_taken_is_sent_again(identity: Identity) -> None:
    del identity
    with cloudformation() as server:
        server.statuses = [500, 503]
        invoke("rotate_keys", request("Update", server))
        assert len(server.received) == 3


@pytest.mark.parametrize("url", ["http://example.com/", "ftp://127.0.0.1/", "file:///etc/passwd", "x", "https://", ""])
def test_a_response_goes_to_no_address_in_clear(identity: Identity, url: str) -> None:
    del identity
    with cloudformation() as server, pytest.raises((AnswerLost, MalformedEvent)):
        invoke("rotate_keys", request("Update", server, ResponseURL=url), Context(milliseconds=1_000))


def test_the_rotation_of_a_rotation_waits_an_hour(identity: Identity) -> None:
    assert rotate()["changed"]
    identity.clock.forward(BETWEEN_ROTATIONS_SECONDS - 1)
    assert not rotate()["changed"]
    identity.clock.forward(1)
    assert rotate()["changed"]
