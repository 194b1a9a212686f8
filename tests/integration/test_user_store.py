"""Users on DynamoDB Local: registrations and logins that race, and what AWS answers beside other transactions."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.errors import Contended, KeysUnavailable, NameTaken, OutcomeUnknown
from shared.identity import passwords, sessions
from shared.identity.keys import SigningKey
from shared.ids import UserId
from shared.store.codec import number, text
from shared.store.identity_keys import SESSION_PREFIX, address_key, login_key, profile_key, session_key
from tests.harness.botocore_faults import Wire, cancelled
from tests.harness.identity_samples import ADA, account, mail, new_session, profile
from tests.harness.users_table import RACERS, SECRET, UsersTable, deadline, outcome, race

pytestmark = pytest.mark.usefixtures("quick_hashes")


def test_a_user_is_found_by_a_name_in_any_case(users: UsersTable) -> None:
    users.add()
    assert users.logins.account("ADA") == ADA
    assert users.logins.account("Bob") is None


def test_a_name_that_is_taken_is_named_and_nothing_is_written(users: UsersTable) -> None:
    users.add()
    other = account(username="aDa", user_id=UserId("user-2"))
    session = new_session(other)
    with pytest.raises(NameTaken) as refusal:
        users.users.add(other, profile(other), session, mail(other))
    assert refusal.value.fields == ("username",)
    assert users.item(session_key(other.user_id, session.family)) is None
    assert users.item(profile_key(other.user_id)) is None
    assert len(users.items()) == 4


def test_the_same_registration_again_is_its_own(users: UsersTable) -> None:
    session, told = new_session(), mail()
    for _ in range(2):
        users.users.add(ADA, profile(), session, told)
    assert len(users.items()) == 4


def test_one_registration_of_a_name_wins_a_race(users: UsersTable) -> None:
    assert race(lambda number: users.register("Ada", f"{number}@example.com")) == {"done": 1, "NameTaken": RACERS - 1}
    assert len(users.items()) == 4


def test_an_address_is_nobodys_until_it_is_verified(users: UsersTable) -> None:
    assert race(lambda number: users.register(f"ada{number}", "ada@example.com")) == {"done": RACERS}
    assert users.item(address_key("ada@example.com")) is None


def test_the_longest_address_fits_a_key() -> None:
    """A key has at most 2,048 bytes; composition can make text longer."""
    assert len(address_key("\U0001d160" * 63)["pk"]["S"].encode()) < 2048


def test_what_happened_is_reported(users: UsersTable) -> None:
    users.register()
    users.login()
    outcome(lambda: users.login(password="wrong"))
    outcome(lambda: users.login("Bob"))
    (account,) = users.items("NAME#")
    user_id, source = account["user_id"]["S"], "203.0.113.17"
    assert users.reports == [
        ("Registered", user_id, source),
        ("LoginSucceeded", user_id, source),
        ("LoginFailed", user_id, source),
        ("LoginFailed", None, source),
    ]
    for _ in range(5):
        outcome(lambda: users.login(password="wrong"))
    assert users.reports[-1] == ("LoginLocked", user_id, source)


def test_nothing_is_stored_for_which_no_tokens_can_be_signed(users: UsersTable) -> None:
    def unreadable() -> SigningKey:
        raise KeysUnavailable("there is no signing key")

    users.add()
    users.tokens = replace(users.tokens, signing_key=unreadable)
    before = users.items("SESSION#"), users.items("NAME#")
    assert outcome(lambda: users.register("Bob")) == "KeysUnavailable"
    assert outcome(users.login) == "KeysUnavailable"
    assert (users.items("SESSION#"), users.items("NAME#")) == before


class ChangedMeanwhile:
    """A password check in whose midst the account changes, once."""

    def __init__(
        self, users: UsersTable, monkeypatch: pytest.MonkeyPatch, update: str, **values: dict[str, str]
    ) -> None:
        check = passwords.is_password

        def changed(password_hash: str, password: str) -> bool:
            monkeypatch.setattr(passwords, "is_password", check)
            users.client.update_item(
                TableName=users.table,
                Key=login_key("Ada"),
                UpdateExpression=update,
                ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
            )
            return check(password_hash, password)

        monkeypatch.setattr(passwords, "is_password", changed)


def test_a_login_beside_a_change_of_the_password_leaves_no_session(
    users: UsersTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.add()
    ChangedMeanwhile(users, monkeypatch, "SET password_hash = :hash", hash=text("hash of another"))
    assert outcome(users.login) == "NotAuthenticated"
    assert len(users.items(SESSION_PREFIX)) == 1
    assert users.reports[-1][0] == "LoginFailed"


def test_a_login_of_a_user_who_is_disabled_meanwhile_leaves_no_session(
    users: UsersTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.add()
    ChangedMeanwhile(users, monkeypatch, "SET disabled_at = :now", now=number(1))
    assert outcome(users.login) == "NotAuthenticated"
    assert len(users.items(SESSION_PREFIX)) == 1


def test_a_login_of_a_user_who_is_erased_meanwhile_leaves_no_session(
    users: UsersTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.add()
    check = passwords.is_password

    def erased(password_hash: str, password: str) -> bool:
        users.client.delete_item(TableName=users.table, Key=login_key("Ada"))
        return check(password_hash, password)

    monkeypatch.setattr(passwords, "is_password", erased)
    assert outcome(users.login) == "NotAuthenticated"
    assert len(users.items(SESSION_PREFIX)) == 1


def test_a_login_beside_a_new_hash_of_the_same_password_succeeds(
    users: UsersTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two logins with a hash of older parameters: the second finds that of the first."""
    users.add()
    monkeypatch.setattr(passwords, "is_password", lambda stored, _: stored in {ADA.password_hash, "rehashed"})
    ChangedMeanwhile(users, monkeypatch, "SET password_hash = :hash", hash=text("rehashed"))
    users.login()
    assert len(users.items(SESSION_PREFIX)) == 2


