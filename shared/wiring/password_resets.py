"""Wiring of the reset of passwords."""

from typing import Final

from shared.retries import Deadline
from shared.runtime import current
from shared.store.password_resets import DynamoResetStore

RETRY_SECONDS: Final = 5.0


def resets() -> DynamoResetStore:
    """Returns what a reset of a password reads and writes in the users table."""
    runtime = current()
    return DynamoResetStore(runtime.clients, runtime.settings.users_table)


def deadline() -> Deadline:
    """Returns the deadline of one request's retries."""
    return current().deadline(RETRY_SECONDS)
