"""Wiring of erasures: to begin one, and to read its certificate."""

from shared.runtime import current
from shared.store.erasures import DynamoErasureStore


def erasures() -> DynamoErasureStore:
    """Returns the erasures in the users table."""
    runtime = current()
    return DynamoErasureStore(runtime.clients, runtime.settings.users_table)
