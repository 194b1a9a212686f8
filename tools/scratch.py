"""Removal of large temporary directories without a long wait."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Final

RETRY_SECONDS: Final = 3.0

# The shell ends at once, so the removal in the background is not interrupted together with a command.
REMOVE: Final = 'rm -rf "$@" </dev/null >/dev/null 2>&1 &'

_ASIDE: Final = "discarded-"


def discard(directory: Path) -> None:
    """Moves `directory` aside at once and removes it, together with what an earlier removal has left.

    Each process of a function unpacks the function and its layer anew: hundreds of files. After many processes, removal
    takes minutes, so this waits for some seconds at most, and a separate process continues.
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
