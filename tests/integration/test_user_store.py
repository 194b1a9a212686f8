"""The users table on DynamoDB Local: conditions, transactions and races as they are, which moto does not imitate."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from shared.errors import Contended, NameTaken, NotAuthenticated, SchedulingError
from shared.identity import accounts, passwords, sessions
from shared.identity.users import FORGOTTEN_AFTER_SECONDS, Account, Attempts, LoginState, Session
from shared.ids import TokenId, UserId
from shared.retries import Deadline
from shared.store.client import Clients
from shared.store.guesses import DynamoLoginStore, attempts_key
from shared.store.identity_keys import address_key, login_key, profile_key, session_key
from shared.store.sessions import DynamoSessionStore
from shared.store.users import DynamoUserStore
from tests.harness.deployment import ISSUER
from tests.harness.identity_samples import ADA, CLIENT, NOW, RULES, account, mail, new_session, profile
from tests.harness.signing_keys import tokens_of
from tests.harness.template import create_tables

TOKENS = tokens_of(ISSUER)
RACERS = 16


@dataclass(frozen=True)
class Users:
    """The table of one test."""

    store: DynamoUserStore
    logins: DynamoLoginStore
    sessions: DynamoSessionStore
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
    yield Users(
        DynamoUserStore(clients, table),
        DynamoLoginStore(clients, table),
        DynamoSessionStore(clients, table),
        client,
        table,
    )
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


def add(users: Users, someone: Account = ADA, email: str = "ada@example.com") -> Session:
    """Registers a user."""
    session = new_session(someone)
    users.store.add(someone, profile(someone, email), session, mail(someone))
    return session


def register(users: Users, applicant: accounts.Applicant) -> None:
    accounts.register(
        applicant, client=CLIENT, store=users.store, tokens=TOKENS, rules=RULES, deadline=deadline(), now=NOW
    )


def login(users: Users, password: str) -> None:
    accounts.login(
        username="Ada",
        password=password,
        client=CLIENT,
        store=users.logins,
        tokens=TOKENS,
        rules=RULES,
        deadline=deadline(),
        now=NOW,
    )


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
    add(users)
    assert users.logins.login_state("ADA", NOW) == LoginState(ADA, Attempts())
    assert users.logins.login_state("Bob", NOW) == LoginState(None, Attempts())


def test_a_name_that_is_taken_is_named_and_nothing_is_written(users: Users) -> None:
    add(users)
    other = account(username="aDa", user_id=UserId("user-2"))
    session = new_session(other)
    with pytest.raises(NameTaken) as refusal:
        users.store.add(other, profile(other), session, mail(other))
    assert refusal.value.fields == ("username",)
    assert users.item(session_key(other.user_id, session.family)) is None
    assert users.item(profile_key(other.user_id)) is None
    assert users.client.scan(TableName=users.table)["Count"] == 4


def test_the_same_registration_again_is_its_own(users: Users) -> None:
    session, told = new_session(), mail()
    for _ in range(2):
        users.store.add(ADA, profile(), session, told)
    assert users.client.scan(TableName=users.table)["Count"] == 4


def test_one_registration_of_a_name_wins_a_race(users: Users) -> None:
    def act(number: int) -> None:
        register(users, accounts.Applicant("Ada", "secret", f"{number}@example.com"))

    assert race(act) == {"done": 1, "NameTaken": RACERS - 1}
    assert users.client.scan(TableName=users.table)["Count"] == 4


def test_an_address_is_nobodys_until_it_is_verified(users: Users) -> None:
    def act(number: int) -> None:
        register(users, accounts.Applicant(f"ada{number}", "secret", "ada@example.com"))

    assert race(act) == {"done": RACERS}
    assert users.item(address_key("ada@example.com")) is None


def test_failures_side_by_side_are_all_counted(users: Users) -> None:
    assert race(lambda _: users.logins.count_failure("Ada", NOW)) == {"done": RACERS}
    assert users.logins.login_state("ada", NOW).attempts == Attempts(RACERS, NOW)


def test_failures_after_a_long_time_begin_anew_and_are_all_counted(users: Users) -> None:
    for _ in range(7):
        users.logins.count_failure("Ada", NOW)
    later = NOW + FORGOTTEN_AFTER_SECONDS
    assert users.logins.login_state("Ada", later - 1).attempts.failures == 7
    assert users.logins.login_state("Ada", later).attempts == Attempts()
    assert race(lambda _: users.logins.count_failure("Ada", later)) == {"done": RACERS}
    assert users.logins.login_state("Ada", later).attempts == Attempts(RACERS, later)


def test_a_login_forgets_the_failures_that_it_has_seen(users: Users) -> None:
    add(users)
    users.logins.count_failure("Ada", NOW)
    before = users.logins.login_state("Ada", NOW)
    session = new_session()
    assert users.logins.begin(session, before, ADA)
    assert users.item(attempts_key("Ada")) is None
    assert users.item(session_key(ADA.user_id, session.family)) is not None
    # Another login that has seen the same: there is nothing left to forget.
    assert users.logins.begin(new_session(), before, ADA)


def test_a_login_that_missed_a_failure_is_refused(users: Users) -> None:
    add(users)
    users.logins.count_failure("Ada", NOW)
    before = users.logins.login_state("Ada", NOW)
    users.logins.count_failure("Ada", NOW)
    session = new_session()
    assert not users.logins.begin(session, before, ADA)
    assert users.item(session_key(ADA.user_id, session.family)) is None
    assert users.logins.login_state("Ada", NOW).attempts.failures == 2


def test_a_new_hash_is_not_put_over_another_password(users: Users) -> None:
    add(users)
    before = LoginState(account(password_hash="hash of an older one"), Attempts())
    after = account(password_hash="rehashed")
    assert not users.logins.begin(new_session(), before, after)
    assert users.logins.login_state("Ada", NOW).account == ADA
    assert users.logins.begin(new_session(), LoginState(ADA, Attempts()), after)
    assert users.logins.login_state("Ada", NOW).account == after


def test_logins_of_one_user_do_not_hinder_each_other(users: Users) -> None:
    """After a failure, too, when each of them wants to forget it."""
    add(users)
    users.logins.count_failure("Ada", NOW)

    def act(_: int) -> None:
        login(users, "secret")

    assert race(act) == {"done": RACERS}
    assert users.client.scan(TableName=users.table)["Count"] == 4 + RACERS


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
        login(users, "wrong")
    assert outcomes == []
    assert users.logins.login_state("Ada", NOW).attempts.failures == 1


def test_retries_beside_other_transactions_end(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def in_the_way(**_: Any) -> None:
        calls.append(1)
        raise ClientError({"Error": {"Code": "TransactionConflictException"}}, "Write")

    monkeypatch.setattr(users.client, "delete_item", in_the_way)
    token = TOKENS.pair(new_session(), NOW).refresh_token
    with pytest.raises(Contended):
        sessions.logout(token, store=users.sessions, tokens=TOKENS, deadline=deadline(0.3), now=NOW)
    assert len(calls) > 1


def test_one_exchange_of_a_token_wins_a_race_and_the_session_ends(users: Users) -> None:
    session = add(users)
    token = TOKENS.pair(session, NOW).refresh_token

    def act(_: int) -> None:
        sessions.refresh(token, store=users.sessions, tokens=TOKENS, rules=RULES, deadline=deadline(), now=NOW)

    assert race(act) == {"done": 1, "NotAuthenticated": RACERS - 1}
    assert users.item(session_key(ADA.user_id, session.family)) is None


def test_a_rotation_gives_the_session_as_it_is(users: Users) -> None:
    session = add(users)
    first, second, third = session.token_id, TokenId("second"), TokenId("third")
    family = (ADA.user_id, session.family)
    rotated = users.sessions.rotate(*family, first, second, NOW + 1, NOW + 100)
    assert rotated == replace(session, token_id=second, previous_id=first, rotated_at=NOW + 1, expires_at=NOW + 100)
    assert users.sessions.rotate(*family, first, second, NOW + 1, NOW + 100) == rotated, "its own, once more"
    assert users.sessions.rotate(*family, first, third, NOW + 1, NOW + 200) == rotated, "somebody else's"
    assert users.sessions.rotate(*family, second, third, NOW + 100, NOW + 200) == rotated, "expired"
    users.sessions.end(*family)
    users.sessions.end(*family)
    assert users.sessions.rotate(*family, second, third, NOW + 1, NOW + 200) is None


def test_reuse_ends_the_session(users: Users) -> None:
    session = add(users)
    stolen = TOKENS.pair(session, NOW).refresh_token
    current = sessions.refresh(
        stolen, store=users.sessions, tokens=TOKENS, rules=RULES, deadline=deadline(), now=NOW
    ).refresh_token
    for token in (stolen, current):
        with pytest.raises(NotAuthenticated):
            sessions.refresh(token, store=users.sessions, tokens=TOKENS, rules=RULES, deadline=deadline(), now=NOW)


def test_the_longest_keys_fit(users: Users) -> None:
    """A key has at most 2,048 bytes; lower case and composition can make text longer."""
    name = "\u0130" * 256
    users.logins.count_failure(name, NOW)
    assert users.logins.login_state(name, NOW).attempts.failures == 1
    assert users.logins.login_state("\U0001d160" * 256, NOW).account is None
    assert len(address_key("\U0001d160" * 63)["pk"]["S"].encode()) < 2048
    assert login_key("Ada") == login_key("ADA")
