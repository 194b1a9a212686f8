"""The users table: what a login reads and writes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.identity.guessing import Count, Counter
from shared.identity.users import Account, Session
from shared.ids import SessionId, UserId
from shared.store.client import Clients
from shared.store.codec import Item, number, text
from shared.store.faults import failed_conditions, store_faults
from shared.store.guesses import DynamoGuessStore
from shared.store.identity_keys import login_key
from shared.store.sessions import DynamoSessionStore, session_item

if TYPE_CHECKING:
    from concurrent.futures import Future


class DynamoLoginStore:
    """Accounts in the users table, and attempts to log in. All methods raise Contended, Throttled and AnswerLost."""

    def __init__(self, clients: Clients, table: str) -> None:
        """Uses the users table of name `table`."""
        self._clients = clients
        self._table = table
        self._guesses = DynamoGuessStore(clients, table)
        self._sessions = DynamoSessionStore(clients, table)

    def account(self, username: str) -> Account | None:
        """Returns the user called `username`; None if there is none. One strongly consistent GetItem."""
        with store_faults():
            found = self._clients.dynamodb.get_item(
                TableName=self._table, Key=login_key(username), ConsistentRead=True
            ).get("Item")
        return None if found is None else account_of(found)

    def count(self, counters: Sequence[Counter], now: int) -> list[Count]:
        """Counts an attempt with each of `counters`: one UpdateItem each, seldom two; the last one afterwards."""
        return self._with_last(self._counting(counters[:-1], now), counters[-1], now)

    def account_and_counts(
        self, username: str, counters: Sequence[Counter], now: int
    ) -> tuple[Account | None, list[Count]]:
        """Returns what `account` and `count` return. The account is read beside the first counters."""
        counting = self._counting(counters[:-1], now)
        account = self.account(username)
        return account, self._with_last(counting, counters[-1], now)

    def _counting(self, counters: Sequence[Counter], now: int) -> "list[Future[Count]]":
        return [self._clients.pool.submit(self._guesses.count, each, now) for each in counters]

    def _with_last(self, counting: "list[Future[Count]]", last: Counter, now: int) -> list[Count]:
        """Returns the counts of all counters; without that of `last`, which is not moved, if another one is locked."""
        counts = [each.result() for each in counting]
        return counts if any(each.wait for each in counts) else [*counts, self._guesses.count(last, now)]

    def take_back(self, counts: Sequence[Count]) -> None:
        """Takes an attempt that was not looked at off each counter that has counted it."""
        list(self._clients.pool.map(self._guesses.take_back, [each for each in counts if not each.wait]))

    def begin(self, session: Session, account: Account, password_hash: str) -> bool:
        """Stores `session` if the user still is as in `account`, and a new hash of the same password: one transaction.

        Returns:
            Whether it was stored: not if the password has changed, or the user was disabled or erased.
        """
        login: dict[str, Any] = {
            "TableName": self._table,
            "Key": login_key(account.username),
            "ConditionExpression": "password_hash = :hash AND attribute_not_exists(disabled_at)",
            "ExpressionAttributeValues": {":hash": text(account.password_hash)},
        }
        same = password_hash == account.password_hash
        as_read: Any = {"ConditionCheck": login} if same else {"Update": _rehash(login, password_hash)}
        put: Any = {"Put": {"TableName": self._table, "Item": session_item(session)}}
        with store_faults():
            try:
                self._clients.dynamodb.transact_write_items(TransactItems=[put, as_read])
            except ClientError as fault:
                if not failed_conditions(fault):
                    raise
                return False
        return True

    def forgive(self, counts: Sequence[Count], now: int) -> None:
        """Notes on each counter that the password is right: one or two calls each, concurrently."""
        for noting in self._forgiving(counts, now):
            noting.result()

    def settle(self, user_id: UserId, counts: Sequence[Count], now: int) -> None:
        """Does what `forgive` does and, concurrently, ends the user's oldest sessions above the limit."""
        forgiving = self._forgiving(counts, now)
        self._sessions.trim(user_id)
        for noting in forgiving:
            noting.result()

    def _forgiving(self, counts: Sequence[Count], now: int) -> "list[Future[None]]":
        return [self._clients.pool.submit(self._guesses.forgive, each, now) for each in counts]

    def end_sessions(self, user_id: UserId, keep: SessionId) -> int:
        """Deletes the sessions of a user but `keep`: one Query, and a BatchWriteItem for each 25."""
        return self._sessions.end_all(user_id, keep)

    def set_password(self, account: Account, password_hash: str, now: int) -> bool:
        """Replaces the password if the user still is as in `account`: one UpdateItem. Returns whether it was."""
        with store_faults():
            try:
                self._clients.dynamodb.update_item(
                    TableName=self._table,
                    Key=login_key(account.username),
                    UpdateExpression="SET password_hash = :new, password_set_at = :now",
                    ConditionExpression="password_hash IN (:old, :new) AND attribute_not_exists(disabled_at)",
                    ExpressionAttributeValues={
                        ":old": text(account.password_hash),
                        ":new": text(password_hash),
                        ":now": number(now),
                    },
                )
            except ClientError as fault:
                if not failed_conditions(fault):
                    raise
                return False
        return True


def _rehash(login: dict[str, Any], password_hash: str) -> dict[str, Any]:
    """Returns the update that stores `password_hash` on the condition that `login` states, or if it is stored."""
    return {
        **login,
        "UpdateExpression": "SET password_hash = :new",
        "ConditionExpression": "password_hash IN (:hash, :new) AND attribute_not_exists(disabled_at)",
        "ExpressionAttributeValues": {**login["ExpressionAttributeValues"], ":new": text(password_hash)},
    }


def account_of(item: Item) -> Account:
    """Returns the user in the item that a login reads."""
    disabled, changed = item.get("disabled_at"), item.get("password_set_at")
    return Account(
        user_id=UserId(item["user_id"]["S"]),
        username=item["username"]["S"],
        password_hash=item["password_hash"]["S"],
        disabled_at=None if disabled is None else int(disabled["N"]),
        password_set_at=None if changed is None else int(changed["N"]),
    )
