"""The gateway's authorizer."""

import re
from typing import Any

import jwt
import pytest

from shared.errors import KeysUnavailable, MalformedEvent
from shared.store.secrets import KEPT_SECONDS
from tests.harness.gateway import invoke, payload
from tests.harness.identity_client import Identity, authorize, exchange, register
from tests.harness.template import template

pytestmark = pytest.mark.usefixtures("identity")


def call(**changes: Any) -> dict[str, Any]:
    """Call the authorizer with its payload and `changes`."""
    policy: dict[str, Any] = invoke("authorize", {**payload("authorize"), **changes})
    return policy


def test_the_payload_with_a_token_is_let_through(identity: Identity) -> None:
    reply = register("Ada").body
    with identity.costs():
        policy = call(authorizationToken=f"Bearer {reply['access_token']}")
    (user,) = identity.items("NAME#ada")
    user_id = user["user_id"]["S"]
    session = jwt.decode(reply["refresh_token"], options={"verify_signature": False})["sid"]
    assert session
    assert policy == {
        "principalId": user_id,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/v1/*",
                }
            ],
        },
        "context": {
            "user_id": user_id,
            "username": "Ada",
            "session": session,
            "exp": str(identity.runtime.now() + identity.runtime.settings.access_token_seconds),
        },
    }


@pytest.mark.parametrize(
    ("method_arn", "resource"),
    [
        ("arn:aws:execute-api:eu-central-1:1:api/v1/GET/", "arn:aws:execute-api:eu-central-1:1:api/v1/*"),
        (
            "arn:aws-cn:execute-api:cn-north-1:1:api/v1/PUT/a/b",
            "arn:aws-cn:execute-api:cn-north-1:1:api/v1/*",
        ),
    ],
)
def test_the_policy_is_for_the_whole_stage(method_arn: str, resource: str) -> None:
    token = register("Ada").body["access_token"]
    policy = call(authorizationToken=f"Bearer {token}", methodArn=method_arn)
    assert policy["policyDocument"]["Statement"][0]["Resource"] == resource


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", " Bearer ", "Bearer  "])
def test_the_scheme_in_any_case(scheme: str) -> None:
    token = register("Ada").body["access_token"]
    assert call(authorizationToken=f"{scheme} {token}")["principalId"]


def denied(policy: dict[str, Any]) -> bool:
    """Whether the policy denies every route, and says nothing else."""
    (statement,) = policy["policyDocument"]["Statement"]
    resource = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/v1/*"
    deny = {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": resource}
    return policy.keys() == {"principalId", "policyDocument"} and statement == deny


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {0}", "{0}", "Bearer {0} {0}", "Bearer{0}", None])
def test_another_header_is_denied(header: str | None) -> None:
    token = register("Ada").body["access_token"]
    assert denied(call(authorizationToken=None if header is None else header.format(token)))


def test_the_payload_as_it_is_is_denied() -> None:
    assert denied(call())


def test_tokens_that_are_not_valid_are_denied_without_an_error(identity: Identity) -> None:
    """Lambda would log an error with a stack trace."""
    tokens = register("Ada").body
    access = tokens["access_token"]
    header, claims, signature = access.split(".")
    unsigned = jwt.encode(
        jwt.decode(access, options={"verify_signature": False}), "", "none", headers={"typ": "at+jwt"}
    )
    for token in (
        tokens["refresh_token"],
        unsigned,
        f"{header}.{claims}.{signature[:-1]}",
        f"{header}.{claims}.",
    ):
        assert denied(authorize(token))
    identity.clock.forward(identity.runtime.settings.access_token_seconds - 1)
    assert not denied(authorize(access))
    identity.clock.forward(1)
    assert denied(authorize(access))


def test_a_token_of_another_api_or_stage_with_the_same_keys_is_denied() -> None:
    token = register("Ada").body["access_token"]
    for place in ("other00000/v1", "a1b2c3d4e5/v2"):
        arn = f"arn:aws:execute-api:eu-central-1:123456789012:{place}/GET/events"
        policy = call(authorizationToken=f"Bearer {token}", methodArn=arn)
        assert policy["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_a_fault_of_secrets_manager_is_no_refusal(identity: Identity) -> None:
    token = register("Ada").body["access_token"]
    secrets = identity.runtime.clients.secretsmanager
    secrets.delete_secret(SecretId=identity.runtime.settings.verification_keys, ForceDeleteWithoutRecovery=True)
    with pytest.raises(KeysUnavailable, match="ResourceNotFoundException"):
        authorize(token)


def test_keys_that_were_read_outlast_a_fault_of_secrets_manager(identity: Identity) -> None:
    assert not denied(authorize(register("Ada").body["access_token"]))
    secrets = identity.runtime.clients.secretsmanager
    secrets.delete_secret(SecretId=identity.runtime.settings.verification_keys, ForceDeleteWithoutRecovery=True)
    identity.clock.forward(KEPT_SECONDS - 1)
    token = register("Bob").body["access_token"]
    identity.clock.forward(1)
    assert not denied(authorize(token))


def test_a_key_that_was_read_goes_on_signing_through_a_fault_of_secrets_manager(identity: Identity) -> None:
    pair = register("Ada").body
    secrets = identity.runtime.clients.secretsmanager
    secrets.delete_secret(SecretId=identity.runtime.settings.signing_keys, ForceDeleteWithoutRecovery=True)
    identity.clock.forward(KEPT_SECONDS)
    assert not denied(authorize(register("Bob").body["access_token"]))
    assert exchange(pair["refresh_token"]).status == 200


def test_the_keys_are_read_once_a_minute(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    client = identity.runtime.clients.secretsmanager
    read = client.get_secret_value
    reads: list[str] = []

    def counted(**request: Any) -> Any:
        reads.append(request["SecretId"])
        return read(**request)

    monkeypatch.setattr(client, "get_secret_value", counted)
    token = register("Ada").body["access_token"]
    authorize(token)
    authorize(token)
    assert reads == ["signing", "verification"], "the one who verifies does not read the private keys"
    identity.clock.forward(KEPT_SECONDS)
    assert not denied(authorize(token))
    assert reads == ["signing", "verification", "verification"]


def test_the_gateway_asks_for_every_token_and_for_nothing_that_is_none() -> None:
    api = template()["Resources"]["Api"]["Properties"]
    shape = api["Auth"]["Authorizers"]["AccessToken"]["Identity"]["ValidationExpression"]
    token = register("Ada").body["access_token"]
    for scheme in ("Bearer", "bearer", "BEARER "):
        assert re.fullmatch(shape, f"{scheme} {token}"), scheme
    for none in (
        "",
        "Bearer",
        "Bearer garbage",
        f"Basic {token}",
        token,
        f"Bearer {token}.",
        f"Bearer {token} {token}",
    ):
        assert not re.fullmatch(shape, none), none


@pytest.mark.parametrize("method_arn", ["", "x", "arn:aws:execute-api:eu-central-1:1:api/v1", None, 7])
def test_a_method_that_is_none_is_named(method_arn: Any) -> None:
    token = register("Ada").body["access_token"]
    with pytest.raises(MalformedEvent, match=r"^methodArn: "):
        call(authorizationToken=f"Bearer {token}", methodArn=method_arn)
