"""Flatness: the time of a conflict check and of a listing in calendars of equal density and growing length.

The density of a calendar determines the cost of a window; its length must not matter. So a calendar with a thousand
times as many events is a thousand times as long. The smallest has a hundred events over 400 days: it has to be longer
than the longest event, or it would contain fewer long events than the others.
"""

import json
import time
from typing import Any, Final

import botocore.session
from botocore.config import Config

from benchmarks.report import Part, milliseconds
from benchmarks.timing import Candidate, Handler, alternate, few, handler_of
from shared.runtime import current
from tests.harness.dataset import Dataset, GatewayEvent, at, body

SIZES: Final = (100, 10_000, 100_000)
SHORT_SIZES: Final = (100, 200, 300)
GOAL: Final = 1.1
DAY: Final = 24 * 60
MINUTES_BETWEEN: Final = 4 * DAY
# The lengths, in minutes, of twenty events in all four length classes.
LENGTHS: Final = (*[30, 60, 60, 120] * 4, 8 * 60, 2 * DAY, 10 * DAY, 90 * DAY)
LOADED_AT_ONCE: Final = 5000
WARM_UP: Final = 20
ROUNDS: Final = 150
# DynamoDB Local takes seconds for each page of a large partition, so the peer stops reading after this time.
READ_ALL_SECONDS: Final = 15.0


def measure() -> Part:
    """Times all sizes in turn, in one process."""
    handler, sizes = handler_of("events"), tuple(map(few, SIZES, SHORT_SIZES))
    growth = f"{sizes[-1]:,} : {sizes[0]:,}"
    part = Part("Flatness: calendars of equal density", ("request", *(f"{size:,} ms" for size in sizes), growth))
    calendars = {size: load(Dataset(current()), size) for size in sizes}
    for name, candidate in (("create, with its conflict check", _create), ("list 31 days", _list)):
        candidates = [candidate(data, size, handler) for size, data in calendars.items()]
        spreads = [milliseconds(each.wall) for each in alternate(candidates, ROUNDS, WARM_UP).values()]
        part.times[name] = spreads[-1].median
        ratio = part.compare(name, spreads[-1].median / spreads[0].median, GOAL, f"{sizes[0]:,} events")
        part.rows.append([name, *(spread.show() for spread in spreads), ratio])
        part.data[name] = {size: spread.median for size, spread in zip(sizes, spreads, strict=True)}
    _add_peer(part, calendars, handler)
    part.notes.append(f"Median (quartiles) of {ROUNDS} calls in turn, after {WARM_UP} that are not counted.")
    return part


def load(data: Dataset, size: int) -> Dataset:
    """Stores `size` events, of the density of all calendars here, and returns `data`."""
    for first in range(0, size, LOADED_AT_ONCE):
        indexes = range(first, min(first + LOADED_AT_ONCE, size))
        data.store(*(data.version(index * MINUTES_BETWEEN, LENGTHS[index % len(LENGTHS)]) for index in indexes))
    return data


def _create(data: Dataset, size: int, handler: Handler) -> Candidate:
    """Returns the creation of an event after the last one, which is removed outside the time measured."""

    def prepare(index: int) -> GatewayEvent:
        return data.request("POST", "/events", body(size * MINUTES_BETWEEN + 100 * DAY + 60 * (index % 100)))

    def remove(response: Any) -> None:
        if response["statusCode"] != 201:
            raise RuntimeError(str(response))
        data.remove(json.loads(response["body"])["id"])

    return Candidate(f"{size}", prepare, handler, remove)


def _last_days(size: int) -> tuple[str, str]:
    """Returns the last 31 days of a calendar of `size` events."""
    end = size * MINUTES_BETWEEN
    return at(end - 31 * DAY), at(end)


def _list(data: Dataset, size: int, handler: Handler) -> Candidate:
    start, end = _last_days(size)

    def check(response: Any) -> None:
        if response["statusCode"] != 200:
            raise RuntimeError(str(response))

    request = data.request("GET", "/events", query={"from": start, "to": end})
    return Candidate(f"{size}", lambda _: request, handler, check)


def _add_peer(part: Part, calendars: dict[int, Dataset], handler: Handler) -> None:
    """Adds a row for the usual alternative: querying the whole calendar, and filtering in code."""
    client: Any = botocore.session.get_session().create_client("dynamodb", config=Config(read_timeout=60))
    shown, units = [], []
    smallest = min(calendars)
    _read_all(client, calendars[smallest], smallest)  # opens the connection
    for size, data in calendars.items():
        started = time.perf_counter()
        found, pages, consumed, complete = _read_all(client, data, size)
        milliseconds_taken = (time.perf_counter() - started) * 1000
        shown.append(f"{'' if complete else '> '}{milliseconds_taken:.0f}")
        units.append(f"{consumed:.0f} ({pages} pages)")
        part.data[f"read all {size}"] = {"ms": milliseconds_taken, "pages": pages, "units": consumed, "all": complete}
        response = handler(_list(data, size, handler).prepare(0))
        listed = len(json.loads(response["body"])["items"])
        if complete and listed != found:
            part.broken.append(f"{size}: {listed} listed, {found} found by reading all")
    part.rows.append(["peer: read all, filter in code", *shown, "-"])
    part.notes.append(
        f"The peer was called once, for at most {READ_ALL_SECONDS:.0f} s; it took {', '.join(units)} read units."
    )


def _read_all(client: Any, data: Dataset, size: int) -> tuple[int, int, float, bool]:
    """Returns how many events are in the window, the pages and units read, and whether all was read in time."""
    start, end = _last_days(size)
    query: dict[str, Any] = {
        "TableName": data.runtime.settings.events_table,
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :event)",
        "ExpressionAttributeValues": {":pk": {"S": f"CAL#{data.user_id}"}, ":event": {"S": "EVENT#"}},
        "ReturnConsumedCapacity": "TOTAL",
    }
    found, pages, units, give_up = 0, 0, 0.0, time.perf_counter() + READ_ALL_SECONDS
    for page in client.get_paginator("query").paginate(**query):
        found += sum(item["start"]["S"] < end and item["end"]["S"] > start for item in page["Items"])
        pages, units = pages + 1, units + page["ConsumedCapacity"]["CapacityUnits"]
        if time.perf_counter() > give_up:
            return found, pages, units, False
    return found, pages, units, True