def test_a_disabled_user_is_told_the_same_as_for_a_wrong_password(users: UsersTable) -> None:
    users.add(account(disabled_at=1))
    for password in (SECRET, "wrong"):
        assert outcome(lambda: users.login(password=password)) == "NotAuthenticated"  # noqa: B023 called here
    assert len(users.items(SESSION_PREFIX)) == 1


def test_a_new_hash_is_not_put_over_another_password(users: UsersTable) -> None:
    users.add()
    older = account(password_hash="hash of an older one")
    assert not users.logins.begin(new_session(), older, "rehashed")
    assert users.logins.account("Ada") == ADA
    assert users.logins.begin(new_session(), ADA, "rehashed")
    assert users.logins.account("Ada") == replace(ADA, password_hash="rehashed")
    assert users.logins.begin(new_session(), ADA, "rehashed"), "its own, once more"


def test_what_another_transaction_is_in_the_way_of_is_tried_again(users: UsersTable) -> None:
    """DynamoDB Local lets transactions queue; AWS cancels one."""
    users.add()
    with Wire(users.clients) as wire:
        for _ in range(2):
            wire.then("TransactWriteItems", lambda _: cancelled("None", "TransactionConflict"))
        users.login()
        assert wire.calls["TransactWriteItems"] == 3
    assert len(users.items(SESSION_PREFIX)) == 2


def test_a_login_whose_answer_is_lost_is_not_called_a_failure(
    users: UsersTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.add()
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with Wire(users.clients) as wire:
        for _ in range(3):
            wire.lose_request("TransactWriteItems")
        with pytest.raises(OutcomeUnknown):
            users.login()


def test_what_is_left_after_a_login_does_not_fail_it(users: UsersTable, monkeypatch: pytest.MonkeyPatch) -> None:
    users.add()
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with Wire(users.clients) as wire:
        for operation in ("DeleteItem", "Query"):
            wire.always[operation] = lambda _: cancelled("ThrottlingError")
        users.login()


def test_retries_beside_other_transactions_end(users: UsersTable, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def in_the_way(**_: Any) -> None:
        calls.append(1)
        raise ClientError({"Error": {"Code": "TransactionConflictException"}}, "Write")

    monkeypatch.setattr(users.client, "delete_item", in_the_way)
    token = users.tokens.pair(new_session(), users.now).refresh_token
    with pytest.raises(Contended):
        sessions.logout(token, store=users.sessions, tokens=users.tokens, deadline=deadline(0.3), now=users.now)
    assert len(calls) > 1
