"""Guessing of passwords by bursts, by sprayers and by strangers, on DynamoDB Local: how many guesses are looked at."""

import random
from collections import Counter
from functools import partial

import pytest

from shared.errors import SchedulingError, TooManyAttempts, Unavailable
from shared.identity import passwords
from shared.identity.guessing import ANY_NAME, ANY_SOURCE, FORGIVEN_AFTER_SECONDS, ONE_SOURCE
from shared.store.identity_keys import SESSION_PREFIX
from tests.harness.botocore_faults import Wire, refused
from tests.harness.identity_samples import CLIENT, new_session
from tests.harness.users_table import RACERS, SECRET, UsersTable, outcome, race

pytestmark = pytest.mark.usefixtures("quick_hashes")

HOUR = 3600
GUESSES = 40
ROUNDS = 20
WRONG = "another"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch, quick_hashes: None) -> list[str]:  # noqa: ARG001 watched here
    """The passwords that were looked at."""
    seen: list[str] = []
    check = passwords.is_password

    def watched(password_hash: str, password: str) -> bool:
        seen.append(password)
        return check(password_hash, password)

    monkeypatch.setattr(passwords, "is_password", watched)
    return seen


def burst(users: UsersTable, right: int) -> tuple[Counter[str], set[str]]:
    """Makes all guesses at once, and returns how they end, and all that is said to the wrong ones and the refused."""
    told: set[str] = set()

    def guess(at: int) -> None:
        try:
            users.login(password=SECRET if at == right else f"guess {at}")
        except SchedulingError as error:
            told.add(f"{type(error).__name__}: {error}")
            raise

    return race(guess, GUESSES), told


@pytest.mark.parametrize("failures", [0, 1])
def test_at_most_five_of_a_burst_are_looked_at_and_no_refusal_tells_which_was_right(
    users: UsersTable, looks: list[str], failures: int
) -> None:
    users.register()
    for number in range(ROUNDS):
        for _ in range(failures):
            assert outcome(lambda: users.login(password=WRONG)) == "NotAuthenticated"
        looks.clear()
        outcomes, told = burst(users, right=random.Random(number).randrange(GUESSES))  # noqa: S311 no secret
        looked = GUESSES - outcomes["TooManyAttempts"]
        assert looked <= ONE_SOURCE.free - failures, outcomes
        assert len(looks) == looked, "what is refused was not looked at, and what was looked at is not refused"
        # The right guess is let in if it was looked at; if it was not, nothing that is said depends on it.
        assert outcomes["done"] == looks.count(SECRET)
        assert told <= {"NotAuthenticated: wrong user name or password", "TooManyAttempts: too many failed attempts"}
        users.now += ONE_SOURCE.forgotten_after


def test_a_right_guess_after_which_others_arrive_gives_them_no_more(users: UsersTable, looks: list[str]) -> None:
    """As in a burst of which the right guess is answered first."""
    users.register()
    assert outcome(lambda: users.login(password=WRONG)) == "NotAuthenticated"
    users.login()
    outcomes = race(lambda _: users.login(password=WRONG))
    assert outcomes == {"NotAuthenticated": 3, "TooManyAttempts": RACERS - 3}
    assert len(looks) == 5
    users.now += FORGIVEN_AFTER_SECONDS
    users.login()


def test_who_locks_a_name_at_one_address_locks_it_nowhere_else(users: UsersTable) -> None:
    users.register()
    for _ in range(5):
        assert outcome(lambda: users.login(password=WRONG)) == "NotAuthenticated"
    assert outcome(users.login) == "TooManyAttempts"
    users.login(source="203.0.113.99")


def test_one_address_that_tries_many_names_is_refused(users: UsersTable, looks: list[str]) -> None:
    """200 guesses at 125 names, none of which has more than two."""
    names = [f"user{number}" for number in range(125)]
    outcomes = [outcome(partial(users.login, name, WRONG)) for name in [*names, *names[:75]]]
    assert outcomes == ["NotAuthenticated"] * ANY_NAME.free + ["TooManyAttempts"] * 100
    assert len(looks) == ANY_NAME.free
    # Somebody at the same address has to wait as well, but not somebody elsewhere.
    users.register()
    assert outcome(users.login) == "TooManyAttempts"
    users.login(source="203.0.113.99")


def test_what_an_address_was_refused_at_one_name_does_not_count_against_it(users: UsersTable) -> None:
    """Or a program with an old password would lock out all users behind its address."""
    users.register()
    for _ in range(5 + ANY_NAME.free):
        outcome(lambda: users.login("Bob", WRONG))
    users.login()


def test_right_passwords_do_not_count_against_an_address_or_a_name(users: UsersTable) -> None:
    users.register()
    for _ in range(3):
        users.login()
    counted = {item["pk"]["S"]: item["attempts"]["N"] for item in users.items("GUESS#")}
    assert counted == {"GUESS#NAME#ada": "0", "GUESS#SOURCE#203.0.113.17": "0"}


