"""Times several candidates in turn, so that changes in the machine's speed affect all of them."""

import gc
import importlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.startup import before_requests
from tests.harness.gateway import Context

# The variable that marks a short run, which only verifies that all parts work. Child processes inherit it.
SHORT: Final = "BENCH_SHORT"

Handler = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to time.

    Attributes:
        name: Its name in samples and tables.
        prepare: Makes the argument of the nth call, outside the time measured.
        call: What is timed.
        after: Gets the result, outside the time measured.
    """

    name: str
    prepare: Callable[[int], Any]
    call: Callable[[Any], Any]
    after: Callable[[Any], object] | None = None


@dataclass(slots=True)
class Samples:
    """The durations of a candidate's calls, in seconds: wall time, and processor time of this process."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def few(count: int, short: int = 1) -> int:
    """Returns `count`, but at most `short` in a short run."""
    return min(count, short) if os.environ.get(SHORT) else count


def handler_of(function: str) -> Handler:
    """Returns the handler of functions/<function>.py, ready for a first request."""
    handler = importlib.import_module(f"functions.{function}").handler
    before_requests()
    context = Context(milliseconds=28_000)
    return lambda event: handler(event, context)


def alternate(candidates: Sequence[Candidate], rounds: int, warm_up: int) -> dict[str, Samples]:
    """Calls each candidate `rounds` times in turn, after `warm_up` calls of each that are not counted.

    Returns:
        The samples of each candidate by its name. Each round begins with another candidate.
    """
    rounds, warm_up = few(rounds, 2), few(warm_up)
    samples = {candidate.name: Samples() for candidate in candidates}
    gc.collect()
    for index in range(warm_up + rounds):
        shift = index % len(candidates)
        for candidate in [*candidates[shift:], *candidates[:shift]]:
            argument = candidate.prepare(index)
            cpu, wall = time.process_time(), time.perf_counter()
            result = candidate.call(argument)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            if candidate.after is not None:
                candidate.after(result)
            if index >= warm_up:
                samples[candidate.name].wall.append(wall)
                samples[candidate.name].cpu.append(cpu)
    return samples
