"""Every exception of a security rule (ruff's S) has its reason beside it."""

import re

import pytest

from tests.harness.template import ROOT

PLACES = ("functions", "shared", "tests", "tools", "benchmarks")
IN_CODE = [
    f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
    for place in PLACES
    for path in sorted((ROOT / place).rglob("*.py"))
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
    if re.search(r"#\s*noqa: (\w+, )*S\d", line)
]
IN_SETTINGS = [line.strip() for line in (ROOT / "pyproject.toml").read_text("utf-8").splitlines() if '"S1' in line]


def test_there_are_exceptions() -> None:
    assert len(IN_CODE) > 10
    assert len(IN_SETTINGS) >= 3


@pytest.mark.parametrize("line", [*IN_CODE, *IN_SETTINGS])
def test_it_says_why(line: str) -> None:
    code = r"(S\d+|[A-Z]+\d+)"
    assert re.search(rf"#\s*noqa: {code}(, {code})* \W*\w+", line) or re.search(r'",\s+#.*\w+', line), line
