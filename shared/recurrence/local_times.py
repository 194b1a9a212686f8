"""Local times and the instants that they are: by the time zone database of the layer alone, never the system's.

A local time that does not exist, since the clock was put forward, counts with the offset before the gap, and one that
comes twice is the first (RFC 5545, section 3.3.5; PEP 495, fold=0).
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

_ZERO: Final = timedelta(0)
_RECURRENCE_ID: Final = re.compile(r"([0-9]{8})(T[0-9]{6})?", re.ASCII)


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
    """Returns the local time (without a zone) of an instant (UTC, without a zone)."""
    return instant.replace(tzinfo=UTC).astimezone(in_zone).replace(tzinfo=None)


def is_second(local: datetime, instant: datetime, in_zone: ZoneInfo) -> bool:
    """Returns whether `instant` is the second of two at which the clock of the zone shows the local time `local`."""
    second = local.replace(tzinfo=in_zone, fold=1).astimezone(UTC).replace(tzinfo=None)
    return second == instant and instant > instant_of(local, in_zone)


def recurrence_id(local: datetime, *, all_day: bool) -> str:
    """Returns the id of the occurrence that begins at a local time: `20270322T090000`, or `20270322` for whole days.

    It is the RECURRENCE-ID of RFC 5545 (section 3.8.4.4), and stays the same when the zone's rules change.
    """
    day = f"{local.year:04}{local.month:02}{local.day:02}"
    return day if all_day else f"{day}T{local.hour:02}{local.minute:02}{local.second:02}"


def parse_recurrence_id(text: str, *, all_day: bool) -> datetime:
    """Returns the local time that a recurrence id names. Raises ValueError if it is none."""
    found = _RECURRENCE_ID.fullmatch(text)
    if found is None or bool(found[2]) == all_day:
        raise ValueError("is no recurrence id")
    # Not by `strptime`, which takes ten times as long: a calendar may have very many exceptions.
    day = (int(text[:4]), int(text[4:6]), int(text[6:8]))
    at = () if all_day else (int(text[9:11]), int(text[11:13]), int(text[13:15]))
    return datetime(*day, *at)  # noqa: DTZ001 local by its meaning


def midnight(day: date) -> datetime:
    """Returns the local time at which a day begins, where the clock shows it."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 local by its meaning
