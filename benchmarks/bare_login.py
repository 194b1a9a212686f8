"""The bare function of login. It is a separate module so that the others are measured without its imports."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import boto3
import jwt
from argon2 import PasswordHasher
from uuid_utils import uuid7

from benchmarks.bare import Event, respond
from shared.settings import Settings

AUDIENCE: Final = "event-scheduling-api"
SESSION_SECONDS: Final = 30 * 24 * 3600
SESSIONS: Final = 50


class BareLogin:
    """The bare function of POST /auth/login: argon2 and PyJWT called directly."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self.by_route: Final[dict[str, Callable[[Event], Event]]] = {"login": self.login}
        self._client = client
        self._users = settings.users_table
        self._pool = ThreadPoolExecutor(16)
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)
        secret = boto3.client("secretsmanager").get_secret_value(SecretId=settings.signing_keys)
        jwk = json.loads(secret["SecretString"])["current"]
        self._kid: str = jwk["kid"]
        self._key = jwt.PyJWK(jwk)

    def login(self, event: Event) -> Event:
        """Serves POST /auth/login."""
        document = json.loads(event["body"])
        name = document["username"]
        source = f"SOURCE#{event['requestContext']['identity']['sourceIp']}"
        counters = [(f"NAME#{name}", source), (source, "ANYONE"), (f"NAME#{name}", "ANYONE")]
        now = int(time.time())
        counting = [self._pool.submit(self._count, each, now) for each in counters[:-1]]
        key = {"pk": {"S": f"NAME#{name.lower()}"}, "sk": {"S": "LOGIN"}}
        user = self._client.get_item(TableName=self._users, Key=key, ConsistentRead=True)["Item"]
        for each in counting:
            each.result()
        self._count(counters[-1], now)
        self._hasher.verify(user["password_hash"]["S"], document["password"])
        family, token_id = str(uuid7()), str(uuid7())
        session = {
            "pk": {"S": f"USER#{user['user_id']['S']}"},
            "sk": {"S": f"SESSION#{family}"},
            "user_id": user["user_id"],
            "username": {"S": name},
            "token_id": {"S": token_id},
            "created_at": {"N": str(now)},
            "expires_at": {"N": str(now + SESSION_SECONDS)},
        }
        same = {
            "TableName": self._users,
            "Key": key,
            "ConditionExpression": "password_hash = :hash",
            "ExpressionAttributeValues": {":hash": user["password_hash"]},
        }
        put = {"TableName": self._users, "Item": session}
        self._client.transact_write_items(TransactItems=[{"Put": put}, {"ConditionCheck": same}])
        forgiving = [self._pool.submit(self._take_back, each) for each in counters[1:]]
        forgiving.append(self._pool.submit(self._forget, counters[0]))
        self._trim(session["pk"])
        for each in forgiving:
            each.result()
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

    def _count(self, counter: tuple[str, str], now: int) -> None:
        self._client.update_item(
            TableName=self._users,
            Key=_guesses(counter),
            UpdateExpression="SET last_at = :now ADD attempts :one",
            ConditionExpression="attribute_not_exists(pk) OR attempts < :free",
            ExpressionAttributeValues={":now": {"N": str(now)}, ":one": {"N": "1"}, ":free": {"N": "5"}},
        )

    def _take_back(self, counter: tuple[str, str]) -> None:
        self._client.update_item(
            TableName=self._users,
            Key=_guesses(counter),
            UpdateExpression="ADD attempts :less",
            ExpressionAttributeValues={":less": {"N": "-1"}},
        )

    def _forget(self, counter: tuple[str, str]) -> None:
        self._client.delete_item(TableName=self._users, Key=_guesses(counter))

    def _trim(self, user: dict[str, str]) -> None:
        found = self._client.query(
            TableName=self._users,
            KeyConditionExpression="pk = :user AND begins_with(sk, :session)",
            ExpressionAttributeValues={":user": user, ":session": {"S": "SESSION#"}},
            ProjectionExpression="pk, sk",
            ConsistentRead=True,
        )["Items"]
        if surplus := found[:-SESSIONS]:
            requests = [{"DeleteRequest": {"Key": key}} for key in surplus]
            self._client.batch_write_item(RequestItems={self._users: requests})


def _guesses(counter: tuple[str, str]) -> Event:
    counted, by = counter
    return {"pk": {"S": f"GUESS#{counted}"}, "sk": {"S": by}}
