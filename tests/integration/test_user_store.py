"""The users table on DynamoDB Local: conditions, transactions and races as they are, which moto does not imitate."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from shared.errors import Contended, NameTaken, NotAuthenticated, SchedulingError
from shared.identity import accounts, passwords, sessions
from shared.identity.tokens import Tokens
from shared.identity.users import FORGOTTEN_AFTER_SECONDS, Attempts, Known, Session, User
from shared.retries import Deadline
from shared.store.client import Clients
from shared.store.keys import attempts_key, email_key, session_key, user_key
from shared.store.users import DynamoUserStore
from tests.harness.template import create_tables

NOW = 1_795_338_000
NOW_NS = NOW * 1_000_000_000
TOKENS = Tokens(key="k" * 32, access_seconds=900, refresh_seconds=86_400)
RACERS = 16


@dataclass(frozen=True)
class Users:
    """The table of one test."""

    store: DynamoUserStore
    client: Any
    table: str

    def item(self, key: dict[str, Any]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get(
            "Item"
        )
        return found


@pytest.fixture
def users(dynamodb_endpoint: str, aws: None) -> Iterator[Users]:  # noqa: ARG001 set up for the client
    client = Clients(dynamodb_endpoint).dynamodb
    prefix = f"{uuid4()}-"
    table = create_tables(client, prefix)["UsersTable"]
    deadline = Deadline(10, time.monotonic, time.sleep, lambda most: most * uuid4().int / 2**128)
    yield Users(DynamoUserStore(client, table, deadline), client, table)
    for name in client.list_tables()["TableNames"]:
        if name.startswith(prefix):
            client.delete_table(TableName=name)


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Races are about the table: a hash that takes no time lets more of them meet."""
    monkeypatch.setattr(passwords, "hash_password", lambda password: f"hash of {password}")
    monkeypatch.setattr(passwords, "is_password", lambda stored, password: stored == f"hash of {password}")
    monkeypatch.setattr(passwords, "is_outdated", lambda _: False)


def user(name: str = "Ada", address: str = "ada@example.com", user_id: str = "user-1") -> User:
    return User(user_id, name, address, "hash of secret", "2026-11-22T09:00:00.000Z")


def session_of(someone: User) -> Session:
    return Session.begin(someone, NOW_NS, 86_400)


def race(act: Callable[[int], object]) -> Counter[str]:
    """How `RACERS` calls of `act` at once end: the names of what they raise, or "done"."""

    def one(number: int) -> str:
        try:
            act(number)
        except SchedulingError as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(RACERS) as pool:
        return Counter(pool.map(one, range(RACERS)))


def test_a_user_is_found_by_a_name_in_any_case(users: Users) -> None:
    ada = user()
    users.store.add(ada, session_of(ada))
    assert users.store.known("ADA", NOW) == Known(ada, Attempts())
    assert users.store.known("Bob", NOW) == Known(None, Attempts())


@pytest.mark.parametrize(
    ("name", "address", "taken"),
    [
        ("ADA", "new@example.com", ("username",)),
        ("new", "ADA@example.com", ("email",)),
        ("aDa", "adA@example.com", ("username", "email")),
    ],
)
def test_what_is_taken_is_named_and_nothing_is_written(
    users: Users, name: str, address: str, taken: tuple[str, ...]
) -> None:
    users.store.add(user(), session_of(user()))
    other = user(name, address, "user-2")
    session = session_of(other)
    with pytest.raises(NameTaken) as refusal:
        users.store.add(other, session)
    assert refusal.value.fields == taken
    assert users.item(session_key(session.family)) is None
    assert users.client.scan(TableName=users.table)["Count"] == 3


def test_the_same_registration_again_is_its_own(users: Users) -> None:
    ada = user()
    session = session_of(ada)
    users.store.add(ada, session)
    users.store.add(ada, session)
    assert users.client.scan(TableName=users.table)["Count"] == 3


def test_one_registration_of_a_name_wins_a_race(users: Users) -> None:
    def act(number: int) -> None:
        someone = accounts.Applicant("Ada", "secret", f"{number}@example.com")
        accounts.register(someone, store=users.store, tokens=TOKENS, now_ns=NOW_NS)

    assert race(act) == {"done": 1, "NameTaken": RACERS - 1}
    assert users.client.scan(TableName=users.table)["Count"] == 3


def test_one_registration_of_an_address_wins_a_race(users: Users) -> None:
    def act(number: int) -> None:
        someone = accounts.Applicant(f"ada{number}", "secret", "ada@example.com")
        accounts.register(someone, store=users.store, tokens=TOKENS, now_ns=NOW_NS)

    assert race(act) == {"done": 1, "NameTaken": RACERS - 1}
    assert users.client.scan(TableName=users.table)["Count"] == 3


def test_failures_side_by_side_are_all_counted(users: Users) -> None:
    assert race(lambda _: users.store.count_failure("Ada", NOW)) == {"done": RACERS}
    assert users.store.known("ada", NOW).attempts == Attempts(RACERS, NOW)


def test_failures_after_a_long_time_begin_anew_and_are_all_counted(users: Users) -> None:
    for _ in range(7):
        users.store.count_failure("Ada", NOW)
    later = NOW + FORGOTTEN_AFTER_SECONDS
    assert users.store.known("Ada", later - 1).attempts.failures == 7
    assert users.store.known("Ada", later).attempts == Attempts()
    assert race(lambda _: users.store.count_failure("Ada", later)) == {"done": RACERS}
    assert users.store.known("Ada", later).attempts == Attempts(RACERS, later)


