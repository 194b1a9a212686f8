"""What the functions of identity are made of, put together from the runtime."""

from typing import Final

from shared.identity.tokens import Tokens
from shared.retries import Deadline
from shared.runtime import current
from shared.store.users import DynamoUserStore

# A login in the way of another one is done in milliseconds.
RETRY_SECONDS: Final = 3.0


def users() -> DynamoUserStore:
    """The users table."""
    runtime = current()
    return DynamoUserStore(runtime.clients, runtime.settings.users_table)


def deadline() -> Deadline:
    """Retries of one request, from now on."""
    return current().deadline(RETRY_SECONDS)


def tokens() -> Tokens:
    """Tokens, with the signing key of this deployment. Raises what reading the secret raises."""
    runtime = current()
    settings = runtime.settings
    return Tokens(
        key=runtime.secrets.text(settings.signing_secret, runtime.now()),
        access_seconds=settings.access_token_seconds,
        refresh_seconds=settings.refresh_token_seconds,
    )
