"""The bucket of stream records that could not be converted to a version: each is kept whole, for a redrive."""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import AnswerLost
from shared.history.recording import Record
from shared.store.client import Clients

PREFIX: Final = "unreadable/"
_GONE: Final = {"NoSuchKey", "404"}


class UnreadableBucket:
    """Objects under `unreadable/` hold one record each; Lambda itself writes objects under `aws/lambda/`."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        """Uses the S3 bucket of name `bucket`."""
        self._clients = clients
        self._bucket = bucket

    def keep(self, records: Sequence[Record]) -> list[bool]:
        """Puts each of `records`, whole, under a key made of its digest, so the same record has one object.

        After the first put that fails, those that have not started are skipped: S3 is down, and the caller has little
        time.

        Returns:
            For each record, whether it is stored.
        """
        faults: list[Exception] = []

        def keep_one(record: Record) -> bool:
            body = json.dumps(record, default=str, sort_keys=True).encode()
            key = f"{PREFIX}{sha256(body).hexdigest()}.json"
            if faults:
                return False
            try:
                self._clients.s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")
            except (ClientError, BotoCoreError) as fault:
                faults.append(fault)
                return False
            return True

        return list(self._clients.pool.map(keep_one, records))

    def holds_one(self, key: str) -> bool:
        """Returns whether the object at `key` is one that holds a single record."""
        return key.startswith(PREFIX)

    def keys(self, after: str) -> tuple[list[str], bool]:
        """Returns the keys of up to 1,000 objects after `after`, in order, and whether there are more: one call."""
        arguments: dict[str, Any] = {"Bucket": self._bucket}
        if after:
            arguments["StartAfter"] = after
        response = self._clients.s3.list_objects_v2(**arguments)
        return [each["Key"] for each in response.get("Contents", [])], bool(response.get("IsTruncated"))

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Returns the contents of the objects, read concurrently; None for one that is gone. Raises AnswerLost."""
        return list(self._clients.pool.map(self._read, keys))

    def _read(self, key: str) -> bytes | None:
        try:
            response = self._clients.s3.get_object(Bucket=self._bucket, Key=key)
            return response["Body"].read()
        except ClientError as fault:
            if fault.response["Error"]["Code"] in _GONE:
                return None
            raise
        except BotoCoreError as fault:
            raise AnswerLost(type(fault).__name__) from fault

    def delete(self, keys: Iterable[str]) -> None:
        """Deletes the objects, concurrently."""
        for _ in self._clients.pool.map(lambda key: self._clients.s3.delete_object(Bucket=self._bucket, Key=key), keys):
            pass
