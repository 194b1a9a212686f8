from dataclasses import dataclass, field

from shared.retries import Deadline
from tests.harness.samples import NOW_NS

NS_PER_SECOND = 1_000_000_000


@dataclass
class Clock:
    """A clock that moves only through `forward`, or when code sleeps on it.

    Calling it returns the wall clock's time in nanoseconds since 1970 (UTC), as `Runtime.now_ns` does. `monotonic` and
    `sleep` replace those of `time`. Each call of `monotonic` moves the clock by `seconds_per_look`.
    """

    nanoseconds: int = NOW_NS
    seconds_per_look: float = 0.0
    pauses: list[float] = field(default_factory=list)
    _start: int = field(init=False)

    def __post_init__(self) -> None:
        self._start = self.nanoseconds

    def __call__(self) -> int:
        return self.nanoseconds

    def forward(self, seconds: float = 0, *, days: int = 0) -> None:
        """Moves the clock; backwards if `seconds` is negative."""
        self.nanoseconds += round(seconds * NS_PER_SECOND) + days * 86_400 * NS_PER_SECOND

    @property
    def elapsed(self) -> float:
        """Returns the seconds that the clock has moved since it was created."""
        return (self.nanoseconds - self._start) / NS_PER_SECOND

    def monotonic(self) -> float:
        self.forward(self.seconds_per_look)
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.forward(seconds)

    def deadline(self, seconds: float) -> Deadline:
        """Returns a deadline on this clock, without jitter: each pause is the longest one allowed."""
        return Deadline(seconds, self.monotonic, self.sleep, lambda most: most)
