"""Smoke: a hundred concurrent callers, over HTTP, on the local stack. It verifies responses; it measures no speed."""

import math
import os
import shutil
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from benchmarks.environment import HOME
from benchmarks.report import Part, Spread
from benchmarks.timing import few
from tests.harness.dataset import at, body
from tests.harness.http_client import CONNECTION_ERRORS, HttpClient
from tools.local_stack import LocalStack, free_port

# The variable with the URL of a stack that is already running, to call that one.
URL: Final = "BENCH_URL"
CALLERS: Final = 100
USERS: Final = 10
REQUESTS: Final = 10  # of each caller
LONGEST_SECONDS: Final = 90.0


def measure() -> Part:
    """Calls the stack given by BENCH_URL, or otherwise a separate one that it deploys to."""
    if url := os.environ.get(URL):
        return _call(url, few(CALLERS, 10))
    shutil.rmtree(HOME / "stack", ignore_errors=True)  # of a run that was killed
    with LocalStack(HOME / "stack", free_port(), persist=False) as stack:
        return _call(stack.deploy(), few(CALLERS, 10))


class _Caller:
    """A client that creates, reads and lists events; `number` determines the hours that it books."""

    def __init__(self, url: str, number: int, token: str) -> None:
        self.client = HttpClient(url, token)
        self.number = number
        self.seconds: list[float] = []
        self.statuses: Counter[str] = Counter()

    def warm_up(self) -> None:
        """Sends one request, whatever the result."""
        try:
            self.client.send("GET", "/events?limit=1")
        except CONNECTION_ERRORS:
            self.client.close()

    def run(self, barrier: threading.Barrier) -> None:
        """Waits for all callers, then sends requests for at most 90 seconds."""
        barrier.wait()
        event_id, end = "", time.perf_counter() + LONGEST_SECONDS
        for index in range(REQUESTS):
            if time.perf_counter() > end:
                self.statuses["not sent"] += REQUESTS - index
                return
            match index % 3:
                case 0:
                    request: tuple[Any, ...] = ("POST", "/events", body(60 * (REQUESTS * self.number + index)))
                case 1 if event_id:
                    request = ("GET", f"/events/{event_id}")
                case _:
                    request = ("GET", f"/events?from={at(0)}&to={at(24 * 60)}")
            started = time.perf_counter()
            try:
                status, response = self.client.send(*request)
            except CONNECTION_ERRORS as error:
                self.statuses[type(error).__name__] += 1
                self.client.close()
                continue
            self.seconds.append(time.perf_counter() - started)
            self.statuses[str(status)] += 1
            if status == 201:
                event_id = response["id"]


def _call(url: str, count: int) -> Part:
    users = [HttpClient(url) for _ in range(USERS)]
    tokens = [user.register() for user in users]
    callers = [_Caller(url, number, tokens[number % USERS]) for number in range(count)]
    # The stack starts a process for each concurrent request, which takes a second of processor time, so their number is
    # increased in steps.
    for together in (count // 4, count // 2, count, count):
        with ThreadPoolExecutor(together) as pool:
            list(pool.map(_Caller.warm_up, callers[:together]))
    barrier = threading.Barrier(count + 1)
    threads = [threading.Thread(target=caller.run, args=[barrier]) for caller in callers]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    for client in (*users, *(caller.client for caller in callers)):
        client.close()
    return _part(callers, elapsed)


def _part(callers: list[_Caller], elapsed: float) -> Part:
    columns = ("requests", "per second", "p50 ms", "p99 ms", "responses")
    part = Part(f"Smoke: {len(callers)} callers at once on the local stack", columns)
    seconds = sorted(second for caller in callers for second in caller.seconds)
    statuses = sum((caller.statuses for caller in callers), Counter[str]())
    responses = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    good = statuses["200"] + statuses["201"]
    part.compare("responses that are 200 or 201", good / statuses.total(), 1.0, "all requests", least=True)
    if not seconds:
        return part
    rate, p50, p99 = len(seconds) / elapsed, Spread.of(seconds).median, seconds[math.ceil(len(seconds) * 0.99) - 1]
    part.times["a request over HTTP, 100 callers at once"] = p50 * 1000
    part.rows.append([f"{len(seconds)}", f"{rate:.0f}", f"{p50 * 1000:.0f}", f"{p99 * 1000:.0f}", responses])
    part.data = {"per_second": rate, "p50": p50, "p99": p99, "responses": dict(statuses)}
    part.notes.append(
        f"Each caller has a connection of its own, and sends {REQUESTS} requests for one of {USERS} users: create, "
        "read and list in turn. The gateway, functions, database and callers share this machine's processors."
    )
    return part
