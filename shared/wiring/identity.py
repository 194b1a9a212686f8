"""Wiring of tokens."""

from shared.identity.tokens import Tokens
from shared.runtime import current


def tokens(now: int) -> Tokens:
    """Returns tokens with the signing key of this deployment, as read at `now` (seconds since 1970).

    Raises:
        The errors of reading the secret.
    """
    runtime = current()
    settings = runtime.settings
    return Tokens(
        key=runtime.secrets.text(settings.signing_secret, now),
        access_seconds=settings.access_token_seconds,
        refresh_seconds=settings.refresh_token_seconds,
    )
