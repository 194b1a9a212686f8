"""The single access point to the environment: settings, the clock, random delays and AWS clients.

A function gets them from `current()` when it serves a request, never at import. Tests substitute their own with
`use()`.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from secrets import token_bytes
from typing import TYPE_CHECKING

from shared.retries import Deadline
from shared.settings import Settings
from shared.startup import before_requests
from shared.store.client import Clients
from shared.store.secrets import Secrets

if TYPE_CHECKING:
    from shared.identity.key_sets import KeySet
    from shared.scheduling.quotas import Readings


@dataclass(frozen=True)
class Runtime:
    """The external dependencies of a function.

    `now_ns` is the wall clock in nanoseconds since 1970 (UTC), `sleep` waits for a number of seconds, and `jitter(x)`
    returns a random delay between 0 and x seconds ("full jitter", AWS Architecture Blog, Exponential Backoff And
    Jitter). `random_bytes(n)` returns n bytes that nobody can predict, for codes.
    """

    settings: Settings
    clients: Clients = field(default_factory=Clients)
    now_ns: Callable[[], int] = time.time_ns
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float], float] = lambda most: random.uniform(0, most)  # noqa: S311 a delay, not a secret
    random_bytes: Callable[[int], bytes] = token_bytes

    def now(self) -> int:
        """Returns the time in whole seconds since 1970 (UTC)."""
        return self.now_ns() // 1_000_000_000

    def deadline(self, seconds: float) -> Deadline:
        """Returns a deadline `seconds` from now."""
        return Deadline(seconds, self.monotonic, self.sleep, self.jitter)

    @cached_property
    def usage_readings(self) -> "Readings":
        """Returns the latest readings of what calendars hold. Functions without a calendar need not load the module."""
        from shared.scheduling.quotas import Readings  # noqa: PLC0415

        return Readings()

    @cached_property
    def secrets(self) -> Secrets:
        """Returns the reader of secrets, which caches them. Its client is created when it is first needed."""
        return Secrets(self.clients)

    @cached_property
    def key_sets(self) -> "dict[str, KeySet]":
        """Returns the sets of keys of tokens that this process keeps, by issuer."""
        return {}


class _Holder:
    """Holder of the process's runtime, which is created at the first request or substituted by a test."""

    handed_in: Runtime | None = None

    @cached_property
    def own(self) -> Runtime:
        settings = Settings.of()
        before_requests()
        return Runtime(settings)


_holder = _Holder()


def current() -> Runtime:
    """Returns the runtime of this process. The first call reads the environment.

    Raises:
        ValueError: a variable is missing or malformed (see `Settings.of`).
    """
    return _holder.handed_in or _holder.own


@contextmanager
def use(runtime: Runtime) -> Iterator[Runtime]:
    """Serves all requests within the block with `runtime`."""
    before, _holder.handed_in = _holder.handed_in, runtime
    try:
        yield runtime
    finally:
        _holder.handed_in = before
