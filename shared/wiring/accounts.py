"""Wiring of users."""

from shared.runtime import current
from shared.store.users import DynamoUserStore


def users() -> DynamoUserStore:
    """Returns the users in the users table, and the directory of their names."""
    runtime = current()
    return DynamoUserStore(runtime.clients, runtime.settings.users_table, runtime.settings.directory_table)
