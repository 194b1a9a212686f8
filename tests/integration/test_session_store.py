"""Sessions on DynamoDB Local: their rotation, their number and their end, also when many use them at once."""

from dataclasses import replace
from functools import partial

import pytest

from shared.errors import NotAuthenticated, OutcomeUnknown
from shared.identity import passwords
from shared.identity.users import MAX_SESSIONS, Session
from shared.ids import TokenId
from shared.store.identity_keys import SESSION_PREFIX, session_in, session_key
from tests.harness.botocore_faults import Wire, refusal
from tests.harness.identity_samples import ADA, DAY, NOW, RULES, account, new_session
from tests.harness.users_table import RACERS, SECRET, UsersTable, outcome, race

pytestmark = pytest.mark.usefixtures("quick_hashes")


def stored(users: UsersTable) -> list[Session]:
    return users.sessions.of_user(ADA.user_id)


def first_token(users: UsersTable) -> str:
    return users.tokens.pair(users.add(), users.now).refresh_token


def test_a_rotation_gives_the_session_as_it_is(users: UsersTable) -> None:
    session = users.add()
    first, second, third = session.token_id, TokenId("second"), TokenId("third")
    family = (ADA.user_id, session.family)
    rotated = users.sessions.rotate(*family, first, second, NOW + 1, NOW + 100)
    assert rotated == replace(session, token_id=second, previous_id=first, rotated_at=NOW + 1, expires_at=NOW + 100)
    assert users.sessions.rotate(*family, first, second, NOW + 1, NOW + 100) == rotated, "its own, once more"
    assert users.sessions.rotate(*family, first, third, NOW + 1, NOW + 200) == rotated, "somebody else's"
    assert users.sessions.rotate(*family, second, third, NOW + 100, NOW + 200) == rotated, "expired"
    assert users.sessions.end(*family)
    assert not users.sessions.end(*family)
    assert users.sessions.rotate(*family, second, third, NOW + 1, NOW + 200) is None


def test_a_session_never_expires_later_than_it_ends(users: UsersTable) -> None:
    """Also when the rules have changed since it began."""
    session = users.add()
    rotated = users.sessions.rotate(
        ADA.user_id, session.family, session.token_id, TokenId("second"), NOW + 1, session.ends_at + 1
    )
    assert rotated is not None
    assert (rotated.token_id, rotated.expires_at) == ("second", session.ends_at)


def test_exchanges_at_once_hold_the_same_live_pair(users: UsersTable) -> None:
    token = first_token(users)
    pairs = []
    assert race(lambda _: pairs.append(users.refresh(token))) == {"done": RACERS}
    assert len({*pairs}) == 1
    (session,) = stored(users)
    assert users.tokens.refresh(pairs[0].refresh_token, NOW).token_id == session.token_id
    assert pairs[0].refresh_token != token
    users.refresh(pairs[0].refresh_token)


def test_an_exchanged_token_gets_the_same_pair_within_the_grace(users: UsersTable) -> None:
    token = first_token(users)
    pair = users.refresh(token)
    users.now += RULES.grace_seconds - 1
    again = users.refresh(token)
    assert again == replace(pair, expires_in=900 - RULES.grace_seconds + 1)
    assert users.reports == []


def test_reuse_after_the_grace_ends_the_session(users: UsersTable) -> None:
    token = first_token(users)
    current = users.refresh(token).refresh_token
    users.now += RULES.grace_seconds
    with pytest.raises(NotAuthenticated):
        users.refresh(token)
    assert stored(users) == []
    assert users.reports == [("RefreshReused", ADA.user_id, "203.0.113.17")]
    with pytest.raises(NotAuthenticated):
        users.refresh(current)


def test_a_token_of_two_exchanges_before_has_no_grace(users: UsersTable) -> None:
    token = first_token(users)
    users.refresh(users.refresh(token).refresh_token)
    assert outcome(lambda: users.refresh(token)) == "NotAuthenticated"
    assert stored(users) == []


