"""Part 9, smoke: a hundred callers at once, over HTTP, on the local stack. A smoke figure: that stack is no AWS."""

import http.client
import json
import math
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.ground import HOME
from benchmarks.report import Part, Spread
from benchmarks.scenes import at, body
from tools.local_stack import HOST, LocalStack, free_port

CALLERS: Final = 100
USERS: Final = 10
REQUESTS: Final = 10  # of each caller
ANSWER_SECONDS: Final = 120.0
LONGEST_SECONDS: Final = 90.0
PASSWORD: Final = "correct horse battery"


class Caller:
    """Somebody with a connection of their own; `number` sets the hours apart that they book."""

    def __init__(self, url: str, number: int, token: str = "") -> None:
        parts = urlsplit(url)
        if parts.hostname != HOST:
            raise ValueError("only the stack on this machine is called")
        self._prefix = parts.path
        self._connection = http.client.HTTPConnection(HOST, parts.port or 80, timeout=ANSWER_SECONDS)
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        self._number = number
        self.seconds: list[float] = []
        self.statuses: Counter[str] = Counter()

    def use(self, token: str) -> None:
        """Go on with another token."""
        self._headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Close the connection; the next request makes another."""
        self._connection.close()

    def send(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        """A request and its answer."""
        text = None if document is None else json.dumps(document)
        self._connection.request(method, self._prefix + path, text, self._headers)
        response = self._connection.getresponse()
        read = response.read()
        return response.status, json.loads(read) if read else None

    def register(self) -> str:
        """Make a user; gives their token."""
        name = f"u{uuid.uuid4().hex[:20]}"
        applicant = {"username": name, "password": PASSWORD, "email": f"{name}@example.com"}
        status, answer = self.send("POST", "/auth/register", applicant)
        if status != 201:
            raise RuntimeError(f"register: {status} {answer}")
        token: str = answer["access_token"]
        return token

    def warm_up(self) -> None:
        """Ask for something, whatever comes of it."""
        try:
            self.send("GET", "/events?limit=1")
        except (OSError, http.client.HTTPException):
            self.close()

    def work(self, barrier: threading.Barrier) -> None:
        """Create, read and list in turn, once all callers are there; for at most 90 seconds."""
        barrier.wait()
        event_id = ""
        end = time.perf_counter() + LONGEST_SECONDS
        for index in range(REQUESTS):
            if time.perf_counter() > end:
                self.statuses["not sent"] += REQUESTS - index
                return
            match index % 3:
                case 0:
                    request: tuple[Any, ...] = ("POST", "/events", body(60 * (REQUESTS * self._number + index)))
                case 1 if event_id:
                    request = ("GET", f"/events/{event_id}")
                case _:
                    request = ("GET", f"/events?from={at(0)}&to={at(24 * 60)}")
            started = time.perf_counter()
            try:
                status, answer = self.send(*request)
            except (OSError, http.client.HTTPException) as error:
                self.statuses[type(error).__name__] += 1
                self.close()
                continue
            self.seconds.append(time.perf_counter() - started)
            self.statuses[str(status)] += 1
            if status == 201:
                event_id = answer["id"]


def measure() -> Part:
    """Deploy to a stack of its own, and call it."""
    with LocalStack(HOME / "stack", free_port(), persist=False) as stack:
        return called(stack.deploy(), CALLERS)


def called(url: str, count: int) -> Part:
    """Call the API at `url` with so many callers, ten at least."""
    part = Part(
        "Smoke: a hundred callers at once on the local stack", ("requests", "per second", "p50 ms", "p99 ms", "answers")
    )
    users = [Caller(url, number) for number in range(USERS)]
    tokens = [user.register() for user in users]
    callers = [Caller(url, number, tokens[number % USERS]) for number in range(count)]
    # The stack starts a process for each request that is under way with others, at a second of a processor: so
    # their number grows in steps, and all come more than once.
    for together in (*range(count // 10, count, count // 10), *[count] * 4):
        with ThreadPoolExecutor(together) as pool:
            list(pool.map(Caller.warm_up, callers[:together]))
    barrier = threading.Barrier(count + 1)
    threads = [threading.Thread(target=caller.work, args=[barrier]) for caller in callers]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    for caller in (*users, *callers):
        caller.close()
    seconds = sorted(second for caller in callers for second in caller.seconds)
    statuses = sum((caller.statuses for caller in callers), Counter[str]())
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    if not seconds:
        raise RuntimeError(f"no answer at all: {answers}")
    p99 = seconds[math.ceil(len(seconds) * 0.99) - 1]
    rate, p50 = len(seconds) / elapsed, Spread.of(seconds).median
    part.rows.append([str(len(seconds)), f"{rate:.0f}", f"{p50 * 1000:.0f}", f"{p99 * 1000:.0f}", answers])
    part.data = {"per_second": rate, "p50": p50, "p99": p99, "answers": dict(statuses)}
    if statuses.keys() - {"200", "201"}:
        part.missed.append(f"answers other than 200 and 201: {answers}")
    part.notes.append(
        f"{count} threads on one connection each, for {USERS} users; {REQUESTS} requests each: create, read, list in "
        "turn, after a warm-up in which their number grows. "
        "The gateway, all functions, the database and the callers share this machine's processors."
    )
    return part
