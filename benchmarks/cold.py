"""Part 4, cold start: what a fresh process takes to import a function, to have its client, and to answer first."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.ground import HOME
from benchmarks.identity_routes import IDENTITY_ROUTES
from benchmarks.installed import built_functions, built_layer, layer_without_bytecode, peers
from benchmarks.report import Part, Spread, milliseconds
from benchmarks.routes import EVENT_ROUTES
from benchmarks.scenes import GatewayEvent, Scene
from benchmarks.timing import few
from shared.runtime import current

ROUNDS: Final = 9
WARM_UP: Final = 2
GOALS: Final = {"register": 1.8, "login": 1.8}
GOAL: Final = 1.6
# The request each function answers first.
FIRST: Final = {
    "events": "get",
    "history": "list versions",
    "rollback": "rollback",
    "bulk_create": "bulk of 1,000",
    "record_history": "record 100 changes",
    **{route.function: route.name for route in IDENTITY_ROUTES},
}
PEER: Final = "boto3 and its client"
PEER_CUT_DOWN: Final = "the same, botocore cut down"

# How much memory a process has had at most, in kilobytes. Not ru_maxrss, which begins with that of the parent.
_MEMORY: Final = """
try: memory = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
except OSError: memory = 0
"""
# What a process says of itself for each step: seconds on the wall's clock and of the processor since its first line.
_CLOCK: Final = """
import sys, time
def clock(): return time.perf_counter(), time.process_time()
def since(then, now=None): return [b - a for a, b in zip(then, now or clock())]
begun = clock()
"""
_FUNCTION: Final = (
    _CLOCK
    + """
from {module} import handler
imported = since(begun)
{client}
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
answer = handler(event, Context())
first = [sum(each) for each in zip(ready, since(asked))]
if answer.get("statusCode", 200) >= 300: sys.exit(str(answer))
{memory}
print(json.dumps({{"import": imported, "ready": ready, "first": first, "modules": len(sys.modules), "memory": memory}}),
    file=sys.stderr)
"""
)
_PEER: Final = (
    _CLOCK
    + """
import boto3
client = boto3.client("dynamodb")
ready = since(begun)
import json
{memory}
print(json.dumps({{"import": ready, "ready": ready, "first": ready, "modules": len(sys.modules), "memory": memory}}),
    file=sys.stderr)
