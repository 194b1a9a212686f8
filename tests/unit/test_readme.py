"""What README.md and docs/ say of the repository is so."""

import re
from pathlib import Path

import pytest

from shared.errors import COLLISIONS_SHOWN
from shared.http.bodies import MAX_BODY_BYTES
from shared.http.fields import MAX_BULK, MAX_DESCRIPTION_BYTES, MAX_PAGE
from shared.http.problem_documents import ERRORS_SHOWN
from shared.scheduling.free_time import MAX_FREE_BUSY_SECONDS
from shared.scheduling.intervals import MAX_DURATION_SECONDS
from tests.harness.template import ROOT, template

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture
def readme() -> str:
    return (ROOT / "README.md").read_text()


def test_every_parameter_is_listed_with_its_default(readme: str) -> None:
    listed = re.findall(r"^\| `(\w+)` \| `?([^`|]*?)`? \| ", readme, re.MULTILINE)
    assert dict(listed) == {name: str(each["Default"]) for name, each in template()["Parameters"].items()}


def test_every_target_of_make_exists(readme: str) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^|\$\()make (?:-s )?([a-z0-9-]+)", readme, re.MULTILINE))
    assert named >= {"run", "test", "url"}
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    targets = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in targets if link and not (page.parent / link).exists()] == []
    assert [name for name in re.findall(r"\bevents/\w+\.json", text) if not (ROOT / name).exists()] == []


def test_its_limits_are_the_codes(readme: str) -> None:
    for text in (
        f"at most {MAX_DURATION_SECONDS // 86_400} days",
        f"at most {MAX_BODY_BYTES // 2**20} MiB",
        f"at most\n  {MAX_PAGE} items",
        f"at most {MAX_FREE_BUSY_SECONDS // 86_400} days",
        f"up to {MAX_BULK:,} events",
        f"up to {MAX_DESCRIPTION_BYTES:,} bytes",
        f"{template()['Parameters']['AccessTokenSeconds']['Default'] // 60} minutes by default",
    ):
        assert text in readme, text
    problems = (ROOT / "docs" / "problems.md").read_text()
    assert f"the first {COLLISIONS_SHOWN} events" in problems
    assert f"the first {ERRORS_SHOWN} " in problems
    assert f"more than {MAX_BODY_BYTES // 2**20} MiB" in problems
