"""Identifiers: UUIDv7 (RFC 9562, section 5.7), which sort by the time at which they were made.

Those of events may be UUIDv5 instead (section 5.5), in a namespace of the calendar: they are derived from a name that
the client gives, so that the same name always leads to the same event. An id is not a secret and grants no right.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import NewType

from uuid_utils import NAMESPACE_URL, UUID, uuid5, uuid7

UserId = NewType("UserId", str)
CalendarId = NewType("CalendarId", str)
EventId = NewType("EventId", str)
HistoryId = NewType("HistoryId", str)
OperationId = NewType("OperationId", str)
# The partition key and the sort key of a stored item, for what reads a table from end to end.
ItemKey = tuple[str, str]

_NS_PER_MS = 1_000_000
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def default_calendar(user_id: UserId) -> CalendarId:
    """Returns the id of a user's default calendar, which is the user's own id."""
    return CalendarId(user_id)


def new_id(now_ns: int) -> str:
    """Returns a new identifier made at `now_ns`, in nanoseconds since 1970 (UTC)."""
    return str(uuid7(nanoseconds=now_ns))


def is_id(text: str) -> bool:
    """Returns whether `text` is a UUID as they are written here: lower-case hexadecimal digits in five groups."""
    return _ID.fullmatch(text) is not None


def is_uuid7(identifier: str) -> bool:
    """Returns whether a UUID is of version 7, which tells when it was made."""
    return identifier[14] == "7"


def later_id(now_ns: int, after: HistoryId) -> HistoryId:
    """Returns a new identifier that is greater than `after`, even when the clock stands still or has gone back."""
    made = HistoryId(new_id(now_ns))
    return made if made > after else HistoryId(new_id((milliseconds_of(after) + 1) * _NS_PER_MS))


def milliseconds_of(identifier: str) -> int:
    """Returns when a UUIDv7 was made, in milliseconds since 1970 (UTC)."""
    return int(identifier[:8] + identifier[9:13], 16)


def made_at(identifier: str) -> str:
    """Returns when a UUIDv7 was made, as RFC 3339 in UTC with milliseconds.

    A version's time is read from its id, so that the order of the two can never differ.
    """
    return _moment(milliseconds_of(identifier))


# One request may make a thousand ids, all of the same millisecond.
@lru_cache(maxsize=1024)
def _moment(milliseconds: int) -> str:
    """Returns milliseconds since 1970 as RFC 3339 in UTC."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment.isoformat()[:19]}.{milliseconds % 1000:03d}Z"


def derived_id(milliseconds: int, low_bits: int) -> HistoryId:
    """Returns the UUIDv7 of `milliseconds` with its 74 free bits taken from `low_bits`: the same input, the same id."""
    low_bits &= (1 << 74) - 1
    value = (milliseconds << 80) | (0x7 << 76) | ((low_bits >> 62) << 64) | (0b10 << 62) | (low_bits & ((1 << 62) - 1))
    return HistoryId(str(UUID(int=value)))


@lru_cache(maxsize=64)
def _namespace(calendar_id: CalendarId) -> UUID:
    return uuid5(NAMESPACE_URL, f"calendar:{calendar_id}")


def of_uid(calendar_id: CalendarId, uid: str) -> EventId:
    """Returns the id of the event that its client calls `uid`, compared octet for octet."""
    return EventId(str(uuid5(_namespace(calendar_id), uid)))


def of_key(calendar_id: CalendarId, key: str) -> EventId:
    """Returns the id of the event that is created under an idempotency key."""
    return of_uid(calendar_id, f"key:{key}#0")


def of_operation(operation_id: OperationId, name: str) -> HistoryId:
    """Returns an identifier with the time of `operation_id`: the same each time, and another one for each `name`."""
    made = sha256(f"{operation_id} {name}".encode()).digest()
    return derived_id(milliseconds_of(operation_id), int.from_bytes(made[:10]))
