"""Calls of the identity functions, as by a client that has no token yet."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt

from shared.ids import UserId
from shared.runtime import Runtime
from tests.harness.clock import Clock
from tests.harness.gateway import Api, Reply, invoke, payload, reply

PASSWORD = "correct horse battery"


def post(function: str, body: Any = None, *, raw: str | None = None, **changes: Any) -> Reply:
    """Calls functions/<function>.py with its payload, another body if one is given, and `changes`."""
    event = {**payload(function), **changes}
    if "headers" in changes:
        event["multiValueHeaders"] = None
    if body is not None or raw is not None:
        event["body"] = raw if raw is not None else json.dumps(body)
    return reply(function, event)


def authorize(token: str) -> dict[str, Any]:
    """Calls the authorizer with `Bearer <token>`, and returns its policy."""
    event = {**payload("authorize"), "authorizationToken": f"Bearer {token}"}
    policy: dict[str, Any] = invoke("authorize", event)
    return policy


def register(username: str = "Ada", **changes: Any) -> Reply:
    """Registers a user, with an e-mail address made of the name."""
    body = {"username": username, "password": PASSWORD, "email": f"{username}@example.com", **changes}
    return post("register", body)


def login(username: str = "Ada", password: str = PASSWORD, device: str | None = None) -> Reply:
    """Logs in, on the device whose token is given."""
    event = payload("login")
    if device is not None:
        event["headers"]["Device-Token"] = device
    event["body"] = json.dumps({"username": username, "password": password})
    return reply("login", event)


def exchange(token: str) -> Reply:
    """Exchanges a refresh token."""
    return post("refresh", {"refresh_token": token})


def logout(token: str) -> Reply:
    """Logs out."""
    return post("logout", {"refresh_token": token})


def user_of(pair: dict[str, Any]) -> Api:
    """Returns a client with the access token of a document of tokens."""
    claims = jwt.decode(pair["access_token"], options={"verify_signature": False})
    return Api(UserId(claims["sub"]), claims["username"], session=claims["sid"])


@dataclass
class Identity:
    """The runtime, its clock, and the calls made to DynamoDB, for tests of identity."""

    runtime: Runtime
    clock: Clock
    calls: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def costs(self, **calls: int) -> Iterator[None]:
        """Asserts that the block makes exactly these calls to DynamoDB."""
        self.calls.clear()
        yield
        assert self.calls == calls

    def items(self, prefix: str = "") -> list[dict[str, Any]]:
        """Returns the items of the users table whose partition key or sort key begins with `prefix`."""
        table = self.runtime.settings.users_table
        response = self.runtime.clients.dynamodb.scan(TableName=table, ConsistentRead=True)
        return [item for item in response["Items"] if any(item[key]["S"].startswith(prefix) for key in ("pk", "sk"))]
