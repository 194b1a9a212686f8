"""The parts of `make bench` work: each runs here, short, as people run it. What they measure is another matter."""

import re
import subprocess
import sys

import pytest

from tests.harness.template import ROOT

SHORT = ("flatness", "sharing", "overhead", "cold", "throughput", "fences", "guessing", "recurrence", "series")
ELSEWHERE = {
    "ledger": "tests/integration/test_budgets.py",
    "smoke": "tests/e2e/test_benchmarks.py",
    "endurance": "tests/e2e/test_running.py, with some hundred requests",
}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_every_part_is_run_or_listed() -> None:
    shown = re.search(r"^  part +(\w+(?:,\s+\w+)*)$", bench("--help").stdout, re.MULTILINE)
    assert shown is not None
    assert {*SHORT} | ELSEWHERE.keys() == {*re.split(r",\s+", shown[1])}


def test_the_parts_run() -> None:
    done = bench("--short", *SHORT)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "BROKEN" not in done.stdout
    assert done.stdout.count("\n## ") + done.stdout.startswith("## ") == len(SHORT)
    assert done.stdout.endswith("A short run: its figures say nothing.\n")


@pytest.mark.parametrize("arguments", [["ledger"], ["--short"]])
def test_the_page_takes_a_whole_run(arguments: list[str]) -> None:
    done = bench("--document", *arguments)
    assert done.returncode == 2
    assert "--document takes a whole run" in done.stderr


def test_no_test_imports_the_benchmarks() -> None:
    importing = re.compile(r"^\s*(from|import) benchmarks\b", re.MULTILINE)
    assert [path for path in (ROOT / "tests").rglob("*.py") if importing.search(path.read_text())] == []
