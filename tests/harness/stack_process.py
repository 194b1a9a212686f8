"""The local stack as developers run it: with make, in a separate directory."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tools.__main__ import TOUR
from tools.local_stack import HOME, ROOT, SAM, LocalStack, free_port
from tools.machine import die_with_parent
from tools.ownership import Ownership

# `make test` has installed these, so they are not checked again.
STAMPS: Final = (".venv/.installed", ".local/sam/metadata.json", ".local/ministack/.installed")
MAKE: Final = ("make", *(f"--old-file={stamp}" for stamp in STAMPS))
START_SECONDS: Final = 300.0
# It takes three on an idle machine: the stack waits a second for its stream, and some for its temporary files.
STOP_SECONDS: Final = 60.0


def make(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs make for the stack of `home`, with `more` in its environment; returns its output and exit status."""
    return subprocess.run(
        [*MAKE, *arguments],
        cwd=ROOT,
        env=environment(home) | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
    )


def environment(home: Path) -> dict[str, str]:
    """Returns make's environment for the stack of `home`, without the variables of a make that runs the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "PORT"}
    return own | {"STACK_HOME": str(home)}


@dataclass
class Running:
    """A running stack: its directory and its base URL; `process` only if this object has started it."""

    home: Path
    url: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def stack(self) -> LocalStack:
        """Returns the `LocalStack` for access to its services."""
        return LocalStack(self.home, urlsplit(self.url).port or 0)

    @property
    def log(self) -> str:
        """Returns what `make run` has printed so far."""
        return (self.home / "run.log").read_text(errors="replace")

    @classmethod
    def start(cls, home: Path) -> Running:
        """Starts ``make run`` in the background, and waits until the stack is ready."""
        home.mkdir(parents=True, exist_ok=True)
        with (home / "run.log").open("wb") as log:
            process = subprocess.Popen(
                [*MAKE, "run", f"PORT={free_port()}"],
                cwd=ROOT,
                env=environment(home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - no thread runs here yet
            )
        return cls(home, wait_for_url(home, process), process)

    def interrupt(self) -> float:
        """Interrupts the stack as Ctrl-C does, and returns the seconds until all of it has ended."""
        assert self.process is not None
        begun = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(STOP_SECONDS)
        while Ownership(self.home).status() is not None:
            assert time.monotonic() < begun + STOP_SECONDS, "it does not stop"
            time.sleep(0.05)
        return time.monotonic() - begun

    def shown(self, url: str) -> str:
        """Returns what `make run` has printed about the API at `url`; or what `make up` prints, if not started here."""
        return self.log if self.process else TOUR.format(url=url, day=datetime.now(UTC).date() + timedelta(days=1))

    def shell(self) -> str:
        """Returns shell functions `make` and `sam` for this stack, to be used as on the documentation's pages."""
        aws = self.stack.access.variables() | {
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(SAM.parents[1]),
        }
        make = shlex.join(("env", f"STACK_HOME={self.home}", *MAKE))
        sam = shlex.join(("env", *(f"{name}={value}" for name, value in aws.items()), str(SAM)))
        return f'make() {{ {make} "$@"; }}\nsam() {{ {sam} "$@"; }}'


def wait_for_url(home: Path, process: subprocess.Popen[bytes]) -> str:
    """Returns the base URL of the stack of `home`, once it is ready."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        status = Ownership(home).status()
        if status is not None and status["url"] is not None:
            return status["url"]
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise AssertionError(f"the stack did not start\n{(home / 'run.log').read_text()[-2000:]}")


def given(url: str) -> Running:
    """Returns the stack at `url`, which is already running, started from this directory."""
    return Running(HOME, url)
