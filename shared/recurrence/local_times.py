"""Local times and the instants that they are: by the time zone database of the layer alone, never the system's.

A local time that does not exist, since the clock was put forward, counts with the offset before the gap, and one that
comes twice is the first (RFC 5545, section 3.3.5; PEP 495, fold=0).
"""

import re
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

_ZERO: Final = timedelta(0)
# The days on which an occurrence may begin: from the first year of an instant, so that it ends, in any zone, before
# datetime does.
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(MAXYEAR, 12, 30)
_RECURRENCE_ID: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2}))?", re.ASCII)


class OutOfDays(ValueError):
    """No occurrence can begin on that day."""

    def __init__(self) -> None:
        super().__init__(f"must be a day from {FIRST_DAY} to {LAST_DAY}")


@lru_cache(maxsize=128)
def zone(name: str) -> ZoneInfo:
    """Returns the time zone with the IANA name `name`, which must exist."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, name)


def instant_of(local: datetime, in_zone: ZoneInfo) -> datetime:
    """Returns the instant (UTC, without a zone) of a local time."""
    # Twice as fast as `astimezone`, by which a window of many occurrences would be slow.
    return local - (in_zone.utcoffset(local.replace(fold=0)) or _ZERO)


def local_of(instant: datetime, in_zone: ZoneInfo) -> datetime:
    """Returns the local time (without a zone) of an instant (UTC, without a zone).

    Raises OverflowError if there is no such year.
    """
    return instant.replace(tzinfo=UTC).astimezone(in_zone).replace(tzinfo=None)


def recurrence_id(local: datetime, *, all_day: bool) -> str:
    """Returns the id of the occurrence that begins at a local time: `20270322T090000`, or `20270322` for whole days.

    It is the RECURRENCE-ID of RFC 5545 (section 3.8.4.4), and stays the same when the zone's rules change.
    """
    day = f"{local.year:04}{local.month:02}{local.day:02}"
    return day if all_day else f"{day}T{local.hour:02}{local.minute:02}{local.second:02}"


def parse_recurrence_id(text: str, *, all_day: bool) -> datetime:
    """Returns the local time that a recurrence id names.

    Raises ValueError if it is none, or if no occurrence can begin then.
    """
    found = _RECURRENCE_ID.fullmatch(text)
    if found is None or (found[4] is None) is not all_day:
        raise ValueError("is no recurrence id")
    # Several times as fast as `strptime`: a series has hundreds of them.
    local = datetime(*map(int, filter(None, found.groups())))  # type: ignore[arg-type]  # noqa: DTZ001 local by its meaning
    if not FIRST_DAY <= local.date() <= LAST_DAY:
        raise OutOfDays
    return local


def midnight(day: date) -> datetime:
    """Returns the local time at which a day begins, where the clock shows it."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 local by its meaning
