"""The users table: sessions, which lie with their user."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from shared.errors import Throttled
from shared.identity.users import MAX_SESSIONS, Session
from shared.ids import DeviceId, SessionId, TokenId, UserId
from shared.store.batches import BATCH_WRITE_ITEMS, MAX_EMPTY_ROUNDS, batch_delete
from shared.store.codec import Item, number, text
from shared.store.faults import failed_conditions, store_faults
from shared.store.identity_keys import SESSION_PREFIX, session_in, session_key, user_partition

if TYPE_CHECKING:
    from shared.store.client import Clients

_KEYS_ONLY: Final = {"ProjectionExpression": "pk, sk"}


class DynamoSessionStore:
    """Sessions in the users table. All methods raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: "Clients", table: str) -> None:
        """Uses the users table of name `table`."""
        self._clients = clients
        self._table = table

    def rotate(
        self, user_id: UserId, family: SessionId, presented: TokenId, token_id: TokenId, now: int, expires_at: int
    ) -> Session | None:
        """Replaces `presented` by `token_id` if it is the session's current token at `now`: one UpdateItem.

        The session then expires at `expires_at`. If that is later than its end, which is when the rules have changed
        since it began, a second UpdateItem makes it expire at its end.

        Returns:
            The session as it is stored afterwards, changed or not; None if there is none.
        """
        update: dict[str, Any] = {
            "Key": session_key(user_id, family),
            "ConditionExpression": "token_id = :old AND expires_at > :now",
            "ExpressionAttributeValues": {":old": text(presented), ":new": text(token_id), ":now": number(now)},
        }
        session = self._rotate(update, "expires_at = :end", {":end": number(expires_at)}, " AND ends_at >= :end")
        if session is not None and session.token_id == presented and now < session.expires_at:
            session = self._rotate(update, "expires_at = ends_at", {}, "")
        return session

    def _rotate(self, update: dict[str, Any], expiry: str, values: Item, condition: str) -> Session | None:
        with store_faults():
            try:
                item = self._clients.dynamodb.update_item(
                    TableName=self._table,
                    Key=update["Key"],
                    UpdateExpression=f"SET token_id = :new, previous_id = :old, rotated_at = :now, {expiry}",
                    ConditionExpression=update["ConditionExpression"] + condition,
                    ExpressionAttributeValues={**update["ExpressionAttributeValues"], **values},
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )["Attributes"]
            except ClientError as fault:
                met = failed_conditions(fault).get(0)
                if met is None:
                    raise
                item = met
        return session_of(item) if item else None

    def end(self, user_id: UserId, family: SessionId) -> bool:
        """Deletes the session `family`: one DeleteItem. Returns whether there was one."""
        with store_faults():
            gone = self._clients.dynamodb.delete_item(
                TableName=self._table, Key=session_key(user_id, family), ReturnValues="ALL_OLD"
            )
        return bool(gone.get("Attributes"))

    def of_user(self, user_id: UserId) -> list[Session]:
        """Returns the sessions of a user, also those that have expired and that TTL has not removed: one Query."""
        return [session_of(item) for item in self._items(user_id)]

    def end_all(self, user_id: UserId, keep: SessionId | None = None) -> int:
        """Deletes the sessions of a user, but not `keep`: one Query, and a BatchWriteItem for each 25.

        Returns:
            How many there were.
        """
        keys = [key for key in self._items(user_id, **_KEYS_ONLY) if keep is None or session_in(key) != keep]
        self._delete(keys)
        return len(keys)

    def trim(self, user_id: UserId) -> None:
        """Deletes the oldest sessions of a user above MAX_SESSIONS: one Query, and a BatchWriteItem for each 25.

        Exact under concurrent logins: each of them calls this when its session is stored, so the last one finds all of
        them, and the order, by ids, is the same for all.
        """
        keys = self._items(user_id, **_KEYS_ONLY)  # a Query returns them in the order of their ids
        self._delete(keys[:-MAX_SESSIONS])

    def _items(self, user_id: UserId, **projection: str) -> list[Item]:
        """Returns the items of a user's sessions, the oldest first; strongly consistent."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :user AND begins_with(sk, :session)",
            "ExpressionAttributeValues": {":user": text(user_partition(user_id)), ":session": text(SESSION_PREFIX)},
            "ConsistentRead": True,
            **projection,
        }
        items: list[Item] = []
        with store_faults():
            while True:
                page = self._clients.dynamodb.query(**query)
                items += page["Items"]
                if "LastEvaluatedKey" not in page:
                    return items
                query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _delete(self, keys: Sequence[Item]) -> None:
        """Deletes items. A repeated call deletes nothing else, so the SDK may retry it."""
        left, rounds = [*keys], 0
        while left:
            chunk, left = left[:BATCH_WRITE_ITEMS], left[BATCH_WRITE_ITEMS:]
            unprocessed = batch_delete(self._clients.dynamodb, self._table, chunk)
            rounds = rounds + 1 if len(unprocessed) == len(chunk) else 0
            if rounds == MAX_EMPTY_ROUNDS:
                raise Throttled("UnprocessedItems")
            left += unprocessed


def session_item(session: Session) -> Item:
    """Returns the item of a session, with its key."""
    item = {
        **session_key(session.user_id, session.family),
        "user_id": text(session.user_id),
        "username": text(session.username),
        "token_id": text(session.token_id),
        "created_at": number(session.created_at),
        "rotated_at": number(session.rotated_at),
        "ends_at": number(session.ends_at),
        "expires_at": number(session.expires_at),
        "user_agent": text(session.user_agent),
        "device_id": text(session.device_id),
    }
    if session.previous_id is not None:
        item["previous_id"] = text(session.previous_id)
    return item


def session_of(item: Item) -> Session:
    """Returns the session in an item with its key."""
    previous = item.get("previous_id")
    return Session(
        family=session_in(item),
        user_id=UserId(item["user_id"]["S"]),
        username=item["username"]["S"],
        token_id=TokenId(item["token_id"]["S"]),
        created_at=int(item["created_at"]["N"]),
        rotated_at=int(item["rotated_at"]["N"]),
        ends_at=int(item["ends_at"]["N"]),
        expires_at=int(item["expires_at"]["N"]),
        user_agent=item["user_agent"]["S"],
        device_id=DeviceId(item["device_id"]["S"]),
        previous_id=None if previous is None else TokenId(previous["S"]),
    )
