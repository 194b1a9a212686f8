"""The bare functions of identity: argon2 and PyJWT called directly, and the same calls to DynamoDB."""

import json
import os
import time
from collections.abc import Callable
from typing import Any, Final

import boto3
import jwt
from argon2 import PasswordHasher
from uuid_utils import uuid7

from benchmarks.bare import Event, client, reply

USERS: Final = os.environ["USERS_TABLE"]
AUDIENCE: Final = "event-scheduling-api"
SESSION_SECONDS: Final = 30 * 24 * 3600

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)
_key: str = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SIGNING_SECRET_ARN"])["SecretString"]


def _pair(user_id: str, name: str, family: str, token_id: str) -> Event:
    now = int(time.time())
    common = {"iss": AUDIENCE, "aud": AUDIENCE, "sub": user_id, "iat": now}
    access = {**common, "jti": str(uuid7()), "exp": now + 900, "username": name}
    refreshing = {**common, "jti": token_id, "exp": now + SESSION_SECONDS, "sid": family}
    return {
        "access_token": jwt.encode(access, _key, "HS256", headers={"typ": "at+jwt"}),
        "refresh_token": jwt.encode(refreshing, _key, "HS256", headers={"typ": "rt+jwt"}),
        "token_type": "Bearer",
        "expires_in": 900,
    }


def _decoded(token: str) -> Event:
    claims: Event = jwt.decode(token, _key, ["HS256"], audience=AUDIENCE, issuer=AUDIENCE)
    return claims


def _session(family: str, user_id: str, name: str, token_id: str) -> Event:
    now = int(time.time())
    return {
        "pk": {"S": f"SESSION#{family}"},
        "user_id": {"S": user_id},
        "username": {"S": name},
        "token_id": {"S": token_id},
        "created_at": {"N": str(now)},
        "expires_at": {"N": str(now + SESSION_SECONDS)},
    }


def register(event: Event) -> Event:
    """POST /auth/register."""
    document = json.loads(event["body"])
    name, email = document["username"], document["email"]
    user_id, family, token_id = str(uuid7()), str(uuid7()), str(uuid7())
    user = {
        "pk": {"S": f"USER#{name.lower()}"},
        "user_id": {"S": user_id},
        "username": {"S": name},
        "email": {"S": email},
        "password_hash": {"S": _hasher.hash(document["password"])},
        "created_at": {"S": "2026-11-22T09:00:00.000Z"},
    }
    address = {"pk": {"S": f"EMAIL#{email.lower()}"}, "user_id": {"S": user_id}}
    new = {"TableName": USERS, "ConditionExpression": "attribute_not_exists(pk)"}
    items = (user, address, _session(family, user_id, name, token_id))
    client.transact_write_items(TransactItems=[{"Put": {**new, "Item": item}} for item in items])
    return reply(201, _pair(user_id, name, family, token_id))


def login(event: Event) -> Event:
    """POST /auth/login."""
    document = json.loads(event["body"])
    name = document["username"]
    keys = [{"pk": {"S": f"{kind}#{name.lower()}"}} for kind in ("USER", "ATTEMPTS")]
    answer = client.batch_get_item(RequestItems={USERS: {"Keys": keys, "ConsistentRead": True}})
    (user,) = answer["Responses"][USERS]
    _hasher.verify(user["password_hash"]["S"], document["password"])
    family, token_id = str(uuid7()), str(uuid7())
    client.put_item(TableName=USERS, Item=_session(family, user["user_id"]["S"], name, token_id))
    return reply(200, _pair(user["user_id"]["S"], name, family, token_id))


def refresh(event: Event) -> Event:
    """POST /auth/refresh."""
    claims = _decoded(json.loads(event["body"])["refresh_token"])
    token_id, now = str(uuid7()), int(time.time())
    session = client.update_item(
        TableName=USERS,
        Key={"pk": {"S": f"SESSION#{claims['sid']}"}},
        UpdateExpression="SET token_id = :new, expires_at = :end",
        ConditionExpression="token_id = :old AND expires_at > :now",
        ExpressionAttributeValues={
            ":old": {"S": claims["jti"]},
            ":new": {"S": token_id},
            ":now": {"N": str(now)},
            ":end": {"N": str(now + SESSION_SECONDS)},
        },
        ReturnValues="ALL_NEW",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )["Attributes"]
    return reply(200, _pair(session["user_id"]["S"], session["username"]["S"], claims["sid"], token_id))


def logout(event: Event) -> Event:
    """POST /auth/logout."""
    claims = _decoded(json.loads(event["body"])["refresh_token"])
    client.delete_item(TableName=USERS, Key={"pk": {"S": f"SESSION#{claims['sid']}"}})
    return reply(204)


def authorize(event: Event) -> Event:
    """The gateway's authorizer."""
    claims = _decoded(event["authorizationToken"].removeprefix("Bearer "))
    resource = "/".join(event["methodArn"].split("/")[:2]) + "/*"
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}
    return {
        "principalId": claims["sub"],
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"user_id": claims["sub"], "username": claims["username"], "exp": str(claims["exp"])},
    }


BARE: Final[dict[str, Callable[[Event], Any]]] = {
    "register": register,
    "login": login,
    "refresh": refresh,
    "logout": logout,
    "authorize": authorize,
}
