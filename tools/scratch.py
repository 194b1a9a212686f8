"""Directories whose contents nobody needs any more, removed without making anybody wait for long."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Final

RETRY_SECONDS: Final = 3.0

# The shell ends at once: what removes them belongs to no command that may be interrupted.
REMOVE: Final = 'rm -rf "$@" </dev/null >/dev/null 2>&1 &'

_ASIDE: Final = "discarded-"


def discard(directory: Path) -> None:
    """Have `directory` out of the way at once, and removed; also what an earlier removal has left behind.

    Each process of a function unpacks the function and its layer anew, hundreds of files. Where there were many, it
    takes minutes to remove them: so longer than some seconds nobody waits, and a process of its own goes on with it.
    """
    home = directory.parent
    if directory.exists():
        directory.rename(home / f"{_ASIDE}{time.time_ns()}")
    left = [*home.glob(f"{_ASIDE}*")]
    if not left:
        return
    subprocess.run(["/bin/sh", "-c", REMOVE, "sh", *map(str, left)], start_new_session=True, check=True)
    deadline = time.monotonic() + RETRY_SECONDS
    while any(each.exists() for each in left) and time.monotonic() < deadline:
        time.sleep(0.05)
