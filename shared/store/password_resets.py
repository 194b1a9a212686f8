"""The users table: what the reset of a password reads and writes."""

from typing import Any

from botocore.exceptions import ClientError

from shared.identity.addresses import StoredCode
from shared.identity.guessing import Count, Counter
from shared.identity.mail import Mail
from shared.identity.users import Account, Profile
from shared.ids import UserId
from shared.store.client import Clients
from shared.store.codec import Item, number, text
from shared.store.codes import count_try, use
from shared.store.faults import failed_conditions, store_faults
from shared.store.guesses import DynamoGuessStore
from shared.store.identity_keys import address_key, guess_key, login_key, profile_key, reset_code_key
from shared.store.logins import account_of
from shared.store.sessions import DynamoSessionStore
from shared.store.users import mail_item, profile_of


class DynamoResetStore:
    """The users table. All methods raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: Clients, table: str) -> None:
        """Uses the users table of name `table`."""
        self._clients = clients
        self._table = table
        self._sessions = DynamoSessionStore(clients, table)
        self._guesses = DynamoGuessStore(clients, table)

    def put_mail(self, mail: Mail) -> None:
        """Stores a mail that is to be sent: one PutItem."""
        with store_faults():
            self._clients.dynamodb.put_item(TableName=self._table, Item=mail_item(mail))

    def count_try(self, address: str, now: int) -> StoredCode | None:
        """Counts a try at the code that was sent to `address` (`codes.count_try`)."""
        return count_try(self._clients, self._table, reset_code_key(address), now)

    def profile(self, user_id: UserId) -> Profile | None:
        """Returns the profile of a user: one strongly consistent GetItem."""
        item = self._get(profile_key(user_id))
        return None if item is None else profile_of(item)

    def account(self, username: str) -> Account | None:
        """Returns what a login reads of a user: one strongly consistent GetItem."""
        item = self._get(login_key(username))
        return None if item is None else account_of(item)

    def reset(self, after: Account, code: StoredCode, now: int) -> bool:
        """Stores the password hash of `after`, set `now`, and deletes the code: one TransactWriteItems.

        Returns:
            Whether it did: not if the code was used, its address is not the user's any more, or the user is disabled.
        """
        table: dict[str, Any] = {"TableName": self._table}
        user = {":user": text(after.user_id)}
        actions: list[Any] = [
            {
                "Update": {
                    **table,
                    "Key": login_key(after.username),
                    "UpdateExpression": "SET password_hash = :hash, password_set_at = :now",
                    "ConditionExpression": "user_id = :user AND attribute_not_exists(disabled_at)",
                    "ExpressionAttributeValues": {**user, ":hash": text(after.password_hash), ":now": number(now)},
                }
            },
            {
                "ConditionCheck": {
                    **table,
                    "Key": address_key(code.claim.address),
                    "ConditionExpression": "user_id = :user",
                    "ExpressionAttributeValues": user,
                }
            },
            use(self._table, reset_code_key(code.claim.address), code),
        ]
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(TransactItems=actions)
            except ClientError as fault:
                if not failed_conditions(fault):
                    raise
                return False
        return True

    def end_sessions(self, user_id: UserId) -> None:
        """Deletes all sessions of a user: one Query, and a BatchWriteItem for each 25."""
        self._sessions.end_all(user_id)

    def count(self, counter: Counter, now: int) -> Count:
        """Counts an attempt (`DynamoGuessStore.count`)."""
        return self._guesses.count(counter, now)

    def clear(self, counter: Counter) -> None:
        """Lets a counter start anew: one DeleteItem."""
        with store_faults():
            self._clients.dynamodb.delete_item(TableName=self._table, Key=guess_key(counter.counted, counter.by))

    def _get(self, key: Item) -> Item | None:
        with store_faults():
            response = self._clients.dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return response.get("Item")
