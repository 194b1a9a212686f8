"""Names of time zones: IANA's, and what other programs call them, as the IANA name that is meant.

Looked up in this order: IANA's own names; those of Windows; a path whose last parts are an IANA name (RFC 5545, section
3.8.3.1: `/mozilla.org/20050126_1/Europe/Berlin`); an IANA name with its slashes replaced (`America-New_York`); UTC and
whole hours from it (`GMT+0100`). Whatever is not in one of these is unknown: a guess would be an hour off.
"""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Final

MAX_NAME: Final = 128

_OFFSET: Final = re.compile(r"(?:GMT|UTC)([+-])(\d\d?)(?::?00)?", re.ASCII)
_FLAT: Final = re.compile(r"[A-Za-z]+([-_][A-Za-z]+)+", re.ASCII)
_PARTS: Final = 3  # of an IANA name at most, as in America/Argentina/Ushuaia


def iana_name(name: str) -> str | None:
    """The IANA name of the zone that `name` names; None if it names none. A name of IANA's own stays as it is."""
    if name == "UTC" or name in _iana_names():
        return name
    return _windows_zone(name) or _end_of_path(name) or _flattened().get(_flat(name)) or _fixed(name)


@lru_cache(maxsize=1)
def _iana_names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text("ascii").split())


def _windows_zone(name: str) -> str | None:
    # Few requests need it, and every function would load it.
    from shared.scheduling.windows_zones import WINDOWS_ZONES  # noqa: PLC0415

    return WINDOWS_ZONES.get(name)


def _end_of_path(name: str) -> str | None:
    if not name.startswith("/"):
        return None
    parts = name[1:].split("/")
    ends = ("/".join(parts[-count:]) for count in range(min(_PARTS, len(parts)), 0, -1))
    return next((end for end in ends if end in _iana_names()), None)


def _flat(name: str) -> str:
    """`name` with one character for all that stands for a slash; empty if it is no name written like that.

    Digits are left out: a minus in `Etc/GMT-1` is a sign.
    """
    return name.replace("-", "_") if _FLAT.fullmatch(name) else ""


@lru_cache(maxsize=1)
def _flattened() -> dict[str, str]:
    """The IANA names by what they are without slashes, where that names one only."""
    found: dict[str, list[str]] = {}
    for name in _iana_names():
        found.setdefault(_flat(name.replace("/", "_")), []).append(name)
    return {flat: names[0] for flat, names in found.items() if flat and len(names) == 1}


def _fixed(name: str) -> str | None:
    """UTC, or the zone of IANA that is always so many whole hours from it: its sign is the other way round."""
    if name == "Z" or name.lower() == "tzone://microsoft/utc":
        return "UTC"
    match = _OFFSET.fullmatch(name)
    if match is None:
        return None
    sign, hours = match[1], int(match[2])
    if hours == 0:
        return "UTC"
    zone = f"Etc/GMT{'-' if sign == '+' else '+'}{hours}"
    return zone if zone in _iana_names() else None
