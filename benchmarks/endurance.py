"""Part 10, endurance: twenty thousand plain requests of four callers to the stack that people run, logs and all.

It takes some ten minutes, so it runs only when it is named.
"""

import shutil
import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Final

from benchmarks.ground import HOME
from benchmarks.report import Part
from benchmarks.smoke import Caller
from tests.harness.stack_process import Running

CALLERS: Final = 4
REQUESTS: Final = 20_000
AT_EACH_END: Final = 1000


@dataclass(slots=True)
class Answers:
    """What came of many requests: how often which status, or which failure, and the seconds of each, in their order."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def hammer(url: str, callers: int, requests: int) -> Answers:
    """List events `requests` times, from `callers` threads, each a user of their own."""
    answers, lock, left = Answers(), threading.Lock(), iter(range(requests))

    def call(number: int) -> None:
        caller = Caller(url, number)
        caller.use(caller.register())
        for _ in iter(lambda: next(left, None), None):
            begun = time.perf_counter()
            try:
                status = str(caller.send("GET", "/events?limit=1")[0])
            except (OSError, HTTPException) as error:
                status = type(error).__name__
                caller.close()
            if status == "401":  # after 15 minutes the token has expired
                caller.use(caller.register())
            with lock:
                answers.statuses[status] += 1
                answers.seconds.append(time.perf_counter() - begun)
        caller.close()

    threads = [threading.Thread(target=call, args=[number]) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def measure() -> Part:
    """Start a stack of its own with make, call it, and stop it."""
    part = Part(
        "Endurance: plain requests to the stack of `make run`",
        (
            "requests",
            "answers",
            "per second",
            "p50 ms of the first 1,000",
            "of the last",
            "lines of logs",
            "stops in s",
        ),
    )
    home = HOME / "endurance"
    shutil.rmtree(home, ignore_errors=True)
    running = Running.start(home)
    begun = time.perf_counter()
    answers = hammer(running.url, CALLERS, REQUESTS)
    rate = REQUESTS / (time.perf_counter() - begun)
    first, last = (statistics.median(each) * 1000 for each in _ends(answers.seconds))
    time.sleep(2)  # the last lines are on their way
    lines = running.log.count('"route":"/events"')
    stopped = running.interrupt()
    shown = ", ".join(f"{count:,} x {status}" for status, count in answers.statuses.items())
    figures = (f"{rate:.0f}", f"{first:.0f}", f"{last:.0f}", f"{lines:,}", f"{stopped:.1f}")
    part.rows.append([f"{REQUESTS:,}", shown, *figures])
    part.data = {"answers": dict(answers.statuses), "per_second": rate, "lines": lines, "stopped": stopped}
    if answers.statuses.keys() != {"200"}:
        part.broken.append(f"answers: {shown}")
    part.notes.append(f"{CALLERS} callers, one after the other's heels; every answer is to be a 200.")
    return part


def _ends(seconds: list[float]) -> tuple[list[float], list[float]]:
    return seconds[:AT_EACH_END], seconds[-AT_EACH_END:]
