"""Part 2, flatness: what a check and a listing cost in calendars of growing length and equal density.

Density is what a window costs; size must cost nothing. So a calendar of a thousand times as many events is a thousand
times as long. The smallest one has to be longer than the longest event, or it would hold fewer long events than the
others: a hundred events over 400 days.
"""

import importlib
import json
import time
from collections.abc import Callable
from typing import Any, Final

import botocore.session
from botocore.config import Config

from benchmarks.report import Part, milliseconds
from benchmarks.scenes import GatewayEvent, Scene, at, body
from benchmarks.timing import Contestant, alternate, few
from shared.runtime import current
from shared.scheduling.events import Event
from shared.startup import before_requests
from tests.harness.gateway import Context

SIZES: Final = (100, 10_000, 100_000)
SHORT_SIZES: Final = (100, 200, 300)
GOAL: Final = 1.2
DAY: Final = 24 * 60
DAYS_BETWEEN: Final = 4
# Of each twenty events: how many minutes they take. All four length classes.
LENGTHS: Final = (*[30, 60, 60, 120] * 4, 8 * 60, 2 * DAY, 10 * DAY, 90 * DAY)
WARM_UP: Final = 20
ROUNDS: Final = 150
READ_ALL_ROUNDS: Final = 3
# DynamoDB Local takes seconds for each page of a large partition; longer than this the peer is not waited for.
READ_ALL_SECONDS: Final = 60.0

Handler = Callable[[GatewayEvent], Any]


def few_sizes() -> tuple[int, ...]:
    """How many events the calendars have."""
    return tuple(map(few, SIZES, SHORT_SIZES))


def load(scene: Scene, size: int) -> float:
    """Fill the calendar of `scene`; gives the seconds it took."""
    started = time.perf_counter()
    for first in range(0, size, 5000):
        indexes = range(first, min(first + 5000, size))
        scene.fill([_event(scene, index) for index in indexes])
    return time.perf_counter() - started


def _event(scene: Scene, index: int) -> Event:
    return scene.version(index * DAYS_BETWEEN * DAY, LENGTHS[index % len(LENGTHS)])


def _window(size: int) -> tuple[float, float]:
    """The last 31 days of a calendar of `size` events, in minutes from its first day."""
    end = size * DAYS_BETWEEN * DAY
    return end - 31 * DAY, end


def _free_hour(size: int, index: int) -> float:
    """A free hour behind the last event, in the same few weeks for all calls."""
    return size * DAYS_BETWEEN * DAY + 100 * DAY + 60 * (index % 100)


def _create(scene: Scene, size: int, handler: Handler) -> Contestant:
    """Creating an event and (outside the measured time) removing it, so that the size stays."""

    def prepare(index: int) -> GatewayEvent:
        return scene.request("POST", "/events", body(_free_hour(size, index)))

    def remove(answer: Any) -> None:
        if answer["statusCode"] != 201:
            raise RuntimeError(str(answer))
        scene.remove(json.loads(answer["body"])["id"])

    return Contestant(f"create {size}", prepare, handler, remove)


def _list(scene: Scene, size: int, handler: Handler) -> Contestant:
    start, end = _window(size)

    def prepare(_: int) -> GatewayEvent:
        return scene.request("GET", "/events", query={"from": at(start), "to": at(end)})

    def look(answer: Any) -> None:
        if answer["statusCode"] != 200:
            raise RuntimeError(str(answer))
        scene.kept["listed"] = len(json.loads(answer["body"])["items"])

    return Contestant(f"list {size}", prepare, handler, look)


