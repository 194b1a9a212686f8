"""Every exception from a rule of security states its reason, for ruff's rules and for checkov's."""

import re
from pathlib import Path

from tests.harness.template import ROOT

SOURCES = [
    path for folder in ("functions", "shared", "tests", "tools", "benchmarks") for path in (ROOT / folder).rglob("*.py")
]


def unexplained(path: Path) -> list[str]:
    """The exceptions in a file from rules of flake8-bandit behind which nothing is written."""
    marks = re.findall(r"# noqa: (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return [mark for mark in marks if re.fullmatch(r"(?:[A-Z]+\d+, ?)*S\d+(?:, ?[A-Z]+\d+)*", mark.strip())]


def test_an_exception_in_the_code_does() -> None:
    assert {str(path): found for path in SOURCES if (found := unexplained(path))} == {}


def test_an_exception_for_whole_folders_does() -> None:
    settings = (ROOT / "pyproject.toml").read_text("utf-8")
    lines = [line for line in settings.splitlines() if re.match(r'\s+"S\d+"', line)]
    assert len(lines) >= 3
    assert [line for line in lines if not re.search(r"# \w+", line)] == []


def test_a_rule_of_checkov_that_is_skipped_does() -> None:
    lines = (ROOT / ".checkov.yaml").read_text("utf-8").partition("skip-check:\n")[2].splitlines()
    skipped = [at for at, line in enumerate(lines) if "CKV" in line]
    assert skipped
    for at in skipped:
        assert at > 0
        assert lines[at - 1].lstrip().startswith("# "), lines[at]
        assert lines[at - 1].endswith("."), lines[at]
