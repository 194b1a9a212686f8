"""The results of a part: figures with their spread, ratios with their goals, and a table."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """The median and the quartiles of several measurements, all in one unit."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Returns the spread of `values`, of which there is at least one."""
        low, _, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
        return cls(statistics.median(values), low, high)

    def show(self, digits: int = 2) -> str:
        """Returns median and quartiles, such as `3.10 (2.95-3.40)`."""
        return f"{self.median:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f})"


def milliseconds(seconds: Sequence[float]) -> Spread:
    """Returns the spread of durations, in milliseconds."""
    return Spread.of([each * 1000 for each in seconds])


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure divided by that of a peer in the same run, and its goal: a maximum or, with `least`, a minimum."""

    value: float
    goal: float
    peer: str
    least: bool = False

    @property
    def met(self) -> bool:
        """Returns whether the goal is met."""
        return self.value >= self.goal if self.least else self.value <= self.goal

    def show(self) -> str:
        """Returns the ratio, with a mark if the goal is missed."""
        return f"{self.value:.2f}{'' if self.met else ' !'}"

    def show_goal(self) -> str:
        """Returns the goal, such as `≤ 1.25`."""
        return f"{'≥' if self.least else '≤'} {self.goal:.2f}"


@dataclass(slots=True)
class Part:
    """The results of one part.

    Attributes:
        title: The heading.
        columns: The columns of the table.
        rows: The rows of the table.
        notes: Remarks on how the figures were measured.
        times: The median of each subject, in milliseconds.
        ratios: The ratio of each subject that has a goal.
        broken: Defects, which do not depend on the machine.
        data: Other results to be kept.
    """

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    times: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, Ratio] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    def compare(self, subject: str, value: float, goal: float, peer: str, *, least: bool = False) -> str:
        """Adds a ratio and returns it as text, with a mark if the goal is missed."""
        self.ratios[subject] = Ratio(value, goal, peer, least)
        return self.ratios[subject].show()

    def show(self) -> str:
        """Returns the part as text for a terminal."""
        lines = [f"## {self.title}", "", table(self.columns, self.rows), "", " ".join(self.notes)]
        missed = [
            f"{name}: {ratio.show()}, {ratio.show_goal()}" for name, ratio in self.ratios.items() if not ratio.met
        ]
        if missed:
            lines += ["", "Goals missed (`!`): " + "; ".join(missed) + "."]
        if self.broken:
            lines += ["", "BROKEN: " + "; ".join(self.broken) + "."]
        return "\n".join(lines) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Returns the part as data that can be written as JSON."""
        return asdict(self)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table."""
    lines: list[str] = []
    cells = [tuple(columns), *map(tuple, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(columns))]
    for index, row in enumerate(cells):
        lines.append("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
        if index == 0:
            lines.append("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