def _read_all(scene: Scene, size: int) -> Contestant:
    """What others do: query the whole partition, and filter in code. Answers None if that took too long."""
    start, end = map(at, _window(size))
    client = botocore.session.get_session().create_client("dynamodb", config=Config(read_timeout=60))
    query: dict[str, Any] = {
        "TableName": scene.runtime.settings.events_table,
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :event)",
        "ExpressionAttributeValues": {":pk": {"S": f"CAL#{scene.calendar_id}"}, ":event": {"S": "EVENT#"}},
        "ReturnConsumedCapacity": "TOTAL",
    }

    def call(_: Any) -> tuple[int, int, float, bool]:
        found, pages, units = 0, 0, 0.0
        give_up = time.perf_counter() + READ_ALL_SECONDS
        for page in client.get_paginator("query").paginate(**query):
            found += sum(item["start"]["S"] < end and item["end"]["S"] > start for item in page["Items"])
            pages, units = pages + 1, units + page["ConsumedCapacity"]["CapacityUnits"]
            if time.perf_counter() > give_up:
                return found, pages, units, False
        return found, pages, units, True

    def look(answer: tuple[int, int, float, bool]) -> None:
        scene.kept["filtered"], scene.kept["pages"], scene.kept["units"], scene.kept["all"] = answer

    return Contestant(f"read all {size}", lambda _: None, call, look)


def _peer(part: Part, scenes: dict[int, Scene]) -> None:
    """The row of the peer, whose largest size is read once, as far as it gets."""
    *smaller, largest = scenes.items()
    samples = alternate([_read_all(scene, size) for size, scene in smaller], READ_ALL_ROUNDS, 1)
    samples |= alternate([_read_all(largest[1], largest[0])], 1, 0)
    spreads = [milliseconds(each.wall) for each in samples.values()]
    growth = spreads[-1].median / spreads[0].median
    kept = largest[1].kept
    more = "" if kept["all"] else "> "
    shown = [spread.show() for spread in spreads[:-1]] + [f"{more}{spreads[-1].median:.0f}"]
    part.rows.append(["the peer: read all, filter in code", *shown, f"{more}{growth:.0f}"])
    part.data["read all"] = {
        size: {**{name: scene.kept[name] for name in ("pages", "units", "all")}, "milliseconds": spread.median}
        for (size, scene), spread in zip(scenes.items(), spreads, strict=True)
    }
    units = ", ".join(f"{scene.kept['units']:.0f} ({scene.kept['pages']} pages)" for scene in scenes.values())
    part.notes.append(
        f"Read units the peer took: {units}"
        + (f"; stopped after {READ_ALL_SECONDS:.0f} s, before its end." if not kept["all"] else ".")
    )


def measure() -> Part:
    """All sizes, in turn, in one process."""
    function = importlib.import_module("functions.events").handler
    before_requests()
    context = Context(milliseconds=28_000)

    def handler(event: GatewayEvent) -> Any:
        return function(event, context)

    sizes = few_sizes()
    part = Part(
        "Flatness: calendars of equal density, one event in four days",
        ("request", *(f"{size:,} ms" for size in sizes), f"{sizes[-1]:,} : {sizes[0]:,}"),
    )
    scenes = {size: Scene(current()) for size in sizes}
    loading = {size: load(scene, size) for size, scene in scenes.items()}
    kinds = {
        "create, with its conflict check": [_create(scene, size, handler) for size, scene in scenes.items()],
        "list a window of 31 days": [_list(scene, size, handler) for size, scene in scenes.items()],
    }
    for name, contestants in kinds.items():
        samples = alternate(contestants, ROUNDS, WARM_UP)
        spreads = [milliseconds(each.wall) for each in samples.values()]
        growth = spreads[-1].median / spreads[0].median
        part.rows.append([name, *(spread.show() for spread in spreads), part.goal(name, growth, GOAL)])
        part.data[name] = {size: spread.median for size, spread in zip(sizes, spreads, strict=True)}
    _peer(part, scenes)
    for size, scene in scenes.items():
        if scene.kept["all"] and scene.kept["listed"] != scene.kept["filtered"]:
            part.broken.append(f"{size}: {scene.kept['listed']} listed, {scene.kept['filtered']} by reading all")
    listed = ", ".join(str(scene.kept["listed"]) for scene in scenes.values())
    part.notes.append(
        f"Wall time: median (quartiles), in turn, {WARM_UP} calls of warm-up, {ROUNDS} calls each "
        f"({READ_ALL_ROUNDS} of the peer, which only reads). Events in the window: {listed}. "
        f"Loading {sizes[-1]:,} took {loading[sizes[-1]]:.0f} s."
    )
    return part
