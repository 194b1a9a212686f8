"""How much of the code a request runs: the same on every machine, which its time is not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from tests.harness.template import ROOT

_SHARED = str(ROOT / "shared")


@dataclass
class Work:
    """How often functions of `shared` were called; of a generator, also how often it went on."""

    calls: int = 0


@contextmanager
def counted() -> Iterator[Work]:
    """Counts the work of this thread."""
    work, before = Work(), sys.getprofile()

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(_SHARED):
            work.calls += 1

    sys.setprofile(count)
    try:
        yield work
    finally:
        sys.setprofile(before)
