"""Wiring of users."""

from shared.runtime import current
from shared.store.users import DynamoUserStore


def users() -> DynamoUserStore:
    """Returns the users in the users table."""
    runtime = current()
    return DynamoUserStore(runtime.clients, runtime.settings.users_table)
