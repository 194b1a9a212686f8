"""From the stream of the events table to the history table.

A version item is keyed by the stamp that its change carries, so a record delivered twice writes the same item twice,
and the order of delivery does not matter.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Final

from shared.errors import AnswerLost, Contended, Throttled
from shared.scheduling import ids
from shared.scheduling.patience import Patience
from shared.store import keys
from shared.store.batches import BATCH_WRITE_ITEMS, batch_write
from shared.store.client import Clients
from shared.store.items import EXTERNAL, NO_HISTORY_ID, PLACEMENT, Item, event_of, text

Record = dict[str, Any]

TTL_PRINCIPAL: Final = "dynamodb.amazonaws.com"


class UnreadableRecordError(ValueError):
    """A record that no version can be made of."""


def version_item(record: Record) -> Item | None:
    """The version item that `record` stands for; None if it is no change of an event.

    Removal by TTL is no change: it only takes away what a deletion has left. Raises UnreadableRecordError.
    """
    try:
        change = record["dynamodb"]
        if not change["Keys"]["sk"]["S"].startswith(keys.EVENT_PREFIX) or _only_cleans_up(record):
            return None
        old = change.get("OldImage", {})
        image = change["OldImage"] if record["eventName"] == "REMOVE" else change["NewImage"]
        stamp = {} if _is_stamped(image, old) and record["eventName"] != "REMOVE" else _external_stamp(record, old)
        key = change["Keys"]
        owner, event_id = keys.owner_in(key), keys.event_id_in(key)
        version = {name: value for name, value in image.items() if name not in PLACEMENT}
        version |= {"id": text(event_id), "owner": text(owner), "calendar": key["pk"], **stamp}
        return version | keys.version_key(owner, event_id, event_of(version).history_id)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableRecordError(f"{type(error).__name__}: {error}") from error


def _only_cleans_up(record: Record) -> bool:
    """Whether the record removes an item by TTL, or one whose deletion is already a version."""
    if record["eventName"] != "REMOVE":
        return False
    by_ttl: bool = (record.get("userIdentity") or {}).get("principalId") == TTL_PRINCIPAL
    return by_ttl or record["dynamodb"]["OldImage"].get("change_type") == text("delete")


def _is_stamped(image: Item, old: Item) -> bool:
    """Whether the change carries a stamp of its own: every write of the API takes a greater history_id."""
    return _history_id(image) > _history_id(old)


def _history_id(image: Item) -> str:
    """The id in the stamp of `image`; one that a script has made up is none."""
    history_id: str = image.get("history_id", text(NO_HISTORY_ID))["S"]
    return history_id if ids.is_id(history_id) else NO_HISTORY_ID


def _external_stamp(record: Record, old: Item) -> Item:
    """The stamp of a change made around the API: derived from the record, so that it is the same each time."""
    change = record["dynamodb"]
    milliseconds = int(float(change["ApproximateCreationDateTime"]) * 1000)
    milliseconds = max(milliseconds, ids.milliseconds_of(_history_id(old)) + 1)
    history_id = ids.derived_id(milliseconds, int(change["SequenceNumber"]))
    kind = {"INSERT": "create", "MODIFY": "update", "REMOVE": "delete"}[record["eventName"]]
    return {
        "history_id": text(history_id),
        "changed_at": text(ids.made_at(history_id)),
        "changed_by": text(EXTERNAL),
        "change_type": text(kind),
    }


class VersionWriter:
    """Writes version items to the history table."""

    def __init__(self, clients: Clients, table: str, bucket: str) -> None:
        """Use the history table of name `table`; what cannot be read goes to the S3 bucket `bucket`."""
        self._clients = clients
        self._table = table
        self._bucket = bucket

    def write(self, items: Iterable[Item], patience: Patience) -> set[tuple[str, str]]:
        """Write `items` in chunks of 25, side by side. Gives the (pk, sk) of those not written in time."""
        unique = {place(item): item for item in items}
        chunks = [[*unique.values()][at : at + BATCH_WRITE_ITEMS] for at in range(0, len(unique), BATCH_WRITE_ITEMS)]
        failed: set[tuple[str, str]] = set()
        for left in self._clients.pool.map(lambda chunk: self._write_chunk(chunk, patience), chunks):
            failed.update(place(item) for item in left)
        return failed

    def _write_chunk(self, items: Sequence[Item], patience: Patience) -> Sequence[Item]:
        for _ in patience.attempts():
            try:
                items = batch_write(self._clients.dynamodb, self._table, items)
            except (AnswerLost, Contended, Throttled):
                continue  # the same items again do no harm
            if not items:
                break
        return items

    def keep_unreadable(self, record: Record) -> None:
        """Put `record`, whole, into the bucket, under its digest: the same record, the same object."""
        body = json.dumps(record, default=str, sort_keys=True).encode()
        self._clients.s3.put_object(Bucket=self._bucket, Key=f"unreadable/{sha256(body).hexdigest()}.json", Body=body)


def place(item: Item) -> tuple[str, str]:
    """The key of a version item."""
    return item["pk"]["S"], item["sk"]["S"]
