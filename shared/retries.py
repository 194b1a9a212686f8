"""Retries: when to stop, and how long to wait in between."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

from shared.errors import AnswerLost, StoreFault, Throttled

T = TypeVar("T")

FIRST_PAUSE_SECONDS: Final = 0.025
LONGEST_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline `seconds` after its creation, with retries until then.

    The delays have exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").
    One deadline serves a whole request: everything that the request does, concurrently or in sequence, ends by it.
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
        """Returns the seconds until `share` of the time has been used; 0 once it has."""
        return max(0.0, self.end - (1.0 - share) * self.seconds - self.monotonic())

    def attempts(self, longest: float = LONGEST_PAUSE_SECONDS) -> Iterator[int]:
        """Yields attempt numbers from 0 until the time is up, at least one, and pauses before each but the first.

        A pause is at most `longest` seconds. It is meant for loops whose attempts differ. To repeat the same call, use
        `retry`.
        """
        attempt = 0
        while True:
            yield attempt
            pause = self.jitter(min(longest, FIRST_PAUSE_SECONDS * 2**attempt))
            if self.monotonic() + pause >= self.end:
                return
            self.sleep(pause)
            attempt = min(attempt + 1, 30)

    def retry(
        self,
        call: Callable[[], T],
        on: type[StoreFault] | tuple[type[StoreFault], ...] = StoreFault,
        longest: float = LONGEST_PAUSE_SECONDS,
    ) -> T:
        """Returns the result of `call`, which is retried while it raises one of `on` and there is time.

        A pause is at most `longest` seconds.

        Raises:
            AnswerLost: the time is up, and the response to one of the attempts was lost: that attempt may have been
                applied, regardless of the later ones.
            StoreFault: the time is up; this is the fault of the last attempt.
        """
        fault: StoreFault = Throttled("no attempt was made")
        for _ in self.attempts(longest):
            try:
                return call()
            except on as error:
                if not isinstance(fault, AnswerLost):
                    fault = error
        try:
            raise fault
        finally:
            del fault  # its traceback refers to this frame: a reference cycle would keep the whole request in memory
