"""Records every call to DynamoDB with botocore's hooks, and determines the longest chain of dependent calls."""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final

from shared.store.client import Clients

# A call is held no longer than this for tasks that make no calls themselves.
MAX_HOLD_SECONDS: Final = 5.0
# More threads than any request has calls, so that no call waits for a thread.
THREADS: Final = 128
POOLS: Final = ("pool", "outer_pool")

_STARTED = "ledger.started"
_HOOKS: Final = ("before-call.dynamodb", "after-call.dynamodb", "provide-client-params.dynamodb")


@dataclass(frozen=True, slots=True)
class Call:
    """One call to DynamoDB.

    Attributes:
        operation: The operation's name, such as `GetItem`.
        started: When it began, in seconds of the performance counter.
        ended: When its response had arrived, on the same clock.
        sent: Bytes of the request body.
        received: Bytes of the response body.
        read: Items that DynamoDB read, before filters.
        written: Items in the request.
        units: Capacity units consumed, if they were requested.
    """

    operation: str
    started: float
    ended: float
    sent: int
    received: int
    read: int
    written: int
    units: float


@dataclass(slots=True)
class Ledger:
    """The calls of one request."""

    calls: list[Call] = field(default_factory=list)

    @property
    def operations(self) -> Counter[str]:
        """Returns how often each operation was called."""
        return Counter(call.operation for call in self.calls)

    @property
    def depth(self) -> int:
        """Returns the length of the longest chain of calls in which each begins after the previous one has ended."""
        chains: list[tuple[Call, int]] = []
        for call in sorted(self.calls, key=lambda each: each.started):
            behind = (length for earlier, length in chains if earlier.ended <= call.started)
            chains.append((call, 1 + max(behind, default=0)))
        return max((length for _, length in chains), default=0)

    def total(self, fact: str) -> float:
        """Returns the sum of one of the numbers of `Call` over all calls."""
        return sum(float(getattr(call, fact)) for call in self.calls)


class _CountingPool(ThreadPoolExecutor):
    """A thread pool with a thread for every call, which counts its unfinished tasks."""

    def __init__(self) -> None:
        super().__init__(THREADS)
        self._lock = threading.Lock()
        self.unfinished = 0

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Schedules a call, as any executor does."""
        with self._lock:
            self.unfinished += 1
        future = super().submit(call, *args, **kwargs)
        future.add_done_callback(self._done)
        return future

    def _done(self, _: Future[Any]) -> None:
        with self._lock:
            self.unfinished -= 1


class _Hold:
    """Delays calls until all those that can run concurrently do, so that the depth does not depend on timing.

    All are released once the thread that serves the request, and every unfinished task of the pools, either is about to
    make a call or waits for a task that is. Calls in progress are waited for, since the calls that follow them may run
    concurrently with those held.
    """

    def __init__(self, pools: Sequence[_CountingPool]) -> None:
        self._pools = pools
        self._server = threading.get_ident()
        self._lock = threading.Lock()
        self._held: set[int] = set()
        self._released = 0.0

    def begin(self) -> float:
        """Delays a call that begins now, and returns the time at which it began."""
        now = time.perf_counter()
        with self._lock:
            self._held.add(threading.get_ident())
        while self._released < now and time.perf_counter() < now + MAX_HOLD_SECONDS:
            with self._lock:
                # The first thread to find this releases all of them.
                if self._released < now and self._all_here():
                    self._released = time.perf_counter()
                    self._held.clear()
            time.sleep(0.001)
        with self._lock:
            self._held.discard(threading.get_ident())
        return now

    def _all_here(self) -> bool:
        frames = sys._current_frames()
        serving = self._server in self._held
        threads = [thread.ident for pool in self._pools for thread in [*pool._threads]]
        tasks = len(self._held) - serving + sum(_waits(frames.get(each or 0)) for each in threads)
        return (serving or _waits(frames.get(self._server))) and tasks >= sum(each.unfinished for each in self._pools)


def _waits(frame: FrameType | None) -> bool:
    """Returns whether the thread at `frame` waits for the result of a future."""
    names: list[str] = []
    while frame is not None and len(names) < 2:
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    return names == ["wait", "result"]


@contextmanager
def recording(clients: Clients, *, capacity: bool = False) -> Iterator[Ledger]:
    """Records the calls made through `clients` within the block.

    Calls are delayed, on sufficiently large thread pools, until all that can run concurrently do. So the depth does not
    depend on the machine.

    Args:
        clients: The clients to record. Their thread pools are replaced within the block.
        capacity: Whether to ask DynamoDB for the capacity consumed, which makes the bodies a little longer.

    Yields:
        The ledger, which grows with each call.
    """
    ledger = Ledger()
    pools = {name: _CountingPool() for name in POOLS}
    hold = _Hold([*pools.values()])

    def before(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[_STARTED] = (hold.begin(), params["body"])

    def after(http_response: Any, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        started, body = context.pop(_STARTED)
        request = json.loads(body)
        ledger.calls.append(
            Call(
                operation=model.name,
                started=started,
                ended=time.perf_counter(),
                sent=len(body),
                received=len(http_response.content),
                read=_items_read(parsed),
                written=_items_written(model.name, request),
                units=_units(parsed),
            )
        )

    def ask(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    hooks: dict[str, Any] = dict(zip(_HOOKS, (before, after, ask) if capacity else (before, after), strict=False))
    emitters = [client.meta.events for client in (clients.dynamodb, clients.dynamodb_once)]
    usual = {name: clients.__dict__.get(name) for name in POOLS}
    clients.__dict__.update(pools)
    for emitter in emitters:
        for name, hook in hooks.items():
            emitter.register(name, hook)
    try:
        yield ledger
    finally:
        for emitter in emitters:
            for name, hook in hooks.items():
                emitter.unregister(name, hook)
        for name, pool in pools.items():
            pool.shutdown()
            del clients.__dict__[name]
        clients.__dict__.update({name: pool for name, pool in usual.items() if pool is not None})


def _items_read(response: dict[str, Any]) -> int:
    responses = response.get("Responses", {})
    batch = sum(map(len, responses.values())) if isinstance(responses, dict) else 0
    return int(response.get("ScannedCount", 0)) + ("Item" in response) + batch


def _items_written(operation: str, request: dict[str, Any]) -> int:
    match operation:
        case "TransactWriteItems":
            return len(request["TransactItems"])
        case "BatchWriteItem":
            return sum(map(len, request["RequestItems"].values()))
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return 1
    return 0


def _units(response: dict[str, Any]) -> float:
    consumed = response.get("ConsumedCapacity", [])
    return sum(float(each["CapacityUnits"]) for each in (consumed if isinstance(consumed, list) else [consumed]))
