"""Fault injection between a client and the database: concurrent writers, losses, delays, errors."""

import json
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, Self, cast

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
    """A response body with the interface that botocore expects of urllib3."""

    def stream(self, **_: Any) -> Any:
        yield self.read()


def document(body: Any) -> Document:
    """Returns the JSON document of a request or a response."""
    loaded: Document = json.loads(body)
    return loaded


def reply(status: int, body: Document, length: int | None = None) -> AWSResponse:
    """Returns a response of the database, cut to its first `length` bytes if given."""
    raw = _Raw(json.dumps(body).encode()[:length])
    return AWSResponse("", status, HTTPHeaders.from_dict({"Content-Type": "application/x-amz-json-1.0"}), raw)


def refusal(code: str, status: int = 400, **facts: Any) -> AWSResponse:
    """Returns an error response of the database."""
    return reply(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code, **facts})


def cancelled(*codes: str) -> AWSResponse:
    """Returns the response for a transaction cancelled for `codes`, one per action."""
    return refusal("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])


def lost(request: AWSPreparedRequest) -> AWSResponse:
    """No answer comes."""
    raise ReadTimeoutError(endpoint_url=request.url)


def refused(code: str, status: int = 400) -> Handler:
    """The database answers with an error."""
    return lambda _: refusal(code, status)


# The call is not carried out, which its caller cannot know of some of them; made again, it may well succeed.
FAULTS: dict[str, Handler] = {
    "ProvisionedThroughputExceeded": refused("ProvisionedThroughputExceededException"),
    "Throttling": refused("ThrottlingException"),
    "RequestLimitExceeded": refused("RequestLimitExceeded"),
    "LimitExceeded": refused("LimitExceededException"),
    "500": refused("InternalServerError", 500),
    "503": refused("ServiceUnavailable", 503),
    "lost": lost,
    "cut short": lambda _: reply(200, {"ConsumedCapacity": []}, length=9),
}


class Unrepeated(Clients):
    """Clients that repeat no call by themselves: what happens on the wire reaches the functions at once."""

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self.dynamodb_once


def as_handler(hear: Callable[..., AWSResponse | None]) -> Callable[..., None]:
    """Returns `hear` as a handler of "before-send", of which botocore's types do not know that it may answer."""
    return cast("Callable[..., None]", hear)


class Wire:
    """Intercepts every call of `clients` while it is entered.

    Each handler that a test queues for an operation handles one of its calls.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = {clients.dynamodb, clients.dynamodb_once}
        self.calls: Counter[str] = Counter()
        self.order: list[str] = []
        self.requests: defaultdict[str, list[Document]] = defaultdict(list)
        self.always: dict[str, Handler] = {}
        self.held: list[AWSPreparedRequest] = []
        self._next: defaultdict[str, deque[Handler]] = defaultdict(deque)
        self._lock = threading.RLock()
        self._session = URLLib3Session()

    def __enter__(self) -> Self:
        for client in self._clients:
            client.meta.events.register("before-send.dynamodb", as_handler(self._intercept))
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.meta.events.unregister("before-send.dynamodb", as_handler(self._intercept))
        self._session.close()

    def _intercept(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        operation = operation_of(request)
        # Concurrent calls wait here, so that the handler queued for the first of them runs before all the others.
        with self._lock:
            self.calls[operation] += 1
            self.order.append(operation)
            self.requests[operation].append(document(request.body))
            handler = self._next[operation].popleft() if self._next[operation] else self.always.get(operation)
            return handler(request) if handler else None

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Sends the request to the database, and returns the response."""
        response: AWSResponse = self._session.send(request)
        response.content  # noqa: B018 reads the body now, before another call uses the connection
        return response

    def then(self, operation: str, handler: Handler, *, skip: int = 0) -> None:
        """Queues `handler` for the next call of `operation` that has no handler yet, after `skip` others."""
        self._next[operation].extend([lambda _: None] * skip)
        self._next[operation].append(handler)

    def forget(self) -> None:
        """Removes all queued handlers."""
        self._next.clear()

    def before(self, operation: str, action: Callable[[], object], *, skip: int = 0) -> None:
        """Runs `action` before the call."""

        def handler(_: AWSPreparedRequest) -> None:
            action()

        self.then(operation, handler, skip=skip)

    def after(self, operation: str, action: Callable[[], object]) -> None:
        """Runs `action` after the call was carried out, before its response arrives."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            response = self.send(request)
            action()
            return response

        self.then(operation, handler)

    def lose_answer(self, operation: str, action: Callable[[], object] = lambda: None) -> None:
        """Carries out the call, runs `action`, and loses the response."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            assert self.send(request).status_code == 200
            action()
            raise ReadTimeoutError(endpoint_url=request.url)

        self.then(operation, handler)

    def cut_answer_short(self, operation: str) -> None:
        """Carries out the call, and cuts the body of the response short."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            return reply(self.send(request).status_code, {"ConsumedCapacity": []}, length=9)

        self.then(operation, handler)

    def lose_request(self, operation: str, action: Callable[[], object] = lambda: None) -> None:
        """Loses the call before it arrives, and runs `action`; there is no response."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            action()
            raise ReadTimeoutError(endpoint_url=request.url)

        self.then(operation, handler)

    def hold(self, operation: str) -> None:
        """Holds the call back until `release`; there is no response."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            self.held.append(request)
            raise ReadTimeoutError(endpoint_url=request.url)

        self.then(operation, handler)

    def release(self, place: int = 0) -> int:
        """Sends a call that is held, and returns the status of the response, which its caller does not get."""
        return self.send(self.held.pop(place)).status_code

    def edit(self, operation: str, change: Callable[[Document], object], *, always: bool = False) -> None:
        """Applies `change` to the database's response: to the next one, or to all of them with `always`."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            response = self.send(request)
            body = document(response.content)
            change(body)
            return reply(response.status_code, body)

        if always:
            self.always[operation] = handler
        else:
            self.then(operation, handler)

    def rewrite(self, operation: str, change: Callable[[Document], object]) -> None:
        """Applies `change` to every request of `operation`."""

        def handler(request: AWSPreparedRequest) -> AWSResponse:
            body = document(request.body)
            change(body)
            request.body = json.dumps(body).encode()
            request.headers["Content-Length"] = str(len(request.body))
            return self.send(request)

        self.always[operation] = handler


def operation_of(request: AWSPreparedRequest) -> str:
    """Returns the name of the operation that is called."""
    target = request.headers["X-Amz-Target"]
    name = target.decode() if isinstance(target, bytes) else str(target)
    return name.partition(".")[2]
