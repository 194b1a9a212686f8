"""Conversion of the events table's stream records to changes of events, and of changes to version items.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any, Final

from shared.history.changes import (
    Change,
    ItemChange,
    Removal,
    UnreadableRecordError,
    VersionRef,
    change_of,
    is_stamped,
    only_cleans_up,
)
from shared.history.recording import Record
from shared.ids import HistoryId
from shared.scheduling.events import EXTERNAL, NO_HISTORY_ID, Event, Stamp
from shared.store import keys
from shared.store.codec import (
    ERASED,
    ERASED_AT,
    HOME_CALENDAR,
    KNOWN,
    STAMP_ATTRIBUTES,
    Item,
    event_of,
    number,
    stamp_attributes,
    text,
)

TTL_PRINCIPAL: Final = "dynamodb.amazonaws.com"
# Attributes of a version item that are derived from others: values that a script wrote there are not kept.
DERIVED: Final = frozenset({"pk", "sk", "calendar", "operation", "follows", "expires_at", HOME_CALENDAR, ERASED})
_STAMP: Final = frozenset({*(each.name for each in STAMP_ATTRIBUTES), "changed_at"})


def change_in(record: Record) -> Change | Removal | None:
    """Returns the change that `record` reports, as Lambda passes it, or the removal of a deleted event.

    None if it is neither.

    Raises UnreadableRecordError, and nothing else.
    """
    try:
        return _change_in(record)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise UnreadableRecordError(f"{type(error).__name__}: {error}") from error


def _change_in(record: Record) -> Change | Removal | None:
    change, kind = record["dynamodb"], record["eventName"]
    key = change["Keys"]
    if not key["sk"]["S"].startswith(keys.EVENT_PREFIX):
        return None
    old = change.get("OldImage") or {}
    image = old if kind == "REMOVE" else change["NewImage"]
    # Before anything is read of the images: what an erasure overwrites may be unreadable, and must not be kept for it.
    if ERASED_AT in image:
        return None
    by_ttl = (record.get("userIdentity") or {}).get("principalId") == TTL_PRINCIPAL
    before_stamp = _lasting_stamp(old) if old else None
    if only_cleans_up(kind, before_stamp, by_ttl=by_ttl):
        if before_stamp is None or before_stamp.type != "delete":
            return None
        return Removal(VersionRef(keys.calendar_in(key), keys.event_id_in(key), before_stamp.history_id))
    lasting = _lasting_stamp(image)
    stamped = is_stamped(kind, lasting, before_stamp)
    if not stamped:
        image = {name: value for name, value in image.items() if name not in _STAMP}
    event = _event(key, image)
    return change_of(
        ItemChange(
            kind=kind,
            event=event if stamped else replace(event, stamp=lasting),
            before=_readable(key, old),
            before_stamp=before_stamp,
            created_ms=None if stamped else int(float(change["ApproximateCreationDateTime"]) * 1000),
            sequence=None if stamped else int(change["SequenceNumber"]),
            attributes={
                name: value if name in KNOWN else _attribute(value)
                for name, value in image.items()
                if name not in DERIVED
            },
        )
    )


def _lasting_stamp(image: Item) -> Stamp:
    """Returns what counts of a stamp that is not the change's own: its id, its number, and whether it was a deletion.

    The rest, and what is of another type, may be anything that a script has written. Raises KeyError, TypeError for an
    id that is no text.
    """
    version = image.get("version", {}).get("N", "0")
    return Stamp(
        type="delete" if image.get("change_type") == text("delete") else "update",
        history_id=HistoryId(image["history_id"]["S"]) if "history_id" in image else NO_HISTORY_ID,
        version=int(version) if version.isdecimal() else 0,
    )


def _event(key: Item, image: Item) -> Event:
    """Returns the event in `image`. Its ids are taken from `key`, whatever the image's own attributes are."""
    placed = {"id": text(keys.event_id_in(key)), "calendar_id": text(keys.calendar_in(key))}
    return event_of({name: value for name, value in image.items() if name != "expires_at"} | placed)


def _readable(key: Item, image: Item) -> Event | None:
    """Returns the event in an old image; None if there is no image, or if it is not a valid event."""
    try:
        return _event(key, image) if image else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _attribute(value: Any) -> Any:
    """Returns an attribute value in the wire format, in which binary is base64. Raises ValueError, TypeError.

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
    """Returns whether `held` is binary encoded as text. Raises ValueError for text that is not base64."""
    if not isinstance(held, str):
        return False
    b64decode(held, validate=True)
    return True


def version_item(change: Change) -> Item:
    """Returns the version item for `change`.

    Its key is the stamp of the change, so a record that is delivered twice produces the same item twice, and the order
    of delivery does not matter.
    """
    event, operation_id = change.event, change.stamp.operation_id
    item: Item = {
        **change.attributes,
        **keys.version_key(*change.ref),
        "id": text(event.id),
        "calendar_id": text(event.calendar_id),
        "calendar": text(keys.calendar(event.calendar_id)),
    }
    # Every version is in the index by calendar, so that an erasure finds it: also one of an item without this key.
    item.setdefault("span", text(keys.unplaced_span(change.stamp.history_id)))
    if change.stamp.changed_by == EXTERNAL:
        item |= stamp_attributes(change.stamp)
    if operation_id is not None:
        item["operation"] = text(keys.operation(event.calendar_id, operation_id))
    # What a move has left is the deletion of the calendar's own event, and no copy.
    left = change.stamp.type == "delete" and change.before is not None and change.before.home is None
    if event.home is not None and not left:
        item[HOME_CALENDAR] = text(keys.calendar(event.home))
    if change.follows is not None:
        item["follows"] = number(change.follows)
    return item


def records_in(body: bytes) -> list[Any]:
    """Returns the stream records in an object of the bucket of unreadable records.

    The object is either a single record, written by `record_history`, or an event with many records, or the invocation
    record written by the event source mapping's failure destination, whose `payload` is the event as a JSON string.
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
            raise ValueError("holds no stream records")  # noqa: TRY301 as what json raises
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UnreadableRecordError(f"{type(error).__name__}: {error}") from error
    return records


def sequence_number(record: Record) -> str:
    """Returns the sequence number of `record`, by which a partial batch response identifies it.

    It is empty if the record has none: Lambda then treats the whole batch as failed.
    """
    try:
        return str(record["dynamodb"]["SequenceNumber"])
    except (KeyError, TypeError):
        return ""
