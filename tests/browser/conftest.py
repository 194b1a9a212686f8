"""A real Chromium and the local stack: run by hand (make test-browser), since not every machine has a Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.chromium import Browser, chromium
from tests.e2e.conftest import base_url, running

__all__ = ["base_url", "running"]  # the stack of the end-to-end tests


class _Page(BaseHTTPRequestHandler):
    """Somebody else's site: an empty page at every path."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>somebody else's</title><body></body>")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="session")
def other_port() -> Iterator[int]:
    """The port of 127.0.0.1 at which somebody else's site is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, for which every name below `example` is an alias of 127.0.0.1.

    Without its own protection of local networks: other browsers have none, and the guard does not rely on it.
    """
    profile: Path = tmp_path_factory.mktemp("profile")
    names = "--host-resolver-rules=MAP *.example 127.0.0.1"
    with chromium(profile, names, "--disable-features=LocalNetworkAccessChecks") as opened:
        yield opened
