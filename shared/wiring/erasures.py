"""Wiring of erasures: to begin one, and to read its certificate."""

from shared.identity.erasure_requests import ErasureRequests
from shared.retries import Deadline
from shared.runtime import current
from shared.store.erasures import DynamoErasureStore
from shared.wiring.sessions import sessions


def erasures() -> DynamoErasureStore:
    """Returns the erasures in the users table."""
    runtime = current()
    return DynamoErasureStore(runtime.clients, runtime.settings.users_table)


def erasure_requests(deadline: Deadline, now: int) -> ErasureRequests:
    """Returns what begins an erasure at `now` (seconds since 1970), with retries until `deadline`."""
    runtime = current()
    return ErasureRequests(
        store=erasures(),
        end_sessions=sessions().end_all,
        random_bytes=runtime.random_bytes,
        access_seconds=runtime.settings.access_token_seconds,
        deadline=deadline,
        now=now,
    )
