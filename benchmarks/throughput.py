"""Throughput: bulk creation and recording of versions, compared with peers; listing of short and long histories."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any, Final

import boto3

from benchmarks.bare import THREADS, boto3_client, write_batches
from benchmarks.report import Part, Spread, milliseconds
from benchmarks.timing import Candidate, Samples, alternate, few, handler_of
from shared.history.changes import Change
from shared.runtime import current
from shared.store.stream import change_in, version_item
from tests.harness.dataset import Dataset
from tests.harness.event_requests import EVENT_ROUTES, stream_records
from tests.harness.history_requests import versions

BULK_ROUNDS: Final = 9
RECORDS: Final = 500  # the most that the template lets a batch have
RECORD_ROUNDS: Final = 15
LIST_ROUNDS: Final = 100


def measure() -> Part:
    """Times all parts, in one process."""
    part = Part("Throughput", ("what", "by", "median (quartiles)", "ratio"))
    _bulk(part)
    _recording(part)
    _listing(part)
    part.notes.append(f"In turn, after a warm-up: {BULK_ROUNDS} bulks, {RECORD_ROUNDS} batches, {LIST_ROUNDS} lists.")
    return part


def _bulk(part: Part) -> None:
    route = next(each for each in EVENT_ROUTES if each.name == "bulk of 1,000")
    api_data, peer_data = Dataset(current()), Dataset(current())
    resource: Any = boto3.resource("dynamodb")
    table = resource.Table(current().settings.events_table)
    count = len(json.loads(route.prepare(api_data, 0)["body"])["events"])

    def values(index: int) -> list[dict[str, Any]]:
        items = [peer_data.item(peer_data.version(60 * (count * index + each))) for each in range(count)]
        return [
            {name: value.get("S") or Decimal(value["N"]) for name, value in item.items() if value != {"S": ""}}
            for item in items
        ]

    def put(items: list[dict[str, Any]]) -> None:
        with table.batch_writer() as batch:
            for item in items:
                batch.put_item(Item=item)

    candidates = [
        Candidate("handler", lambda index: route.prepare(api_data, index), handler_of("bulk_create"), route.check),
        Candidate("Table.batch_writer", values, put),
    ]
    samples = alternate(candidates, BULK_ROUNDS, 2)
    _add_rates(part, f"bulk of {count:,} events", count, samples, ("Table.batch_writer", 2.0))


def _recording(part: Part) -> None:
    data, route = Dataset(current()), next(each for each in EVENT_ROUTES if each.function == "record_history")
    table, client = current().settings.history_table, boto3_client()
    peer = f"{THREADS} threads of BatchWriteItem"

    def records(_: int) -> dict[str, Any]:
        return {"Records": stream_records(data, RECORDS)}

    def items(index: int) -> list[Any]:
        changes = [change_in(record) for record in records(index)["Records"]]
        return [version_item(change) for change in changes if isinstance(change, Change)]

    def writer(each: Callable[..., Any]) -> Callable[[list[Any]], None]:
        return lambda all_items: write_batches(client, table, all_items, each)

    with ThreadPoolExecutor(THREADS) as pool:
        candidates = [
            Candidate("record_history", records, handler_of("record_history"), route.check),
            Candidate(peer, items, writer(pool.map)),
            Candidate("BatchWriteItem in a loop", items, writer(map)),
        ]
        samples = alternate(candidates, RECORD_ROUNDS, 3)
    _add_rates(part, f"record {RECORDS} changes", RECORDS, samples, (peer, 0.95))


def _listing(part: Part) -> None:
    handler, candidates = handler_of("history"), []
    for count in (few(5000, 20), 10):
        data = Dataset(current())
        event_id, query = versions(data, count)[0].id, {"limit": "10"}
        request = data.request("GET", "/events/{event_id}/history", query=query, event_id=event_id)
        candidates.append(Candidate(f"of {count:,}", lambda _, request=request: request, handler))  # type: ignore[misc]  # one each
    samples = alternate(candidates, LIST_ROUNDS, 20)
    (long_name, long), (short_name, short) = ((name, milliseconds(each.wall)) for name, each in samples.items())
    what = f"list 10 versions {long_name}"
    part.times[what] = long.median
    ratio = part.compare(what, long.median / short.median, 1.1, f"10 versions {short_name}")
    part.rows += [["list 10 versions", long_name, f"{long.show()} ms", ratio]]
    part.rows += [["list 10 versions", short_name, f"{short.show()} ms", "1.00"]]


def _add_rates(part: Part, what: str, count: int, samples: dict[str, Samples], goal: tuple[str, float]) -> None:
    """Adds a row for each candidate. The first one is compared with `goal`: a peer and the minimum ratio to it."""
    rates = {name: Spread.of([count / seconds for seconds in each.wall]) for name, each in samples.items()}
    first, peer = next(iter(rates)), goal[0]
    part.times[what] = milliseconds(samples[first].wall).median
    for name, rate in rates.items():
        ratio = f"{rate.median / rates[peer].median:.2f}"
        if name == first:
            ratio = part.compare(what, rate.median / rates[peer].median, goal[1], peer, least=True)
        part.rows.append([what, name, f"{rate.show(0)}/s", ratio])
        part.data[f"{what}, {name}"] = rate.median
