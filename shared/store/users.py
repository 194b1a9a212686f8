"""The users table: users, their addresses, their sessions, and the failed attempts at a name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from botocore.exceptions import ClientError

from shared.errors import Contended, NameTaken, Throttled
from shared.identity.users import FORGOTTEN_AFTER_SECONDS, Attempts, Known, Session, User
from shared.retries import Deadline
from shared.store.client import condition_failed, store_faults
from shared.store.codec import Item, number, text
from shared.store.keys import attempts_key, email_key, session_key, user_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Answer = TypeVar("Answer")


class ConditionFailed(Exception):
    """A condition of a write did not hold; nothing was written.

    `found` has the place of each action that failed so, and the item there, if the action asked for it.
    """

    def __init__(self, found: dict[int, Item]) -> None:
        super().__init__()
        self.found = found


class DynamoUserStore:
    """The users table. Each method is one call to DynamoDB, made again while other writers are in its way.

    All raise Contended and Throttled when `deadline` is at its end, and AnswerLost.
    """

    def __init__(self, client: "DynamoDBClient", table: str, deadline: Deadline) -> None:
        """Use `client` on `table`."""
        self._client = client
        self._table = table
        self._deadline = deadline

    def add(self, user: User, session: Session) -> None:
        """Store a new user, their address and their first session, all or nothing: one TransactWriteItems.

        Raises NameTaken.
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
        try:
            self._transact([{"Put": {**new, "Item": item}} for item in items])
        except ConditionFailed as failed:
            # When the answer to an earlier try of this very call was lost, what is in its way is its own.
            if all(item.get("user_id") == text(user.user_id) for item in failed.found.values()):
                return
            raise NameTaken([name for place, name in enumerate(named) if place in failed.found]) from None

    def known(self, username: str, now: int) -> Known:
        """The user called `username` and the failed attempts at the name: one strongly consistent BatchGetItem."""
        keys = [user_key(username), attempts_key(username)]
        found = {item["pk"]["S"]: item for item in self._get_all(keys)}
        user, attempts = (found.get(key["pk"]["S"]) for key in keys)
        # TTL removes an item within days of its time, not at it: until then this one is as good as
        # gone.
        if attempts is not None and int(attempts["expires_at"]["N"]) <= now:
            attempts = None
        return Known(
            user=None if user is None else _user_of(user),
            attempts=Attempts() if attempts is None else _attempts_of(attempts),
        )

    def count_failure(self, username: str, now: int) -> None:
        """Add one to the failures at `username`: one UpdateItem; a second one if those before are forgotten.

        ADD counts each of many made at once. How long the name is locked follows from the count and the time
        (`Attempts.wait`), so nothing is written that depends on what the others count.
        """
        stamp = "failed_at = :now, expires_at = :end"
        first_or_next = (f"SET {stamp} ADD failures :one", "attribute_not_exists(pk) OR expires_at > :now")
        after_long = (f"SET {stamp}, failures = :one", "expires_at <= :now")
        # In between, somebody else may have counted, or TTL come by: then the first form fits.
        for update, condition in (first_or_next, after_long, first_or_next):
            try:
                self._call(
                    self._client.update_item,
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
            except ConditionFailed:
                continue
            return

    def begin(self, session: Session, before: Known, after: User) -> None:
        """Store `session`, forget the attempts of `before`, store the password hash of `after` if it differs.

        A PutItem if there is nothing but the session, else one TransactWriteItems. Raises Contended if
        somebody failed at the name, or changed the password, since `before` was read.
        """
        put = {
            "TableName": self._table,
            "Item": {**session_key(session.family), **_session_attributes(session)},
        }
        actions: list[dict[str, Any]] = []
        if before.attempts.failures:
            actions.append({"Delete": self._forget(after.username, before.attempts)})
        if before.user is not None and before.user.password_hash != after.password_hash:
            actions.append({"Update": self._rehash(before.user, after)})
        try:
            if actions:
                self._transact([{"Put": put}, *actions])
            else:
                self._call(self._client.put_item, **put)
        except ConditionFailed:
            raise Contended("what is known of the name has changed") from None

    def rotate(self, family: str, presented: str, token_id: str, now: int, expires_at: int) -> Session | None:
        """Put `token_id` in the place of `presented`, if that is the session's current token at `now`.

        Gives the session as it is stored after that, changed or not; None if there is none. One UpdateItem.
        """
        try:
            item = self._call(
                self._client.update_item,
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
        except ConditionFailed as failed:
            item = failed.found[0]
        return _session_of(family, item) if item else None

    def end(self, family: str) -> None:
        """Remove the session `family`, if it is still there: one DeleteItem."""
        self._call(self._client.delete_item, TableName=self._table, Key=session_key(family))

    def _forget(self, username: str, seen: Attempts) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": attempts_key(username),
            # Gone is as good: another login has come through.
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

    def _get_all(self, keys: list[Item]) -> list[Item]:
        """The items of `keys` that exist. What DynamoDB leaves for later is asked for again."""
        found: list[Item] = []
        for _ in self._deadline.attempts():
            with store_faults():
                answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
            found += answer["Responses"].get(self._table, [])
            left = answer.get("UnprocessedKeys", {}).get(self._table)
            if not left:
                return found
            keys = list(left["Keys"])
        raise Throttled("keys were left unprocessed")

    def _transact(self, actions: list[dict[str, Any]]) -> None:
        self._call(self._client.transact_write_items, TransactItems=actions)

    def _call(self, operation: Callable[..., Answer], **request: Any) -> Answer:
        """The answer of `operation`; again while another transaction is in the way. Raises ConditionFailed."""
        contended = Contended("no attempt was made")
        for _ in self._deadline.attempts():
            try:
                with store_faults():
                    return _checked(operation, request)
            except Contended as fault:
                contended = fault
        raise contended


def _checked(operation: Callable[..., Answer], request: dict[str, Any]) -> Answer:
    """The answer of `operation`, with failed conditions as ConditionFailed."""
    try:
        return operation(**request)
    except ClientError as fault:
        response = cast(dict[str, Any], fault.response)
        if condition_failed(fault):
            raise ConditionFailed({0: response.get("Item", {})}) from fault
        found = {
            place: reason.get("Item", {})
            for place, reason in enumerate(response.get("CancellationReasons", []))
            if reason.get("Code") == "ConditionalCheckFailed"
        }
        if not found:
            raise
        raise ConditionFailed(found) from fault


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
