"""How long to try again, and how long to wait in between."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

FIRST_PAUSE_SECONDS: Final = 0.025
LONGEST_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Deadline:
    """Retries until `seconds` after its making, with full jitter.

    The jitter is that of the AWS Architecture Blog, "Exponential Backoff And Jitter".

    One serves a whole request: what is done side by side, or one after the other, shares its end.
    """

    seconds: float
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[float], float]
    end: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "end", self.monotonic() + self.seconds)

    def over(self) -> bool:
        """Whether the time is up."""
        return self.monotonic() >= self.end

    def left(self, share: float = 1.0) -> float:
        """The seconds until `share` of the time is used; 0 once it is."""
        return max(0.0, self.end - (1.0 - share) * self.seconds - self.monotonic())

    def attempts(self) -> Iterator[int]:
        """Count attempts from 0, pausing before each but the first; ends when the time is up. At least one."""
        attempt = 0
        while True:
            yield attempt
            pause = self.jitter(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt))
            if self.monotonic() + pause >= self.end:
                return
            self.sleep(pause)
            attempt = min(attempt + 1, 30)