def test_a_login_forgets_the_failures_that_it_has_seen(users: Users) -> None:
    ada = user()
    users.store.add(ada, session_of(ada))
    users.store.count_failure("Ada", NOW)
    before = users.store.known("Ada", NOW)
    session = session_of(ada)
    users.store.begin(session, before, ada)
    assert users.item(attempts_key("Ada")) is None
    assert users.item(session_key(session.family)) is not None
    # Another login that has seen the same: there is nothing left to forget.
    users.store.begin(session_of(ada), before, ada)


def test_a_login_that_missed_a_failure_is_refused(users: Users) -> None:
    ada = user()
    users.store.add(ada, session_of(ada))
    users.store.count_failure("Ada", NOW)
    before = users.store.known("Ada", NOW)
    users.store.count_failure("Ada", NOW)
    session = session_of(ada)
    with pytest.raises(Contended):
        users.store.begin(session, before, ada)
    assert users.item(session_key(session.family)) is None
    assert users.store.known("Ada", NOW).attempts.failures == 2


def test_a_new_hash_is_not_put_over_another_password(users: Users) -> None:
    ada = user()
    users.store.add(ada, session_of(ada))
    before = Known(User(ada.user_id, "Ada", ada.email, "hash of an older one", ada.created_at), Attempts())
    after = User(ada.user_id, "Ada", ada.email, "rehashed", ada.created_at)
    with pytest.raises(Contended):
        users.store.begin(session_of(ada), before, after)
    assert users.store.known("Ada", NOW).user == ada
    users.store.begin(session_of(ada), Known(ada, Attempts()), after)
    assert users.store.known("Ada", NOW).user == after


def test_logins_of_one_user_do_not_hinder_each_other(users: Users) -> None:
    """After a failure, too, when each of them wants to forget it."""
    users.store.add(user(), session_of(user()))
    users.store.count_failure("Ada", NOW)

    def act(_: int) -> None:
        accounts.login(username="Ada", password="secret", store=users.store, tokens=TOKENS, now_ns=NOW_NS)

    assert race(act) == {"done": RACERS}
    assert users.client.scan(TableName=users.table)["Count"] == 3 + RACERS


@pytest.mark.parametrize(
    ("code", "reasons"),
    [
        ("TransactionConflictException", []),
        ("TransactionCanceledException", [{"Code": "None"}, {"Code": "TransactionConflict"}]),
    ],
)
def test_what_another_transaction_is_in_the_way_of_is_tried_again(
    users: Users, monkeypatch: pytest.MonkeyPatch, code: str, reasons: list[dict[str, str]]
) -> None:
    """DynamoDB Local lets transactions queue; AWS cancels one."""
    response: Any = {"Error": {"Code": code}, "CancellationReasons": reasons}
    conflict = ClientError(response, "Write")
    write = users.client.update_item
    outcomes = [conflict, conflict, None]

    def in_the_way(**request: Any) -> Any:
        if fault := outcomes.pop(0):
            raise fault
        return write(**request)

    monkeypatch.setattr(users.client, "update_item", in_the_way)
    users.store.count_failure("Ada", NOW)
    assert outcomes == []
    assert users.store.known("Ada", NOW).attempts.failures == 1


def test_patience_with_other_transactions_ends(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_the_way(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "TransactionConflictException"}}, "Write")

    monkeypatch.setattr(users.client, "delete_item", in_the_way)
    hasty = DynamoUserStore(users.client, users.table, Deadline(0.05, time.monotonic, time.sleep, lambda most: most))
    with pytest.raises(Contended):
        hasty.end("family")


def test_one_exchange_of_a_token_wins_a_race_and_the_session_ends(users: Users) -> None:
    ada = user()
    session = session_of(ada)
    users.store.add(ada, session)
    token = TOKENS.pair(session, NOW).refresh_token

    def act(_: int) -> None:
        sessions.refresh(token, store=users.store, tokens=TOKENS, now_ns=NOW_NS)

    assert race(act) == {"done": 1, "NotAuthenticated": RACERS - 1}
    assert users.item(session_key(session.family)) is None


def test_a_rotation_gives_the_session_as_it_is(users: Users) -> None:
    ada = user()
    session = session_of(ada)
    users.store.add(ada, session)
    family, first = session.family, session.token_id
    rotated = users.store.rotate(family, first, "second", NOW, NOW + 100)
    assert rotated == Session(family, ada.user_id, "Ada", "second", NOW, NOW + 100)
    assert users.store.rotate(family, first, "second", NOW, NOW + 100) == rotated, "its own, once more"
    assert users.store.rotate(family, first, "third", NOW, NOW + 200) == rotated, "somebody else's"
    assert users.store.rotate(family, "second", "third", NOW + 100, NOW + 200) == rotated, "expired"
    users.store.end(family)
    users.store.end(family)
    assert users.store.rotate(family, "second", "third", NOW, NOW + 200) is None


def test_reuse_ends_the_session(users: Users) -> None:
    ada = user()
    session = session_of(ada)
    users.store.add(ada, session)
    stolen = TOKENS.pair(session, NOW).refresh_token
    current = sessions.refresh(stolen, store=users.store, tokens=TOKENS, now_ns=NOW_NS).refresh_token
    for token in (stolen, current):
        with pytest.raises(NotAuthenticated):
            sessions.refresh(token, store=users.store, tokens=TOKENS, now_ns=NOW_NS)


def test_the_longest_keys_fit(users: Users) -> None:
    """A key has at most 2,048 bytes; lower case and composition can make text longer."""
    name = "\u0130" * 256
    users.store.count_failure(name, NOW)
    assert users.store.known(name, NOW).attempts.failures == 1
    assert users.store.known("\U0001d160" * 256, NOW).user is None
    assert len(email_key("\U0001d160" * 63)["pk"]["S"].encode()) < 2048
    assert user_key("Ada") == user_key("ADA")