def test_an_exchange_whose_answer_was_lost_can_be_repeated(users: UsersTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    token = first_token(users)
    with Wire(users.clients) as wire:
        wire.lose_answer("UpdateItem")
        for _ in range(2):  # the retries of the SDK
            wire.lose_request("UpdateItem")
        with pytest.raises(OutcomeUnknown):
            users.refresh(token)
    (session,) = stored(users)
    users.now += 5
    pair = users.refresh(token)
    assert users.tokens.refresh(pair.refresh_token, users.now).token_id == session.token_id
    users.refresh(pair.refresh_token)


def test_a_session_ends_however_often_it_is_used(users: UsersTable) -> None:
    token = first_token(users)
    end = NOW + RULES.end_seconds
    while users.now + RULES.idle_seconds - 1 < end:
        users.now += RULES.idle_seconds - 1
        token = users.refresh(token).refresh_token
    (session,) = stored(users)
    assert session.expires_at == end
    users.now = end
    assert outcome(lambda: users.refresh(token)) == "NotAuthenticated"
    assert users.reports == [], "that is no reuse"


def test_sixty_logins_leave_the_fifty_latest_sessions(users: UsersTable) -> None:
    users.add()
    for _ in range(6):
        users.now += 10
        sources = [f"198.51.100.{number}" for number in range(10)]
        assert race(lambda number: users.login(source=sources[number]), 10) == {"done": 10}  # noqa: B023 called here
    assert len(stored(users)) == MAX_SESSIONS
    assert {each.created_at for each in stored(users)} == {NOW + 10 * step for step in range(2, 7)}


def test_the_sessions_of_a_user_are_found_whatever_their_number(users: UsersTable) -> None:
    """Those of a script, in several pages and batches; and nobody else's."""
    users.add()
    kept = new_session(now=NOW - 1)
    other = account(username="Bob", user_id="user-2")
    users.add(other)
    for session in (kept, *(new_session() for _ in range(60))):
        assert users.logins.begin(session, ADA, ADA.password_hash)
    with Wire(users.clients) as wire:
        wire.rewrite("Query", lambda body: body.update(Limit=25))  # a page has a megabyte, which these are far from
        assert users.sessions.end_all(ADA.user_id, kept.family) == 61
        assert wire.calls["Query"] == 3
    assert stored(users) == [kept]
    assert len(users.sessions.of_user(other.user_id)) == 1
    assert users.sessions.end_all(ADA.user_id) == 1


def test_what_a_batch_leaves_is_deleted_as_well(users: UsersTable) -> None:
    session = users.add()
    with Wire(users.clients) as wire:
        wire.edit(
            "BatchWriteItem",
            lambda body: body.update(
                UnprocessedItems={
                    users.table: [{"DeleteRequest": {"Key": session_key(ADA.user_id, session.family)}}],
                }
            ),
        )
        users.sessions.end_all(ADA.user_id)
        assert wire.calls["BatchWriteItem"] == 2
    assert stored(users) == []


def test_a_change_of_the_password_ends_all_other_sessions(users: UsersTable) -> None:
    kept = users.add()
    for _ in range(3):
        users.login()
    users.change_password(SECRET, "another", kept)
    assert stored(users) == [kept]
    assert outcome(users.login) == "NotAuthenticated"
    users.login(password="another")
    assert ("PasswordChanged", ADA.user_id, "203.0.113.17") in users.reports


def test_a_current_password_is_a_guess_like_that_of_a_login(users: UsersTable) -> None:
    kept = users.add()
    outcomes = race(lambda _: users.change_password("wrong", "another", kept))
    assert outcomes == {"InvalidRequest": 5, "TooManyAttempts": RACERS - 5}
    assert outcome(users.login) == "TooManyAttempts"
    assert outcome(lambda: users.change_password(SECRET, "another", kept)) == "TooManyAttempts"
    assert users.logins.account("Ada") == ADA


def test_one_of_several_changes_of_the_password_is_made(users: UsersTable) -> None:
    kept = users.add()
    outcomes = race(lambda number: users.change_password(SECRET, f"another {number}", kept), 5)
    assert outcomes == {"done": 1, "InvalidRequest": 4}


def test_logins_beside_a_change_of_the_password_leave_no_session(users: UsersTable) -> None:
    """Each is ended by the change, or finds that the password is another."""
    kept = users.add()
    for number in range(5):
        old, new = (f"password {each}" if each else SECRET for each in (number, number + 1))
        acts = [partial(users.login, password=old, source=f"198.51.100.{each}") for each in range(5)]
        acts.insert(2, partial(users.change_password, old, new, kept))  # type: ignore[arg-type]
        outcomes = race(lambda at: acts[at](), len(acts))  # noqa: B023 called here
        assert outcomes["done"] + outcomes["NotAuthenticated"] == len(acts)
        assert [session_in(item) for item in users.items(SESSION_PREFIX)] == [kept.family]
        users.now += DAY


def test_nobody_else_changes_the_password_of_a_user_of_the_same_name(users: UsersTable) -> None:
    """As somebody could whose name is given by another identity provider."""
    kept = users.add()
    foreign = partial(users.change_password, SECRET, "another", kept, account(user_id="user-2").user_id)
    assert outcome(foreign) == "InvalidRequest"
    assert users.logins.account("Ada") == ADA


def test_sessions_that_could_not_be_ended_are_told_of(users: UsersTable, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = users.add()
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setattr("tests.harness.users_table.RETRY_SECONDS", 0.2)
    with Wire(users.clients) as wire:
        wire.always["Query"] = lambda _: refusal("ThrottlingException")
        with pytest.raises(OutcomeUnknown, match="the password was changed") as told:
            users.change_password(SECRET, "another", kept)
    assert "nothing was written" not in str(told.value)
    assert passwords.is_password((users.logins.account("Ada") or ADA).password_hash, "another")
