"""Series: what a calendar with many of them costs, and one of many events, in processor time, calls and units.

Every check, page and document of free and busy time reads all series that are still alive, and no event that is not
near. So the cost grows with the number of series, and not with that of the events.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from benchmarks.flatness import DAY, MINUTES_BETWEEN, load
from benchmarks.report import Part, milliseconds
from benchmarks.timing import Candidate, Handler, alternate, few, handler_of
from shared.runtime import current
from shared.scheduling.events import Event
from shared.scheduling.recurrences import Recurrence
from tests.harness.dataset import Dataset, GatewayEvent, at, body
from tests.harness.ledger import recording

SERIES: Final = (0, 50, 499)
SHORT_SERIES: Final = (0, 2, 4)
SIZES: Final = (100, 10_000, 100_000)
SHORT_SIZES: Final = (100, 200, 300)
GOAL: Final = 1.25
ROUNDS: Final = 30
WARM_UP: Final = 5
RULES: Final = ("FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY", "FREQ=DAILY;INTERVAL=10")
DAILY: Final = "FREQ=DAILY"
WEEKLY: Final = "FREQ=WEEKLY"

Prepare = Callable[[int], GatewayEvent]


def measure() -> Part:
    """Times each request in calendars of all numbers of series and events, in turn."""
    sizes, numbers = tuple(map(few, SIZES, SHORT_SIZES)), tuple(map(few, SERIES, SHORT_SERIES))
    columns = ("request", "series", *(f"{size:,} events: ms of CPU / units / calls" for size in sizes))
    part = Part("Series", (*columns, f"{sizes[-1]:,} : {sizes[0]:,}"))
    handler = handler_of("events")
    calendars = {
        (number, size): _with_series(load(Dataset(current()), size), number) for number in numbers for size in sizes
    }
    for name, method in _requests().items():
        for number in numbers:
            candidates = {size: _candidate(f"{size}", calendars[number, size], method, size, handler) for size in sizes}
            samples = alternate([*candidates.values()], ROUNDS, WARM_UP)
            spreads = {size: milliseconds(samples[f"{size}"].cpu) for size in sizes}
            costs = {size: _cost(candidates[size]) for size in sizes}
            shown = [
                f"{spreads[size].show(1)} / {costs[size]['units']:.0f} / {costs[size]['calls']:.0f}" for size in sizes
            ]
            subject = f"{name}, {number} series"
            ratio = part.compare(
                subject, spreads[sizes[-1]].median / spreads[sizes[0]].median, GOAL, f"{sizes[0]:,} events"
            )
            if number == numbers[-1]:
                part.times[subject] = spreads[sizes[-1]].median
            part.data[subject] = {size: {"cpu": spreads[size].median, **costs[size]} for size in sizes}
            part.rows.append([name, str(number), *shown, ratio])
    part.notes.append(
        f"Median (quartiles) of {ROUNDS} calls in turn, after {WARM_UP} that are not counted; units: reads and writes, "
        "as DynamoDB Local reports them. The fences remember the series that was created and removed before, so it is "
        "looked up: one call more."
    )
    return part


def _with_series(data: Dataset, number: int) -> Dataset:
    """Stores so many series that never end, half an hour each, at times of which none are those of the requests."""
    made: list[Event] = []
    for each in range(number):
        event = data.version(each % 28 * DAY + 15 * 60 + each % 7 * 60, 30)
        recurrence = Recurrence(RULES[each % len(RULES)])
        made.append(replace(event, content=replace(event.content, recurrence=recurrence)))
    data.store(*made)
    return data


def _requests() -> dict[str, Callable[[Dataset, int], Prepare]]:
    """Returns how each request is made, for a calendar of so many events, for the nth time."""

    def create(data: Dataset, size: int) -> Prepare:
        return lambda index: data.request("POST", "/events", body(_free(size) + index * DAY))

    def series(rule: str) -> Callable[[Dataset, int], Prepare]:
        def prepare(data: Dataset, size: int) -> Prepare:
            wanted: Any = {**body(_free(size), 30), "recurrence": {"rule": rule}}
            return lambda _: data.request("POST", "/events", wanted)

        return prepare

    def window(path: str) -> Callable[[Dataset, int], Prepare]:
        def prepare(data: Dataset, size: int) -> Prepare:
            end = size * MINUTES_BETWEEN
            request = data.request("GET", path, query={"from": at(end - 31 * DAY), "to": at(end)})
            return lambda _: request

        return prepare

    return {
        "create, with its conflict check": create,
        "list 31 days": window("/events"),
        "free and busy of 31 days": window("/free-busy"),
        "create an endless weekly series": series(WEEKLY),
        "create an endless daily series": series(DAILY),
    }


def _free(size: int) -> int:
    """Returns a minute after the last event, at a time of day that nothing takes."""
    return size * MINUTES_BETWEEN + 100 * DAY + 4 * 60


def _candidate(
    name: str, data: Dataset, method: Callable[[Dataset, int], Prepare], size: int, handler: Handler
) -> Candidate:
    def remove(response: Any) -> None:
        if response["statusCode"] not in (200, 201):
            raise RuntimeError(str(response))
        if response["statusCode"] == 201:
            data.remove(json.loads(response["body"])["id"])

    return Candidate(name, method(data, size), handler, remove)


def _cost(candidate: Candidate) -> dict[str, float]:
    """Returns the capacity units and the calls of one more request."""
    request = candidate.prepare(ROUNDS + WARM_UP)
    with recording(current().clients, capacity=True) as ledger:
        response = candidate.call(request)
    if candidate.after is not None:
        candidate.after(response)
    return {"units": ledger.total("units"), "calls": len(ledger.calls), "depth": ledger.depth}
