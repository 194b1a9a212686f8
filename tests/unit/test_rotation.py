"""The rotation of keys: what signs is published, and what was signed stays valid for as long as it lives."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from shared.errors import AnswerLost, Contended, KeysUnavailable
from shared.identity.jwks import Jwk
from shared.identity.key_sets import KeySet
from shared.identity.keyring import current_key, own_keys
from shared.identity.rotation import (
    BETWEEN_ROTATIONS_SECONDS,
    DAY,
    MOST_PUBLISHED,
    PUBLISHED_AFTER_SECONDS,
    KeyRotation,
    Rotated,
    StoredSecret,
)
from shared.identity.tokens import DEVICE_SECONDS, Tokens
from shared.ids import UserId
from shared.store.secrets import KEPT_SECONDS
from tests.harness.deployment import ISSUER
from tests.harness.identity_samples import session
from tests.harness.template import template

NOW = 1_000_000
PERIOD = 90 * DAY
REFRESH_SECONDS = 365 * DAY
USER = UserId("00000001-2345-7000-8000-000000000001")


class Interrupted(Exception):
    """The process ends."""


@dataclass
class Secret:
    """A secret in memory, which is written conditionally, and may fail before or after a write."""

    text: str = ""
    version: int = 0
    before_write: Callable[[], None] = lambda: None
    after_write: Callable[[], None] = lambda: None

    def read(self) -> StoredSecret:
        return StoredSecret(self.text, str(self.version) if self.version else "")

    def replace(self, before: StoredSecret, text: str) -> None:
        self.before_write()
        if before != self.read():
            raise Contended("ResourceExistsException")
        self.text, self.version = text, self.version + 1
        self.after_write()


@dataclass
class Deployment:
    """The secrets of a deployment, a clock, and the functions' ways to read the keys."""

    signing: Secret = field(default_factory=Secret)
    verification: Secret = field(default_factory=Secret)
    now: int = NOW

    def rotation(self) -> KeyRotation:
        return KeyRotation(self.signing, self.verification, self.now)

    def tokens(self, keys: KeySet | None = None) -> Tokens:
        """Tokens as a new process makes and verifies them, or one that has `keys` since earlier."""
        fresh = self.key_set()
        signing = self.signing.text
        return Tokens(ISSUER, 900, REFRESH_SECONDS, keys or fresh, lambda: current_key(signing))

    def key_set(self) -> KeySet:
        return KeySet(lambda: own_keys(self.verification.text), KEPT_SECONDS)

    def refresh_token(self) -> str:
        begun = session(
            now=self.now, user_id=USER, ends_at=self.now + REFRESH_SECONDS, expires_at=self.now + REFRESH_SECONDS
        )
        return self.tokens().pair(begun, self.now).refresh_token

    def accepts(self, token: str, keys: KeySet | None = None) -> bool:
        return self.tokens(keys).refresh(token, self.now).user_id == USER

    def published(self) -> dict[str, Jwk]:
        return {jwk["kid"]: jwk for jwk in json.loads(self.verification.text)["keys"]}

    def private(self) -> dict[str, Jwk]:
        stored = json.loads(self.signing.text)
        return {name: stored[name] for name in ("current", "next")}


@pytest.fixture
def made() -> Deployment:
    """A deployment that has its first keys."""
    deployment = Deployment()
    deployment.rotation().ensure()
    return deployment


def test_the_first_keys_are_made_once() -> None:
    deployment = Deployment()
    first = deployment.rotation().ensure()
    assert (first.changed, first.published) == (True, 2)
    secrets = deployment.signing.text, deployment.verification.text
    deployment.now += 30 * DAY
    again = deployment.rotation().ensure()
    assert again == replace(first, changed=False, why="there are keys")
    assert (deployment.signing.text, deployment.verification.text) == secrets


