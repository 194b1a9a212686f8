"""The stream of a table, read with the Streams API, and delivered as by the event source mapping."""

import base64
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

import botocore.session

from shared.runtime import Runtime
from tests.harness.gateway import Context, invoke

Record = dict[str, Any]


@lru_cache(maxsize=8)
def _streams_client(endpoint: str, region: str, access_key: str, secret_key: str) -> Any:
    return botocore.session.get_session().create_client(
        "dynamodbstreams",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
    )


def _streams_client_of(runtime: Runtime) -> Any:
    """Returns a client with the credentials of the runtime's client: DynamoDB Local separates tables by access key."""
    dynamodb = runtime.clients.dynamodb
    credentials = dynamodb._request_signer._credentials  # type: ignore[attr-defined]
    endpoint, region = dynamodb.meta.endpoint_url, dynamodb.meta.region_name
    if endpoint.endswith(".amazonaws.com"):
        endpoint = f"https://streams.dynamodb.{region}.amazonaws.com"  # moto's endpoint for streams
    return _streams_client(endpoint, region, credentials.access_key, credentials.secret_key)


# The sequence number of the last record that was read, by stream and shard: tests that share a table share its stream.
_LAST_READ: dict[str, dict[str, str]] = {}


class Stream:
    """The stream of a table of a runtime, the events table's by default.

    Each read continues after the previous one, whichever object of this class that went through.
    """

    def __init__(self, runtime: Runtime, table_name: str | None = None) -> None:
        self._client = _streams_client_of(runtime)
        name = table_name or runtime.settings.events_table
        table = runtime.clients.dynamodb.describe_table(TableName=name)["Table"]
        self._arn = table["LatestStreamArn"]
        self._last_read = _LAST_READ.setdefault(self._arn, {})

    def read(self) -> list[Record]:
        """Returns all records since the last call, including those of fences, in the format that Lambda receives."""
        found: list[Record] = []
        for shard in self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"]:
            found += self._read_shard(shard["ShardId"])
        return found

    def _read_shard(self, shard: str) -> list[Record]:
        found: list[Record] = []
        iterator = self._client.get_shard_iterator(StreamArn=self._arn, ShardId=shard, **self._position(shard))
        page = self._client.get_records(ShardIterator=iterator["ShardIterator"])
        while page["Records"]:
            found += [as_lambda_has_it(dict(record)) for record in page["Records"]]
            page = self._client.get_records(ShardIterator=page["NextShardIterator"])
        if found:
            self._last_read[shard] = found[-1]["dynamodb"]["SequenceNumber"]
        return found

    def _position(self, shard: str) -> dict[str, str]:
        """Returns where to continue reading, by sequence number.

        An iterator is not kept, since DynamoDB Local may later report one of an empty shard as trimmed.
        """
        if shard not in self._last_read:
            return {"ShardIteratorType": "TRIM_HORIZON"}
        return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._last_read[shard]}


def as_lambda_has_it(value: Any) -> Any:
    """Returns a record in the JSON format that Lambda receives: binary as base64, times as seconds since 1970."""
    if isinstance(value, dict):
        return {name: as_lambda_has_it(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_lambda_has_it(each) for each in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return int(value.timestamp()) if isinstance(value, datetime) else value


def of_events(records: Iterable[Record]) -> list[Record]:
    """Returns those of `records` that pass the filter of the event source mapping."""
    return [record for record in records if record["dynamodb"]["Keys"]["sk"]["S"].startswith("EVENT#")]


def deliver(records: Iterable[Record], milliseconds: int = 60_000) -> list[str]:
    """Invokes `record_history` with `records`, in `milliseconds` at most.

    Returns:
        The sequence numbers that it reports as failed.
    """
    response = invoke("record_history", {"Records": [*records]}, Context(milliseconds=milliseconds))
    assert response.keys() == {"batchItemFailures"}
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]
