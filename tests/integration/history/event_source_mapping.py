"""An event source mapping that has a bad day: it cuts batches anywhere, delivers twice, and tries again as Lambda does.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

import json
from collections import Counter, deque
from collections.abc import Sequence
from random import Random
from threading import Lock
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from shared.store.client import Clients
from tests.harness.botocore_faults import as_handler, document, refusal, reply
from tests.harness.stream import Record, deliver


class Crash(Exception):
    """The function's process died."""


class FaultyClients(Clients):
    """Clients whose batch writes go wrong now and then, at `rate`: before, amid or after they are carried out."""

    KINDS = ("throttled", "unprocessed", "lost before", "lost after", "server error", "crash")

    def __init__(self, clients: Clients, random: Random, rate: float) -> None:
        super().__init__(clients.dynamodb.meta.endpoint_url)
        self._http = URLLib3Session()
        self._random = random
        self._rate = rate
        self._lock = Lock()
        self.seen: Counter[str] = Counter()
        events = self.dynamodb_once.meta.events
        events.register("before-send.dynamodb.BatchWriteItem", as_handler(self._hear))

    def _hear(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        ((table, requests),) = document(request.body)["RequestItems"].items()
        with self._lock:
            kind = self._random.choice(self.KINDS) if self._random.random() < self._rate else "fine"
            self.seen[kind] += 1
            taken = self._random.randrange(len(requests))
        if kind == "fine":
            return None
        if kind == "throttled":
            return refusal("ProvisionedThroughputExceededException")
        if kind == "server error":
            return refusal("InternalServerError", 500)
        if kind in {"unprocessed", "crash"} and taken:
            self._carry_out(request, {table: requests[:taken]})
        if kind == "unprocessed":
            return reply(200, {"UnprocessedItems": {table: requests[taken:]}})
        if kind == "crash":
            raise Crash
        if kind == "lost after":
            self._carry_out(request, {table: requests})
        raise ReadTimeoutError(endpoint_url=request.url)

    def _carry_out(self, request: AWSPreparedRequest, items: dict[str, Any]) -> None:
        """Send `request` with these items: DynamoDB Local does not look at its signature."""
        body = json.dumps({"RequestItems": items}).encode()
        headers: Any = {**request.headers, "Content-Length": str(len(body))}  # as botocore's session takes them
        answer = self._http.send(AWSPreparedRequest(request.method, request.url, headers, body, stream_output=False))
        assert document(answer.content)["UnprocessedItems"] == {}


class EventSourceMapping:
    """Delivers records to record_history until it has taken all of them."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.deliveries = 0
        self.crashes = 0
        self.partial = 0

    def deliver(self, records: Sequence[Record], largest: int = 500) -> None:
        """Cut `records` into batches of up to `largest`, anywhere, and deliver each until it is taken."""
        batches: deque[Sequence[Record]] = deque()
        at = 0
        while at < len(records):
            size = self._random.randint(1, largest)
            batches.append(records[at : at + size])
            at += size
        while batches:
            batch = batches.popleft()
            self.deliveries += 1
            try:
                failures = [int(number) for number in deliver(batch, self._milliseconds())]
            except Crash:
                self.crashes += 1
                middle = (len(batch) + 1) // 2  # BisectBatchOnFunctionError
                batches.extend(half for half in (batch[:middle], batch[middle:]) if half)
                continue
            if failures:
                # The lowest sequence number is the checkpoint: from there on all is delivered again.
                self.partial += 1
                batches.append([each for each in batch if int(each["dynamodb"]["SequenceNumber"]) >= min(failures)])

    def _milliseconds(self) -> int:
        """Mostly a minute; sometimes so little that what fails once is reported."""
        return 60_000 if self._random.random() < 0.7 else 0
