"""Access tokens of another issuer: a provider of OpenID Connect such as Cognito, Auth0 or Keycloak."""

from dataclasses import dataclass, field
from typing import Any, Final

from shared.errors import NotAuthenticated
from shared.identity import jws
from shared.identity.key_sets import KeySet
from shared.identity.tokens import Access, check_times, text
from shared.ids import of_subject

# What access tokens say of their type: nothing, or one of these (RFC 7519, section 5.1; RFC 9068, section 2.1). The
# other types of this API, those of refresh and device tokens, are no access tokens whoever signs them.
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
# Providers put roles into their tokens. The gateway takes 10 KB of headers.
MAX_FOREIGN_CHARACTERS: Final = 8192
MAX_SUBJECT_CHARACTERS: Final = 255  # OpenID Connect Core 1.0, section 2
MAX_USERNAME_CHARACTERS: Final = 128


@dataclass(frozen=True, slots=True)
class ForeignTokens:
    """Verifies the access tokens of `issuer` that are meant for this API: `audience` is (in) their `audience_claim`.

    `keys` are the issuer's, for ES256 and RS256.
    """

    issuer: str
    audience: str
    audience_claim: str
    username_claim: str
    keys: KeySet = field(repr=False)

    def has_made(self, token: str) -> bool:
        """Returns whether `token` says that it is this issuer's. Raises NotAuthenticated if it is not a token."""
        return jws.unverified_claims(token, MAX_FOREIGN_CHARACTERS).get("iss") == self.issuer

    def access(self, token: str, now: int) -> Access:
        """Returns the claims of the access token `token`; times in seconds since 1970 (UTC).

        The user's id follows from issuer and subject. Without a usable claim for it, the name is the subject.

        Raises:
            NotAuthenticated: The token is not valid at `now`.
            StoreFault: The issuer's keys could not be read so far.
        """
        header = jws.header_of(token, MAX_FOREIGN_CHARACTERS)
        kind, kid = header.get("typ", "JWT"), header.get("kid")
        if not isinstance(kid, str) or not isinstance(kind, str) or kind.lower() not in _TYPES:
            raise NotAuthenticated(jws.INVALID)
        key = self.keys.find(kid, now)
        if key is None:
            raise NotAuthenticated(jws.INVALID)
        claims = jws.foreign_claims(token, key)
        if claims.get("iss") != self.issuer or not self._is_audience(claims.get(self.audience_claim)):
            raise NotAuthenticated(jws.INVALID)
        check_times(claims, now)
        subject = text(claims, "sub")
        if len(subject) > MAX_SUBJECT_CHARACTERS or not _is_unicode(subject):
            raise NotAuthenticated(jws.INVALID)
        return Access(of_subject(self.issuer, subject), self._username(claims, subject), "", claims["exp"])

    def _is_audience(self, claim: Any) -> bool:
        return claim == self.audience or (isinstance(claim, list) and self.audience in claim)

    def _username(self, claims: dict[str, Any], subject: str) -> str:
        name = claims.get(self.username_claim)
        fits = isinstance(name, str) and 0 < len(name) <= MAX_USERNAME_CHARACTERS and name.isprintable()
        return str(name) if fits else subject


def _is_unicode(subject: str) -> bool:
    """Returns whether `subject` can be written in UTF-8: JSON can name half of a surrogate pair."""
    try:
        subject.encode()
    except UnicodeEncodeError:
        return False
    return True
