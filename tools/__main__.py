"""The local stack's commands, for make: ``python -m tools run|up|down|url|deploy|logs``.

One process, started by ``run`` (or by ``up``, in the background), owns the stack. It holds a lock on a file
for as long as it lives, so a stale file is never mistaken for a running stack. Other commands look at that.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

from tools.local_stack import DEFAULT_PORT, HOME, ROOT, STOP_SECONDS, LocalStack, StackError

LOCK = HOME / "lock"
STATUS = HOME / "status.json"  # {"pid", "port", "url"}; the url only once the API answers
UP_LOG = HOME / "up.log"

TOUR = """
The API is at {url}

Try it, line by line:

  URL={url}
  curl -s $URL/auth/register -H 'Content-Type: application/json' \\
    -d '{{"username": "ada", "password": "correct horse battery", "email": "ada@example.com"}}'
  TOKEN=$(curl -s $URL/auth/login -H 'Content-Type: application/json' \\
    -d '{{"username": "ada", "password": "correct horse battery"}}' | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
  curl -s $URL/events -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{{"title": "Tea with Charles", "start": "{day}T15:00:00Z", "end": "{day}T16:00:00Z"}}'
  curl -s "$URL/events?from={day}T00:00:00Z" -H "Authorization: Bearer $TOKEN"
"""  # noqa: E501 - to be pasted


def run(port: int) -> None:
    """Run the stack in the foreground, with the functions' logs, until it is interrupted."""
    with _ownership(port), _interruptible(), LocalStack(port=port, say=_say) as stack:
        base_url = stack.deploy()
        _write_status(os.getpid(), port, base_url)
        _show_tour(base_url)
        _say("Functions' logs follow; Ctrl-C stops")
        for line in stack.log_lines():
            print(line, flush=True)


def up(port: int) -> None:
    """Run the stack in the background, unless it runs already."""
    if status := _running():
        _say(f"Already running: {status['url'] or 'not ready yet'}")
        return
    HOME.mkdir(parents=True, exist_ok=True)
    with UP_LOG.open("w") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "tools", "run", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        shown = 0
        while child.poll() is None:
            text = UP_LOG.read_text()
            if (status := _running()) and status["url"]:
                _show_tour(status["url"])
                return
            print(text[shown:], end="", flush=True)
            shown = len(text)
            time.sleep(0.2)
    except BaseException:
        child.terminate()
        child.wait()
        raise
    print(UP_LOG.read_text()[shown:], end="", file=sys.stderr)  # it has said why
    sys.exit(1)


def down() -> None:
    """Stop the stack, however it was started."""
    status = _running()
    if status is None:
        _say("Not running")
        return
    _say("Stopping")
    os.kill(status["pid"], signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS + 10
    while _running():
        if time.monotonic() > deadline:
            raise StackError(f"process {status['pid']} does not stop")
        time.sleep(0.1)


def url() -> None:
    """Print the base URL alone."""
    print(_ready()["url"])


def deploy() -> None:
    """Bring the functions, the layer and the template as they are now onto the running stack."""
    status = _ready()
    base_url = LocalStack(port=status["port"], say=_say).deploy()
    _write_status(status["pid"], status["port"], base_url)
    _say(f"Live at {base_url}")


def logs() -> None:
    """Print what the functions of the running stack log from now on."""
    with contextlib.suppress(KeyboardInterrupt):
        for line in LocalStack(port=_ready()["port"]).log_lines():
            print(line, flush=True)


@contextlib.contextmanager
def _ownership(port: int) -> Iterator[None]:
    """Be the one process that owns the stack, and say so in the status file."""
    HOME.mkdir(parents=True, exist_ok=True)
    with LOCK.open("w") as lock:
        for attempt in range(10):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                # Another command that looks whether the stack runs has the lock for an instant.
                if attempt == 9:
                    raise StackError("the stack runs already: make url tells where, make down stops it") from None
                time.sleep(0.1)
        _write_status(os.getpid(), port, None)
        try:
            yield
        finally:
            STATUS.unlink()


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and a closed terminal into one orderly end; a second one does not cut it short."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in signals:
        signal.signal(each, interrupt)
    with contextlib.suppress(KeyboardInterrupt):
        yield


def _running() -> dict[str, Any] | None:
    """The status of the stack that runs now, if one does."""
    with contextlib.suppress(FileNotFoundError), LOCK.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                status: dict[str, Any] = json.loads(STATUS.read_text())
                return status
    return None


def _ready() -> dict[str, Any]:
    status = _running()
    if status is None or status["url"] is None:
        raise StackError("the stack is not running: make up starts it")
    return status


def _write_status(pid: int, port: int, base_url: str | None) -> None:
    replacement = STATUS.with_suffix(".new")
    replacement.write_text(json.dumps({"pid": pid, "port": port, "url": base_url}))
    replacement.replace(STATUS)  # a reader sees the old status or the new one, never half of one


def _show_tour(base_url: str) -> None:
    print(TOUR.format(url=base_url, day=datetime.now(UTC).date() + timedelta(days=1)))


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be closed, and stopping is to go on
        print(f"==> {line}", flush=True)


def main() -> int:
    """Run the command named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    commands: dict[str, Callable[[int], None]] = {
        "run": run,
        "up": up,
        "down": lambda _: down(),
        "url": lambda _: url(),
        "deploy": lambda _: deploy(),
        "logs": lambda _: logs(),
    }
    parser.add_argument("command", choices=commands)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of 127.0.0.1, for run and up")
    arguments = parser.parse_args()
    try:
        commands[arguments.command](arguments.port)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
