"""The counters of attempts on DynamoDB Local: what each conditional write lets pass."""

import pytest

from shared.identity.guessing import (
    ANY_NAME,
    ANY_SOURCE,
    ANYONE,
    FORGIVEN_AFTER_SECONDS,
    ONE_SOURCE,
    Count,
    Counter,
    GuessLimit,
    counters,
)
from shared.store.guesses import DynamoGuessStore
from shared.store.identity_keys import guess_key, login_key
from tests.harness.identity_samples import NOW
from tests.harness.users_table import RACERS, UsersTable, race

PAIR = Counter("NAME#ada", "SOURCE#203.0.113.17", ONE_SOURCE)


@pytest.fixture
def store(users: UsersTable) -> DynamoGuessStore:
    return DynamoGuessStore(users.clients, users.table)


def count(store: DynamoGuessStore, times: int, now: int = NOW, counter: Counter = PAIR) -> list[Count]:
    return [store.count(counter, now) for _ in range(times)]


@pytest.mark.parametrize("limit", [ONE_SOURCE, ANY_SOURCE, ANY_NAME])
def test_so_many_pass_as_are_free_and_then_each_waits_twice_as_long(store: DynamoGuessStore, limit: GuessLimit) -> None:
    counter = Counter("x", ANYONE, limit)
    free = count(store, limit.free, counter=counter)
    assert [(each.attempt, each.wait) for each in free] == [(number, 0) for number in range(1, limit.free + 1)]
    now = NOW
    waits = []
    for attempt in range(limit.free, limit.free + 12):
        refused = store.count(counter, now)
        assert refused.attempt == attempt
        waits.append(refused.wait - 1)  # that of the second in which the last attempt was
        now += refused.wait
        assert store.count(counter, now - 1).wait == 1
        passed = store.count(counter, now)
        assert (passed.attempt, passed.wait) == (attempt + 1, 0)
    doubled = [min(2**step, limit.longest_wait) for step in range(12)]
    assert waits == doubled


def test_concurrent_attempts_pass_as_those_one_after_the_other_do(store: DynamoGuessStore) -> None:
    passed = []
    race(lambda _: passed.append(store.count(PAIR, NOW).wait == 0))
    assert (passed.count(True), passed.count(False)) == (5, RACERS - 5)


def test_a_refused_attempt_does_not_prolong_the_lock(store: DynamoGuessStore) -> None:
    count(store, 6)
    assert [each.wait for each in count(store, 3, NOW + 1)] == [1, 1, 1]
    assert store.count(PAIR, NOW + 2).wait == 0


@pytest.mark.parametrize("limit", [ONE_SOURCE, ANY_NAME])
def test_a_counter_that_was_left_alone_starts_anew(store: DynamoGuessStore, limit: GuessLimit) -> None:
    """Also when TTL, which may take days, has not come by; and concurrent attempts are all counted."""
    counter = Counter("x", ANYONE, limit)
    count(store, limit.free, counter=counter)
    later = NOW + limit.forgotten_after
    assert store.count(counter, later - 1) == Count(counter, limit.free + 1)
    later += limit.forgotten_after - 1
    passed = []
    race(lambda _: passed.append(store.count(counter, later)))
    assert sorted(each.attempt for each in passed if not each.wait) == [*range(1, min(limit.free, RACERS) + 1)]


def test_an_attempt_is_remembered_for_a_day(users: UsersTable, store: DynamoGuessStore) -> None:
    count(store, 1)
    item = users.item(guess_key(PAIR.counted, PAIR.by))
    assert item is not None
    assert int(item["expires_at"]["N"]) == NOW + 86_400


def test_an_attempt_that_is_taken_back_was_none(users: UsersTable, store: DynamoGuessStore) -> None:
    counts = count(store, 5)
    store.take_back(counts[-1])
    assert [each.wait for each in count(store, 2)] == [0, 2]
    for _ in range(9):
        store.take_back(counts[0])
    item = users.item(guess_key(PAIR.counted, PAIR.by))
    assert item is not None
    assert item["attempts"]["N"] == "0"


def test_taking_back_what_is_gone_makes_nothing(users: UsersTable, store: DynamoGuessStore) -> None:
    store.take_back(Count(PAIR, 1))
    store.forgive(Count(PAIR, 2), NOW)
    assert users.items() == []


def test_a_right_password_at_the_first_attempt_leaves_nothing(users: UsersTable, store: DynamoGuessStore) -> None:
    (first,) = count(store, 1)
    store.forgive(first, NOW)
    assert users.items() == []


def test_a_right_password_beside_other_attempts_counts_on_for_a_moment(store: DynamoGuessStore) -> None:
    """Or a burst around the right guess would get another five."""
    counts = count(store, 2)
    store.forgive(counts[0], NOW)
    assert [each.attempt for each in count(store, 3)] == [3, 4, 5]
    assert store.count(PAIR, NOW).wait > 0
    anew = NOW + FORGIVEN_AFTER_SECONDS
    assert store.count(PAIR, anew - 4).wait == 1, "the lock is over before the counter starts anew"
    assert store.count(PAIR, anew) == Count(PAIR, 1)
    # It is the counter of after that: no longer one that a right password is noted on.
    assert store.count(PAIR, anew + FORGIVEN_AFTER_SECONDS) == Count(PAIR, 2)


def test_a_counter_that_starts_anew_soon_says_when(store: DynamoGuessStore) -> None:
    count(store, 8)
    for step in range(5):
        store.count(PAIR, NOW + 2**step * 2)
    locked = store.count(PAIR, NOW + 32)
    assert locked.wait > FORGIVEN_AFTER_SECONDS
    store.forgive(Count(PAIR, 2), NOW + 32)
    assert store.count(PAIR, NOW + 32).wait == FORGIVEN_AFTER_SECONDS


def test_a_right_password_takes_one_attempt_off_a_counter_of_several_users(
    users: UsersTable, store: DynamoGuessStore
) -> None:
    source = Counter("SOURCE#203.0.113.17", ANYONE, ANY_NAME)
    counts = count(store, 7, counter=source)
    store.forgive(counts[0], NOW)
    item = users.item(guess_key(source.counted, source.by))
    assert item is not None
    assert item["attempts"]["N"] == "6"
    assert "cleared_at" not in item


def test_the_longest_keys_fit(users: UsersTable) -> None:
    """A key has at most 2,048 bytes; lower case can make text longer."""
    for name, source in (("\u0130" * 256, "2001:db8:1::"), ("\U0001d160" * 256, "2001:db8:2::")):
        assert [each.attempt for each in users.logins.count(counters(name, source), NOW)] == [1, 1, 1]
        assert users.logins.account(name) is None
    assert login_key("Ada") == login_key("ADA")
