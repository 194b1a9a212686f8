"""Identifiers: UUIDv7 (RFC 9562, section 5.7), which sort by the time of their creation.

Ids of events may instead be UUIDv5 (section 5.5), in a namespace of the calendar. These are derived from a name that
the client gives, so that the same name always denotes the same event. An id is not a secret and grants no rights.
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
SessionId = NewType("SessionId", str)
TokenId = NewType("TokenId", str)
DeviceId = NewType("DeviceId", str)
MailId = NewType("MailId", str)
ErasureId = NewType("ErasureId", str)
# The partition key and the sort key of a stored item, for scans of a whole table.
ItemKey = tuple[str, str]

_LAST_MS = (1 << 48) - 1  # what a UUIDv7 has room for
_LAST_MOMENT_MS = 253_402_300_799_999  # the end of the year 9999, where datetime ends
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def default_calendar(user_id: UserId) -> CalendarId:
    """Returns the id of a user's default calendar, which is the user's own id."""
    return CalendarId(user_id)


def new_id(now_ns: int) -> str:
    """Returns a new identifier with the time `now_ns`, in nanoseconds since 1970 (UTC)."""
    return str(uuid7(nanoseconds=now_ns))


def is_id(text: str) -> bool:
    """Returns whether `text` is a UUID in canonical form: lower-case hexadecimal digits in five groups."""
    return _ID.fullmatch(text) is not None


def is_uuid7(identifier: str) -> bool:
    """Returns whether a UUID is of version 7, which contains the time of its creation."""
    return identifier[14] == "7"


def later_id(now_ns: int, after: HistoryId) -> HistoryId:
    """Returns a new identifier that is greater than `after`, even if the clock has stopped or gone back."""
    created = HistoryId(new_id(now_ns))
    if created > after:
        return created
    # Not by `new_id`, whose clock ends in 2554: an id that a script has made up may claim a later time.
    return derived_id(min(milliseconds_of(after) + 1, _LAST_MS), UUID(created).int)


def milliseconds_of(identifier: str) -> int:
    """Returns when a UUIDv7 was created, in milliseconds since 1970 (UTC)."""
    return int(identifier[:8] + identifier[9:13], 16)


def made_at(identifier: str) -> str:
    """Returns when a UUIDv7 was created, as RFC 3339 in UTC with milliseconds.

    The time of a version is derived from its id, so that ids and times always have the same order.
    """
    return _moment(milliseconds_of(identifier))


# One request may create a thousand ids within the same millisecond.
@lru_cache(maxsize=1024)
def _moment(milliseconds: int) -> str:
    """Returns milliseconds since 1970 as RFC 3339 in UTC."""
    milliseconds = min(milliseconds, _LAST_MOMENT_MS)  # an id that a script has made up may claim a later time
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment.isoformat()[:19]}.{milliseconds % 1000:03d}Z"


def derived_id(milliseconds: int, low_bits: int) -> HistoryId:
    """Returns the UUIDv7 with the time `milliseconds` and its 74 free bits from `low_bits`. Deterministic."""
    low_bits &= (1 << 74) - 1
    value = (milliseconds << 80) | (0x7 << 76) | ((low_bits >> 62) << 64) | (0b10 << 62) | (low_bits & ((1 << 62) - 1))
    return HistoryId(str(UUID(int=value)))


@lru_cache(maxsize=64)
def _namespace(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, name)


def of_uid(calendar_id: CalendarId, uid: str) -> EventId:
    """Returns the id of the event to which the client gives the name `uid`. Names are compared octet for octet."""
    return EventId(str(uuid5(_namespace(f"calendar:{calendar_id}"), uid)))


def of_key(calendar_id: CalendarId, key: str) -> EventId:
    """Returns the id of the event that is created under an idempotency key: no uid names the same event."""
    return EventId(str(uuid5(_namespace(f"keys of calendar:{calendar_id}"), key)))


def of_operation(operation_id: OperationId, name: str) -> HistoryId:
    """Returns an identifier with the time of `operation_id`, derived from `operation_id` and `name`. Deterministic."""
    return HistoryId(derived_from(operation_id, name))


def derived_from(identifier: str, name: str) -> str:
    """Returns an identifier with the time of the UUIDv7 `identifier`, derived from it and `name`. Deterministic."""
    digest = sha256(f"{identifier} {name}".encode()).digest()
    return derived_id(milliseconds_of(identifier), int.from_bytes(digest[:10]))


def of_subject(issuer: str, subject: str) -> UserId:
    """Returns the id of the user whom another issuer of tokens calls `subject` (OpenID Connect Core 1.0, section 5.7).

    It is the same at every request, needs no table, and cannot be the id of a user of this API, which is a UUIDv7.
    """
    return UserId(str(uuid5(uuid5(NAMESPACE_URL, f"issuer:{issuer}"), subject)))


def successor_of(version: str) -> str:
    """Returns the id of the version of a secret that follows `version`; empty for the first one. Deterministic."""
    return str(uuid5(NAMESPACE_URL, f"secret-version:{version}"))
