"""Run all parts, or those named: ledger flatness overhead cold throughput smoke.

One more, endurance, takes long and runs only when it is named.

Prints a table for each part and writes all figures to .local/bench/bench.json. Ends with 1 if a budget is exceeded or
something is broken; a goal of time that was missed is only marked, since that depends on the machine.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Final

from benchmarks import document
from benchmarks.ground import HOME, ground
from benchmarks.report import Part
from benchmarks.timing import SHORT

PARTS: Final = {
    "ledger": "ledgers",
    "flatness": "flatness",
    "overhead": "overhead",
    "cold": "cold",
    "throughput": "throughput",
    "smoke": "smoke",
    "endurance": "endurance",
}
# What takes too long to be run unless it is named.
LONG: Final = {"endurance"}
RESULT: Final = HOME / "bench.json"


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part")
    parser.add_argument("--document", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--short", action="store_true", help="only tell whether the parts work; keep no figures")
    arguments = parser.parse_args()
    if arguments.short:
        os.environ[SHORT] = "yes"
    names = arguments.parts or [name for name in PARTS if name not in LONG]
    HOME.mkdir(parents=True, exist_ok=True)
    with quiet() as say:
        machine = (
            f"Python {platform.python_version()}, DynamoDB Local in memory, {os.cpu_count()} processors "
            f"({platform.machine()}) that it shares with the benchmark"
        )
        say(f"{machine}\n")
        parts = {}
        for name in names:
            started = time.perf_counter()
            with ground():
                measure: Callable[[], Part] = import_module(f"benchmarks.{PARTS[name]}").measure
                parts[name] = measure()
            parts[name].notes.append(f"This part took {time.perf_counter() - started:.0f} s.")
            say(parts[name].show())
            documents = {name: part.document() for name, part in parts.items()}
            if arguments.short:
                continue
            RESULT.write_text(json.dumps({"machine": machine, "parts": documents}, indent=1))
            if arguments.document:
                document.update(parts, machine)
        say("A short run: its figures say nothing." if arguments.short else f"All figures: {RESULT}")
    return 1 if any(part.broken for part in parts.values()) else 0


class quiet:  # noqa: N801 used like a function
    """Send what the functions log to nowhere, and yield what prints all the same."""

    def __enter__(self) -> Callable[[str], None]:
        sys.stdout.flush()
        self._terminal = os.fdopen(os.dup(1), "w")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        return lambda text: print(text, file=self._terminal, flush=True)

    def __exit__(self, *_: object) -> None:
        os.dup2(self._terminal.fileno(), 1)
        self._terminal.close()


if __name__ == "__main__":
    sys.exit(main())
