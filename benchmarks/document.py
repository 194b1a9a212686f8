"""Writes the results of a complete run, and its machine, to docs/performance.md: the only source of its figures."""

import re
from collections.abc import Mapping
from typing import Final

from benchmarks.report import Part, table
from tools.local_stack import ROOT

DOCUMENT: Final = ROOT / "docs" / "performance.md"
COLUMNS: Final = ("request", "calls", "depth", "ms", "ratio", "goal", "beside")
# The cold starts on the page; those of the other functions are between them.
COLD_STARTS: Final = ("events", "login", "authorize", "record_history")


def update(parts: Mapping[str, Part], machine: str) -> None:
    """Replaces the text between `<!-- bench:NAME -->` and `<!-- /bench -->` in the page."""
    text = DOCUMENT.read_text()
    for name, block in (("machine", machine), ("table", table(COLUMNS, _rows(parts)))):
        pattern = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- /bench -->)", re.DOTALL)
        text = pattern.sub(lambda match, block=block: f"{match[1]}\n{block}\n\n{match[2]}", text)  # type: ignore[misc]
    DOCUMENT.write_text(text)


def _rows(parts: Mapping[str, Part]) -> list[list[str]]:
    rows = [_row(name, parts["overhead"], name, parts["ledger"]) for name in parts["overhead"].times]
    rows += [_row(f"{name}, 100,000 events", parts["flatness"], name) for name in parts["flatness"].times]
    rows += [_row(f"shared calendars: {name}", parts["sharing"], name) for name in parts["sharing"].times]
    rows += [_row(name, parts["throughput"], name) for name in parts["throughput"].times]
    rows += [_row(name, parts["guessing"], name) for name in parts["guessing"].times]
    rows += [_row(name, parts["recurrence"], name) for name in parts["recurrence"].times]
    rows += [_row(name, parts["series"], name) for name in parts["series"].times]
    rows += [_row(f"cold start of `{name}`", parts["cold"], name) for name in COLD_STARTS]
    return rows + [_row(name, parts["smoke"], name) for name in parts["smoke"].times]


def _row(title: str, part: Part, name: str, ledger: Part | None = None) -> list[str]:
    calls = ledger.data[name] if ledger else {}
    ratio, time = part.ratios.get(name), part.times[name]
    compared = [ratio.show(), ratio.show_goal(), ratio.peer] if ratio else ["-"] * 3
    ms = f"{time:.0f}" if time >= 100 else f"{time:.1f}"
    return [title, str(calls.get("calls", "-")), str(calls.get("depth", "-")), ms, *compared]
