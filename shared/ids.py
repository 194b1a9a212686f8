"""Identifiers: UUIDv7 (RFC 9562, section 5.7), which sort by the time of their making.

Those of events may be UUIDv5 instead (section 5.5), in a namespace of the calendar: they follow from what a client
says, so that saying it again leads to the same event. An id is no secret, and gives no right to anything.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

from uuid_utils import NAMESPACE_URL, UUID, uuid5, uuid7

_NS_PER_MS = 1_000_000
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id(now_ns: int) -> str:
    """A new identifier made at `now_ns`, in nanoseconds since 1970 (UTC)."""
    return str(uuid7(nanoseconds=now_ns))


def is_id(text: str) -> bool:
    """Whether `text` is a UUID as all of them are written here: 32 lower-case hexadecimal digits in five groups."""
    return _ID.fullmatch(text) is not None


def is_uuid7(identifier: str) -> bool:
    """Whether a UUID is one of version 7, which tells when it was made."""
    return identifier[14] == "7"


def later_id(now_ns: int, after: str) -> str:
    """A new identifier that is greater than `after`, even when the clock stands or has gone back."""
    made = new_id(now_ns)
    return made if made > after else new_id((milliseconds_of(after) + 1) * _NS_PER_MS)


def milliseconds_of(identifier: str) -> int:
    """When a UUIDv7 was made, in milliseconds since 1970 (UTC)."""
    return int(identifier[:8] + identifier[9:13], 16)


def made_at(identifier: str) -> str:
    """When a UUIDv7 was made: RFC 3339 in UTC with milliseconds.

    A version's time is read from its id, so that the order of the two can never differ.
    """
    return _moment(milliseconds_of(identifier))


# What one request makes, a thousand events perhaps, it makes at one moment.
@lru_cache(maxsize=1024)
def _moment(milliseconds: int) -> str:
    """RFC 3339 in UTC, for milliseconds since 1970."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment.isoformat()[:19]}.{milliseconds % 1000:03d}Z"


def derived_id(milliseconds: int, low_bits: int) -> str:
    """The UUIDv7 of `milliseconds` with its 74 free bits taken from `low_bits`: the same input, the same id."""
    low_bits &= (1 << 74) - 1
    value = (milliseconds << 80) | (0x7 << 76) | ((low_bits >> 62) << 64) | (0b10 << 62) | (low_bits & ((1 << 62) - 1))
    return str(UUID(int=value))


@lru_cache(maxsize=64)
def _namespace(calendar_id: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"calendar:{calendar_id}")


def of_uid(calendar_id: str, uid: str) -> str:
    """The id of the event that its client calls `uid`: as given, octet for octet."""
    return str(uuid5(_namespace(calendar_id), uid))


def of_key(calendar_id: str, key: str) -> str:
    """The id of the event that is made under an idempotency key."""
    return of_uid(calendar_id, f"key:{key}#0")


def of_operation(operation_id: str, name: str) -> str:
    """An identifier of the moment of `operation_id`, the same each time, and another one for each `name`."""
    made = sha256(f"{operation_id} {name}".encode()).digest()
    return derived_id(milliseconds_of(operation_id), int.from_bytes(made[:10]))
