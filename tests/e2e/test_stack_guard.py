"""The guard in front of the local AWS, over HTTP; tests/unit/test_stack_guard.py has the whole table of its rules."""

from __future__ import annotations

import http.client
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.e2e.user import TIMEOUT_SECONDS
from tests.harness.stack_process import Running
from tools.access import Access
from tools.local_stack import HOST

FOREIGN: Final = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
HEALTH: Final = "/_ministack/health"


@pytest.fixture
def connection(running: Running) -> Iterator[http.client.HTTPConnection]:
    """A connection to the port of the stack, which sends what it is told to."""
    opened = http.client.HTTPConnection(HOST, urlsplit(running.url).port, timeout=TIMEOUT_SECONDS)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "{stage}/openapi.json", {}, 200),
        ("GET", "{stage}/openapi.json", FOREIGN, 200),
        ("OPTIONS", "{stage}/events", {**FOREIGN, "Access-Control-Request-Method": "POST"}, 200),
        ("GET", "{stage}/openapi.json", {"Host": "evil.example"}, 421),
        ("GET", "{stage}/openapi.json", {"Host": "localhost"}, 200),
        ("GET", HEALTH, {"Authorization": "{bearer}"}, 200),
        ("GET", HEALTH, {"Authorization": "{bearer}", "Sec-Fetch-Site": "same-origin"}, 403),
        ("GET", HEALTH, {"Authorization": "{bearer}", "Host": "evil.example"}, 421),
        ("GET", HEALTH, {}, 403),
        ("GET", "/", {}, 403),
        ("POST", "/_ministack/reset", {"Content-Type": "text/plain"}, 403),
        ("OPTIONS", "/", {**FOREIGN, "Access-Control-Request-Method": "POST"}, 403),
    ],
)
def test_what_is_let_through(
    running: Running,
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
) -> None:
    bearer = f"Bearer {running.stack.access.key}"
    sent = {name: value.format(bearer=bearer) for name, value in headers.items()}
    for _ in range(2):  # a refusal leaves the connection usable
        connection.request(method, path.format(stage=urlsplit(running.url).path), headers=sent)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == status, text
        refused = text.startswith(b"Refused by the local stack: ")
        assert refused == (status in {403, 421})
        if refused:
            assert [name for name in answer.headers if name.lower().startswith("access-control-")] == []


@pytest.mark.parametrize("key", ["test", "000000000000"])
def test_the_well_known_keys_of_root_open_nothing(running: Running, tmp_path: Path, key: str) -> None:
    (tmp_path / "access-key").write_text(key)
    stranger = Access(tmp_path, running.stack.endpoint)
    with pytest.raises(ClientError, match="the access key has to be the stack's own"):
        stranger.client("dynamodb").list_tables()


def test_a_large_request_that_is_refused_is_answered(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/", body=b"x" * 3_000_000, headers=FOREIGN)
    assert connection.getresponse().status == 403


def test_a_web_socket_is_refused(running: Running) -> None:
    path, port = urlsplit(running.url).path, urlsplit(running.url).port
    with socket.create_connection((HOST, port or 0), TIMEOUT_SECONDS) as opened:
        opened.sendall(
            f"GET {path}/ HTTP/1.1\r\nHost: {HOST}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        assert opened.recv(100).startswith(b"HTTP/1.1 403 ")


def test_its_directory_is_its_users_own(running: Running) -> None:
    assert stat.S_IMODE(running.home.stat().st_mode) == stat.S_IRWXU