"""
)
Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Process:
    """A Python process to start: its program, where it finds modules, and the files with the events it answers."""

    name: str
    program: str
    path: Sequence[Path]
    events: Sequence[Path] = ()

    def run(self, round_: int, *options: str) -> str:
        """Run it once, and give what it wrote to its standard error."""
        event = [str(self.events[round_ % len(self.events)])] if self.events else []
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, self.path)),
            "PYTHONDONTWRITEBYTECODE": "yes",  # a layer is read-only
            "LANG": "C.UTF-8",
        }
        # -S: nothing but what the path names, as in Lambda.
        command = [sys.executable, "-S", *options, "-c", self.program, *event]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=HOME)
        if done.returncode:
            raise RuntimeError(f"{self.name}: {done.stderr[-2000:]}")
        return done.stderr

    def measure(self, round_: int) -> Said:
        """What it says of itself."""
        said: Said = json.loads(self.run(round_).splitlines()[-1])
        return said

    def imports(self) -> list[dict[str, Any]]:
        """The twenty modules that take longest by themselves to import, in microseconds (`-X importtime`)."""
        rows: list[dict[str, Any]] = []
        for line in self.run(-1, "-X", "importtime").splitlines():
            if line.startswith("import time:") and "self [us]" not in line:
                own, cumulative, name = line.removeprefix("import time:").split("|")
                rows.append({"module": name.strip(), "self": int(own), "cumulative": int(cumulative)})
        return sorted(rows, key=lambda row: -row["self"])[:20]


def program_of(module: str, client: str = "from shared.runtime import current; current().clients.dynamodb") -> str:
    """The program that imports `module`, makes its client, and answers one event."""
    return _FUNCTION.format(module=module, client=client, memory=_MEMORY)


def runs() -> int:
    """How often each process is started: not counted, counted, and once more for its imports."""
    return few(WARM_UP, 0) + few(ROUNDS) + 1


def first_events(function: str, count: int) -> list[Path]:
    """Files with events for `function`, each good for one answer."""
    route = next(each for each in (*IDENTITY_ROUTES, *EVENT_ROUTES) if each.name == FIRST[function])
    scene = Scene(current())
    directory = HOME / "events"
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for index in range(count):
        event: GatewayEvent = route.prepare(scene, index)
        files.append(directory / f"{function}-{index}.json")
        files[-1].write_text(json.dumps(event))
    return files


def in_turn(processes: Sequence[Process]) -> dict[str, list[Said]]:
    """What each process says of itself, round by round, after two rounds that are not counted."""
    said: dict[str, list[Said]] = {process.name: [] for process in processes}
    warm_up = few(WARM_UP, 0)
    for round_ in range(warm_up + few(ROUNDS)):
        for process in processes:
            answer = process.measure(round_)
            if round_ >= warm_up:
                said[process.name].append(answer)
    return said


def spread(rounds: Sequence[Said], step: str, *, cpu: bool = False) -> Spread:
    """How many milliseconds it took from the first line to the end of `step`."""
    return milliseconds([each[step][cpu] for each in rounds])


def measure() -> Part:
    """Every function, in turn with boto3."""
    site = built_layer()
    columns = ("import ms", "with client ms", "cpu ms", "cpu ratio to boto3", "first answer ms", "modules", "memory MB")
    part = Part(
        "Cold start: a fresh process, beside one that imports boto3 and makes its client", ("function", *columns)
    )
    program = _PEER.format(memory=_MEMORY)
    processes = [Process(PEER, program, [peers()]), Process(PEER_CUT_DOWN, program, [site, peers()])]
    path = [built_functions(), layer_without_bytecode()]
    processes.append(Process("events without bytecode", program_of("events"), path, first_events("events", runs())))
    without_goal = {process.name for process in processes}
    for function in FIRST:
        program = program_of(function, "") if function == "authorize" else program_of(function)
        events = first_events(function, runs())
        processes.append(Process(function, program, [built_functions(), site], events))
    said = in_turn(processes)
    base = spread(said[PEER], "ready", cpu=True).median
    for name, rounds in said.items():
        ready, cpu = spread(rounds, "ready"), spread(rounds, "ready", cpu=True)
        first, growth = spread(rounds, "first"), cpu.median / base
        modules, memory = (Spread.of([each[fact] for each in rounds]).median for fact in ("modules", "memory"))
        part.rows.append(
            [
                *(name, spread(rounds, "import").show(0), ready.show(0), cpu.show(0)),
                f"{growth:.2f}" if name in without_goal else part.goal(name, growth, GOALS.get(name, GOAL)),
                "-" if name in (PEER, PEER_CUT_DOWN) else first.show(0),
                *(f"{modules:.0f}", f"{memory / 1024:.0f}"),
            ]
        )
        part.data[name] = {"ratio": growth, "ready": ready.median, "cpu": cpu.median, "first": first.median}
    measured = processes[: few(len(processes))]
    part.data["slowest imports"] = {process.name: process.imports() for process in measured}
    part.notes.append(
        f"The layer as `sam build` makes it for this Python, beside boto3 as pip installs it, both with bytecode; "
        f"{ROUNDS} processes each, in turn, after {WARM_UP} that are not counted. The start of Python itself is not in "
        "it. The ratio is of processor time, which others on the machine disturb less. The second row is boto3 on the "
        "layer's botocore, which knows four services only. Memory is after the first answer: import, client and a "
        "request, for login and register a hash."
    )
    return part
