"""Wiring of profiles and addresses."""

from shared.runtime import current
from shared.store.addresses import DynamoAddressStore


def addresses() -> DynamoAddressStore:
    """Returns the profiles and addresses in the users table."""
    runtime = current()
    return DynamoAddressStore(runtime.clients, runtime.settings.users_table)
