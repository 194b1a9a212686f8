"""Conversion of fences to and from DynamoDB items, so compact that each is read and moved for one capacity unit."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import lru_cache
from struct import Struct
from typing import Any, Final

from uuid_utils import UUID

from shared.ids import EventId, HistoryId, is_id
from shared.scheduling.fences import Fence, FenceEntry
from shared.scheduling.instants import EPOCH, FIRST, LAST, of_seconds, seconds_between
from shared.store.codec import text, text_of

# A write that a fence remembers: the ids of its event and its version, and its start and end in seconds since 1970. In
# base64 without padding that is 64 characters, so that a fence is less than 1 KB, the most that one write unit covers.
_ENTRY: Final = Struct(">16s16sqq")
_FIRST_SECOND: Final = seconds_between(EPOCH, FIRST)
_LAST_SECOND: Final = seconds_between(EPOCH, LAST)


def _packed(identifier: str) -> bytes:
    """Returns the 16 bytes of an id. Raises ValueError if it is none in canonical form: it would come back changed."""
    if not is_id(identifier):
        raise ValueError("is no id")
    return UUID(identifier).bytes


# All but one of the entries that a write stores are those that it has read.
@lru_cache(maxsize=1024)
def _entry_text(entry: FenceEntry) -> str:
    """Returns an entry of a fence as a string. Raises ValueError for an id that is no UUID in canonical form."""
    start, end = (seconds_between(EPOCH, each) for each in entry.interval)
    packed = _ENTRY.pack(_packed(entry.event_id), _packed(entry.history_id), start, end)
    return b64encode(packed).decode()


# A process that serves a calendar reads the same entries with every write.
@lru_cache(maxsize=1024)
def _entry_of(entry: str) -> FenceEntry:
    """Returns the entry of a fence that is stored as `entry`.

    Raises ValueError if it is no such entry: without it a conflict might be overlooked.
    """
    packed = b64decode(entry, validate=True)
    if len(packed) != _ENTRY.size:
        raise ValueError("has another length than an entry of a fence")
    event_id, history_id, start, end = _ENTRY.unpack(packed)
    if not _FIRST_SECOND <= start < end <= _LAST_SECOND:
        raise ValueError("is no interval")
    return FenceEntry(
        EventId(str(UUID(bytes=event_id))),
        HistoryId(str(UUID(bytes=history_id))),
        of_seconds(start),
        of_seconds(end),
    )


def recent_value(fence: Fence) -> dict[str, Any]:
    """Returns the recent entries of a fence as an attribute value: one string for each, newest first.

    Raises ValueError for an id that is no UUID in canonical form.
    """
    return {"L": [text(_entry_text(entry)) for entry in fence.recent]}


def fence_of(name: str, item: Mapping[str, Any] | None) -> Fence:
    """Returns the fence `name` in `item`; without an item, one that was never moved.

    Raises:
        KeyError, TypeError, ValueError: The item, or one of its entries, is not what `recent_value` makes.
    """
    if item is None:
        return Fence(name)
    return Fence(
        name, HistoryId(text_of(item["value"])), tuple(_entry_of(text_of(each)) for each in item["recent"]["L"])
    )
