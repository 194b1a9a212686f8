"""A place to keep versions in: the tables on DynamoDB Local with their stream, the bucket, and a clock to move."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shared.retries import Deadline
from shared.runtime import Runtime
from shared.store.batches import batch_delete
from shared.store.client import Clients
from tests.conftest import BUCKET
from tests.harness.gateway import Context, invoke
from tests.harness.identity_client import Clock
from tests.harness.stream import Record, Stream, of_events

Item = dict[str, Any]


def no_deadline() -> Deadline:
    """One attempt."""
    return Deadline(0.0, time.monotonic, lambda _: None, lambda most: most)


@dataclass
class Place:
    """The tables and the bucket; `clock` is the runtime's."""

    runtime: Runtime
    clock: Clock
    stream: Stream = field(init=False)

    def __post_init__(self) -> None:
        self.stream = Stream(self.runtime)

    @property
    def clients(self) -> Clients:
        return self.runtime.clients

    def new_records(self) -> list[Record]:
        """What the stream has brought since the last call, as Lambda would hand it over."""
        return of_events(self.stream.read())

    def record(self, records: list[Record] | None = None, milliseconds: int = 60_000) -> list[str]:
        """Bring `records`, or what is new in the stream, into the history. Gives the sequence numbers that failed."""
        event = {"Records": self.new_records() if records is None else records}
        answer = invoke("record_history", event, Context(milliseconds=milliseconds))
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def versions(self) -> dict[tuple[str, str], Item]:
        """The whole history table, by key."""
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in self.scan(self.runtime.settings.history_table)}

    def scan(self, table: str) -> list[Item]:
        """All items of a table."""
        found: list[Item] = []
        arguments: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
        while True:
            answer = self.clients.dynamodb.scan(**arguments)
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return found
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def empty(self, table: str) -> None:
        """Delete all items of a table."""
        where = [{"pk": item["pk"], "sk": item["sk"]} for item in self.scan(table)]
        chunks = [where[at : at + 25] for at in range(0, len(where), 25)]
        for left in self.clients.pool.map(lambda chunk: batch_delete(self.clients.dynamodb, table, chunk), chunks):
            assert left == []

    def numbers(self, event_id: str) -> list[int]:
        """The version numbers of an event in the history, oldest first."""
        return [int(item["version"]["N"]) for (pk, _), item in sorted(self.versions().items()) if pk.endswith(event_id)]

    def forget(self, places: Iterable[tuple[str, str]]) -> None:
        """Lose versions."""
        for pk, sk in places:
            self.clients.dynamodb.delete_item(
                TableName=self.runtime.settings.history_table, Key={"pk": {"S": pk}, "sk": {"S": sk}}
            )

    def objects(self) -> dict[str, Any]:
        """What lies in the bucket, by key."""
        get = self.clients.s3.get_object
        return {key: json.loads(get(Bucket=BUCKET, Key=key)["Body"].read()) for key in self.object_keys()}

    def object_keys(self) -> list[str]:
        """The keys of what lies in the bucket."""
        return [each["Key"] for each in self.clients.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def put_object(self, key: str, document: Any) -> None:
        """Put a JSON document into the bucket."""
        self.clients.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document).encode())
