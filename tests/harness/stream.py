"""The stream of the events table, read with the real Streams API, in the shape in which Lambda hands it over."""

import base64
from datetime import datetime
from typing import Any

import boto3

from shared.runtime import Runtime

Record = dict[str, Any]


class Stream:
    """Reads what is new in the stream of a runtime's events table."""

    def __init__(self, runtime: Runtime) -> None:
        database = runtime.clients.dynamodb
        credentials = database._request_signer._credentials  # type: ignore[attr-defined]
        session: Any = boto3.session.Session(credentials.access_key, credentials.secret_key)
        self._client = session.client(
            "dynamodbstreams", endpoint_url=database.meta.endpoint_url, region_name=database.meta.region_name
        )
        table = database.describe_table(TableName=runtime.settings.events_table)["Table"]
        self._arn = table["LatestStreamArn"]
        self._read: dict[str, str] = {}

    def read(self) -> list[Record]:
        """All records since the last call, those of fences too."""
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
            self._read[shard] = found[-1]["dynamodb"]["SequenceNumber"]
        return found

    def _position(self, shard: str) -> dict[str, str]:
        """By number, not by an iterator that is kept: one of an empty shard DynamoDB Local may call trimmed later."""
        if shard not in self._read:
            return {"ShardIteratorType": "TRIM_HORIZON"}
        return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._read[shard]}


def as_lambda_has_it(value: Any) -> Any:
    """A record as JSON: binary as base64, times as seconds since 1970."""
    if isinstance(value, dict):
        return {name: as_lambda_has_it(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_lambda_has_it(each) for each in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return int(value.timestamp()) if isinstance(value, datetime) else value


def of_events(records: list[Record]) -> list[Record]:
    """Those of `records` that the filter of the event source mapping lets through."""
    return [record for record in records if record["dynamodb"]["Keys"]["sk"]["S"].startswith("EVENT#")]
