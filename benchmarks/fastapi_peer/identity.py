"""The routes of identity, for Lambda."""

import os
import time
import uuid
from typing import Any, Final

import boto3
import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import FastAPI, HTTPException
from mangum import Mangum

from benchmarks.boto_config import CONFIG
from benchmarks.fastapi_peer.models import Credentials, RefreshToken, Registration, Tokens

USERS: Final = os.environ["USERS_TABLE"]
AUDIENCE: Final = "event-scheduling-api"
ACCESS_SECONDS: Final = 900
SESSION_SECONDS: Final = 30 * 24 * 3600

Item = dict[str, Any]

dynamodb: Any = boto3.resource("dynamodb", config=CONFIG)
users = dynamodb.Table(USERS)
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)
_key: str = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SIGNING_SECRET_ARN"])["SecretString"]


def _session(user_id: str, name: str) -> Item:
    now = int(time.time())
    return {
        "pk": f"SESSION#{uuid.uuid4()}",
        "user_id": user_id,
        "username": name,
        "token_id": str(uuid.uuid4()),
        "created_at": now,
        "expires_at": now + SESSION_SECONDS,
    }


def _tokens(session: Item) -> Item:
    now = int(time.time())
    common = {"iss": AUDIENCE, "aud": AUDIENCE, "sub": session["user_id"], "iat": now}
    access = {**common, "jti": str(uuid.uuid4()), "exp": now + ACCESS_SECONDS, "username": session["username"]}
    family = session["pk"].removeprefix("SESSION#")
    refreshing = {**common, "jti": session["token_id"], "exp": int(session["expires_at"]), "sid": family}
    return {
        "access_token": jwt.encode(access, _key, "HS256", headers={"typ": "at+jwt"}),
        "refresh_token": jwt.encode(refreshing, _key, "HS256", headers={"typ": "rt+jwt"}),
        "expires_in": ACCESS_SECONDS,
    }


def _claims(token: str) -> Item:
    try:
        claims: Item = jwt.decode(token, _key, ["HS256"], audience=AUDIENCE, issuer=AUDIENCE)
    except jwt.InvalidTokenError:
        raise HTTPException(401, "the token is not valid") from None
    return claims


def register(registration: Registration) -> Any:
    """POST /auth/register."""
    name, user_id = registration.username, str(uuid.uuid4())
    user = {
        "pk": f"USER#{name.lower()}",
        "user_id": user_id,
        "username": name,
        "email": registration.email,
        "password_hash": _hasher.hash(registration.password),
        "created_at": "2026-11-22T09:00:00.000Z",
    }
    session = _session(user_id, name)
    items = (user, {"pk": f"EMAIL#{registration.email.lower()}", "user_id": user_id}, session)
    new = {"TableName": USERS, "ConditionExpression": "attribute_not_exists(pk)"}
    dynamodb.meta.client.transact_write_items(TransactItems=[{"Put": {**new, "Item": item}} for item in items])
    return _tokens(session)


def login(credentials: Credentials) -> Any:
    """POST /auth/login."""
    name = credentials.username
    keys = [{"pk": f"{kind}#{name.lower()}"} for kind in ("USER", "ATTEMPTS")]
    answer = dynamodb.batch_get_item(RequestItems={USERS: {"Keys": keys, "ConsistentRead": True}})
    (user,) = answer["Responses"][USERS]
    try:
        _hasher.verify(user["password_hash"], credentials.password)
    except VerifyMismatchError:
        raise HTTPException(401, "wrong user name or password") from None
    session = _session(user["user_id"], name)
    users.put_item(Item=session)
    return _tokens(session)


def refresh(presented: RefreshToken) -> Any:
    """POST /auth/refresh."""
    claims, now = _claims(presented.refresh_token), int(time.time())
    answer = users.update_item(
        Key={"pk": f"SESSION#{claims['sid']}"},
        UpdateExpression="SET token_id = :new, expires_at = :end",
        ConditionExpression="token_id = :old AND expires_at > :now",
        ExpressionAttributeValues={
            ":old": claims["jti"],
            ":new": str(uuid.uuid4()),
            ":now": now,
            ":end": now + SESSION_SECONDS,
        },
        ReturnValues="ALL_NEW",
    )
    return _tokens(answer["Attributes"])


def logout(presented: RefreshToken) -> None:
    """POST /auth/logout."""
    users.delete_item(Key={"pk": f"SESSION#{_claims(presented.refresh_token)['sid']}"})


app = FastAPI()
app.add_api_route("/auth/register", register, methods=["POST"], status_code=201, response_model=Tokens)
app.add_api_route("/auth/login", login, methods=["POST"], response_model=Tokens)
app.add_api_route("/auth/refresh", refresh, methods=["POST"], response_model=Tokens)
app.add_api_route("/auth/logout", logout, methods=["POST"], status_code=204)

handler = Mangum(app, lifespan="off")
