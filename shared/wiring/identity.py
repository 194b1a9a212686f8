"""Wiring of tokens."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from shared.errors import NotAuthenticated
from shared.identity.key_sets import KeySet
from shared.identity.keyring import current_key, own_keys
from shared.identity.tokens import Access, Tokens
from shared.runtime import current
from shared.store.secrets import KEPT_SECONDS

if TYPE_CHECKING:
    from shared.identity.foreign import ForeignTokens
    from shared.identity.keys import VerificationKey


# An issuer publishes a new key days before it signs; a key that is not known is looked for in any case.
FOREIGN_SECONDS: Final = 3600


def authorized(token: str, issuer: str, now: int) -> Access:
    """Returns the claims of an access token: of this deployment, whose address is `issuer`, or of the other issuer.

    Raises:
        NotAuthenticated: The token is not valid, or nobody's whose tokens are accepted.
        StoreFault: The keys of its issuer could not be read so far.
    """
    foreign = _foreign_tokens()
    if foreign is not None and foreign.has_made(token):
        return foreign.access(token, now)
    if not current().settings.own_identity:
        raise NotAuthenticated("tokens of this issuer are not accepted")
    return tokens(issuer, now).access(token, now)


def _foreign_tokens() -> "ForeignTokens | None":
    runtime = current()
    oidc = runtime.settings.oidc
    if oidc is None:
        return None
    from shared.identity.foreign import ForeignTokens  # noqa: PLC0415 most deployments have no other issuer

    def read() -> "Mapping[str, VerificationKey]":
        from shared.store.http import Http  # noqa: PLC0415
        from shared.store.issuer_keys import read_issuer_keys  # noqa: PLC0415

        return read_issuer_keys(Http(runtime.monotonic), oidc.issuer)

    keys = runtime.key_sets.setdefault(oidc.issuer, KeySet(read, FOREIGN_SECONDS))
    return ForeignTokens(oidc.issuer, oidc.audience, oidc.audience_claim, oidc.username_claim, keys)


def tokens(issuer: str, now: int) -> Tokens:
    """Returns the tokens of this deployment, whose address is `issuer`, at `now` (seconds since 1970).

    Keys are read when they are needed: a function that only verifies tokens never reads the one that signs.
    """
    runtime = current()
    settings, secrets = runtime.settings, runtime.secrets
    keys = runtime.key_sets.setdefault(
        issuer, KeySet(lambda: own_keys(secrets.read(settings.verification_keys)), KEPT_SECONDS)
    )
    return Tokens(
        issuer=issuer,
        access_seconds=settings.access_token_seconds,
        refresh_seconds=settings.refresh_token_seconds,
        keys=keys,
        signing_key=lambda: current_key(secrets.text(settings.signing_keys, now)),
    )
