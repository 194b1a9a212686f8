"""The users table: sessions, which lie with their user."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.identity.users import Session
from shared.ids import DeviceId, SessionId, TokenId, UserId
from shared.store.codec import Item, number, text
from shared.store.faults import failed_conditions, store_faults
from shared.store.identity_keys import session_in, session_key

if TYPE_CHECKING:
    from shared.store.client import Clients


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

        Returns:
            The session as it is stored afterwards, changed or not; None if there is none.
        """
        with store_faults():
            try:
                item = self._clients.dynamodb.update_item(
                    TableName=self._table,
                    Key=session_key(user_id, family),
                    UpdateExpression="SET token_id = :new, previous_id = :old, rotated_at = :now, expires_at = :end",
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
        return session_of(item) if item else None

    def end(self, user_id: UserId, family: SessionId) -> None:
        """Deletes the session `family` if it exists: one DeleteItem."""
        with store_faults():
            self._clients.dynamodb.delete_item(TableName=self._table, Key=session_key(user_id, family))


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
