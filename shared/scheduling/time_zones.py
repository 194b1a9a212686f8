"""Mapping of time zone names, as different programs write them, to IANA names.

Names are looked up in this order: IANA's own names; those of Windows; a path that ends with an IANA name (RFC 5545,
section 3.8.3.1: `/mozilla.org/20050126_1/Europe/Berlin`); an IANA name with its slashes replaced (`America-New_York`);
UTC and whole hours from it (`GMT+0100`). Any other name is unknown: a guess could be an hour off.
"""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Final

MAX_NAME: Final = 128

_OFFSET: Final = re.compile(r"(?:GMT|UTC)([+-])(\d\d?)(?::?00)?", re.ASCII)
_FLAT: Final = re.compile(r"[A-Za-z]+([-_][A-Za-z]+)+", re.ASCII)
_PARTS: Final = 3  # the most parts of an IANA name, as in America/Argentina/Ushuaia


def iana_name(name: str) -> str | None:
    """Returns the IANA name of the zone called `name`; None if it is unknown. An IANA name is returned unchanged."""
    if name == "UTC" or name in _iana_names():
        return name
    return _windows_zone(name) or _end_of_path(name) or _flattened().get(_flat(name)) or _fixed(name)


@lru_cache(maxsize=1)
def _iana_names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text("ascii").split())


def _windows_zone(name: str) -> str | None:
    # Imported late: few requests need it, and every function would load it.
    from shared.scheduling.windows_zones import WINDOWS_ZONES  # noqa: PLC0415

    return WINDOWS_ZONES.get(name)


def _end_of_path(name: str) -> str | None:
    if not name.startswith("/"):
        return None
    parts = name[1:].split("/")
    ends = ("/".join(parts[-count:]) for count in range(min(_PARTS, len(parts)), 0, -1))
    return next((end for end in ends if end in _iana_names()), None)


def _flat(name: str) -> str:
    """Returns `name` with its separators unified; empty if it is not a name with replaced slashes.

    Names with digits are excluded: the minus in `Etc/GMT-1` is a sign.
    """
    return name.replace("-", "_") if _FLAT.fullmatch(name) else ""


@lru_cache(maxsize=1)
def _flattened() -> dict[str, str]:
    """Returns the IANA names by their forms without slashes, where that form is unambiguous."""
    found: dict[str, list[str]] = {}
    for name in _iana_names():
        found.setdefault(_flat(name.replace("/", "_")), []).append(name)
    return {flat: names[0] for flat, names in found.items() if flat and len(names) == 1}


def _fixed(name: str) -> str | None:
    """Returns UTC, or the IANA zone at a fixed offset of whole hours, whose name has the opposite sign; else None."""
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
