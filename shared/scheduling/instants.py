"""Instants: points in time as RFC 3339 strings in UTC with whole seconds, such as `2026-11-22T09:00:00Z`.

All have the same width, so comparing two as strings compares their times. That is how they are stored, sorted and
answered; only lengths and weeks need calendar arithmetic.

An interval `[start, end)` is half-open: it holds its start and not its end, so what ends where something else begins
has no moment in common with it. An interval of no length stands for the moment it begins at; only a transparent event
may be one, so conflicts, fences and busy time never meet it, and windows list it if they hold that moment. `overlap`
is that rule, and the filter of a listing's Query (`DynamoEventStore.read_ranges`) is the half of it that the index
leaves open.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

Instant = str

FIRST: Final = "1900-01-01T00:00:00Z"
LAST: Final = "9999-12-31T23:59:59Z"
EPOCH: Final = "1970-01-01T00:00:00Z"  # where seconds and milliseconds are counted from
MAX_DURATION_SECONDS: Final = 366 * 24 * 3600

# RFC 3339, and of ISO 8601 what libraries write by default: no seconds (Java), an offset without a colon (PHP, C) or
# without minutes (PostgreSQL).
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?([Zz]|([+-])(\d\d)(?::?(\d\d))?)", re.ASCII
)
_NO_OFFSET = re.compile(r"[\d-]+[Tt ][\d:.]+", re.ASCII)
_BLANK_FOR_PLUS = re.compile(r"[\d-]+[Tt][\d:.]+ \d\d:?\d*", re.ASCII)
_SUFFIX = re.compile(r"[\d-]+[Tt][\d:.]+([Zz]|[+-][\d:]+)(\[[^\[\]]*\])+", re.ASCII)

_OUT_OF_YEARS: Final = f"must lie between the years {FIRST[:4]} and {LAST[:4]} in UTC"


def parse_instant(text: str) -> Instant:
    """The instant that `text` (RFC 3339, with an offset) names.

    Raises ValueError, with a message for the caller, for anything else: no offset, fractions of a second, a day that
    does not exist, a leap second, a time before 1900 or after 9999 in UTC.
    """
    instant, fraction = _parsed(text)
    if fraction.strip("0"):
        raise ValueError("must be in whole seconds")
    return instant


def parse_window_start(text: str) -> Instant:
    """As `parse_instant`, but a fraction of a second is taken: the whole second before, so that nothing is missed."""
    instant, _ = _parsed(text)
    return instant


def parse_window_end(text: str) -> Instant:
    """As `parse_instant`, but a fraction of a second is taken: the whole second after, so that nothing is missed."""
    instant, fraction = _parsed(text)
    return shifted(instant, 1) if fraction.strip("0") else instant


def parse_moment(text: str) -> int:
    """The milliseconds since 1970 that `text` (RFC 3339, with an offset) names: as an instant, but with a fraction.

    Negative before 1970. Digits beyond the milliseconds are cut off. Raises ValueError, with a message for the caller.
    """
    instant, fraction = _parsed(text)
    return seconds_between(EPOCH, instant) * 1000 + int(fraction[:3].ljust(3, "0"))


def _parsed(text: str) -> tuple[Instant, str]:
    """The whole seconds of `text` as an instant, and the digits of its fraction.

    Which times exist is decided here: `datetime.fromisoformat` takes more with newer Pythons, such as 24:00.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(_shape_fault(text))
    year, month, day, hour, minute, second, fraction, zone, sign, hours, minutes = match.groups(default="")
    try:
        on = date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("must be a date that exists") from None
    if hour == "24":
        raise ValueError("must have hours from 00 to 23: a day's end is 00:00 of the next day")
    if second == "60":
        raise ValueError("must have seconds from 00 to 59: leap seconds are not kept")
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise ValueError("must be a time of day from 00:00:00 to 23:59:59")
    local = datetime(on.year, on.month, on.day, int(hour), int(minute), int(second or 0), tzinfo=UTC)
    if zone not in "Zz":
        if int(hours) > 23 or int(minutes or 0) > 59:
            raise ValueError("must have an offset of less than a day")
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        try:
            local = local - offset if sign == "+" else local + offset
        except OverflowError:
            raise ValueError(_OUT_OF_YEARS) from None
    instant = f"{local.replace(tzinfo=None).isoformat()}Z"
    if instant < FIRST:
        raise ValueError(_OUT_OF_YEARS)
    return instant, fraction


def _shape_fault(text: str) -> str:
    """What is wrong with `text`, which is not written as a time."""
    if _NO_OFFSET.fullmatch(text):
        return "must have an offset from UTC, such as Z or +01:00"
    if _BLANK_FOR_PLUS.fullmatch(text):
        return 'has a blank where its offset begins: a "+" in a URL has to be written as %2B'
    if _SUFFIX.fullmatch(text):
        return "must end with its offset: a suffix in brackets (RFC 9557), such as a time zone, is not taken"
    return "must be an RFC 3339 date and time, such as 2026-11-22T09:00:00+01:00"


def of_seconds(seconds: int) -> Instant:
    """The instant `seconds` after 1970-01-01T00:00:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_between(start: Instant, end: Instant) -> int:
    """How many seconds after `start` `end` is; negative if it is before."""
    between = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return between.days * 86_400 + between.seconds


def interval_fault(start: Instant, end: Instant, *, opaque: bool) -> str | None:
    """What `end` has to be and is not; None if `[start, end)` is an interval that an event may take.

    An `opaque` event has a length: one of none would take no time, and collide with nothing.
    """
    length = seconds_between(start, end)
    if length < 0:
        return "must be later than start"
    if length == 0 and opaque:
        return "must be later than start (only a transparent event may have no length)"
    if length > MAX_DURATION_SECONDS:
        return "must be at most 366 days after start: a longer event would make every look for conflicts read more"
    return None


def shifted(instant: Instant, seconds: int) -> Instant:
    """`instant` moved by `seconds`, held within the years 1900 to 9999."""
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
        # A week may end in 10000: its name is taken from a day that lies in the interval.
        year, week, _ = date.fromordinal(max(first, monday)).isocalendar()
        weeks.append(f"{year:04d}-W{week:02d}")
        monday += 7
    return weeks


def overlap(start: Instant, end: Instant, other_start: Instant, other_end: Instant) -> bool:
    """Whether `[start, end)` has a moment in common with `[other_start, other_end)`, which has a length.

    One of no length counts as the moment it begins at.
    """
    return start < other_end and (other_start < end or other_start <= start)
