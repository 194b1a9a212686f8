"""How long to try again, and how long to wait in between."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

from shared.errors import AnswerLost, StoreFault, Throttled

T = TypeVar("T")

FIRST_PAUSE_SECONDS: Final = 0.025
LONGEST_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Deadline:
    """Retries until `seconds` after it was made, with full jitter.

    The jitter is that of the AWS Architecture Blog, "Exponential Backoff And Jitter".

    One serves a whole request: all that the request does, concurrently or in sequence, ends by it.
    """

    seconds: float
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[float], float]
    end: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "end", self.monotonic() + self.seconds)

    def over(self) -> bool:
        """Returns whether the time is up."""
        return self.monotonic() >= self.end

    def left(self, share: float = 1.0) -> float:
        """Returns the seconds until `share` of the time is used; 0 once it is."""
        return max(0.0, self.end - (1.0 - share) * self.seconds - self.monotonic())

    def attempts(self) -> Iterator[int]:
        """Counts attempts from 0, with a pause before each but the first, until the time is up. There is at least one.

        For a loop that decides something anew at each attempt. To repeat a call as it is, use `retry`.
        """
        attempt = 0
        while True:
            yield attempt
            pause = self.jitter(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt))
            if self.monotonic() + pause >= self.end:
                return
            self.sleep(pause)
            attempt = min(attempt + 1, 30)

    def retry(self, call: Callable[[], T], on: type[StoreFault] | tuple[type[StoreFault], ...] = StoreFault) -> T:
        """Returns what `call` returns, and calls it again while it raises one of `on` and there is time.

        Raises:
            AnswerLost: the time is up, and the answer to one of the attempts was lost: that one may have been applied,
                whatever became of those after it.
            StoreFault: the time is up; the fault is that of the last attempt.
        """
        fault: StoreFault = Throttled("no attempt was made")
        for _ in self.attempts():
            try:
                return call()
            except on as error:
                if not isinstance(fault, AnswerLost):
                    fault = error
        try:
            raise fault
        finally:
            del fault  # with this frame in its traceback it would be a cycle, which keeps a whole request in memory
