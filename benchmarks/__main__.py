"""Measure what the API costs. Without names, run all parts but endurance, which takes long.

Prints a table for each part, and writes all figures to .local/bench/bench.json. Ends with 1 if a budget is exceeded or
something is broken; a goal of time that was missed is only marked, since that depends on the machine.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

from benchmarks import document
from benchmarks.environment import HOME, local_environment
from benchmarks.report import Part
from benchmarks.timing import SHORT

PARTS: Final = (
    "ledger",
    "flatness",
    "sharing",
    "overhead",
    "cold",
    "throughput",
    "fences",
    "guessing",
    "recurrence",
    "series",
    "smoke",
)
LONG: Final = ("endurance",)
RESULT: Final = HOME / "bench.json"


def main() -> int:
    """Runs the parts named on the command line, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, *LONG, []], metavar="part", help=", ".join(PARTS + LONG))
    parser.add_argument("--document", action="store_true", help="put the figures into docs/performance.md")
    parser.add_argument("--short", action="store_true", help="only tell whether the parts work; keep no figures")
    arguments = parser.parse_args()
    if arguments.document and (arguments.parts or arguments.short):
        parser.error("--document takes a whole run: name no parts, and leave out --short")
    if arguments.short:
        os.environ[SHORT] = "yes"
    HOME.mkdir(parents=True, exist_ok=True)
    machine = f"Python {platform.python_version()}, {os.cpu_count()} processors ({platform.machine()})"
    parts: dict[str, Part] = {}
    with _quiet() as show:
        for name in arguments.parts or PARTS:
            parts[name] = _run(name, show)
            if not arguments.short:
                figures = {"machine": machine, "parts": {each: part.as_dict() for each, part in parts.items()}}
                RESULT.write_text(json.dumps(figures, indent=1))
        show("A short run: its figures say nothing." if arguments.short else f"All figures: {RESULT}")
    if arguments.document:
        document.update(parts, machine)
    return 1 if any(part.broken for part in parts.values()) else 0


def _run(name: str, show: Callable[[str], None]) -> Part:
    started = time.perf_counter()
    with local_environment():
        measure: Callable[[], Part] = import_module(f"benchmarks.{name}").measure
        part = measure()
    part.notes.append(f"This part took {time.perf_counter() - started:.0f} s.")
    show(part.show())
    return part


@contextmanager
def _quiet() -> Iterator[Callable[[str], None]]:
    """Discards standard output, to which the functions log, and yields a function that prints nevertheless."""
    sys.stdout.flush()
    terminal = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        yield lambda text: print(text, file=terminal, flush=True)
    finally:
        os.dup2(terminal.fileno(), 1)
        terminal.close()


if __name__ == "__main__":
    sys.exit(main())
