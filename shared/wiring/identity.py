"""Wiring of tokens."""

from shared.identity.key_sets import KeySet
from shared.identity.keyring import current_key, own_keys
from shared.identity.tokens import Tokens
from shared.runtime import current
from shared.store.secrets import KEPT_SECONDS


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
