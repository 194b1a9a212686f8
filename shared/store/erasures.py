"""The users table: erasures, when each is due, and who is being erased."""

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from shared.identity.erasures import Erasure, Known, Subject
from shared.ids import ErasureId, UserId
from shared.store.batches import batch_get
from shared.store.codec import Item, number, text
from shared.store.faults import failed_conditions, store_faults
from shared.store.identity_keys import (
    DUE_PARTITION,
    due_in,
    due_key,
    due_up_to,
    erased_user_key,
    erasure_in,
    erasure_key,
    login_key,
    profile_key,
)
from shared.store.logins import account_of

if TYPE_CHECKING:
    from shared.store.client import Clients

_TIMES: Final = ("due_at", "erased_at", "verified_at")
_MARK: Final = 2  # its position in the transaction that begins an erasure


class DynamoErasureStore:
    """Erasures in the users table. All methods raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: "Clients", table: str) -> None:
        """Uses the users table of name `table`."""
        self._clients = clients
        self._table = table

    def known(self, user_id: UserId) -> Known:
        """Returns what is known of a user: one BatchGetItem, and one GetItem by the name that the profile tells."""
        profile_at, mark_at = profile_key(user_id), erased_user_key(user_id)
        found = {item["sk"]["S"]: item for item in self._get_both(profile_at, mark_at)}
        profile, mark = (found.get(key["sk"]["S"], {}) for key in (profile_at, mark_at))
        name, address = (profile[each]["S"] if each in profile else None for each in ("username", "email"))
        account = None
        if name is not None:
            with store_faults():
                response = self._clients.dynamodb.get_item(
                    TableName=self._table, Key=login_key(name), ConsistentRead=True
                )
            account = account_of(response["Item"]) if "Item" in response else None
        return Known(
            Subject(user_id, name, address),
            account if account is not None and account.user_id == user_id else None,
            ErasureId(mark["erasure_id"]["S"]) if mark else None,
        )

    def _get_both(self, *keys: Item) -> list[Item]:
        return batch_get(self._clients, {self._table: keys})[self._table]

    def get(self, erasure_id: ErasureId) -> Erasure | None:
        """Returns the erasure, strongly consistent: one GetItem."""
        with store_faults():
            response = self._clients.dynamodb.get_item(
                TableName=self._table, Key=erasure_key(erasure_id), ConsistentRead=True
            )
        return erasure_of(response["Item"]) if "Item" in response else None

    def due(self, now: int, limit: int) -> list[ErasureId]:
        """Returns up to `limit` erasures that are due at `now`, longest due first: one Query of those alone."""
        with store_faults():
            response = self._clients.dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk < :end",
                ExpressionAttributeValues={":pk": text(DUE_PARTITION), ":end": text(due_up_to(now))},
                ConsistentRead=True,
                Limit=limit,
            )
        return [due_in(item) for item in response["Items"]]

    def begin(self, erasure: Erasure, *, has_login: bool) -> ErasureId:
        """Stores a new erasure, and disables the login of its subject if there is one, in one TransactWriteItems.

        From then on nobody can log in as the subject, since every login is on condition that it is not disabled. An
        erasure of the same user that was begun before, and is not verified, is left as it is.

        Returns:
            The id of the user's erasure: of `erasure`, or of the earlier one.
        """
        subject, due_at = erasure.subject, erasure.due_at
        if subject is None or due_at is None:
            raise ValueError("an erasure begins with a subject, and is due")
        marked = {**erased_user_key(subject.user_id), "erasure_id": text(erasure.id)}
        actions: list[Any] = [
            {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
            for item in (erasure_item(erasure), due_key(due_at, erasure.id), marked)
        ]
        actions[_MARK]["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if has_login:
            actions.append({"Update": self._disable(subject, erasure.requested_at)})
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(TransactItems=actions)
            except ClientError as fault:
                found = failed_conditions(fault).get(_MARK)
                if not found:
                    raise
                return ErasureId(found["erasure_id"]["S"])
        return erasure.id

    def _disable(self, subject: Subject, now: int) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": login_key(subject.username or ""),
            "UpdateExpression": "SET disabled_at = if_not_exists(disabled_at, :now)",
            "ConditionExpression": "user_id = :user",
            "ExpressionAttributeValues": {":now": number(now), ":user": text(subject.user_id)},
        }

    def save(self, before: Erasure, after: Erasure) -> bool:
        """Replaces `before` by `after`: one PutItem, or one TransactWriteItems if it is due at another time.

        When the response of an earlier attempt was lost, what is found is `after` itself: that is a success.

        Returns:
            Whether `before` was still the latest.
        """
        put: Any = {
            "TableName": self._table,
            "Item": erasure_item(after),
            "ConditionExpression": "saves = :before",
            "ExpressionAttributeValues": {":before": number(before.saves)},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        with store_faults():
            try:
                if before.due_at == after.due_at:
                    self._clients.dynamodb.put_item(**put)
                else:
                    moves = self._due_moves(before, after)
                    self._clients.dynamodb.transact_write_items(TransactItems=[{"Put": put}, *moves])
            except ClientError as fault:
                found = failed_conditions(fault).get(0)
                if found is None:
                    raise
                return bool(found) and erasure_of(found) == after
        return True

    def _due_moves(self, before: Erasure, after: Erasure) -> list[Any]:
        """Returns the actions that move an erasure to when it is due; with the last one it forgets whose it was."""
        moves: list[Any] = []
        if before.due_at is not None:
            moves.append({"Delete": {"TableName": self._table, "Key": due_key(before.due_at, before.id)}})
        if after.due_at is not None:
            moves.append({"Put": {"TableName": self._table, "Item": due_key(after.due_at, after.id)}})
        elif before.subject is not None:
            moves.append({"Delete": {"TableName": self._table, "Key": erased_user_key(before.subject.user_id)}})
        return moves


def erasure_item(erasure: Erasure) -> Item:
    """Returns the item of an erasure, with its key."""
    item: Item = {
        **erasure_key(erasure.id),
        "requested_at": number(erasure.requested_at),
        "verify_at": number(erasure.verify_at),
        "counts": {"M": {kind: number(count) for kind, count in erasure.counts.items()}},
        "saves": number(erasure.saves),
    }
    item |= {name: number(at) for name in _TIMES if (at := getattr(erasure, name)) is not None}
    if erasure.subject is not None:
        subject = erasure.subject
        known = {"user_id": subject.user_id, "username": subject.username, "address": subject.address}
        item |= {name: text(value) for name, value in known.items() if value is not None}
    return item


def erasure_of(item: Item) -> Erasure:
    """Returns the erasure in an item with its key."""
    subject = None
    if "user_id" in item:
        name, address = (item[each]["S"] if each in item else None for each in ("username", "address"))
        subject = Subject(UserId(item["user_id"]["S"]), name, address)
    due_at, erased_at, verified_at = (int(item[name]["N"]) if name in item else None for name in _TIMES)
    return Erasure(
        id=erasure_in(item),
        requested_at=int(item["requested_at"]["N"]),
        verify_at=int(item["verify_at"]["N"]),
        due_at=due_at,
        subject=subject,
        erased_at=erased_at,
        verified_at=verified_at,
        counts={kind: int(count["N"]) for kind, count in item["counts"]["M"].items()},
        saves=int(item["saves"]["N"]),
    )
