"""A deployment whose history is tested: with a bucket, and with ways to lose and to edit what is stored."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.retries import Deadline
from shared.store.client import Clients
from tests.harness.deployment import BUCKET, Deployment, Item
from tests.harness.tables import empty


def no_deadline() -> Deadline:
    """One attempt."""
    return Deadline(0.0, time.monotonic, lambda _: None, lambda most: most)


@dataclass
class HistoryDeployment(Deployment):
    """The tables on DynamoDB Local with their stream, and the bucket; `clock` is the runtime's."""

    @property
    def clients(self) -> Clients:
        return self.runtime.clients

    def versions_by_key(self) -> dict[tuple[str, str], Item]:
        """The whole history table, by key."""
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in self.versions()}

    def empty(self, table: str) -> None:
        """Delete all items of a table."""
        empty(self.clients, [table])

    def numbers(self, event_id: str) -> list[int]:
        """The version numbers of an event in the history, oldest first."""
        return [int(item["version"]["N"]) for item in self.versions() if item["pk"]["S"].endswith(event_id)]

    def forget(self, versions: Iterable[tuple[str, str]]) -> None:
        """Lose versions, given by their keys."""
        for pk, sk in versions:
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
