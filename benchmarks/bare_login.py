"""The bare function of login. It is a separate module so that the others are measured without its imports."""

import json
import time
from collections.abc import Callable
from typing import Any, Final

import boto3
import jwt
from argon2 import PasswordHasher
from uuid_utils import uuid7

from benchmarks.bare import Event, respond
from shared.settings import Settings

AUDIENCE: Final = "event-scheduling-api"
SESSION_SECONDS: Final = 30 * 24 * 3600


class BareLogin:
    """The bare function of POST /auth/login: argon2 and PyJWT called directly."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self.by_route: Final[dict[str, Callable[[Event], Event]]] = {"login": self.login}
        self._client = client
        self._users = settings.users_table
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)
        secret = boto3.client("secretsmanager").get_secret_value(SecretId=settings.signing_keys)
        jwk = json.loads(secret["SecretString"])["current"]
        self._kid: str = jwk["kid"]
        self._key = jwt.PyJWK(jwk)

    def login(self, event: Event) -> Event:
        """Serves POST /auth/login."""
        document = json.loads(event["body"])
        name = document["username"]
        keys = [
            {"pk": {"S": f"NAME#{name.lower()}"}, "sk": {"S": "LOGIN"}},
            {"pk": {"S": f"GUESS#NAME#{name.lower()}"}, "sk": {"S": "ANYONE"}},
        ]
        response = self._client.batch_get_item(RequestItems={self._users: {"Keys": keys, "ConsistentRead": True}})
        (user,) = response["Responses"][self._users]
        self._hasher.verify(user["password_hash"]["S"], document["password"])
        family, token_id, now = str(uuid7()), str(uuid7()), int(time.time())
        session = {
            "pk": {"S": f"USER#{user['user_id']['S']}"},
            "sk": {"S": f"SESSION#{family}"},
            "user_id": user["user_id"],
            "username": {"S": name},
            "token_id": {"S": token_id},
            "created_at": {"N": str(now)},
            "expires_at": {"N": str(now + SESSION_SECONDS)},
        }
        self._client.put_item(TableName=self._users, Item=session)
        common = {"iss": AUDIENCE, "aud": AUDIENCE, "sub": user["user_id"]["S"], "iat": now}
        access = {**common, "jti": str(uuid7()), "exp": now + 900, "username": name}
        refresh = {**common, "jti": token_id, "exp": now + SESSION_SECONDS, "sid": family}
        tokens = {
            "access_token": jwt.encode(access, self._key, "ES256", headers={"kid": self._kid, "typ": "at+jwt"}),
            "refresh_token": jwt.encode(refresh, self._key, "ES256", headers={"kid": self._kid, "typ": "rt+jwt"}),
            "token_type": "Bearer",
            "expires_in": 900,
        }
        return respond(200, tokens)
