"""Cold start: the time a new process takes to import a function, create its client, and serve its first request."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.environment import HOME
from benchmarks.packages import built_layer, compiled_functions, installed_packages, zipped_size
from benchmarks.report import Part, Spread, milliseconds
from benchmarks.timing import few
from shared.runtime import current
from tests.harness.dataset import Dataset
from tests.harness.layer import size_of
from tests.harness.requests import USUAL_ROUTES

ROUNDS: Final = 9
WARM_UP: Final = 2
MB: Final = 1024 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
UNZIPPED_LIMIT: Final = 250 * MB
# The first request of each function, and the processor time that its start may take, as a ratio to boto3's.
FIRST: Final = {
    "events": ("get", 1.3),
    "history": ("list versions", 1.3),
    "rollback": ("rollback", 1.3),
    "bulk_create": ("bulk of 1,000", 1.3),
    "undo": ("undo of 10", 1.3),
    "register": ("register", 1.3),
    "login": ("login", 1.3),
    "refresh": ("refresh", 1.3),
    "logout": ("logout", 1.3),
    "authorize": ("authorize", 0.9),
    "record_history": ("record 100 changes", 0.9),
}
PEER: Final = "boto3 with its client"

# A process reports, for each step, the seconds of wall time and of processor time since its first line; and its peak
# memory, in kilobytes. (ru_maxrss would include that of the parent.)
_BEGIN: Final = """
import sys, time
def clock(): return time.perf_counter(), time.process_time()
def since(then): return [b - a for a, b in zip(then, clock())]
begun = clock()
"""
_END: Final = """
try: memory = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
except OSError: memory = 0
report = {"import": imported, "ready": ready, "first": first, "modules": len(sys.modules), "memory": memory}
print(json.dumps(report), file=sys.stderr)
"""
_FUNCTION: Final = """
from MODULE import handler
imported = since(begun)
CLIENT
ready = since(begun)
import json
class Context:
    aws_request_id = "5f0c1b0e-6d0a-4f57-9c53-1d7a0f9b2e61"
    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:function"
    def get_remaining_time_in_millis(self): return 28000
event = json.load(open(sys.argv[1]))
asked = clock()
response = handler(event, Context())
first = [sum(each) for each in zip(ready, since(asked))]
if response.get("statusCode", 200) >= 300: sys.exit(str(response))
"""
_PEER: Final = """
import boto3
client = boto3.client("dynamodb")
imported = ready = first = since(begun)
import json
"""
_CLIENT: Final = "from shared.runtime import current; current().clients.dynamodb"

Measured = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run in new processes: its text, its module path, and the files with its events."""

    name: str
    text: str
    path: Sequence[Path]
    events: Sequence[Path] = ()

    def run(self, index: int) -> Measured:
        """Runs the program with the nth event, and returns its report."""
        event = [str(self.events[index])] if self.events else []
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, self.path)),
            "PYTHONDONTWRITEBYTECODE": "yes",  # a layer is read-only
            "LANG": "C.UTF-8",
        }
        # -S: only the packages on the given path are available, as in Lambda.
        command = [sys.executable, "-S", "-c", _BEGIN + self.text + _END, *event]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=HOME)
        if done.returncode:
            raise RuntimeError(f"{self.name}: {done.stderr[-2000:]}")
        report: Measured = json.loads(done.stderr.splitlines()[-1])
        return report


def measure() -> Part:
    """Measures every function, in turn with boto3."""
    columns = (
        "import ms",
        "with client ms",
        "cpu ms",
        "cpu ratio",
        "goal",
        "first response ms",
        "modules",
        "memory MB",
    )
    part = Part("Cold start: a new process, beside one that imports boto3 and makes its client", ("function", *columns))
    programs = [Program(PEER, _PEER, [installed_packages()])]
    for function, (route, _) in FIRST.items():
        client = "" if function == "authorize" else _CLIENT  # `authorize` reads no table
        text = _FUNCTION.replace("MODULE", function).replace("CLIENT", client)
        programs.append(Program(function, text, [compiled_functions(), built_layer()], _events(route)))
    reports = _in_turn(programs)
    base = _spread(reports[PEER], "ready", cpu=True).median
    for name, rounds in reports.items():
        ready, cpu, first = _spread(rounds, "ready"), _spread(rounds, "ready", cpu=True), _spread(rounds, "first")
        modules, memory = (Spread.of([each[fact] for each in rounds]).median for fact in ("modules", "memory"))
        row = [name, _spread(rounds, "import").show(0), ready.show(0), cpu.show(0)]
        if name == PEER:
            row += ["1.00", "-", "-"]
        else:
            part.times[name] = ready.median
            row.append(part.compare(name, cpu.median / base, FIRST[name][1], PEER))
            row += [part.ratios[name].show_goal(), first.show(0)]
        part.rows.append([*row, f"{modules:.0f}", f"{memory / 1024:.0f}"])
        part.data[name] = {"cpu": cpu.median, "first": first.median, "modules": modules, "memory": memory}
    part.notes.append(
        f"{ROUNDS} processes each, in turn, after {WARM_UP} that are not counted; without the start of Python itself. "
        "The layer as `sam build` makes it, boto3 as pip installs it, both with bytecode. The ratio is of processor "
        f"time, which other programs disturb less. Memory is after the first response. {_sizes(part)}"
    )
    return part


def _events(route: str) -> list[Path]:
    """Writes a file with an event for each process, and returns the paths."""
    prepare = next(each.prepare for each in USUAL_ROUTES if each.name == route)
    data, directory, files = Dataset(current()), HOME / "events", []
    directory.mkdir(parents=True, exist_ok=True)
    for index in range(few(WARM_UP, 0) + few(ROUNDS)):
        files.append(directory / f"{route.replace(' ', '-')}-{index}.json")
        files[-1].write_text(json.dumps(prepare(data, index)))
    return files


def _in_turn(programs: Sequence[Program]) -> dict[str, list[Measured]]:
    warm_up, rounds = few(WARM_UP, 0), few(ROUNDS)
    reports: dict[str, list[Measured]] = {program.name: [] for program in programs}
    for index in range(warm_up + rounds):
        for program in programs:
            report = program.run(index)
            if index >= warm_up:
                reports[program.name].append(report)
    return reports


def _spread(rounds: Sequence[Measured], step: str, *, cpu: bool = False) -> Spread:
    """Returns the milliseconds from the first line of a program to the end of `step`."""
    return milliseconds([each[step][cpu] for each in rounds])


def _sizes(part: Part) -> str:
    """Adds the sizes of the deployed packages to `part`, and returns them as a sentence."""
    layer = built_layer().parent
    sizes = part.data["sizes"] = {
        "layer": size_of(layer),
        "layer, zipped": zipped_size(layer),
        "functions": size_of(compiled_functions()),
    }
    if sizes["layer"] + sizes["functions"] > UNZIPPED_LIMIT:
        part.broken.append("layer and functions are larger than Lambda allows")
    return "Sizes: " + ", ".join(f"{name} {size / MB:.1f} MB" for name, size in sizes.items()) + "."
