"""Wiring of what an operator does about users."""

from shared.identity.administration import Administration
from shared.retries import Deadline
from shared.runtime import current
from shared.store.administration import DynamoAdministrationStore
from shared.wiring.sessions import sessions


def administration(deadline: Deadline) -> Administration:
    """Returns what an operator does about users now, with retries until `deadline`."""
    runtime = current()
    store = DynamoAdministrationStore(runtime.clients, runtime.settings.users_table)
    return Administration(store, sessions().end_all, deadline, runtime.now())
