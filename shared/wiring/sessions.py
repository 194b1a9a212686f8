"""Wiring of the functions that handle sessions."""

from typing import Final

from shared.identity.users import SessionRules
from shared.retries import Deadline
from shared.runtime import current
from shared.store.sessions import DynamoSessionStore

# A login that contends with another one waits only milliseconds for it.
RETRY_SECONDS: Final = 3.0


def sessions() -> DynamoSessionStore:
    """Returns the sessions in the users table."""
    runtime = current()
    return DynamoSessionStore(runtime.clients, runtime.settings.users_table)


def session_rules() -> SessionRules:
    """Returns how long sessions live in this deployment."""
    settings = current().settings
    return SessionRules(settings.refresh_token_seconds, settings.session_seconds, settings.refresh_grace_seconds)


def deadline() -> Deadline:
    """Returns the deadline of one request's retries."""
    return current().deadline(RETRY_SECONDS)
