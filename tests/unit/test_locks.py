"""What is installed and deployed is locked: every package at one version, with the hashes of its files."""

import re
from pathlib import Path

import pytest

from tests.harness.template import ROOT

LOCKS = sorted(
    path.with_suffix(".txt") for place in ("", "shared", "tools", "benchmarks") for path in (ROOT / place).glob("*.in")
)


def test_there_are_locks() -> None:
    assert {path.name for path in LOCKS} >= {"requirements.txt", "requirements-dev.txt", "sam.txt", "ministack.txt"}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_package_is_locked_with_hashes(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.lstrip().startswith("#")]
    entries = re.split(r"\n(?=\S)", "\n".join(lines))
    assert entries
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==[^ ]+ ", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
