"""A users table, and registrations, logins and refreshes on it, from as many threads as a test has."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import uuid4

from shared.errors import SchedulingError
from shared.identity import accounts, sessions
from shared.identity.devices import LoggedIn
from shared.identity.logins import Attempt, Logins
from shared.identity.tokens import TokenPair, Tokens
from shared.identity.users import Account, Session
from shared.ids import UserId
from shared.retries import Deadline
from shared.store.client import Clients
from shared.store.logins import DynamoLoginStore
from shared.store.sessions import DynamoSessionStore
from shared.store.users import DynamoUserStore
from tests.harness.deployment import ISSUER
from tests.harness.identity_samples import ADA, CLIENT, NOW, RULES, mail, new_session, profile
from tests.harness.signing_keys import tokens_of

SECRET: Final = "the secret of Ada"
RACERS: Final = 16
RETRY_SECONDS = 10.0


@dataclass
class UsersTable:
    """The users table of one test, at the time `now`, which the test moves.

    Deadlines are those of the machine's clock: what contends is retried.
    """

    clients: Clients
    table: str
    directory: str
    now: int = NOW
    tokens: Tokens = field(default_factory=lambda: tokens_of(ISSUER))
    reports: list[tuple[str, str | None, str | None]] = field(default_factory=list)

    @property
    def client(self) -> Any:
        return self.clients.dynamodb

    @property
    def users(self) -> DynamoUserStore:
        return DynamoUserStore(self.clients, self.table, self.directory)

    @property
    def logins(self) -> DynamoLoginStore:
        return DynamoLoginStore(self.clients, self.table)

    @property
    def sessions(self) -> DynamoSessionStore:
        return DynamoSessionStore(self.clients, self.table)

    def report(self, name: str, *, user_id: str | None = None, source: str | None = None) -> None:
        self.reports.append((name, user_id, source))

    def item(self, key: dict[str, Any]) -> dict[str, Any] | None:
        """Returns the item at `key`; None if there is none."""
        found: dict[str, Any] | None = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get(
            "Item"
        )
        return found

    def items(self, prefix: str = "") -> list[dict[str, Any]]:
        """Returns the items whose partition key or sort key begins with `prefix`."""
        pages = self.client.get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
        items = (item for page in pages for item in page["Items"])
        return [item for item in items if any(item[key]["S"].startswith(prefix) for key in ("pk", "sk"))]

    def add(self, someone: Account = ADA) -> Session:
        """Stores a user with a first session, without a password that would have to be hashed."""
        session = new_session(someone, self.now)
        self.users.add(someone, profile(someone), session, mail(someone))
        return session

    def register(self, name: str = "Ada", email: str = "ada@example.com") -> LoggedIn:
        return accounts.register(
            accounts.Applicant(name, SECRET, email),
            client=CLIENT,
            store=self.users,
            tokens=self.tokens,
            rules=RULES,
            report=self.report,
            deadline=deadline(),
            now=self.now,
        )

    def login(
        self,
        name: str = "Ada",
        password: str = SECRET,
        source: str = CLIENT.source,
        device_token: str | None = None,
    ) -> LoggedIn:
        attempt = Attempt(name, password, replace(CLIENT, source=source), device_token)
        return self._logins().login(attempt, RULES)

    def change_password(self, current: str, new: str, keep: Session, user_id: UserId = ADA.user_id) -> str:
        attempt = Attempt("Ada", current, CLIENT, None)
        return self._logins().change_password(attempt, new, user_id, keep.family)

    def refresh(self, token: str) -> TokenPair:
        return sessions.refresh(
            token,
            CLIENT,
            store=self.sessions,
            tokens=self.tokens,
            rules=RULES,
            report=self.report,
            deadline=deadline(),
            now=self.now,
        )

    def _logins(self) -> Logins:
        return Logins(self.logins, self.tokens, self.report, deadline(), self.now)


def deadline(seconds: float | None = None) -> Deadline:
    """Returns a deadline on the machine's clock; without `seconds`, a late one."""
    return Deadline(
        RETRY_SECONDS if seconds is None else seconds,
        time.monotonic,
        time.sleep,
        lambda most: most * uuid4().int / 2**128,
    )


def outcome(act: Callable[[], object]) -> str:
    """Returns the name of what `act` raises, or "done"."""
    try:
        act()
    except SchedulingError as error:
        return type(error).__name__
    return "done"


def race(act: Callable[[int], object], racers: int = RACERS) -> Counter[str]:
    """Returns how `racers` calls of `act` at once end: the names of what they raise, or "done"."""
    with ThreadPoolExecutor(racers) as pool:
        return Counter(pool.map(lambda number: outcome(lambda: act(number)), range(racers)))
