"""The clients of AWS's services, at a server that counts: connections, tries, and how long an answer is waited for."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from shared.store.client import Clients

THREADS = 16
CLIENTS = ("dynamodb", "dynamodb_once", "s3", "secretsmanager")


class Server(ThreadingHTTPServer):
    """Answers 16 requests when it has all of them, and counts the connections by which they come."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.together = threading.Barrier(THREADS)
        self.connections = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.together.wait(timeout=30)
        body = b"{}"
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", ["dynamodb", "dynamodb_once"])
def test_sixteen_calls_run_at_once_and_each_thread_has_a_connection_that_stays_open(server: Server, name: str) -> None:
    clients = Clients(f"http://127.0.0.1:{server.server_port}")
    client = getattr(clients, name)
    for _ in range(3):
        answers = [clients.pool.submit(client.get_item, TableName="events", Key={}) for _ in range(THREADS)]
        assert all("Item" not in answer.result(timeout=60) for answer in answers)
    assert server.connections == THREADS


def call(client: Any, name: str) -> None:
    """Any call of the client."""
    calls: dict[str, Callable[[], Any]] = {
        "s3": lambda: client.get_object(Bucket="bucket", Key="key"),
        "secretsmanager": lambda: client.get_secret_value(SecretId="secret"),
    }
    calls.get(name, lambda: client.batch_write_item(RequestItems={}))()


class Raw:
    """A body as botocore reads it from urllib3."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield b""

    def read(self, *_: Any) -> bytes:
        return b""


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(("name", "tries"), [("dynamodb", 3), ("dynamodb_once", 1), ("s3", 3), ("secretsmanager", 3)])
def test_the_sdk_tries_three_times_and_once_where_a_repetition_could_do_harm(
    monkeypatch: pytest.MonkeyPatch, name: str, tries: int, status: int
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    client = getattr(Clients("http://127.0.0.1:1"), name)
    seen: Counter[str] = Counter()

    def fail(**_: Any) -> AWSResponse:
        seen["tries"] += 1
        raw: Any = Raw()
        return AWSResponse("", status, HTTPHeaders(), raw)

    client.meta.events.register_first("before-send", fail)
    with pytest.raises(ClientError):
        call(client, name)
    assert seen["tries"] == tries


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", CLIENTS)
def test_no_call_is_waited_for_until_the_gateway_gives_up(name: str) -> None:
    config = getattr(Clients("http://127.0.0.1:1"), name).meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 5)
    gateway = 29  # https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    tries = config.retries["total_max_attempts"]
    # A pause of the SDK's is of less than a second before the second try, and of less than two before the third.
    assert tries * (config.connect_timeout + config.read_timeout) + (2 ** (tries - 1) - 1) < gateway
