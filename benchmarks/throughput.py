"""Part 6, throughput: bulk creation, versions written and listed, tokens verified, each beside its peer."""

import importlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any, Final

import boto3
import jwt

from benchmarks.ground import SIGNING_KEY
from benchmarks.identity_routes import IDENTITY_ROUTES
from benchmarks.report import Part, Spread, milliseconds
from benchmarks.routes import EVENT_ROUTES, stream_records, versions
from benchmarks.scenes import GatewayEvent, Scene
from benchmarks.timing import Contestant, Samples, alternate, few
from shared.runtime import current
from shared.startup import before_requests
from shared.store.stream import version_item
from tests.harness.gateway import Context

BULK_ROUNDS: Final = 9
RECORDS: Final = 500  # the most that the template lets a batch have
RECORD_ROUNDS: Final = 15
LIST_ROUNDS: Final = 100
TOKENS: Final = 2000

Handler = Callable[[GatewayEvent], Any]


def _handler(function: str) -> Handler:
    handler = importlib.import_module(f"functions.{function}").handler
    before_requests()
    context = Context(milliseconds=28_000)
    return lambda event: handler(event, context)


def _row(part: Part, what: str, unit: str, count: int, samples: dict[str, Samples]) -> list[float]:
    """Add a row a contestant, as so many `unit` a second; gives the rates, by the medians."""
    rates = []
    for name, each in samples.items():
        spread = Spread.of([count / seconds for seconds in each.wall])
        rates.append(spread.median)
        part.rows.append([what, name, f"{spread.show(0)} {unit}/s", f"{spread.median / rates[0]:.2f}"])
        part.data[f"{what}, {name}"] = spread.median
    return rates


def _bulk(part: Part) -> None:
    route = next(each for each in EVENT_ROUTES if each.name == "bulk of 1,000")
    ours, theirs = Scene(current()), Scene(current())
    resource: Any = boto3.resource("dynamodb")
    table = resource.Table(current().settings.events_table)
    count = len(json.loads(route.prepare(ours, 0)["body"])["events"])

    def plain(index: int) -> list[dict[str, Any]]:
        events = [theirs.version(60 * (count * index + each)) for each in range(count)]
        items = [theirs.item(event) for event in events]
        return [
            {name: value.get("S") or Decimal(value["N"]) for name, value in item.items() if value != {"S": ""}}
            for item in items
        ]

    def put(items: list[dict[str, Any]]) -> None:
        with table.batch_writer() as batch:
            for item in items:
                batch.put_item(Item=item)

    def check(answer: Any) -> None:
        if answer["statusCode"] != 201:
            raise RuntimeError(str(answer)[:500])

    contestants = [
        Contestant("Table.batch_writer", plain, put),
        Contestant("handler", lambda index: route.prepare(ours, index), _handler("bulk_create"), check),
    ]
    rates = _row(part, "bulk of 1,000", "events", count, alternate(contestants, BULK_ROUNDS, 2))
    part.goal("bulk to batch_writer", rates[1] / rates[0], 1.8, least=True)


def _recording(part: Part) -> None:
    scene = Scene(current())
    table, ours = current().settings.history_table, current().clients.dynamodb_once
    plain: Any = importlib.import_module("benchmarks.bare").client  # reads the environment

    def records(_: int) -> dict[str, Any]:
        return {"Records": stream_records(scene, RECORDS)}

    def items(index: int) -> list[Any]:
        return [version_item(record) for record in records(index)["Records"]]

    def write(client: Any, chunk: list[Any]) -> None:
        requests: Any = [{"PutRequest": {"Item": item}} for item in chunk]
        while requests:
            requests = client.batch_write_item(RequestItems={table: requests}).get("UnprocessedItems", {}).get(table)

    def chunks(all_items: list[Any]) -> list[list[Any]]:
        return [all_items[at : at + 25] for at in range(0, len(all_items), 25)]

    def loop(all_items: list[Any]) -> None:
        for chunk in chunks(all_items):
            write(plain, chunk)

    def check(answer: Any) -> None:
        if answer["batchItemFailures"]:
            raise RuntimeError("records were not written")

    with ThreadPoolExecutor(16) as pool:

        def parallel(client: Any) -> Callable[[list[Any]], Any]:
            return lambda each: [*pool.map(partial(write, client), chunks(each))]

        contestants = [
            Contestant("BatchWriteItem in a loop", items, loop),
            Contestant("BatchWriteItem, 16 threads", items, parallel(plain)),
            Contestant("the same with the layer's client", items, parallel(ours)),
            Contestant("record_history", records, _handler("record_history"), check),
        ]
        samples = alternate(contestants, RECORD_ROUNDS, 3)
    rates = _row(part, f"record {RECORDS} changes", "versions", RECORDS, samples)
    part.goal("record_history to the parallel loop", rates[3] / rates[1], 0.9, least=True)


def _listing(part: Part) -> None:
    handler, contestants = _handler("history"), []
    for count in (10, few(5000, 20)):
        scene = Scene(current())
        event_id = versions(scene, count).id
        contestants.append(
            Contestant(
                f"{count} versions",
                lambda _, scene=scene, event_id=event_id: scene.request(  # type: ignore[misc]  # one a calendar
                    "GET", "/events/{event_id}/history", query={"limit": "10"}, event_id=event_id
                ),
                handler,
            )
        )
    spreads = {name: milliseconds(each.wall) for name, each in alternate(contestants, LIST_ROUNDS, 20).items()}
    (_, short), (_, long) = spreads.items()
    for name, spread in spreads.items():
        part.rows.append(
            ["list 10 versions", f"of {name}", f"{spread.show()} ms", f"{spread.median / short.median:.2f}"]
        )
        part.data[f"list 10 versions of {name}"] = spread.median
    part.goal("list of versions, 5,000 to 10", long.median / short.median, 1.2)


def _tokens(part: Part) -> None:
    route = next(each for each in IDENTITY_ROUTES if each.name == "authorize")
    event = route.prepare(Scene(current()), 0)
    handler = _handler("authorize")
    token = event["authorizationToken"].removeprefix("Bearer ")
    name = "event-scheduling-api"

    def verify() -> None:
        jwt.decode(token, SIGNING_KEY, ["HS256"], audience=name, issuer=name)

    samples = {"PyJWT alone": Samples(), "authorize": Samples()}
    for each in (verify, lambda: handler(dict(event))):
        each()
    for _ in range(few(9, 2)):
        for contestant, call in (("PyJWT alone", verify), ("authorize", lambda: handler(dict(event)))):
            started = time.perf_counter()
            for _ in range(TOKENS):
                call()
            samples[contestant].wall.append(time.perf_counter() - started)
    _row(part, "verify tokens", "tokens", TOKENS, samples)


def measure() -> Part:
    """All of them, in one process."""
    part = Part("Throughput", ("what", "who", "median (quartiles)", "to the first"))
    _bulk(part)
    _recording(part)
    _listing(part)
    _tokens(part)
    part.notes.append(
        f"In turn, after a warm-up: {BULK_ROUNDS} bulks, {RECORD_ROUNDS} batches, {LIST_ROUNDS} lists, "
        f"9 times {TOKENS} tokens. One process, one DynamoDB Local on the same processors."
    )
    return part
