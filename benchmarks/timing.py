"""Measuring side by side: one call of each contestant in turn, so that a drift of the machine hits all of them."""

import gc
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

# Set in a short run, which only tells that all parts work; processes that a part starts see it, too.
SHORT: Final = "BENCH_SHORT"


@dataclass(frozen=True, slots=True)
class Contestant:
    """Something to measure: `prepare` makes the input of the nth call, outside the measured time."""

    name: str
    prepare: Callable[[int], Any]
    call: Callable[[Any], Any]
    after: Callable[[Any], object] | None = None


@dataclass(slots=True)
class Samples:
    """What one contestant's calls took, in seconds: on the wall's clock, and of this process's processor time."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def few(count: int, short: int = 1) -> int:
    """`count`, or at most `short` in a short run."""
    return min(count, short) if os.environ.get(SHORT) else count


def alternate(contestants: Sequence[Contestant], rounds: int, warm_up: int) -> dict[str, Samples]:
    """Call each contestant `rounds` times in turn, after `warm_up` calls of each that are not counted.

    The one that begins changes from round to round. A contestant's `after` gets the answer, outside the measured time.
    """
    rounds, warm_up = few(rounds, 2), few(warm_up)
    samples = {contestant.name: Samples() for contestant in contestants}
    gc.collect()
    for index in range(warm_up + rounds):
        shift = index % len(contestants)
        for contestant in [*contestants[shift:], *contestants[:shift]]:
            argument = contestant.prepare(index)
            cpu, wall = time.process_time(), time.perf_counter()
            answer = contestant.call(argument)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            if contestant.after is not None:
                contestant.after(answer)
            if index >= warm_up:
                samples[contestant.name].wall.append(wall)
                samples[contestant.name].cpu.append(cpu)
    return samples
