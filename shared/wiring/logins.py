"""Wiring of logins."""

from shared.runtime import current
from shared.store.guesses import DynamoLoginStore


def logins() -> DynamoLoginStore:
    """Returns what a login reads and writes of the users table."""
    runtime = current()
    return DynamoLoginStore(runtime.clients, runtime.settings.users_table)
