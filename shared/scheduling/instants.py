"""Instants: points in time as RFC 3339 strings in UTC with whole seconds, such as `2026-11-22T09:00:00Z`.

All have the same width, so comparing two as strings compares their times. That is how they are stored, sorted and
answered; only lengths and weeks need calendar arithmetic.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

Instant = str

FIRST: Final = "1970-01-01T00:00:00Z"
LAST: Final = "9999-12-31T23:59:59Z"
MAX_DURATION_SECONDS: Final = 366 * 24 * 3600

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|([+-])(\d\d):(\d\d))", re.ASCII)


def parse_instant(text: str) -> Instant:
    """The instant that `text` (RFC 3339, with an offset) names.

    Raises ValueError, with a message for the caller, for anything else: no offset, fractions of a second, a day that
    does not exist, a leap second, a time before 1970 or after 9999 in UTC.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        if re.fullmatch(r"[\d-]+[Tt ][\d:.]+", text, re.ASCII):
            raise ValueError("must have an offset from UTC, such as Z or +01:00")
        raise ValueError("must be an RFC 3339 date and time, such as 2026-11-22T09:00:00+01:00")
    day, clock, fraction, zone, sign, hours, minutes = match.groups()
    if fraction is not None and fraction.strip(".0"):
        raise ValueError("must be in whole seconds")
    try:
        local = datetime.fromisoformat(f"{day}T{clock}")
    except ValueError:
        raise ValueError("must be a date and time that exists") from None
    if zone not in "Zz":
        if int(hours) > 23 or int(minutes) > 59:
            raise ValueError("must have an offset of less than a day")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        try:
            local = local - offset if sign == "+" else local + offset
        except OverflowError:
            raise ValueError("must lie between the years 1970 and 9999 in UTC") from None
    if local.year < 1970:
        raise ValueError("must lie between the years 1970 and 9999 in UTC")
    return f"{local.isoformat()}Z"


def parse_moment(text: str) -> int:
    """The milliseconds since 1970 that `text` (RFC 3339, with an offset) names: as an instant, but with a fraction.

    Digits beyond the milliseconds are cut off. Raises ValueError, with a message for the caller.
    """
    match = _RFC3339.fullmatch(text)
    fraction = (match.group(3) or "") if match else ""
    seconds = seconds_between(FIRST, parse_instant(text.replace(fraction, "", 1) if fraction else text))
    return seconds * 1000 + int(fraction[1:4].ljust(3, "0") or 0)


def of_seconds(seconds: int) -> Instant:
    """The instant `seconds` after 1970-01-01T00:00:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_datetime(instant: Instant) -> datetime:
    """`instant` as an aware datetime in UTC."""
    return datetime.fromisoformat(instant)


def seconds_between(start: Instant, end: Instant) -> int:
    """How many seconds after `start` `end` is; negative if it is before."""
    between = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return between.days * 86_400 + between.seconds


def interval_fault(start: Instant, end: Instant) -> str | None:
    """What `end` has to be and is not; None if `[start, end)` is an interval that an event may take."""
    length = seconds_between(start, end)
    if length <= 0:
        return "must be later than start"
    if length > MAX_DURATION_SECONDS:
        return "must be at most 366 days after start"
    return None


def shifted(instant: Instant, seconds: int) -> Instant:
    """`instant` moved by `seconds`, held within the years 1970 to 9999."""
    try:
        moved = datetime.fromisoformat(instant) + timedelta(seconds=seconds)
    except OverflowError:
        return LAST if seconds > 0 else FIRST
    return max(FIRST, f"{moved.replace(tzinfo=None).isoformat()}Z")


def iso_weeks(start: Instant, end: Instant) -> list[str]:
    """The ISO 8601 weeks in UTC that `[start, end)` touches, in order: `2026-W47` and so on; at most 54 for 366 days.

    Steps from Monday to Monday, so that the week of the last second is never missed.
    """
    first = date.fromisoformat(start[:10]).toordinal()
    last = date.fromisoformat(shifted(end, -1)[:10]).toordinal()
    monday = first - (first - 1) % 7
    weeks = []
    while monday <= last:
        # A week may begin in 1969 or end in 10000: its name is taken from a day that lies in the interval.
        year, week, _ = date.fromordinal(max(first, monday)).isocalendar()
        weeks.append(f"{year:04d}-W{week:02d}")
        monday += 7
    return weeks


def overlap(a_start: Instant, a_end: Instant, b_start: Instant, b_end: Instant) -> bool:
    """Whether the half-open intervals `[a_start, a_end)` and `[b_start, b_end)` have a moment in common."""
    return a_start < b_end and b_start < a_end
