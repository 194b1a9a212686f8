"""The rotation of the keys that sign tokens. All times are whole seconds since 1970 (UTC).

There are two secrets (`shared.identity.keyring`). A rotation promotes the `next` key, which has been published for a
whole period, so that everybody who verifies tokens knows it, and publishes a new next one. A key that signs no longer
stays published for as long as a token that it has signed can be valid.

The public keys are written first, so at no time does a key sign that is not published. A rotation that is interrupted
between the two writes leaves a public key behind that has signed nothing, and the next one starts over. Each write is
conditional on the version that was read: of two rotations at the same time, one fails with Contended and starts over.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Protocol

from shared.errors import KeysUnavailable
from shared.identity.jwks import Jwk, public_jwk, stored_keys
from shared.identity.keys import new_private_jwk, signing_key

DAY: Final = 24 * 3600
# The longest life of a token is that of a device token, or of a refresh token: a year, the most that the parameter
# RefreshTokenDays allows. A function signs with a key that it has read for up to 15 minutes more.
PUBLISHED_AFTER_SECONDS: Final = 366 * DAY
# For how long others may keep the published keys: 15 minutes each in a function, in /.well-known/jwks.json and in what
# caches that. A key that signs earlier might not be known.
BETWEEN_ROTATIONS_SECONDS: Final = 3600
# The public keys have to fit into one secret (64 KiB). One rotation a week needs 55.
MOST_PUBLISHED: Final = 64


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """The value of a secret, and its version; both are empty if it has none yet."""

    text: str = field(repr=False)
    version: str


class SecretStore(Protocol):
    """Storage of one secret. Both methods raise Throttled, AnswerLost and KeysUnavailable."""

    def read(self) -> StoredSecret:
        """Returns the current value."""

    def replace(self, before: StoredSecret, text: str) -> None:
        """Stores `text` as the value that follows `before`. Raises Contended if another one follows it."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation has done: whether it has changed a key (`why` not), and the ids of the keys."""

    changed: bool
    why: str
    current: str
    next: str
    published: int


@dataclass(frozen=True, slots=True)
class _Signing:
    """The secret of signing keys. `rotated_at` is None until the first rotation."""

    current: Jwk
    next: Jwk
    made_at: int
    rotated_at: int | None

    @classmethod
    def new(cls, now: int, rotated_at: int | None) -> "_Signing":
        return cls(new_private_jwk(), new_private_jwk(), now, rotated_at)

    @classmethod
    def of(cls, text: str) -> "_Signing | None":
        """Returns what the secret `text` says; None if it is empty. Raises KeysUnavailable."""
        if not text:
            return None
        try:
            found: dict[str, Any] = json.loads(text)
            state = cls(found["current"], found["next"], int(found["made_at"]), found["rotated_at"])
            signing_key(state.current), signing_key(state.next)
        except (KeyError, TypeError, ValueError):
            raise KeysUnavailable("the secret of signing keys cannot be read: revoke the keys") from None
        return state

    @property
    def keys(self) -> tuple[Jwk, Jwk]:
        return self.current, self.next

    @property
    def turned_at(self) -> int:
        """Returns since when the current key signs."""
        return self.made_at if self.rotated_at is None else self.rotated_at


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """Makes and rotates the keys of a deployment. The methods raise the errors of SecretStore."""

    signing: SecretStore
    verification: SecretStore
    at: int

    def ensure(self) -> Rotated:
        """Makes the keys if there are none, and publishes those that sign if they are not published."""
        signing, public = self.signing.read(), self.verification.read()
        state = _Signing.of(signing.text)
        if state is not None:
            return self._publish(public, state, "there are keys")
        state = _Signing.new(self.at, None)
        return self._write(signing, public, state, self._published(state, _stored(public)))

    def rotate(self, period: int | None = None) -> Rotated:
        """Promotes the next key, if the current one has signed for `period` seconds.

        Without a period it is promoted in any case, unless the last rotation was less than an hour ago: then not
        everybody may know the next key.
        """
        signing, public = self.signing.read(), self.verification.read()
        state, stored = _Signing.of(signing.text), _stored(public)
        if state is None:
            return self.ensure()
        if state.next["kid"] not in {jwk["kid"] for jwk in stored}:
            return self._publish(public, state, "the next key was not published")
        if period is not None and self.at < state.turned_at + period:
            return self._publish(public, state, "the current key is not old enough")
        if state.rotated_at is not None and self.at < state.rotated_at + BETWEEN_ROTATIONS_SECONDS:
            return self._publish(public, state, "the last rotation was less than an hour ago")
        after = _Signing(state.next, new_private_jwk(), state.made_at, self.at)
        # An interrupted rotation may have marked the key as retired, which has signed until now.
        retired = {**public_jwk(state.current), "retired_at": self.at}
        keys = self._published(after, [retired, *(jwk for jwk in stored if jwk["kid"] != retired["kid"])])
        if len(keys) > MOST_PUBLISHED:
            return self._publish(public, state, f"more than {MOST_PUBLISHED} keys would be published")
        return self._write(signing, public, after, keys)

    def revoke(self) -> Rotated:
        """Makes two new keys and publishes no other: what was signed before is not valid any more.

        The others are removed last, so that an interruption leaves the keys that sign published: then it is done again.
        """
        signing, public = self.signing.read(), self.verification.read()
        state = _Signing.new(self.at, self.at)
        try:
            stored = _stored(public)
        except KeysUnavailable:
            stored = []
        self._write(signing, public, state, self._published(state, stored))
        keys = self._published(state, [])
        self.verification.replace(self.verification.read(), _text(keys))
        return _rotated(state, keys)

    def _publish(self, public: StoredSecret, state: _Signing, why: str) -> Rotated:
        """Publishes the keys of `state`, which stays as it is for the reason `why`."""
        keys = self._published(state, _stored(public))
        if keys != _stored(public):
            self.verification.replace(public, _text(keys))
        return _rotated(state, keys, why)

    def _write(self, signing: StoredSecret, public: StoredSecret, state: _Signing, keys: list[Jwk]) -> Rotated:
        self.verification.replace(public, _text(keys))
        self.signing.replace(signing, json.dumps(asdict(state)))
        return _rotated(state, keys)

    def _published(self, state: _Signing, others: Sequence[Jwk]) -> list[Jwk]:
        """Returns the public keys of `state`, and those of `others` that may still be needed."""
        keys = [public_jwk(jwk) for jwk in state.keys]
        signing = {jwk["kid"] for jwk in keys}
        for jwk in others:
            retired_at = jwk.get("retired_at", self.at)
            if jwk["kid"] not in signing and self.at < retired_at + PUBLISHED_AFTER_SECONDS:
                keys.append({**public_jwk(jwk), "retired_at": retired_at})
        return keys


def _rotated(state: _Signing, keys: Sequence[Jwk], why: str = "") -> Rotated:
    return Rotated(not why, why, state.current["kid"], state.next["kid"], len(keys))


def _stored(public: StoredSecret) -> list[Jwk]:
    return stored_keys(public.text) if public.text else []


def _text(keys: Sequence[Jwk]) -> str:
    return json.dumps({"keys": keys})
