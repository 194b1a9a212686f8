"""What the functions of identity are made of, put together from the runtime."""

from typing import Final

from shared.identity.tokens import Tokens
from shared.runtime import current
from shared.store.users import UserStore

# A login in the way of another one is done in milliseconds.
PATIENCE_SECONDS: Final = 3.0


def users() -> UserStore:
    """The users table."""
    runtime = current()
    return UserStore(runtime.clients.dynamodb, runtime.settings.users_table, runtime.patience(PATIENCE_SECONDS))


def tokens() -> Tokens:
    """Tokens, with the signing key of this deployment. Raises what reading the secret raises."""
    runtime = current()
    settings = runtime.settings
    return Tokens(
        key=runtime.secrets.text(settings.signing_secret, runtime.now()),
        issuer=settings.issuer,
        access_seconds=settings.access_token_seconds,
        refresh_seconds=settings.refresh_token_seconds,
    )
