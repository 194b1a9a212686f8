"""Figures with their spread, tables to read, and what is kept of a run."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several measurements, their quartiles and their extremes, all in one unit."""

    median: float
    low_quartile: float
    high_quartile: float
    least: float
    most: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of `values`, of which there is at least one."""
        low, _, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
        return cls(statistics.median(values), low, high, min(values), max(values), len(values))

    def scaled(self, factor: float) -> "Spread":
        """The same in another unit."""
        return Spread(
            self.median * factor,
            self.low_quartile * factor,
            self.high_quartile * factor,
            self.least * factor,
            self.most * factor,
            self.count,
        )

    def show(self, digits: int = 2) -> str:
        """Median and quartiles, such as `3.10 (2.95-3.40)`."""
        return f"{self.median:.{digits}f} ({self.low_quartile:.{digits}f}-{self.high_quartile:.{digits}f})"


def milliseconds(seconds: Sequence[float]) -> Spread:
    """The spread of durations, in milliseconds."""
    return Spread.of(seconds).scaled(1000)


@dataclass(slots=True)
class Part:
    """One part of a run: a table, remarks on how it came about, and the goals it missed."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    def goal(self, what: str, value: float, bound: float, *, least: bool = False) -> str:
        """Show `value`, marked and remembered if it is over `bound` (under it, with `least`)."""
        met = value >= bound if least else value <= bound
        if not met:
            self.missed.append(f"{what}: {value:.2f}, goal {'at least' if least else 'at most'} {bound:g}")
        return f"{value:.2f}{'' if met else ' !'}"

    def show(self) -> str:
        """The part as text for a terminal."""
        return f"## {self.title}\n\n{self.table()}"

    def table(self) -> str:
        """The table and what is said of it."""
        lines: list[str] = []
        table = [tuple(self.columns), *map(tuple, self.rows)]
        widths = [max(len(row[column]) for row in table) for column in range(len(self.columns))]
        for index, row in enumerate(table):
            first, *others = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            lines.append("| " + " | ".join([first, *others]) + " |")
            if index == 0:
                lines.append("|" + "|".join("-" * (width + 2) for width in widths) + "|")
        lines.append("")
        lines.append(" ".join(self.notes))
        if self.missed:
            lines += ["", "Goals missed (`!`): " + "; ".join(self.missed) + "."]
        if self.broken:
            lines += ["", "BROKEN: " + "; ".join(self.broken) + "."]
        return "\n".join(lines) + "\n"

    def document(self) -> dict[str, Any]:
        """The part as data."""
        return {
            "title": self.title,
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "notes": self.notes,
            "missed": self.missed,
            "broken": self.broken,
            "data": self.data,
        }
