"""Ownership of the local stack by one process, which writes the stack's URL and phase to a status file.

The owner holds a lock on another file as long as it runs, so a stale status is never mistaken for a running stack.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, TypedDict

from tools.local_stack import StackError

Phase = Literal["starting", "ready", "stopping"]

# The messages of other commands if the stack is not ready.
NOT_READY: Final[dict[Phase | None, str]] = {
    None: "the stack is not running: make run starts it, or make up, in the background",
    "starting": "the stack is not ready yet: try again in some seconds",
    "stopping": "the stack is stopping",
}


class Status(TypedDict):
    """The status of the stack, as its owner writes it; `url` is None unless it is ready."""

    pid: int
    port: int
    phase: Phase
    url: str | None


class Ownership:
    """The lock and the status of the stack in a home directory, for its owner and for other processes."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lock = home / "lock"
        self._status = home / "status.json"

    @contextlib.contextmanager
    def held(self, port: int) -> Iterator[None]:
        """Makes this process the owner within the block. Raises StackError if another process is the owner."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self._lock.open("w") as lock:
            for attempt in range(10):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    # Another command that checks whether the stack runs holds the lock for a moment.
                    if attempt == 9:
                        raise StackError("the stack runs already: make url tells where, make down stops it") from None
                    time.sleep(0.1)
            self.tell(os.getpid(), port, "starting")
            try:
                yield
            finally:
                self._status.unlink(missing_ok=True)

    def tell(self, pid: int, port: int, phase: Phase, url: str | None = None) -> None:
        """Writes the stack's status atomically: a reader sees the previous status or this one."""
        status: Status = {"pid": pid, "port": port, "phase": phase, "url": url}
        replacement = self._status.with_suffix(".new")
        replacement.write_text(json.dumps(status))
        replacement.replace(self._status)

    def status(self) -> Status | None:
        """Returns the status of the running stack; None if none is running."""
        with contextlib.suppress(FileNotFoundError), self._lock.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                with contextlib.suppress(FileNotFoundError):
                    status: Status = json.loads(self._status.read_text())
                    return status
        return None

    def ready(self) -> tuple[Status, str]:
        """Returns the status of the running stack, and its base URL. Raises StackError unless it is ready."""
        status = self.status()
        if status is None or status["url"] is None:
            raise StackError(NOT_READY[status and status["phase"]])
        return status, status["url"]
