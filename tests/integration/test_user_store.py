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
from shared.identity.users import FORGOTTEN_AFTER_SECONDS, Attempts, LoginState, Session, User
from shared.retries import Deadline
from shared.store.client import Clients
from shared.store.keys import attempts_key, email_key, session_key, user_key
from shared.store.users import DynamoUserStore
from tests.harness.deployment import ISSUER
from tests.harness.signing_keys import tokens_of
from tests.harness.template import create_tables

NOW = 1_795_338_000
TOKENS = tokens_of(ISSUER)
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
    clients = Clients(dynamodb_endpoint)
    client = clients.dynamodb
    prefix = f"{uuid4()}-"
    table = create_tables(client, prefix)["UsersTable"]
    yield Users(DynamoUserStore(clients, table), client, table)
    for name in client.list_tables()["TableNames"]:
        if name.startswith(prefix):
            client.delete_table(TableName=name)


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Races are about the table: a hash that takes no time lets more of them meet."""
    monkeypatch.setattr(passwords, "hash_password", lambda password: f"hash of {password}")
    monkeypatch.setattr(passwords, "is_password", lambda stored, password: stored == f"hash of {password}")
    monkeypatch.setattr(passwords, "is_outdated", lambda _: False)


def deadline(seconds: float = 10) -> Deadline:
    return Deadline(seconds, time.monotonic, time.sleep, lambda most: most * uuid4().int / 2**128)


def user(name: str = "Ada", address: str = "ada@example.com", user_id: str = "user-1") -> User:
    return User(user_id, name, address, "hash of secret", "2026-11-22T09:00:00.000Z")


def session_of(someone: User) -> Session:
    return Session.begin(someone, NOW, 86_400)


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
    assert users.store.login_state("ADA", NOW) == LoginState(ada, Attempts())
    assert users.store.login_state("Bob", NOW) == LoginState(None, Attempts())


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
        accounts.register(someone, store=users.store, tokens=TOKENS, deadline=deadline(), now=NOW)

    assert race(act) == {"done": 1, "NameTaken": RACERS - 1}
    assert users.client.scan(TableName=users.table)["Count"] == 3


def test_one_registration_of_an_address_wins_a_race(users: Users) -> None:
    def act(number: int) -> None:
        someone = accounts.Applicant(f"ada{number}", "secret", "ada@example.com")
        accounts.register(someone, store=users.store, tokens=TOKENS, deadline=deadline(), now=NOW)

    assert race(act) == {"done": 1, "NameTaken": RACERS - 1}
    assert users.client.scan(TableName=users.table)["Count"] == 3


def test_failures_side_by_side_are_all_counted(users: Users) -> None:
    assert race(lambda _: users.store.count_failure("Ada", NOW)) == {"done": RACERS}
    assert users.store.login_state("ada", NOW).attempts == Attempts(RACERS, NOW)


def test_failures_after_a_long_time_begin_anew_and_are_all_counted(users: Users) -> None:
    for _ in range(7):
        users.store.count_failure("Ada", NOW)
    later = NOW + FORGOTTEN_AFTER_SECONDS
    assert users.store.login_state("Ada", later - 1).attempts.failures == 7
    assert users.store.login_state("Ada", later).attempts == Attempts()
    assert race(lambda _: users.store.count_failure("Ada", later)) == {"done": RACERS}
    assert users.store.login_state("Ada", later).attempts == Attempts(RACERS, later)


def test_a_login_forgets_the_failures_that_it_has_seen(users: Users) -> None:
    ada = user()
    users.store.add(ada, session_of(ada))
    users.store.count_failure("Ada", NOW)
    before = users.store.login_state("Ada", NOW)
    session = session_of(ada)
    assert users.store.begin(session, before, ada)
    assert users.item(attempts_key("Ada")) is None
    assert users.item(session_key(session.family)) is not None
    # Another login that has seen the same: there is nothing left to forget.
    assert users.store.begin(session_of(ada), before, ada)


def test_a_login_that_missed_a_failure_is_refused(users: Users) -> None:
    ada = user()
    users.store.add(ada, session_of(ada))
    users.store.count_failure("Ada", NOW)
    before = users.store.login_state("Ada", NOW)
    users.store.count_failure("Ada", NOW)
    session = session_of(ada)
    assert not users.store.begin(session, before, ada)
    assert users.item(session_key(session.family)) is None
    assert users.store.login_state("Ada", NOW).attempts.failures == 2


def test_a_new_hash_is_not_put_over_another_password(users: Users) -> None:
    ada = user()
    users.store.add(ada, session_of(ada))
    before = LoginState(User(ada.user_id, "Ada", ada.email, "hash of an older one", ada.created_at), Attempts())
    after = User(ada.user_id, "Ada", ada.email, "rehashed", ada.created_at)
    assert not users.store.begin(session_of(ada), before, after)
    assert users.store.login_state("Ada", NOW).user == ada
    assert users.store.begin(session_of(ada), LoginState(ada, Attempts()), after)
    assert users.store.login_state("Ada", NOW).user == after


def test_logins_of_one_user_do_not_hinder_each_other(users: Users) -> None:
    """After a failure, too, when each of them wants to forget it."""
    users.store.add(user(), session_of(user()))
    users.store.count_failure("Ada", NOW)

    def act(_: int) -> None:
        accounts.login(
            username="Ada", password="secret", store=users.store, tokens=TOKENS, deadline=deadline(), now=NOW
        )

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
    with pytest.raises(NotAuthenticated):
        accounts.login(username="Ada", password="wrong", store=users.store, tokens=TOKENS, deadline=deadline(), now=NOW)
    assert outcomes == []
    assert users.store.login_state("Ada", NOW).attempts.failures == 1


def test_retries_beside_other_transactions_end(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def in_the_way(**_: Any) -> None:
        calls.append(1)
        raise ClientError({"Error": {"Code": "TransactionConflictException"}}, "Write")

    monkeypatch.setattr(users.client, "delete_item", in_the_way)
    token = TOKENS.pair(session_of(user()), NOW).refresh_token
    with pytest.raises(Contended):
        sessions.logout(token, store=users.store, tokens=TOKENS, deadline=deadline(0.3), now=NOW)
    assert len(calls) > 1


def test_one_exchange_of_a_token_wins_a_race_and_the_session_ends(users: Users) -> None:
    ada = user()
    session = session_of(ada)
    users.store.add(ada, session)
    token = TOKENS.pair(session, NOW).refresh_token

    def act(_: int) -> None:
        sessions.refresh(token, store=users.store, tokens=TOKENS, deadline=deadline(), now=NOW)

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
    current = sessions.refresh(stolen, store=users.store, tokens=TOKENS, deadline=deadline(), now=NOW).refresh_token
    for token in (stolen, current):
        with pytest.raises(NotAuthenticated):
            sessions.refresh(token, store=users.store, tokens=TOKENS, deadline=deadline(), now=NOW)


def test_the_longest_keys_fit(users: Users) -> None:
    """A key has at most 2,048 bytes; lower case and composition can make text longer."""
    name = "\u0130" * 256
    users.store.count_failure(name, NOW)
    assert users.store.login_state(name, NOW).attempts.failures == 1
    assert users.store.login_state("\U0001d160" * 256, NOW).user is None
    assert len(email_key("\U0001d160" * 63)["pk"]["S"].encode()) < 2048
    assert user_key("Ada") == user_key("ADA")
