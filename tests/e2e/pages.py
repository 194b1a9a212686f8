"""The pages that people read: their shell lines, and the answers that they show."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tools.local_stack import ROOT

PAGES: Final = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

# What a fence says that it holds: shell lines to type, an answer or an example, text, or a part of a template.
LANGUAGES: Final = {"sh", "json", "text", "yaml"}

# Shell lines that no test can run, by their page and first line, and why. All others run.
ACCOUNT: Final = "needs an AWS account"
NOT_RUN: Final = {
    ("README.md", "make run"): "starts the stack that all the others need: the tests' own fixture runs it",
    ("README.md", "sam build && sam deploy --guided"): ACCOUNT,
    ("README.md", "LAYER_PYTHON=3.12 LAYER_PLATFORM=x86_64-manylinux_2_28 sam build"): ACCOUNT,
    ("functions.md", "sam list stack-outputs --stack-name event-scheduling-api"): f"{ACCOUNT}, and Docker",
    ("operations.md", "sam deploy --parameter-overrides DeletionProtection=false"): ACCOUNT,
    ("operations.md", "aws dynamodb update-table --table-name <name> --no-deletion-protection-enabled"): ACCOUNT,
    (
        "operations.md",
        ("aws dynamodb restore-table-to-point-in-time --source-table-name <HistoryTable> "
         "--target-table-name history-restored \\"),
    ): ACCOUNT,
    (
        "operations.md",
        """invoke RotateKeysFunction --event '{"revoke": true}'""",
    ): "ends every session, and for 15 minutes tokens may be refused: see tests/integration/test_rotate_keys.py",
    ("performance.md", "make bench"): "takes minutes: its parts run, short, in tests/integration/test_benchmarks.py",
}  # fmt: skip

_FENCE: Final = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# An id, or that of an occurrence of a series.
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(_[0-9]{8}(T[0-9]{6})?)?")
_CLOCK: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_CUT: Final = "…"


@dataclass(frozen=True)
class Fence:
    """A part of a page between fences."""

    page: str
    language: str
    text: str

    @property
    def place(self) -> tuple[str, str]:
        """Its page and first line."""
        return self.page, self.text.partition("\n")[0]


def fences(page: Path) -> list[Fence]:
    """All fences of a page, in their order."""
    return [Fence(page.name, language, text) for language, text in _FENCE.findall(page.read_text())]


def steps(page: Path) -> list[tuple[str, str | None]]:
    """Each fence of shell lines that can run here, with the answer that follows it."""
    every = fences(page)
    return [
        (fence.text, then.text if then is not None and then.language == "json" else None)
        for fence, then in zip(every, [*every[1:], None], strict=False)
        if fence.language == "sh" and fence.place not in NOT_RUN
    ]


@dataclass
class Comparison:
    """Compares shown answers with real ones, of one run of a page.

    Ids differ from run to run, so each shown id stands for one real id throughout. Times of changes differ, too. `…`
    stands for the rest of a text, of a list, or (as a key) of an object.
    """

    ids: dict[str, str] = field(default_factory=dict)

    def check(self, shown: Any, real: Any, path: str = "$") -> None:
        """Fail unless `real` is what `shown` stands for."""
        if isinstance(shown, dict):
            assert isinstance(real, dict), path
            self._check_object(shown, real, path)
        elif isinstance(shown, list):
            assert isinstance(real, list), path
            cut = _CUT in shown
            head = shown[: shown.index(_CUT)] if cut else shown
            assert len(real) > len(head) if cut else len(real) == len(head), path
            for at, (mine, theirs) in enumerate(zip(head, real, strict=False)):
                self.check(mine, theirs, f"{path}[{at}]")
        elif isinstance(shown, str):
            assert isinstance(real, str), path
            self._check_text(shown, real, path)
        else:
            assert real == shown, path

    def _check_object(self, shown: dict[str, Any], real: dict[str, Any], path: str) -> None:
        named = [name for name in shown if name != _CUT]
        assert set(named) < set(real) if _CUT in shown else set(named) == set(real), f"{path}: {list(real)}"
        for name in named:
            self.check(shown[name], real[name], f"{path}.{name}")

    def _check_text(self, shown: str, real: str, path: str) -> None:
        if _CUT in shown:
            assert real.startswith(shown.partition(_CUT)[0]), path
        elif _ID.fullmatch(shown):
            assert _ID.fullmatch(real), path
            (mine, _, shown_part), (theirs, _, real_part) = shown.partition("_"), real.partition("_")
            assert self.ids.setdefault(mine, theirs) == theirs, f"{path}: another id"
            assert shown_part == real_part, path
        elif _CLOCK.fullmatch(shown):
            assert _CLOCK.fullmatch(real), path
        else:
            assert real == shown, path
