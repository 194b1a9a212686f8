"""Wiring of the identity functions."""

from typing import Final

from shared.identity.tokens import Tokens
from shared.retries import Deadline
from shared.runtime import current
from shared.store.users import DynamoUserStore

# A login that contends with another one waits only milliseconds for it.
RETRY_SECONDS: Final = 3.0


def users() -> DynamoUserStore:
    """Returns the users table."""
    runtime = current()
    return DynamoUserStore(runtime.clients, runtime.settings.users_table)


def deadline() -> Deadline:
    """Returns the deadline of one request's retries."""
    return current().deadline(RETRY_SECONDS)


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
