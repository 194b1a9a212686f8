"""A headless Chromium, driven over a pipe by its DevTools protocol: no driver and no library is needed."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
SECONDS: Final = 60.0
_BLANK: Final = "<!doctype html><title>a page</title><body></body>"


def executable() -> str | None:
    """Returns the path of a Chromium on the PATH; None if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def chromium(profile: Path, *arguments: str) -> Iterator[Browser]:
    """Runs Chromium with a profile of its own and further `arguments`, and ends it with the block."""
    path = executable()
    assert path is not None, f"none of {', '.join(NAMES)} is on the PATH"
    to_browser, commands = os.pipe()
    messages, from_browser = os.pipe()

    def descriptors() -> None:  # Chromium reads commands from 3 and writes messages to 4
        held = os.dup(to_browser), os.dup(from_browser)
        os.dup2(held[0], 3)
        os.dup2(held[1], 4)

    # As root, Chromium starts only without its sandbox. It loads nothing but the tests' own pages.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [path, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={profile}", "--no-first-run",
         "--disable-gpu", "--disable-dev-shm-usage", *sandbox, *arguments, "about:blank"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        close_fds=False, preexec_fn=descriptors,  # noqa: PLW1509 - no thread of this process holds a lock it needs
    )  # fmt: skip
    os.close(to_browser)
    os.close(from_browser)
    try:
        yield Browser(commands, messages)
    finally:
        process.terminate()
        process.wait(SECONDS)
        os.close(commands)
        os.close(messages)


class Browser:
    """One tab of the browser at the other end of the two pipes."""

    def __init__(self, commands: int, messages: int) -> None:
        self._commands = commands
        self._messages = messages
        self._read = b""
        self._count = 0
        self._events: list[dict[str, Any]] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session: str | None = None
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")
        self._call("Network.enable")

    @property
    def statuses(self) -> dict[str, set[int]]:
        """What was answered since the page was opened, by URL, whether the page may see that or not."""
        answered: dict[str, set[int]] = {}
        for event in self._events:
            if event["method"] == "Network.responseReceived":
                response = event["params"]["response"]
                answered.setdefault(response["url"], set()).add(response["status"])
        return answered

    def open(self, url: str) -> None:
        """Opens `url`, and waits until it is loaded."""
        self._events.clear()
        self._call("Page.navigate", url=url)
        self._event("Page.loadEventFired")

    def open_as(self, url: str) -> None:
        """Opens an empty page that counts as loaded from `url`, as from a host whose name is then bound anew."""
        self._events.clear()
        self._call("Fetch.enable", patterns=[{"urlPattern": url}])
        self._send("Page.navigate", {"url": url})
        paused = self._event("Fetch.requestPaused")["params"]["requestId"]
        body = base64.b64encode(_BLANK.encode()).decode()
        headers = [{"name": "Content-Type", "value": "text/html"}]
        self._call("Fetch.fulfillRequest", requestId=paused, responseCode=200, responseHeaders=headers, body=body)
        self._event("Page.loadEventFired")
        self._call("Fetch.disable")

    def run(self, script: str, *arguments: Any) -> Any:
        """Returns what the JavaScript function `script` resolves to in the page, called with `arguments`."""
        call = f"({script})(...{json.dumps(arguments)})"
        answer = self._call("Runtime.evaluate", expression=call, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = self._send(method, parameters)
        while True:
            message = self._next()
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                result: dict[str, Any] = message["result"]
                return result

    def _send(self, method: str, parameters: dict[str, Any]) -> int:
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        session = getattr(self, "_session", None)
        if session is not None:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        return self._count

    def _event(self, method: str) -> dict[str, Any]:
        while True:
            found = next((event for event in self._events if event["method"] == method), None)
            if found is not None:
                self._events.remove(found)
                return found
            self._next()

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._messages], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "Chromium does not answer"
            part = os.read(self._messages, 1 << 20)
            assert part, "Chromium has ended"
            self._read += part
        text, _, self._read = self._read.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self._events.append(message)
        return message
