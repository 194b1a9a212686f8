"""The users table, for an operator: lists of users, and what disables and unlocks them."""

from collections.abc import Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.errors import Throttled
from shared.identity.administration import ListedUser
from shared.identity.users import Account
from shared.ids import ItemKey, UserId
from shared.store.batches import batch_delete, batch_get
from shared.store.client import Clients
from shared.store.codec import Item, number, text
from shared.store.faults import failed_conditions, store_faults
from shared.store.guesses import is_locked
from shared.store.identity_keys import erased_user_key, login_key, name_guesses_partition, profile_key
from shared.store.keys import key_of
from shared.store.logins import account_of

# Of any kind: a page of a scan has the users among them.
PAGE_ITEMS: Final = 500


class DynamoAdministrationStore:
    """Users in the users table. All methods raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: Clients, table: str) -> None:
        """Uses the users table of name `table`."""
        self._clients = clients
        self._table = table

    def named(self, username: str) -> Account | None:
        """Returns the account called `username`: one GetItem."""
        item = self._get(login_key(username))
        return None if item is None else account_of(item)

    def of(self, user_id: UserId) -> Account | None:
        """Returns the account of a user: two GetItems."""
        profile = self._get(profile_key(user_id))
        account = None if profile is None else self.named(profile["username"]["S"])
        return account if account is not None and account.user_id == user_id else None

    def _get(self, key: Item) -> Item | None:
        with store_faults():
            response = self._clients.dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return response.get("Item")

    def page(self, after: ItemKey | None, now: int) -> tuple[Sequence[ListedUser], ItemKey | None]:
        """Returns a page of users, and the key behind which the next one begins.

        Makes one Scan of up to 500 items of any kind, eventually consistent, a BatchGetItem for the logins, and a Query
        for each user's counters.
        """
        scan: dict[str, Any] = {
            "TableName": self._table,
            "FilterExpression": "sk = :profile",
            "ExpressionAttributeValues": {":profile": text("PROFILE")},
            "ProjectionExpression": "user_id, username, created_at",
            "Limit": PAGE_ITEMS,
        }
        if after is not None:
            scan["ExclusiveStartKey"] = {"pk": text(after[0]), "sk": text(after[1])}
        with store_faults():
            page = self._clients.dynamodb.scan(**scan)
        profiles = page["Items"]
        keys = [login_key(each["username"]["S"]) for each in profiles]
        logins = {key_of(item): account_of(item) for item in batch_get(self._clients, {self._table: keys})[self._table]}
        locked = self._clients.pool.map(lambda each: self._is_locked(each["username"]["S"], now), profiles)
        users = [
            _listed(each, logins.get(key_of(key)), locked=each_locked)
            for each, key, each_locked in zip(profiles, keys, locked, strict=True)
        ]
        last = page.get("LastEvaluatedKey")
        return users, None if last is None else key_of(last)

    def _is_locked(self, username: str, now: int) -> bool:
        return any(is_locked(item, now) for item in self._guesses(username))

    def disable(self, account: Account, now: int) -> None:
        """Disables the login of a user, if it is not: one UpdateItem. Raises Contended if it is another user's."""
        with store_faults():
            self._clients.dynamodb.update_item(
                TableName=self._table,
                Key=login_key(account.username),
                UpdateExpression="SET disabled_at = if_not_exists(disabled_at, :now)",
                ConditionExpression="user_id = :user",
                ExpressionAttributeValues={":now": number(now), ":user": text(account.user_id)},
            )

    def enable(self, account: Account) -> bool:
        """Enables the login of a user: one TransactWriteItems, on condition that the user is not being erased."""
        login: Any = {
            "TableName": self._table,
            "Key": login_key(account.username),
            "UpdateExpression": "REMOVE disabled_at",
            "ConditionExpression": "user_id = :user",
            "ExpressionAttributeValues": {":user": text(account.user_id)},
        }
        not_erased: Any = {
            "TableName": self._table,
            "Key": erased_user_key(account.user_id),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(
                    TransactItems=[{"Update": login}, {"ConditionCheck": not_erased}]
                )
            except ClientError as fault:
                if not failed_conditions(fault):
                    raise
                return False
        return True

    def unlock(self, username: str) -> int:
        """Deletes the counters of guesses at a name: one Query, and a BatchWriteItem for each 25."""
        keys = [{"pk": item["pk"], "sk": item["sk"]} for item in self._guesses(username)]
        for at in range(0, len(keys), 25):
            if batch_delete(self._clients.dynamodb, self._table, keys[at : at + 25]):
                raise Throttled("UnprocessedItems")
        return len(keys)

    def _guesses(self, username: str) -> list[Item]:
        """Returns the counters of guesses at a name, of all sources and devices; strongly consistent."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": text(name_guesses_partition(username))},
            "ConsistentRead": True,
        }
        found: list[Item] = []
        while True:
            with store_faults():
                page = self._clients.dynamodb.query(**query)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _listed(profile: Item, account: Account | None, *, locked: bool) -> ListedUser:
    return ListedUser(
        user_id=UserId(profile["user_id"]["S"]),
        username=profile["username"]["S"],
        created_at=int(profile["created_at"]["N"]),
        disabled_at=None if account is None else account.disabled_at,
        locked=locked,
    )
