"""The users table: what a login reads, and the failed logins by user name."""

from typing import Any

from botocore.exceptions import ClientError

from shared.identity.users import FORGOTTEN_AFTER_SECONDS, Account, Attempts, LoginState, Session
from shared.ids import UserId
from shared.store.batches import batch_get
from shared.store.client import Clients
from shared.store.codec import Item, number, text
from shared.store.faults import failed_conditions, store_faults
from shared.store.identity_keys import guess_key, login_key
from shared.store.sessions import session_item


class DynamoLoginStore:
    """The users table. Each method is one call to DynamoDB. All raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: Clients, table: str) -> None:
        """Uses the users table of name `table`."""
        self._clients = clients
        self._table = table

    def login_state(self, username: str, now: int) -> LoginState:
        """Returns the user called `username`, and the failed attempts at the name.

        Makes one strongly consistent BatchGetItem, and another one for what DynamoDB leaves unprocessed.
        """
        keys = [login_key(username), attempts_key(username)]
        found = {item["pk"]["S"]: item for item in batch_get(self._clients, {self._table: keys})[self._table]}
        user, attempts = (found.get(key["pk"]["S"]) for key in keys)
        # TTL may remove an item days after its time. Until then this one is treated as removed.
        if attempts is not None and int(attempts["expires_at"]["N"]) <= now:
            attempts = None
        return LoginState(
            account=None if user is None else account_of(user),
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

    def begin(self, session: Session, before: LoginState, after: Account) -> bool:
        """Stores `session`, deletes the attempts of `before`, and stores the password hash of `after` if it differs.

        Makes one PutItem if only the session is written, otherwise one TransactWriteItems.

        Returns:
            Whether it was stored: not if a login failed at the name, or the password changed, since `before` was read.
        """
        put: Any = {
            "TableName": self._table,
            "Item": session_item(session),
        }
        actions: list[Any] = []
        if before.attempts.failures:
            actions.append({"Delete": self._forget(after.username, before.attempts)})
        if before.account is not None and before.account.password_hash != after.password_hash:
            actions.append({"Update": self._rehash(before.account, after)})
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

    def _forget(self, username: str, seen: Attempts) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": attempts_key(username),
            # If they are already deleted, another login has succeeded meanwhile.
            "ConditionExpression": "attribute_not_exists(pk) OR failures = :seen",
            "ExpressionAttributeValues": {":seen": number(seen.failures)},
        }

    def _rehash(self, before: Account, after: Account) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": login_key(after.username),
            "UpdateExpression": "SET password_hash = :new",
            "ConditionExpression": "password_hash IN (:old, :new)",
            "ExpressionAttributeValues": {
                ":old": text(before.password_hash),
                ":new": text(after.password_hash),
            },
        }


def attempts_key(name: str) -> Item:
    """Returns the key of the failed attempts at a user name, whether or not the user exists."""
    return guess_key(f"NAME#{name.lower()}")


def account_of(item: Item) -> Account:
    """Returns what a login reads of a user."""
    disabled = item.get("disabled_at")
    return Account(
        user_id=UserId(item["user_id"]["S"]),
        username=item["username"]["S"],
        password_hash=item["password_hash"]["S"],
        disabled_at=None if disabled is None else int(disabled["N"]),
    )


def _attempts_of(item: Item) -> Attempts:
    return Attempts(failures=int(item["failures"]["N"]), failed_at=int(item["failed_at"]["N"]))
