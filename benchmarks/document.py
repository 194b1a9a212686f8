"""Puts the tables of a run into docs/performance.md, so that its figures come from nowhere else."""

import re
from collections.abc import Mapping
from typing import Final

from benchmarks.report import Part
from tools.local_stack import ROOT

DOCUMENT: Final = ROOT / "docs" / "performance.md"


def update(parts: Mapping[str, Part], machine: str) -> None:
    """Replace what stands between `<!-- bench:NAME -->` and `<!-- /bench -->` by the tables of `parts`."""
    text = DOCUMENT.read_text()
    blocks = {"machine": f"{machine}.\n", **{name: part.table() for name, part in parts.items()}}
    for name, block in blocks.items():
        pattern = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- /bench -->)", re.DOTALL)
        text = pattern.sub(lambda match, block=block: f"{match[1]}\n{block}\n{match[2]}", text)  # type: ignore[misc]
    DOCUMENT.write_text(text)
