"""The one seam to the world: settings, the clock, random delays and AWS clients.

A function asks `current()` for them when it serves a request, never at import. Tests hand in their own with `use()`.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from shared.retries import Deadline
from shared.settings import Settings
from shared.startup import before_requests
from shared.store.client import Clients
from shared.store.secrets import Secrets


@dataclass(frozen=True)
class Runtime:
    """What a function needs from outside its own code.

    `now_ns` is the wall clock in nanoseconds since 1970 (UTC), `sleep` waits seconds, `jitter(x)` picks a delay
    between 0 and x seconds ("full jitter", AWS Architecture Blog, Exponential Backoff And Jitter).
    """

    settings: Settings
    clients: Clients = field(default_factory=Clients)
    now_ns: Callable[[], int] = time.time_ns
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float], float] = lambda most: random.uniform(0, most)  # noqa: S311 a delay, not a secret

    def now(self) -> int:
        """Returns the time in whole seconds since 1970 (UTC)."""
        return self.now_ns() // 1_000_000_000

    def deadline(self, seconds: float) -> Deadline:
        """Returns a deadline `seconds` from now."""
        return Deadline(seconds, self.monotonic, self.sleep, self.jitter)

    @cached_property
    def secrets(self) -> Secrets:
        """The secrets, with what was read so far; the client is made at the first need."""
        return Secrets(self.clients)


class _Holder:
    """Holds the process's runtime: made at the first request, or handed in by a test."""

    handed_in: Runtime | None = None

    @cached_property
    def own(self) -> Runtime:
        settings = Settings.of()
        before_requests()
        return Runtime(settings)


_holder = _Holder()


def current() -> Runtime:
    """Returns the runtime of this process. The environment is read at the first call.

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
