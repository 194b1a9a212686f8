"""Access, refresh and device tokens: JSON Web Tokens (RFC 7519), signed with ES256.

Everything that a token could choose is fixed (RFC 8725): the algorithm, the issuer, the audience and the type. The
types differ in their `typ` header, so that one cannot be used as another.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from shared.errors import NotAuthenticated, StoreFault
from shared.identity import jws
from shared.identity.key_sets import KeySet
from shared.identity.keys import ES256, SigningKey, is_own_kid
from shared.identity.users import Session
from shared.ids import SessionId, TokenId, UserId, derived_from, new_id
from shared.request import NS_PER_SECOND

AUDIENCE: Final = "event-scheduling-api"
ACCESS_TYPE: Final = "at+jwt"  # RFC 9068, section 2.1
REFRESH_TYPE: Final = "rt+jwt"
DEVICE_TYPE: Final = "dt+jwt"
OWN_TYPES: Final = frozenset({ACCESS_TYPE, REFRESH_TYPE, DEVICE_TYPE})
# For how long a device counts as known after its last login.
DEVICE_SECONDS: Final = 365 * 24 * 3600
# The clocks of two processes differ: a token may be this far from the future. Its end is exact.
SKEW_SECONDS: Final = 60

_EXPIRED: Final = "the token has expired"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The result of a login. `expires_in`: for how many seconds the access token is valid (RFC 6749, section 5.1)."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class Access:
    """The claims of a valid access token; `expires_at` in seconds since 1970 (UTC).

    `session` is the session (`family`) that the token belongs to; it is empty if another issuer has made the token.
    """

    user_id: str
    username: str
    session: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Refresh:
    """The claims of a valid refresh token: its user, its session (`family`), and its own id within that."""

    user_id: UserId
    family: SessionId
    token_id: TokenId


@dataclass(frozen=True, slots=True)
class Tokens:
    """Creates and verifies the tokens of one deployment. Lifetimes in seconds, times in whole seconds since 1970 (UTC).

    `signing_key` returns the key that signs at the moment; only functions that create tokens may read it. `keys` are
    all keys that may have signed a token that is still valid. Both raise StoreFault if they cannot be read, and so do
    the methods here.
    """

    issuer: str
    access_seconds: int
    refresh_seconds: int
    keys: KeySet = field(repr=False)
    signing_key: Callable[[], SigningKey] = field(repr=False)

    def pair(self, session: Session, now: int) -> TokenPair:
        """Returns tokens for `session`. The refresh token expires when the session does.

        They follow from the session and the key alone, so that a repeated exchange returns the same pair; `expires_in`
        is what is left of it at `now`.
        """
        issued_at = session.rotated_at
        expires_at = issued_at + self.access_seconds
        common = {"iss": self.issuer, "aud": AUDIENCE, "sub": session.user_id, "sid": session.family, "iat": issued_at}
        access_id = derived_from(session.token_id, ACCESS_TYPE)
        access = {**common, "jti": access_id, "exp": expires_at, "username": session.username}
        refresh = {**common, "jti": session.token_id, "exp": session.expires_at}
        key = self.signing_key()
        return TokenPair(
            access_token=jws.sign(access, ACCESS_TYPE, key),
            refresh_token=jws.sign(refresh, REFRESH_TYPE, key),
            expires_in=expires_at - now,
        )

    def device(self, user_id: str, device_id: str, now: int) -> str:
        """Returns a token that says for a year that the user `user_id` has logged in on the device `device_id`."""
        claims = {"iss": self.issuer, "aud": AUDIENCE, "sub": user_id, "jti": device_id}
        return jws.sign({**claims, "iat": now, "exp": now + DEVICE_SECONDS}, DEVICE_TYPE, self.signing_key())

    def device_after(self, password_set_at: int, user_id: str, device_id: str | None = None) -> str:
        """Returns a device token that is good, from the next second on, after the user's password was set.

        It is for the device `device_id`; without one for a device that is new.
        """
        return self.device(user_id, device_id or new_id(password_set_at * NS_PER_SECOND), password_set_at + 1)

    def access(self, token: str, now: int) -> Access:
        """Returns the claims of the access token `token`. Raises NotAuthenticated if it is not valid at `now`."""
        claims = self._verified(token, ACCESS_TYPE, now, self.access_seconds)
        return Access(text(claims, "sub"), text(claims, "username"), text(claims, "sid"), claims["exp"])

    def refresh(self, token: str, now: int) -> Refresh:
        """Returns the claims of the refresh token `token`. Raises NotAuthenticated if it is not valid at `now`."""
        claims = self._verified(token, REFRESH_TYPE, now, self.refresh_seconds)
        return Refresh(UserId(text(claims, "sub")), SessionId(text(claims, "sid")), TokenId(text(claims, "jti")))

    def known_device(self, token: str, user_id: str, now: int, password_set_at: int | None = None) -> str | None:
        """Returns the id of the device that `token` was made for; None if it is not a valid device token of the user.

        A token from before the user's password was set, at `password_set_at`, is not: whoever knew the password of
        before may have collected any number of them, each with guesses of its own at the next one.

        Raises nothing: a device that cannot be recognised is one that is not known.
        """
        try:
            claims = self._verified(token, DEVICE_TYPE, now, DEVICE_SECONDS)
            if text(claims, "sub") != user_id or (password_set_at is not None and claims["iat"] <= password_set_at):
                return None
            return text(claims, "jti")
        except (NotAuthenticated, StoreFault):
            return None

    def _verified(self, token: str, kind: str, now: int, lifetime: int) -> dict[str, Any]:
        """Returns the claims of `token`. Raises NotAuthenticated."""
        header = jws.header_of(token)
        kid = header.get("kid")
        # A header with anything else in it was not made here. A key is looked for only if the header is.
        if not is_own_kid(kid) or header != {"alg": ES256, "kid": kid, "typ": kind}:
            raise NotAuthenticated(jws.INVALID)
        key = self.keys.find(kid, now)
        if key is None:
            raise NotAuthenticated(jws.INVALID)
        claims = jws.own_claims(token, key)
        if claims.get("iss") != self.issuer or claims.get("aud") != AUDIENCE:
            raise NotAuthenticated(jws.INVALID)
        for name in ("sub", "jti"):
            text(claims, name)
        check_times(claims, now)
        if claims["exp"] - claims["iat"] > lifetime:
            raise NotAuthenticated(jws.INVALID)
        return claims


def text(claims: dict[str, Any], name: str) -> str:
    """Returns the claim `name`. Raises NotAuthenticated if it is not a text, or empty."""
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise NotAuthenticated(jws.INVALID)
    return value


def check_times(claims: dict[str, Any], now: int) -> None:
    """Raises NotAuthenticated unless a token with `claims` is valid at `now`: `exp`, `iat`, and `nbf` if it has one.

    Times are whole numbers. PyJWT would compare them with its own clock.
    """
    # `type`, not `isinstance`, since True is not a time.
    if any(type(claims.get(name)) is not int for name in ("exp", "iat")) or type(claims.get("nbf", 0)) is not int:
        raise NotAuthenticated(jws.INVALID)
    if claims["exp"] <= now:
        raise NotAuthenticated(_EXPIRED)
    if max(claims["iat"], claims.get("nbf", 0)) > now + SKEW_SECONDS:
        raise NotAuthenticated(jws.INVALID)
