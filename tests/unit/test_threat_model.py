"""docs/threat-model.md names a test for each of its answers, and each of them exists."""

import ast
import re
from functools import cache

import pytest

from tests.harness.template import ROOT

PAGE = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
NAMED = sorted({*re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)})
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| [STRIDE](, [STRIDE])* \|", line)]


@cache
def names_in(path: str) -> set[str]:
    """The test functions of a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test")}


def test_there_are_threats() -> None:
    assert len(ROWS) > 40
    assert {letter for row in ROWS for letter in row.split("|")[1] if letter.isalpha()} == set("STRIDE")


@pytest.mark.parametrize("row", ROWS)
def test_every_answer_names_a_test(row: str) -> None:
    assert re.search(r"`tests/[\w/]+\.py::\w+`", row), row


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_every_test_that_is_named_exists(path: str, name: str) -> None:
    assert (ROOT / path).is_file(), path
    assert name in names_in(path), f"{path} has no {name}"


def test_readme_and_the_index_of_documents_lead_there() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "(SECURITY.md)" in readme
    assert "(docs/threat-model.md)" in readme
    assert "(docs/threat-model.md" in (ROOT / "SECURITY.md").read_text("utf-8")
