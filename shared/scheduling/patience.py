"""How long to try again, and how long to wait in between."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

FIRST_PAUSE_SECONDS: Final = 0.025
LONGEST_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Retries while `seconds` last, with full jitter (AWS Architecture Blog, Exponential Backoff And Jitter)."""

    seconds: float
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[float], float]

    def attempts(self) -> Iterator[int]:
        """Count attempts from 0, pausing before each but the first; ends when the time is up. At least one."""
        end = self.monotonic() + self.seconds
        attempt = 0
        while True:
            yield attempt
            pause = self.jitter(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt))
            if self.monotonic() + pause >= end:
                return
            self.sleep(pause)
            attempt = min(attempt + 1, 30)
