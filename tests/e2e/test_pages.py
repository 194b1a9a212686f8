"""Every command of README.md and docs/ that can run here, run as it stands, with the answers that the pages show."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.pages import LANGUAGES, NOT_RUN, PAGES, Comparison, fences, steps
from tests.harness.stack_process import Running, environment
from tests.harness.template import template, variables
from tools.local_stack import ROOT

END = "\n\x1e\n"
README = ROOT / "README.md"
SHELLS = [shell for shell in ("sh", "bash", "zsh") if shutil.which(shell)]


def run(running: Running, shell: str, *blocks: str) -> list[str]:
    """What each block of shell lines prints, in one shell that ends at the first failure. Users have other names."""
    other = uuid4().hex
    script = [running.shell(), "set -eu"]
    for block in blocks:
        script += [re.sub(r"\b(ada|bob)\b", rf"\g<1>{other}", block), f"printf '{END}'"]
    done = subprocess.run(
        [shell, "-c", "\n".join(script)],
        cwd=ROOT,
        env=environment(running.home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-1000:]
    return done.stdout.replace(other, "").split(END)[:-1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_fence_says_what_it_holds(page: Path) -> None:
    assert [fence.place for fence in fences(page) if fence.language not in LANGUAGES] == []
    assert page.read_text().count("\n```") == 2 * len(fences(page))


def test_what_is_not_run_is_there() -> None:
    shell = [fence.place for page in PAGES for fence in fences(page) if fence.language == "sh"]
    assert NOT_RUN.keys() <= {*shell}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_shell_lines_can_be_pasted_into_any_shell(page: Path) -> None:
    for fence in fences(page):
        if fence.language == "sh":
            # An interactive zsh takes comments for arguments; what is exported outlives the page it was pasted from.
            assert not re.search(r"(^|\s)#|(?<!/)\bexport\b", fence.text), fence


@pytest.mark.parametrize(
    ("page", "shell"),
    [
        *((README, shell) for shell in SHELLS),
        *((page, "sh") for page in PAGES if steps(page) and page != README),  # the strictest of them
    ],
    ids=lambda each: each.name if isinstance(each, Path) else each,
)
def test_the_commands_of_a_page(running: Running, page: Path, shell: str) -> None:
    printed = run(running, shell, *(lines for lines, _ in steps(page)))
    comparison = Comparison()
    for (lines, answer), real in zip(steps(page), printed, strict=True):
        if answer is not None:
            comparison.check(json.loads(answer), json.loads(real), lines)


def test_the_readme_shows_answers() -> None:
    assert len([answer for _, answer in steps(README) if answer]) > 10


@pytest.mark.parametrize("shell", SHELLS)
def test_what_make_run_says_can_be_pasted(running: Running, base_url: str, shell: str) -> None:
    shown = running.shown(base_url)
    assert f"{base_url}/docs" in shown
    lines = shown.partition("Try it, line by line:\n")[2].partition("==>")[0]
    (printed,) = run(running, shell, re.sub(r"^  ", "", lines, flags=re.MULTILINE))
    assert "access_token" in printed
    assert printed.count('"title":"Tea with Charles"') == 2


def test_the_variables_of_a_local_invocation_are_the_templates() -> None:
    (example,) = (fence for fence in fences(ROOT / "docs" / "functions.md") if '"Parameters"' in fence.text)
    # SAM knows the parameters' defaults by itself, but not what the resources are called.
    named = {name: value for name, value in variables().items() if "If" not in value}
    resources = {name for name, value in named.items() if value.get("Ref") not in template()["Parameters"]}
    assert json.loads(example.text)["Parameters"].keys() == resources
