"""From the stream of the events table to version items.

A version item is keyed by the stamp that its change carries, so a record delivered twice makes the same item twice, and
the order of delivery does not matter.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

import json
from base64 import b64decode
from typing import Any, Final

from shared import ids
from shared.history import ItemKey
from shared.store import keys
from shared.store.codec import EXTERNAL, NO_HISTORY_ID, OPTIONAL_STAMP, PLACEMENT, Item, event_of, number, text

Record = dict[str, Any]

TTL_PRINCIPAL: Final = "dynamodb.amazonaws.com"

# What the stamp of a change may say beside who made it and when: a change around the API says none of it.
SAID_BY_THE_API: Final = ("operation_id", "on_conflict", *OPTIONAL_STAMP)


class UnreadableRecordError(ValueError):
    """A record that no version can be made of."""


def version_item(record: Record) -> Item | None:
    """The version item that `record`, as Lambda hands it over, stands for; None if it is no change of an event.

    Removal by TTL is no change, nor is that of a tombstone: they only take away what a deletion has left. Raises
    UnreadableRecordError, and nothing else.
    """
    try:
        change = record["dynamodb"]
        key = change["Keys"]
        if not key["sk"]["S"].startswith(keys.EVENT_PREFIX) or _only_cleans_up(record):
            return None
        removed = record["eventName"] == "REMOVE"
        old = change.get("OldImage") or {}
        image = old if removed else change["NewImage"]
        calendar_id, event_id = keys.owner_in(key), keys.event_id_in(key)
        version = {name: _attribute(value) for name, value in image.items() if name not in PLACEMENT}
        version |= {"id": text(event_id), "calendar_id": text(calendar_id)}
        version["calendar"] = text(keys.calendar(calendar_id))
        if removed or not _is_stamped(image, old):
            version = {name: value for name, value in version.items() if name not in SAID_BY_THE_API}
            version |= _external_stamp(record, image, old)
        event = event_of(version)
        version.pop("operation", None)  # what another hand has written into the event would lie in any calendar
        if event.stamp.operation_id:
            version["operation"] = text(keys.operation(calendar_id, event.stamp.operation_id))
        return version | keys.version_key(calendar_id, event_id, event.history_id)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UnreadableRecordError(f"{type(error).__name__}: {error}") from error


def _attribute(value: Any) -> Any:
    """An attribute value as it goes over the wire, where binary is base64. Raises ValueError, TypeError.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html
    """
    ((kind, held),) = value.items()
    if kind in {"S", "N"}:
        ok = isinstance(held, str)
    elif kind == "B":
        ok = _is_base64(held)
    elif kind == "BS":
        ok = all(_is_base64(each) for each in held)
    elif kind == "L":
        return {kind: [_attribute(each) for each in held]}
    elif kind == "M":
        return {kind: {name: _attribute(each) for name, each in held.items()}}
    elif kind in {"SS", "NS"}:
        ok = isinstance(held, list) and all(isinstance(each, str) for each in held)
    else:
        ok = kind in {"BOOL", "NULL"} and isinstance(held, bool)
    if not ok:
        raise ValueError(f"no attribute value: {kind}")
    return value


def _is_base64(held: Any) -> bool:
    """Whether `held` is binary as text. Raises ValueError for text that is no base64."""
    if not isinstance(held, str):
        return False
    b64decode(held, validate=True)
    return True


def _only_cleans_up(record: Record) -> bool:
    """Whether the record removes an item by TTL, or one whose deletion is already a version."""
    if record["eventName"] != "REMOVE":
        return False
    by_ttl: bool = (record.get("userIdentity") or {}).get("principalId") == TTL_PRINCIPAL
    return by_ttl or _is_deleted(record["dynamodb"]["OldImage"])


def _is_deleted(image: Item) -> bool:
    return image.get("change_type") == text("delete")


def _is_stamped(image: Item, old: Item) -> bool:
    """Whether the change carries a stamp of its own: every write of the API takes a greater history_id."""
    return _history_id(image) > _history_id(old)


def _history_id(image: Item) -> str:
    """The id in the stamp of `image`; one that a script has made up is none."""
    history_id: str = image.get("history_id", text(NO_HISTORY_ID))["S"]
    return history_id if ids.is_id(history_id) else NO_HISTORY_ID


def _external_stamp(record: Record, image: Item, old: Item) -> Item:
    """The stamp of a change made around the API: derived from the record, so that it is the same each time.

    Its version number is that of the item, which repeats. `follows` is the number before the change, for the continuity
    check: a hand that writes items may write any number.
    """
    change = record["dynamodb"]
    milliseconds = int(float(change["ApproximateCreationDateTime"]) * 1000)
    milliseconds = max(milliseconds, ids.milliseconds_of(_history_id(old)) + 1)
    history_id = ids.derived_id(milliseconds, int(change["SequenceNumber"]))
    stamp = {
        "history_id": text(history_id),
        "changed_at": text(ids.made_at(history_id)),
        "changed_by": text(EXTERNAL),
        "change_type": text(_kind_of_external(record["eventName"], image, old)),
    }
    if old:
        stamp["follows"] = old.get("version", number(0))
    return stamp


def _kind_of_external(name: str, image: Item, old: Item) -> str:
    if name == "REMOVE" or _is_deleted(image):
        return "delete"
    if name == "INSERT":
        return "create"
    return "restore" if _is_deleted(old) else "update"


def records_in(body: bytes) -> list[Any]:
    """The stream records that an object of the bucket of unreadable records holds.

    Either one record, as `record_history` has put it there, or an event of many, or the invocation record that the
    event source mapping's failure destination has written, with the event as JSON within JSON in its `payload`.
    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html

    Raises UnreadableRecordError.
    """
    try:
        document = json.loads(body)
        if "payload" in document:
            payload = document["payload"]
            document = json.loads(payload) if isinstance(payload, str) else payload
        records = document.get("Records", [document])
        if not isinstance(records, list) or not all("dynamodb" in record for record in records):
            raise ValueError("holds no stream records")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UnreadableRecordError(f"{type(error).__name__}: {error}") from error
    return records


def sequence_number(record: Record) -> str:
    """What names `record` in a partial batch response; empty if it has none: then Lambda takes all for failed."""
    try:
        return str(record["dynamodb"]["SequenceNumber"])
    except (KeyError, TypeError):
        return ""


def place(item: Item) -> ItemKey:
    """The key of a version item."""
    return item["pk"]["S"], item["sk"]["S"]
