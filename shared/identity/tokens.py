"""Access and refresh tokens: JSON Web Tokens (RFC 7519), signed with HMAC SHA-256.

Everything that a token could choose is fixed (RFC 8725): the algorithm, the issuer, the audience and the type. The two
types differ in their `typ` header, so that one cannot be used as the other.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from jwt import PyJWT
from jwt.exceptions import InvalidTokenError
from jwt.utils import base64url_encode

from shared.errors import NotAuthenticated
from shared.identity.users import Session, id_made_at
from shared.ids import SessionId, TokenId, UserId

ALGORITHM: Final = "HS256"
ISSUER: Final = "event-scheduling-api"
AUDIENCE: Final = "event-scheduling-api"
ACCESS_TYPE: Final = "at+jwt"  # RFC 9068, section 2.1
REFRESH_TYPE: Final = "rt+jwt"
MAX_TOKEN_CHARACTERS: Final = 4096

# Times are checked against the caller's clock, not PyJWT's. A key shorter than the hash is a defect of the deployment:
# it raises an error that is not an InvalidTokenError (RFC 7518, section 3.2).
_jwt = PyJWT(
    {
        "require": ["exp", "iat", "iss", "aud", "sub", "jti"],
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
        "strict_aud": True,
        "enforce_minimum_key_length": True,
    }
)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The result of a login. `expires_in` is the access token's lifetime in seconds (RFC 6749, section 5.1)."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class Access:
    """The claims of a valid access token; `expires_at` in seconds since 1970 (UTC)."""

    user_id: str
    username: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Refresh:
    """The claims of a valid refresh token: its user, its session (`family`), and its own id within that."""

    user_id: UserId
    family: SessionId
    token_id: TokenId


@dataclass(frozen=True, slots=True)
class Tokens:
    """Creates and verifies tokens with one key. Lifetimes in seconds, times in whole seconds since 1970 (UTC)."""

    key: str = field(repr=False)
    access_seconds: int
    refresh_seconds: int

    def pair(self, session: Session, now: int) -> TokenPair:
        """Returns tokens for `session`. The refresh token expires when the session does."""
        common = {"iss": ISSUER, "aud": AUDIENCE, "sub": session.user_id, "iat": now}
        access = {**common, "jti": id_made_at(now), "exp": now + self.access_seconds, "username": session.username}
        refresh = {**common, "jti": session.token_id, "exp": session.expires_at, "sid": session.family}
        return TokenPair(
            access_token=self._encode(access, ACCESS_TYPE),
            refresh_token=self._encode(refresh, REFRESH_TYPE),
            expires_in=self.access_seconds,
        )

    def access(self, token: str, now: int) -> Access:
        """Returns the claims of the access token `token`. Raises NotAuthenticated if it is not valid at `now`."""
        claims = self._decode(token, ACCESS_TYPE, now)
        return Access(_text(claims, "sub"), _text(claims, "username"), claims["exp"])

    def refresh(self, token: str, now: int) -> Refresh:
        """Returns the claims of the refresh token `token`. Raises NotAuthenticated if it is not valid at `now`."""
        claims = self._decode(token, REFRESH_TYPE, now)
        return Refresh(UserId(_text(claims, "sub")), SessionId(_text(claims, "sid")), TokenId(_text(claims, "jti")))

    def _encode(self, claims: dict[str, Any], kind: str) -> str:
        return _jwt.encode(claims, self.key, ALGORITHM, headers={"typ": kind})

    def _decode(self, token: str, kind: str, now: int) -> dict[str, Any]:
        """Returns the claims of `token`. Raises NotAuthenticated, whose messages quote nothing of the token.

        The messages are returned to the client.
        """
        if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
            raise NotAuthenticated("the token is not valid")
        try:
            decoded = _jwt.decode_complete(token, self.key, [ALGORITHM], audience=AUDIENCE, issuer=ISSUER)
        except InvalidTokenError:
            raise NotAuthenticated("the token is not valid") from None
        claims: dict[str, Any] = decoded["payload"]
        # A header with anything else in it was not made here. The last character of a signature has unused bits, so the
        # same signature could be encoded in several ways: only one of them is accepted.
        ours = decoded["header"] == {"alg": ALGORITHM, "typ": kind}
        spelled = token.rpartition(".")[2] == base64url_encode(decoded["signature"]).decode()
        # `type`, not `isinstance`, since True is not a time. A float is rejected because nothing here writes one.
        whole = type(claims["exp"]) is int and type(claims["iat"]) is int
        if not (ours and spelled and whole):
            raise NotAuthenticated("the token is not valid")
        if claims["exp"] <= now:
            raise NotAuthenticated("the token has expired")
        return claims


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise NotAuthenticated("the token is not valid")
    return value
