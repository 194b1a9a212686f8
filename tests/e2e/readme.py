"""The tour of README.md: its shell lines, and the answers that it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

README: Final = Path(__file__).parents[2] / "README.md"

_BLOCK: Final = re.compile(r"^```sh\n(.*?)^```\n(?:```json\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CLOCK: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_CUT: Final = "…"


def steps() -> list[tuple[str, str | None]]:
    """Each block of shell lines, with the answer that follows it."""
    found: list[tuple[str, str | None]] = [
        (lines, answer or None) for lines, answer in _BLOCK.findall(README.read_text())
    ]
    return found


@dataclass
class Comparison:
    """Compares shown answers with real ones, of one run of the tour.

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
        elif _UUID.fullmatch(shown):
            assert _UUID.fullmatch(real), path
            assert self.ids.setdefault(shown, real) == real, f"{path}: another id"
        elif _CLOCK.fullmatch(shown):
            assert _CLOCK.fullmatch(real), path
        else:
            assert real == shown, path
