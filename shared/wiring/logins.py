"""Wiring of logins."""

from shared.identity.logins import Logins
from shared.observability import security_event
from shared.runtime import current
from shared.store.logins import DynamoLoginStore
from shared.wiring.identity import tokens
from shared.wiring.sessions import deadline


def logins(issuer: str, now: int) -> Logins:
    """Returns what logs in a user, or changes a password, at `now` (seconds since 1970), with tokens of `issuer`."""
    runtime = current()
    store = DynamoLoginStore(runtime.clients, runtime.settings.users_table)
    return Logins(store, tokens(issuer, now), security_event, deadline(), now)
