"""The users table: users, their e-mail addresses, their sessions, and failed logins by user name."""

from typing import Any

from botocore.exceptions import ClientError

from shared.errors import NameTaken
from shared.identity.users import FORGOTTEN_AFTER_SECONDS, Attempts, LoginState, Session, User
from shared.store.batches import batch_get
from shared.store.client import Clients
from shared.store.codec import Item, number, text
from shared.store.faults import failed_conditions, store_faults
from shared.store.keys import attempts_key, email_key, session_key, user_key


class DynamoUserStore:
    """The users table. Each method is one call to DynamoDB. All raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: Clients, table: str) -> None:
        """Uses the users table of name `table`."""
        self._clients = clients
        self._table = table

    def add(self, user: User, session: Session) -> None:
        """Stores a new user, their address and their first session, atomically: one TransactWriteItems.

        Raises:
            NameTaken: Another user has the name or the address.
        """
        named = {"username": user_key(user.username), "email": email_key(user.email)}
        items = [
            {**named["username"], **_user_attributes(user)},
            {**named["email"], "user_id": text(user.user_id)},
            {**session_key(session.family), **_session_attributes(session)},
        ]
        new = {
            "TableName": self._table,
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        actions: list[Any] = [{"Put": {**new, "Item": item}} for item in items]
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(TransactItems=actions)
            except ClientError as fault:
                met = failed_conditions(fault)
                if not met:
                    raise
                # After the response to an earlier attempt of this call was lost, the items found are its own.
                if any(item.get("user_id") != text(user.user_id) for item in met.values()):
                    raise NameTaken([name for at, name in enumerate(named) if at in met]) from None

    def login_state(self, username: str, now: int) -> LoginState:
        """Returns the user called `username`, and the failed attempts at the name.

        Makes one strongly consistent BatchGetItem, and another one for what DynamoDB leaves unprocessed.
        """
        keys = [user_key(username), attempts_key(username)]
        found = {item["pk"]["S"]: item for item in batch_get(self._clients, {self._table: keys})[self._table]}
        user, attempts = (found.get(key["pk"]["S"]) for key in keys)
        # TTL may remove an item days after its time. Until then this one is treated as removed.
        if attempts is not None and int(attempts["expires_at"]["N"]) <= now:
            attempts = None
        return LoginState(
            user=None if user is None else _user_of(user),
            attempts=Attempts() if attempts is None else _attempts_of(attempts),
        )

    def count_failure(self, username: str, now: int) -> None:
        """Adds one to the failures at `username`: one UpdateItem, or more if the earlier failures have expired.

        ADD counts each of many concurrent failures. How long the name is locked follows from the count and the time
        (`Attempts.wait`), so nothing that is written depends on a count that was read before.
        """
        stamp = "failed_at = :now, expires_at = :end"
        first_or_next = (f"SET {stamp} ADD failures :one", "attribute_not_exists(pk) OR expires_at > :now")
        after_long = (f"SET {stamp}, failures = :one", "expires_at <= :now")
        # Between the two, another request may have counted, or TTL removed the item: then the first form applies.
        for update, condition in (first_or_next, after_long, first_or_next):
            if self._count(username, now, update, condition):
                return

    def _count(self, username: str, now: int, update: str, condition: str) -> bool:
        with store_faults():
            try:
                self._clients.dynamodb.update_item(
                    TableName=self._table,
                    Key=attempts_key(username),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeValues={
                        ":one": number(1),
                        ":now": number(now),
                        ":end": number(now + FORGOTTEN_AFTER_SECONDS),
                    },
                )
            except ClientError as fault:
                if not failed_conditions(fault):
                    raise
                return False
        return True

    def begin(self, session: Session, before: LoginState, after: User) -> bool:
        """Stores `session`, deletes the attempts of `before`, and stores the password hash of `after` if it differs.

        Makes one PutItem if only the session is written, otherwise one TransactWriteItems.

        Returns:
            Whether it was stored: not if a login failed at the name, or the password changed, since `before` was read.
        """
        put: Any = {
            "TableName": self._table,
            "Item": {**session_key(session.family), **_session_attributes(session)},
        }
        actions: list[Any] = []
        if before.attempts.failures:
            actions.append({"Delete": self._forget(after.username, before.attempts)})
        if before.user is not None and before.user.password_hash != after.password_hash:
            actions.append({"Update": self._rehash(before.user, after)})
        with store_faults():
            try:
                if actions:
                    self._clients.dynamodb.transact_write_items(TransactItems=[{"Put": put}, *actions])
                else:
                    self._clients.dynamodb.put_item(**put)
            except ClientError as fault:
                if not failed_conditions(fault):
                    raise
                return False
        return True

    def rotate(self, family: str, presented: str, token_id: str, now: int, expires_at: int) -> Session | None:
        """Replaces `presented` by `token_id` if it is the session's current token at `now`: one UpdateItem.

        Returns:
            The session as it is stored afterwards, changed or not; None if there is none.
        """
        with store_faults():
            try:
                item = self._clients.dynamodb.update_item(
                    TableName=self._table,
                    Key=session_key(family),
                    UpdateExpression="SET token_id = :new, expires_at = :end",
                    ConditionExpression="token_id = :old AND expires_at > :now",
                    ExpressionAttributeValues={
                        ":old": text(presented),
                        ":new": text(token_id),
                        ":now": number(now),
                        ":end": number(expires_at),
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )["Attributes"]
            except ClientError as fault:
                met = failed_conditions(fault).get(0)
                if met is None:
                    raise
                item = met
        return _session_of(family, item) if item else None

    def end(self, family: str) -> None:
        """Deletes the session `family` if it exists: one DeleteItem."""
        with store_faults():
            self._clients.dynamodb.delete_item(TableName=self._table, Key=session_key(family))

    def _forget(self, username: str, seen: Attempts) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": attempts_key(username),
            # If they are already deleted, another login has succeeded meanwhile.
            "ConditionExpression": "attribute_not_exists(pk) OR failures = :seen",
            "ExpressionAttributeValues": {":seen": number(seen.failures)},
        }

    def _rehash(self, before: User, after: User) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": user_key(after.username),
            "UpdateExpression": "SET password_hash = :new",
            "ConditionExpression": "password_hash IN (:old, :new)",
            "ExpressionAttributeValues": {
                ":old": text(before.password_hash),
                ":new": text(after.password_hash),
            },
        }


def _user_attributes(user: User) -> Item:
    return {
        "user_id": text(user.user_id),
        "username": text(user.username),
        "email": text(user.email),
        "password_hash": text(user.password_hash),
        "created_at": text(user.created_at),
    }


def _user_of(item: Item) -> User:
    return User(
        user_id=item["user_id"]["S"],
        username=item["username"]["S"],
        email=item["email"]["S"],
        password_hash=item["password_hash"]["S"],
        created_at=item["created_at"]["S"],
    )


def _session_attributes(session: Session) -> Item:
    return {
        "user_id": text(session.user_id),
        "username": text(session.username),
        "token_id": text(session.token_id),
        "created_at": number(session.created_at),
        "expires_at": number(session.expires_at),
    }


def _session_of(family: str, item: Item) -> Session:
    return Session(
        family=family,
        user_id=item["user_id"]["S"],
        username=item["username"]["S"],
        token_id=item["token_id"]["S"],
        created_at=int(item["created_at"]["N"]),
        expires_at=int(item["expires_at"]["N"]),
    )


def _attempts_of(item: Item) -> Attempts:
    return Attempts(failures=int(item["failures"]["N"]), failed_at=int(item["failed_at"]["N"]))
