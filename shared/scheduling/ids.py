"""Identifiers: UUIDv7 (RFC 9562, section 5.7), which sort by the time of their making."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from uuid_utils import UUID, uuid7

_NS_PER_MS = 1_000_000
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id(now_ns: int) -> str:
    """A new identifier made at `now_ns`, in nanoseconds since 1970 (UTC)."""
    return str(uuid7(nanoseconds=now_ns))


def is_id(text: str) -> bool:
    """Whether `text` is a UUID as all of them are written here: 32 lower-case hexadecimal digits in five groups."""
    return _ID.fullmatch(text) is not None


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
