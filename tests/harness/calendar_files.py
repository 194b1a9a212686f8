"""Conversion of iCalendar files (RFC 5545) to bodies of bulk creations, as in a short script: nothing is corrected.

A series becomes one event, its first occurrence; days are in UTC; a time without a zone stays without an offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.scheduling.time_zones import iana_name

_LINE = re.compile(r"([A-Za-z0-9-]+)((?:;[^:;\"]+=(?:\"[^\"]*\"|[^\";:])*)*):(.*)", re.DOTALL)
_PARAMETER = re.compile(r";([^=]+)=(\"[^\"]*\"|[^;]*)")
_TIME = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_DURATION = re.compile(r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

Property = tuple[dict[str, str], str]


def bodies(data: bytes) -> Iterator[dict[str, Any]]:
    """Yields an event of a bulk request for each VEVENT of `data`, in order."""
    found: dict[str, Property] = {}
    inside: list[str] = []
    for name, parameters, value in _lines(data):
        if name == "BEGIN":
            inside.append(value.upper())
            if inside[-1] == "VEVENT":
                found = {}
        elif name == "END" and inside:
            if inside.pop() == "VEVENT":
                yield _body(found)
        elif inside and inside[-1] == "VEVENT":
            found.setdefault(name, (parameters, value))


def _lines(data: bytes) -> Iterator[tuple[str, dict[str, str], str]]:
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    text = data.decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")
    for line in re.sub(r"\n[ \t]", "", text).split("\n"):
        if match := _LINE.fullmatch(line.strip()):
            parameters = {key.upper(): value.strip('"') for key, value in _PARAMETER.findall(match[2])}
            yield match[1].upper(), parameters, match[3]


def _body(found: dict[str, Property]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    start, zone = _moment(found.get("DTSTART"))
    end, _ = _moment(found.get("DTEND"))
    if end is None and isinstance(start, datetime):
        end = _ended(start, found)
    for field, moment in (("start", start), ("end", end)):
        if moment is not None:
            body[field] = moment.isoformat() if isinstance(moment, datetime) else moment
    if zone:
        body["time_zone"] = zone
    for field, name in (("title", "SUMMARY"), ("description", "DESCRIPTION"), ("location", "LOCATION")):
        if name in found:
            body[field] = _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], found[name][1])
    if "TRANSP" in found:
        body["transparency"] = found["TRANSP"][1].lower()
    if "UID" in found:
        # An occurrence that differs from its series has the same UID as the series.
        body["uid"] = "/".join(found[name][1] for name in ("UID", "RECURRENCE-ID") if name in found)
    return body


def _moment(given: Property | None) -> tuple[datetime | str | None, str | None]:
    """Returns a DATE or DATE-TIME, or the text itself if it is neither, and the name of its zone."""
    if given is None:
        return None, None
    parameters, value = given
    zone = parameters.get("TZID")
    match = _TIME.fullmatch(value)
    if match is None:
        return value, zone
    try:
        moment = datetime.strptime(match[1] + (match[2] or "000000"), "%Y%m%d%H%M%S")  # noqa: DTZ007 zoned below
    except ValueError:
        return value, zone
    if match[3] or match[2] is None:
        return moment.replace(tzinfo=UTC), zone
    return moment.replace(tzinfo=_zone(zone)), zone


def _zone(name: str | None) -> ZoneInfo | None:
    """Returns the zone that the API knows by `name`; None if it does not."""
    known = iana_name(name) if name else None
    return ZoneInfo(known) if known else None


def _ended(start: datetime, found: dict[str, Property]) -> datetime | str:
    """Returns the end of an event that has no DTEND (RFC 5545, section 3.6.1)."""
    if "DURATION" in found:
        text = found["DURATION"][1]
        match = _DURATION.fullmatch(text)
        if match is None:
            return text
        weeks, days, hours, minutes, seconds = (int(each or 0) for each in match.groups()[1:])
        try:
            length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
            return start - length if match[1] == "-" else start + length
        except OverflowError:
            return text
    is_day = "T" not in found["DTSTART"][1]
    return start + timedelta(days=1) if is_day else start
