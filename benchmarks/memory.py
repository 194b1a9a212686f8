"""Part 8, memory: what the memory size of a function makes of the processor time that its requests take."""

from typing import Any, Final

from benchmarks import fresh
from benchmarks.budgets import BUDGETS
from benchmarks.overhead import FEWER_ROUNDS, ROUNDS, WARM_UP, contestant, handler_of, routes_of
from benchmarks.report import Part, milliseconds
from benchmarks.routes import EVENT_ROUTES
from benchmarks.timing import alternate
from tests.harness.template import resources, template

# A function has a whole processor at so many MB, and less of one in proportion below.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
WHOLE_PROCESSOR_MB: Final = 1769
SIZES: Final = (256, 512, 1024, WHOLE_PROCESSOR_MB)
# An assumption, not a measurement: what a call to DynamoDB takes on AWS.
CALL_MS: Final = 5
ROUTES: Final = (
    ("events", "get"),
    ("events", "list a window"),
    ("events", "create"),
    ("history", "list versions"),
    ("rollback", "rollback"),
    ("refresh", "refresh"),
    ("register", "register"),
    ("login", "login"),
    ("bulk_create", "bulk of 1,000"),
    ("undo", "undo of 10"),
    ("record_history", "record 100 changes"),
)


def measure_route(function: str, name: str) -> list[float]:
    """Seconds of processor time of requests to the route `name`; to be run in a process of its own."""
    handler = handler_of(function)
    routes = EVENT_ROUTES if any(each.function == function for each in EVENT_ROUTES) else routes_of(function)
    route = next(each for each in routes if each.name == name)
    rounds = FEWER_ROUNDS.get(name, ROUNDS)
    (samples,) = alternate([contestant(name, route, handler)], rounds, min(WARM_UP, rounds // 3)).values()
    return samples.cpu


def measure() -> Part:
    """Duration and price at several sizes, from processor time and depth."""
    columns = ("route", "cpu ms", "waits ms", *(f"{size} MB: ms, GB·ms" for size in SIZES), "template")
    part = Part("Memory: duration and price of a request by the function's memory size", columns)
    for function, name in ROUTES:
        cpu = milliseconds(fresh.run(measure_route, function, name))
        waits = BUDGETS[name].depth * CALL_MS
        shown, data = [], {}
        for size in SIZES:
            duration = waits + cpu.median / min(1.0, size / WHOLE_PROCESSOR_MB)
            data[size] = {"ms": duration, "GB·ms": duration * size / 1024}
            shown.append(f"{duration:.0f}, {data[size]['GB·ms']:.1f}")
        chosen = _chosen(function)
        part.rows.append([name, cpu.show(), str(waits), *shown, f"{chosen} MB"])
        part.data[name] = {"cpu": cpu.median, "sizes": data, "chosen": chosen}
    part.notes.append(
        f"Processor time: median (quartiles) of {ROUNDS} calls (fewer where one takes long) on this machine. The rest "
        f"is arithmetic: {CALL_MS} ms for each call that waits for another, and processor time by the share that a "
        f"size has of {WHOLE_PROCESSOR_MB} MB. GB·ms is what Lambda charges for. The last column is what the template "
        "says."
    )
    return part


def _chosen(function: str) -> int:
    usual: int = template()["Globals"]["Function"]["MemorySize"]
    functions: list[dict[str, Any]] = [*resources("AWS::Serverless::Function").values()]
    (properties,) = (each for each in functions if each["Handler"] == f"{function}.handler")
    return int(properties.get("MemorySize", usual))
