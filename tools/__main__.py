"""The local stack's commands, for make: ``python -m tools run|up|down|url|deploy|logs|invoke``.

One process, started by ``run`` (or by ``up``, in the background), owns the stack; the others look at what it says.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

from tools import following, invocation
from tools.local_stack import DEFAULT_PORT, HOME, ROOT, STOP_SECONDS, LocalStack, StackError
from tools.ownership import NOT_READY, Ownership

TOUR = """
The API is at {url}
The reference, to try every request on: {url}/docs

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


def run(home: Path, port: int) -> None:
    """Runs the stack in the foreground, with the functions' logs, until it is interrupted."""
    owner = Ownership(home)
    with owner.held(port), _interruptible(), LocalStack(home, port, say=_say) as stack:
        try:
            base_url = stack.deploy()
            owner.tell(os.getpid(), port, "ready", base_url)
            _show_tour(base_url)
            _say("Functions' logs and mails follow; Ctrl-C stops")
            for line in following.lines(stack.alive, stack.logs(delete_old=True), stack.inbox()):
                _show(line)
        finally:
            owner.tell(os.getpid(), port, "stopping")
        raise StackError(f"the local AWS has ended by itself; {home / 'ministack.log'} may say why")


def up(home: Path, port: int) -> None:
    """Runs the stack in the background, unless it is already running."""
    owner = Ownership(home)
    if status := owner.status():
        _say(f"Already running: {status['url']}" if status["url"] else NOT_READY[status["phase"]])
        return
    home.mkdir(parents=True, exist_ok=True)
    up_log = home / "up.log"
    with up_log.open("w") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "tools", "--home", str(home), "--port", str(port), "run"],
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
            text = up_log.read_text()
            if (status := owner.status()) and status["url"]:
                _show_tour(status["url"])
                return
            _show(text[shown:], end="")
            shown = len(text)
            time.sleep(0.2)
    except BaseException:
        child.terminate()
        child.wait()
        raise
    print(up_log.read_text()[shown:], end="", file=sys.stderr)  # the rest of the log says why it has ended
    sys.exit(1)


def down(home: Path) -> None:
    """Stops the stack, however it was started."""
    owner = Ownership(home)
    status = owner.status()
    if status is None:
        _say("Not running")
        return
    _say("Stopping")
    os.kill(status["pid"], signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS + 10
    while owner.status():
        if time.monotonic() > deadline:
            raise StackError(f"process {status['pid']} does not stop")
        time.sleep(0.1)


def url(home: Path) -> None:
    """Prints only the base URL."""
    _, base_url = Ownership(home).ready()
    _show(base_url)


def deploy(home: Path) -> None:
    """Deploys the current functions, layer and template to the running stack."""
    owner = Ownership(home)
    status, _ = owner.ready()
    base_url = LocalStack(home, status["port"], say=_say).deploy()
    owner.tell(status["pid"], status["port"], "ready", base_url)
    _say(f"Live at {base_url}")


def logs(home: Path) -> None:
    """Prints new log lines of the running stack's functions, until the stack stops or standard output is closed."""
    owner = Ownership(home)
    status, _ = owner.ready()
    with contextlib.suppress(KeyboardInterrupt):
        stack = LocalStack(home, status["port"])
        for line in following.lines(lambda: owner.status() is not None, stack.logs()):
            if not _show(line):
                return


def invoke(home: Path, function: str, payload: str, event: str) -> None:
    """Invokes a function of the running stack with the file `payload` or the text `event`, and prints its response.

    Exits with status 1 if the function failed.
    """
    if not function or bool(payload) == bool(event):
        raise StackError("name a function, and a file or an event: FUNCTION=... PAYLOAD=events/....json, or EVENT='{}'")
    try:
        sent = Path(payload).read_bytes() if payload else event.encode()
        json.loads(sent)
    except OSError as error:
        raise StackError(f"{payload} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise StackError(f"{payload or 'the event'} is no JSON: {error}") from error
    status, _ = Ownership(home).ready()
    answer, ended_well = invocation.invoke(LocalStack(home, status["port"]), function, sent)
    _show(json.dumps(answer, indent=2, ensure_ascii=False))
    if not ended_well:
        sys.exit(1)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Turns Ctrl-C, SIGTERM and a closed terminal into an orderly end, which further signals do not interrupt."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in signals:
        signal.signal(each, interrupt)
    with contextlib.suppress(KeyboardInterrupt):
        yield


def _show_tour(base_url: str) -> None:
    _show(TOUR.format(url=base_url, day=datetime.now(UTC).date() + timedelta(days=1)))


def _say(line: str) -> None:
    _show(f"==> {line}")


def _show(text: str, end: str = "\n") -> bool:
    """Prints `text`, and returns whether standard output is still open.

    If it is not (a closed pipe or terminal), further output is discarded, so that the command continues without it.
    """
    try:
        print(text, end=end, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _port(text: str) -> int:
    """Returns the TCP port in `text`. Raises StackError if it is not one."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise StackError(f"PORT is {text!r}: it has to be a number from 1 to 65535")
    return int(text)


def _directory(text: str) -> Path:
    """Returns the directory in `text` as an absolute path."""
    return Path(text).resolve()


def main() -> int:
    """Runs the command named on the command line, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    commands: dict[str, Callable[[argparse.Namespace], None]] = {
        "run": lambda given: run(given.home, _port(given.port)),
        "up": lambda given: up(given.home, _port(given.port)),
        "down": lambda given: down(given.home),
        "url": lambda given: url(given.home),
        "deploy": lambda given: deploy(given.home),
        "logs": lambda given: logs(given.home),
        "invoke": lambda given: invoke(given.home, given.function, given.payload, given.event),
    }
    parser.add_argument("--home", type=_directory, default=HOME, help="the stack's directory; one stack runs in each")
    parser.add_argument("--port", default=str(DEFAULT_PORT), help="of 127.0.0.1, for run and up")
    parser.add_argument("--function", default="", help="for invoke: its name in template.yaml")
    parser.add_argument("--payload", default="", help="for invoke: a file with the event")
    parser.add_argument("--event", default="", help="for invoke: the event itself")
    parser.add_argument("command", choices=commands)
    arguments = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever the terminal's encoding is
    try:
        commands[arguments.command](arguments)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