def test_both_keys_are_published_and_nothing_private(made: Deployment) -> None:
    private = made.private()
    assert made.published().keys() == {private["current"]["kid"], private["next"]["kid"]}
    for jwk in private.values():
        assert jwk["d"]
        assert jwk["d"] not in made.verification.text
    assert all(jwk.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"} for jwk in made.published().values())


def test_a_rotation_promotes_the_next_key(made: Deployment) -> None:
    before = made.private()
    made.now += PERIOD
    done = made.rotation().rotate()
    after = made.private()
    assert after["current"] == before["next"]
    assert done == Rotated(changed=True, why="", current=before["next"]["kid"], next=after["next"]["kid"], published=3)
    assert current_key(made.signing.text).kid == before["next"]["kid"]
    assert made.published()[before["current"]["kid"]]["retired_at"] == made.now


def test_nobody_is_logged_out_over_years_of_rotations(made: Deployment) -> None:
    """Tokens of every day, at the longest life that the template allows, until the second they expire."""
    alive: list[tuple[int, str]] = []
    rotations = 0
    for _ in range(0, 1200, 10):
        made.now += 10 * DAY
        rotations += made.rotation().rotate(PERIOD).changed
        # Signed by a process that has read its key a minute ago.
        alive.append((made.now + REFRESH_SECONDS - 1, made.refresh_token()))
        alive = [each for each in alive if each[0] >= made.now]
        assert all(made.accepts(token) for _, token in alive)
    assert rotations == 1200 // 90
    assert len(made.published()) == 2 + 366 // 90
    oldest, token = alive[0]
    made.now = oldest
    assert made.accepts(token)


def test_a_function_that_read_the_keys_before_a_rotation_knows_those_that_sign_after_it(made: Deployment) -> None:
    """Without a read: the key that signs has been published since long before."""
    keys = made.key_set()
    assert made.accepts(made.refresh_token(), keys)
    made.rotation().rotate()
    token = made.refresh_token()
    made.verification.text = ""  # nothing can be read any more
    assert made.tokens(keys).refresh(token, made.now).user_id == USER


def test_a_token_of_a_key_that_is_not_published_is_refused(made: Deployment) -> None:
    stranger = Deployment()
    stranger.rotation().ensure()
    with pytest.raises(Exception, match=r"^the token is not valid$"):
        made.accepts(stranger.refresh_token())


def test_a_key_is_published_until_its_last_token_has_expired(made: Deployment) -> None:
    retired = made.private()["current"]["kid"]
    made.rotation().rotate()
    made.now += PUBLISHED_AFTER_SECONDS - 1
    made.rotation().rotate()
    assert retired in made.published()
    made.now += BETWEEN_ROTATIONS_SECONDS
    made.rotation().rotate()
    assert retired not in made.published()


def test_that_is_longer_than_any_token_lives() -> None:
    parameters = template()["Parameters"]
    longest = max(
        DEVICE_SECONDS, parameters["RefreshTokenDays"]["MaxValue"] * DAY, parameters["AccessTokenSeconds"]["MaxValue"]
    )
    # A function signs with a key that it has read within the last minute.
    assert longest + KEPT_SECONDS < PUBLISHED_AFTER_SECONDS
    # What a schedule publishes at most, and still some rotations by hand.
    fewest_days = parameters["KeyRotationDays"]["MinValue"]
    assert PUBLISHED_AFTER_SECONDS // (fewest_days * DAY) + 1 + 2 < MOST_PUBLISHED


def test_a_schedule_rotates_when_the_period_is_over(made: Deployment) -> None:
    for day in range(1, 200):
        made.now = NOW + day * DAY
        done = made.rotation().rotate(PERIOD)
        assert done.changed is (day in {90, 180}), day
        assert done.why == ("" if done.changed else "the current key is not old enough")


def test_a_rotation_by_hand_needs_no_period_but_an_hour_after_the_last_one(made: Deployment) -> None:
    assert made.rotation().rotate().changed
    made.now += BETWEEN_ROTATIONS_SECONDS - 1
    again = made.rotation().rotate()
    assert (again.changed, again.why) == (False, "the last rotation was less than an hour ago")
    made.now += 1
    assert made.rotation().rotate().changed


def test_rotations_by_hand_end_before_the_secret_is_full(made: Deployment) -> None:
    while made.rotation().rotate().changed:
        made.now += BETWEEN_ROTATIONS_SECONDS
    assert len(made.published()) == MOST_PUBLISHED
    assert made.rotation().rotate().why == f"more than {MOST_PUBLISHED} keys would be published"
    assert len(made.verification.text) < 64 * 1024 / 2
    made.now += PUBLISHED_AFTER_SECONDS
    assert made.rotation().rotate().changed


def test_a_first_rotation_without_keys_makes_them() -> None:
    deployment = Deployment()
    assert deployment.rotation().rotate().changed
    assert deployment.accepts(deployment.refresh_token())


def test_what_is_revoked_is_not_valid_any_more(made: Deployment) -> None:
    token = made.refresh_token()
    done = made.rotation().revoke()
    assert (done.changed, done.published) == (True, 2)
    with pytest.raises(Exception, match=r"^the token is not valid$"):
        made.accepts(token)
    assert made.accepts(made.refresh_token())


def test_a_revocation_that_is_interrupted_before_its_end_is_repeated(made: Deployment) -> None:
    token = made.refresh_token()

    def end() -> None:
        made.verification.before_write = lambda: None
        raise Interrupted

    def end_at_the_next() -> None:
        made.verification.before_write = end

    made.signing.after_write = end_at_the_next
    with pytest.raises(Interrupted):
        made.rotation().revoke()
    made.signing.after_write = lambda: None
    assert made.accepts(token)
    assert made.accepts(made.refresh_token())
    made.rotation().revoke()
    with pytest.raises(Exception, match=r"^the token is not valid$"):
        made.accepts(token)
    assert made.accepts(made.refresh_token())


def test_keys_that_cannot_be_read_are_left_alone_and_can_be_revoked(made: Deployment) -> None:
    for text in ("{", "[]", "{}", json.dumps({**json.loads(made.signing.text), "next": {}})):
        made.signing.text = text
        for work in (made.rotation().ensure, made.rotation().rotate):
            with pytest.raises(KeysUnavailable):
                work()
        assert made.signing.text == text
    assert made.rotation().revoke().changed
    assert made.accepts(made.refresh_token())


def test_public_keys_that_are_lost_are_published_again(made: Deployment) -> None:
    token = made.refresh_token()
    made.verification.text = ""
    assert not made.rotation().ensure().changed
    assert made.accepts(token)
    made.verification.text = ""
    done = made.rotation().rotate()
    assert (done.changed, done.why) == (False, "the next key was not published")
    assert made.accepts(token)


WORK: list[Callable[[KeyRotation], Rotated]] = [KeyRotation.ensure, KeyRotation.rotate, KeyRotation.revoke]


def interruptions(deployment: Deployment) -> Iterator[Secret]:
    """Lets the deployment's process end before or after each of its writes, in turn."""

    def end() -> None:
        raise Interrupted

    for secret in (deployment.verification, deployment.signing):
        for place in ("before_write", "after_write"):
            setattr(secret, place, end)
            yield secret
            setattr(secret, place, lambda: None)


@pytest.mark.parametrize("work", WORK, ids=lambda work: work.__name__)
@pytest.mark.parametrize("have_keys", [True, False])
def test_an_interruption_between_any_two_writes_harms_nothing(
    work: Callable[[KeyRotation], Rotated], have_keys: bool
) -> None:
    for index in range(4):
        deployment = Deployment()
        if have_keys:
            deployment.rotation().ensure()
            deployment.now += PERIOD
        token = deployment.refresh_token() if have_keys else None
        for at, _ in enumerate(interruptions(deployment)):
            if at == index and not (have_keys and work is KeyRotation.ensure):
                with pytest.raises(Interrupted):
                    work(deployment.rotation())
        # What signs now is published, and what was signed is valid, before anything is tried again.
        if deployment.signing.text:
            assert deployment.accepts(deployment.refresh_token())
        if token and work is not KeyRotation.revoke:
            assert deployment.accepts(token)
        deployment.now += DAY
        deployment.rotation().rotate(PERIOD)
        assert deployment.accepts(deployment.refresh_token())
        if token and work is not KeyRotation.revoke:
            assert deployment.accepts(token)


def test_a_key_that_an_interrupted_rotation_retired_is_kept_from_when_it_is(made: Deployment) -> None:
    """It goes on to sign: counted from the interruption, its last tokens would outlive it."""
    current = made.private()["current"]["kid"]
    made.now += PERIOD

    def end() -> None:
        raise Interrupted

    made.signing.before_write = end
    with pytest.raises(Interrupted):
        made.rotation().rotate()
    made.signing.before_write = lambda: None
    made.now += 300 * DAY
    last = made.refresh_token()
    made.rotation().rotate()
    assert made.published()[current]["retired_at"] == made.now
    made.now += REFRESH_SECONDS - 1
    made.rotation().rotate()
    assert made.accepts(last)


@pytest.mark.parametrize("work", WORK[1:], ids=lambda work: work.__name__)
def test_of_two_rotations_at_once_one_is_made(made: Deployment, work: Callable[[KeyRotation], Rotated]) -> None:
    """The other one is as fast as can be: it does all of its work before the first one's first, or second, write."""
    for secret in (made.verification, made.signing):
        token = made.refresh_token()
        made.now += PERIOD

        def other(secret: Secret = secret) -> None:
            secret.before_write = lambda: None
            KeyRotation(made.signing, made.verification, made.now).rotate()

        secret.before_write = other
        with pytest.raises(Contended):
            work(made.rotation())
        assert made.accepts(made.refresh_token())
        assert made.accepts(token)
        # Trying again finds that the other one has done it.
        assert made.rotation().rotate().why == "the last rotation was less than an hour ago"


def test_a_lost_response_is_told(made: Deployment) -> None:
    def lose() -> None:
        raise AnswerLost("ReadTimeoutError")

    made.signing.after_write = lose
    with pytest.raises(AnswerLost):
        made.rotation().rotate()
    made.signing.after_write = lambda: None
    assert made.rotation().rotate().why == "the last rotation was less than an hour ago"
    assert made.accepts(made.refresh_token())
