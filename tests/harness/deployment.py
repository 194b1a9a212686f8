"""A deployment to test: its runtime, a clock that the test moves, and its stream, delivered when the test says so."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import botocore.session

from shared.runtime import Runtime
from tests.harness.gateway import invoke
from tests.harness.samples import NOW_NS

Item = dict[str, Any]


@dataclass
class Clock:
    """A clock that stands until it is moved: nanoseconds since 1970 (UTC)."""

    nanoseconds: int = NOW_NS

    def __call__(self) -> int:
        return self.nanoseconds

    def forward(self, *, seconds: int = 0, days: int = 0) -> None:
        self.nanoseconds += (seconds + days * 86_400) * 1_000_000_000


@lru_cache(maxsize=2)
def _streams_client(endpoint: str | None) -> Any:
    return botocore.session.get_session().create_client("dynamodbstreams", endpoint_url=endpoint)


@dataclass
class Stream:
    """The stream of a table, read on from where it was left."""

    arn: str
    endpoint: str | None = None
    _iterators: dict[str, str] = field(default_factory=dict)

    def records(self) -> list[Item]:
        """The records that have come since the last call, in the shape in which Lambda hands them to a function."""
        return [self._as_lambda_has_it(record) for record in self._new()]

    def _new(self) -> Iterator[Item]:
        client = _streams_client(self.endpoint)
        for shard in client.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]:
            shard_id = shard["ShardId"]
            if shard_id not in self._iterators:
                self._iterators[shard_id] = client.get_shard_iterator(
                    StreamArn=self.arn, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
                )["ShardIterator"]
            while records := (page := client.get_records(ShardIterator=self._iterators[shard_id]))["Records"]:
                self._iterators[shard_id] = page["NextShardIterator"]
                yield from records

    @staticmethod
    def _as_lambda_has_it(record: Item) -> Item:
        change = record["dynamodb"]
        made = int(change["ApproximateCreationDateTime"].timestamp())
        return {**record, "dynamodb": {**change, "ApproximateCreationDateTime": made}}


@dataclass
class Deployment:
    """The functions' tables, clock and stream."""

    runtime: Runtime
    clock: Clock
    stream: Stream

    @classmethod
    def of(cls, runtime: Runtime, endpoint: str | None = None) -> "Deployment":
        """`runtime` with a clock that stands, and pauses that take no time."""
        clock = Clock()
        table = runtime.clients.dynamodb.describe_table(TableName=runtime.settings.events_table)["Table"]
        stream = Stream(table["LatestStreamArn"], endpoint)
        return cls(replace(runtime, now_ns=clock, sleep=lambda _: None), clock, stream)

    def record(self) -> list[Item]:
        """Deliver what the stream has brought to `record_history`; gives the records."""
        records = self.stream.records()
        assert invoke("record_history", {"Records": records}) == {"batchItemFailures": []}
        return records

    def events(self) -> list[Item]:
        """The events in the events table, deleted ones included."""
        return [item for item in self.calendars() if item["sk"]["S"].startswith("EVENT#")]

    def calendars(self) -> list[Item]:
        """All items of the events table: events and fences."""
        return self._items(self.runtime.settings.events_table)

    def versions(self) -> list[Item]:
        """The recorded versions of all events, in the order of their making."""
        return sorted(self._items(self.runtime.settings.history_table), key=lambda item: str(item["sk"]["S"]))

    def _items(self, table: str) -> list[Item]:
        pages = self.runtime.clients.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        found: list[Item] = [item for page in pages for item in page["Items"]]
        return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