def test_many_addresses_only_slow_a_name_down(users: UsersTable) -> None:
    users.register()
    sources = [f"198.51.100.{number}" for number in range(ANY_SOURCE.free + 10)]
    outcomes = Counter(outcome(partial(users.login, password=WRONG, source=source)) for source in sources)
    assert outcomes == {"NotAuthenticated": ANY_SOURCE.free, "TooManyAttempts": 10}
    with pytest.raises(TooManyAttempts) as refusal:
        users.login()
    users.now += refusal.value.retry_after
    users.login()


def test_an_owner_on_a_known_device_gets_in_while_strangers_hammer_the_name(users: UsersTable) -> None:
    """For a day, from many addresses, the owner's among them."""
    device = users.register().device_token
    for number in range(ANY_SOURCE.free):
        outcome(partial(users.login, password=WRONG, source=f"198.51.100.{number}"))
    for hour in range(24):
        users.now += HOUR
        for source in (*[CLIENT.source] * 6, f"192.0.2.{hour}"):
            outcome(partial(users.login, password=WRONG, source=source))
        assert outcome(users.login) == "TooManyAttempts", "without the device"
        assert outcome(partial(users.login, source=f"192.0.2.{hour}")) == "TooManyAttempts", "nor elsewhere"
        device = users.login(device_token=device).device_token


def test_a_known_device_has_five_guesses_of_its_own(users: UsersTable) -> None:
    device = users.register().device_token
    outcomes = race(lambda _: users.login(password=WRONG, device_token=device))
    assert outcomes == {"NotAuthenticated": 5, "TooManyAttempts": RACERS - 5}
    assert outcome(lambda: users.login(device_token=device)) == "TooManyAttempts"
    users.login()


def test_a_device_token_of_somebody_else_or_of_long_ago_is_no_known_device(users: UsersTable) -> None:
    users.register("Ada")
    foreign = users.register("Bob").device_token
    own = users.login("Ada")
    for _ in range(5):
        assert outcome(lambda: users.login("Ada", WRONG)) == "NotAuthenticated"
    for token in (foreign, "nonsense", "", own.device_token + "x", own.tokens.refresh_token):
        assert outcome(partial(users.login, "Ada", device_token=token)) == "TooManyAttempts"
    users.login("Ada", device_token=own.device_token)
    users.now += 365 * 24 * HOUR
    for _ in range(5):
        assert outcome(lambda: users.login("Ada", WRONG)) == "NotAuthenticated"
    assert outcome(lambda: users.login("Ada", device_token=own.device_token)) == "TooManyAttempts"


def test_a_device_token_is_good_until_the_password_is_changed(users: UsersTable) -> None:
    """Whoever knew the password of before may have collected device tokens, each with guesses of its own."""
    users.register("Ada")
    own = users.login("Ada")
    account = users.logins.account("Ada")
    assert account is not None
    users.now += 60
    kept = new_session(account, users.now)
    device = users.change_password(SECRET, "another horse battery", kept, account.user_id)
    users.now += 60
    for _ in range(5):
        assert outcome(lambda: users.login("Ada", WRONG)) == "NotAuthenticated"
    old = outcome(lambda: users.login("Ada", "another horse battery", device_token=own.device_token))
    assert old == "TooManyAttempts"
    users.login("Ada", "another horse battery", device_token=device)
    renewed = users.login("Ada", "another horse battery", source="203.0.113.99")
    users.login("Ada", "another horse battery", device_token=renewed.device_token)


def test_logins_at_once_that_are_right_are_let_in_as_far_as_they_are_counted(users: UsersTable) -> None:
    users.register()
    outcomes = race(lambda _: users.login())
    assert outcomes["done"] >= ONE_SOURCE.free
    assert outcomes["done"] + outcomes["TooManyAttempts"] == RACERS
    assert len(users.items(SESSION_PREFIX)) == 1 + outcomes["done"]


@pytest.mark.parametrize("operation", ["UpdateItem", "GetItem"])
@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "TransactionConflictException", "InternalServerError"]
)
def test_what_cannot_be_counted_is_not_looked_at(
    users: UsersTable, looks: list[str], monkeypatch: pytest.MonkeyPatch, operation: str, code: str
) -> None:
    users.register()
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with Wire(users.clients) as wire:
        wire.always[operation] = refused(code, 500 if code == "InternalServerError" else 400)
        for device in (None, users.tokens.device("user-1", "device-1", users.now)):
            with pytest.raises(Unavailable) as refusal:
                users.login(device_token=device)
            assert type(refusal.value) is Unavailable, "nothing was written"
    assert looks == []


def test_one_address_that_is_refused_does_not_keep_a_name_locked(users: UsersTable) -> None:
    """Only attempts that are looked at may slow a name down, or one address could lock out its owner for good."""
    users.register()
    for number in range(ANY_SOURCE.free):
        outcome(partial(users.login, password=WRONG, source=f"198.51.100.{number}"))
    stranger = partial(users.login, password=WRONG, source="192.0.2.1")
    users.now += HOUR
    for _ in range(20):  # its own counter waits for a quarter of an hour then
        users.now += ONE_SOURCE.longest_wait + 1
        outcome(stranger)
    with pytest.raises(TooManyAttempts) as refusal:
        users.login()
    for _ in range(refusal.value.retry_after):
        users.now += 1
        assert outcome(stranger) == "TooManyAttempts"
    users.login()
