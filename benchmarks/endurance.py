"""Endurance: twenty thousand requests to a stack started with `make run`, with logs. It takes some ten minutes."""

import shutil
import statistics
import time
from typing import Final

from benchmarks.environment import HOME
from benchmarks.report import Part
from benchmarks.timing import few
from tests.harness.http_client import list_events
from tests.harness.stack_process import Running

CALLERS: Final = 4
REQUESTS: Final = 20_000
AT_EACH_END: Final = 1000


def measure() -> Part:
    """Starts a separate stack with make, calls it, and stops it."""
    columns = (
        "requests",
        "responses",
        "per second",
        "p50 ms of the first 1,000",
        "of the last",
        "log lines",
        "stops in s",
    )
    part = Part("Endurance: plain requests to the stack of `make run`", columns)
    home, requests = HOME / "endurance", few(REQUESTS, 100)
    shutil.rmtree(home, ignore_errors=True)
    running = Running.start(home)
    started = time.perf_counter()
    responses = list_events(running.url, CALLERS, requests)
    rate = requests / (time.perf_counter() - started)
    ends = responses.seconds[:AT_EACH_END], responses.seconds[-AT_EACH_END:]
    first, last = (statistics.median(each) * 1000 for each in ends)
    time.sleep(2)  # for the last log lines to arrive
    lines = running.log.count('"route":"/events"')
    stopped = running.interrupt()
    shown = ", ".join(f"{count:,} x {status}" for status, count in responses.statuses.items())
    figures = (f"{rate:.0f}", f"{first:.0f}", f"{last:.0f}", f"{lines:,}", f"{stopped:.1f}")
    part.rows.append([f"{requests:,}", shown, *figures])
    part.data = {"responses": dict(responses.statuses), "per_second": rate, "lines": lines, "stopped": stopped}
    if responses.statuses.keys() != {"200"}:
        part.broken.append(f"responses: {shown}")
    return part
