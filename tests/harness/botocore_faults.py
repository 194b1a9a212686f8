"""The wire between a client and the database, on which tests let things happen: rivals, losses, delays, refusals."""

import json
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from shared.store.client import Clients

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Handler = Callable[[AWSPreparedRequest], AWSResponse | None]
Document = dict[str, Any]

READ, QUERY, COMMIT = "BatchGetItem", "Query", "TransactWriteItems"


class _Raw(BytesIO):
    """A body as botocore reads it from urllib3."""

    def stream(self, **_: Any) -> Any:
        yield self.read()


def document(body: Any) -> Document:
    """The JSON of a request or an answer."""
    loaded: Document = json.loads(body)
    return loaded


def reply(status: int, body: Document, length: int | None = None) -> AWSResponse:
    """An answer that the database might give; only its first `length` bytes, if told so."""
    raw = _Raw(json.dumps(body).encode()[:length])
    return AWSResponse("", status, HTTPHeaders.from_dict({"Content-Type": "application/x-amz-json-1.0"}), raw)


def refusal(code: str, status: int = 400, **facts: Any) -> AWSResponse:
    """An error answer of the database."""
    return reply(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code, **facts})


def cancelled(*codes: str) -> AWSResponse:
    """A transaction cancelled for `codes`, one an action."""
    return refusal("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])


class Unrepeated(Clients):
    """Clients that repeat no call by themselves: what happens on the wire reaches the functions at once."""

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self.dynamodb_once


class Wire:
    """Hears every call of `clients`. What is laid out for an operation happens to its next calls, one thing a call."""

    def __init__(self, clients: Clients) -> None:
        self.calls: Counter[str] = Counter()
        self.order: list[str] = []
        self.requests: defaultdict[str, list[Document]] = defaultdict(list)
        self.always: dict[str, Handler] = {}
        self.held: list[AWSPreparedRequest] = []
        self._next: defaultdict[str, deque[Handler]] = defaultdict(deque)
        self._lock = threading.RLock()
        self._session = URLLib3Session()
        for client in {clients.dynamodb, clients.dynamodb_once}:
            client.meta.events.register("before-send.dynamodb", self._hear)

    def close(self, clients: Clients) -> None:
        """Hear no more."""
        for client in {clients.dynamodb, clients.dynamodb_once}:
            client.meta.events.unregister("before-send.dynamodb", self._hear)
        self._session.close()

    def _hear(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        operation = _operation(request)
        # Calls that run side by side wait here, so that what is laid out for the first comes before all of them.
        with self._lock:
            self.calls[operation] += 1
            self.order.append(operation)
            self.requests[operation].append(document(request.body))
            handler = self._next[operation].popleft() if self._next[operation] else self.always.get(operation)
            return handler(request) if handler else None

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Let the request through, and give the answer."""
        answer: AWSResponse = self._session.send(request)
        answer.content  # noqa: B018 read now, while the connection is ours
        return answer

    def then(self, operation: str, handler: Handler, *, skip: int = 0) -> None:
        """Let `handler` answer the next call of `operation` that nothing is laid out for, after `skip` others."""
        self._next[operation].extend([lambda _: None] * skip)
        self._next[operation].append(handler)

    def forget(self) -> None:
        """Let nothing more happen of what is laid out."""
        self._next.clear()

    def before(self, operation: str, action: Callable[[], object], *, skip: int = 0) -> None:
        """Run `action` before the call."""

        def handler(_: AWSPreparedRequest) -> None:
            action()

        self.then(operation, handler, skip=skip)

    def after(self, operation: str, action: Callable[[], object]) -> None:
        """Run `action` when the call has been carried out, before its answer arrives."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            answer = self.send(request)
            action()
            return answer

        self.then(operation, handler)

    def lose_answer(self, operation: str, action: Callable[[], object] = lambda: None) -> None:
        """The call is carried out, `action` runs, and no answer arrives."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            assert self.send(request).status_code == 200
            action()
            raise ReadTimeoutError(endpoint_url=request.url)

        self.then(operation, handler)

    def cut_answer_short(self, operation: str) -> None:
        """The call is carried out, and the body of its answer breaks off."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            return reply(self.send(request).status_code, {"ConsumedCapacity": []}, length=9)

        self.then(operation, handler)

    def lose_request(self, operation: str, action: Callable[[], object] = lambda: None) -> None:
        """The call never arrives, `action` runs, and no answer comes."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            action()
            raise ReadTimeoutError(endpoint_url=request.url)

        self.then(operation, handler)

    def hold(self, operation: str) -> None:
        """The call stays under way, unanswered, until `release`."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            self.held.append(request)
            raise ReadTimeoutError(endpoint_url=request.url)

        self.then(operation, handler)

    def release(self, place: int = 0) -> int:
        """Let a call that is held arrive at last; gives the status of the answer that nobody hears."""
        return self.send(self.held.pop(place)).status_code

    def edit(self, operation: str, change: Callable[[Document], object], *, always: bool = False) -> None:
        """Let `change` alter the database's answer on its way."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            answer = self.send(request)
            body = document(answer.content)
            change(body)
            return reply(answer.status_code, body)

        if always:
            self.always[operation] = handler
        else:
            self.then(operation, handler)

    def rewrite(self, operation: str, change: Callable[[Document], object]) -> None:
        """Let `change` alter every request of `operation` on its way."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            body = document(request.body)
            change(body)
            request.body = json.dumps(body).encode()
            request.headers["Content-Length"] = str(len(request.body))
            return self.send(request)

        self.always[operation] = handler


def _operation(request: AWSPreparedRequest) -> str:
    target = request.headers["X-Amz-Target"]
    name = target.decode() if isinstance(target, bytes) else str(target)
    return name.partition(".")[2]
