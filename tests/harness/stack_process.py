"""The local stack as people run it: with make, in a directory of its own."""

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
from tools.local_stack import HOME, REGION, ROOT, ROOT_KEY, SAM, LocalStack, free_port
from tools.machine import die_with_parent
from tools.ownership import Ownership

# What `make test` has installed is not looked at again.
STAMPS: Final = (".venv/.installed", ".local/sam/metadata.json", ".local/ministack/.installed")
MAKE: Final = ("make", *(f"--old-file={stamp}" for stamp in STAMPS))
START_SECONDS: Final = 300.0
# On an idle machine it takes three; the stack waits a second for its stream, and some for its temporary files.
STOP_SECONDS: Final = 60.0


def make(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run make against the stack of `home`, with `more` in its environment; gives what it printed and how it ended."""
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
    """Where make finds the stack of `home`. Nothing of a make that runs the tests gets to another."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "PORT"}
    return own | {"STACK_HOME": str(home)}


@dataclass
class Running:
    """A stack that runs, where it keeps its data, and its base URL; `process` only if it was started here."""

    home: Path
    url: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def stack(self) -> LocalStack:
        """What looks into it."""
        return LocalStack(self.home, urlsplit(self.url).port or 0)

    @property
    def log(self) -> str:
        """What `make run` has printed so far."""
        return (self.home / "run.log").read_text(errors="replace")

    @classmethod
    def start(cls, home: Path) -> Running:
        """``make run``, in the background, until it is ready."""
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
        """Press Ctrl-C, and give the seconds until all of it has ended."""
        assert self.process is not None
        begun = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(STOP_SECONDS)
        while Ownership(self.home).status() is not None:
            assert time.monotonic() < begun + STOP_SECONDS, "it does not stop"
            time.sleep(0.05)
        return time.monotonic() - begun

    def shown(self, url: str) -> str:
        """What `make run` has said of the API at `url`; or `make up` says, if it was not started here."""
        return self.log if self.process else TOUR.format(url=url, day=datetime.now(UTC).date() + timedelta(days=1))

    def shell(self) -> str:
        """Functions for a shell: `make` and `sam`, as the pages have them, for this stack."""
        aws = {
            "AWS_ENDPOINT_URL": self.stack.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(SAM.parents[1]),
        }
        make = shlex.join(("env", f"STACK_HOME={self.home}", *MAKE))
        sam = shlex.join(("env", *(f"{name}={value}" for name, value in aws.items()), str(SAM)))
        return f'make() {{ {make} "$@"; }}\nsam() {{ {sam} "$@"; }}'


def wait_for_url(home: Path, process: subprocess.Popen[bytes]) -> str:
    """The base URL that the stack of `home` says, once it is ready."""
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
    """The stack at `url`, which runs already, started from this directory."""
    return Running(HOME, url)
