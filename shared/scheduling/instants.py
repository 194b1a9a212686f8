"""Instants: points in time as RFC 3339 strings in UTC with whole seconds, such as `2026-11-22T09:00:00Z`.

All have the same width, so comparing two as strings compares their times. They are stored, sorted and returned in this
form; only lengths and weeks need calendar arithmetic.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple, NewType

Instant = NewType("Instant", str)

FIRST: Final = Instant("1900-01-01T00:00:00Z")
LAST: Final = Instant("9999-12-31T23:59:59Z")
EPOCH: Final = Instant("1970-01-01T00:00:00Z")  # the origin of seconds and milliseconds
_EPOCH: Final = datetime.fromisoformat(EPOCH)

# RFC 3339, plus the variants of ISO 8601 that libraries write by default: no seconds (Java), an offset without a colon
# (PHP, C) or without minutes (PostgreSQL).
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?([Zz]|([+-])(\d\d)(?::?(\d\d))?)?", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NO_OFFSET = re.compile(r"[\d-]+[Tt ][\d:.]+", re.ASCII)
_BLANK_FOR_PLUS = re.compile(r"[\d-]+[Tt][\d:.]+ \d\d:?\d*", re.ASCII)
_SUFFIX = re.compile(r"[\d-]+[Tt][\d:.]+([Zz]|[+-][\d:]+)(\[[^\[\]]*\])+", re.ASCII)

NO_OFFSET: Final = "must have an offset from UTC, such as Z or +01:00"
OUT_OF_YEARS: Final = f"must lie between the years {FIRST[:4]} and {LAST[:4]} in UTC"
_UTC_OFFSET: Final = "Z"


class GivenTime(NamedTuple):
    """A time as a request gives it: by the clock, and with what it says of the offset from UTC.

    Attributes:
        local: What the clock shows: `2027-03-01T09:00:00`.
        offset: The offset, as `+01:00`; `Z` for a time in UTC, which claims no offset of any place (RFC 9557, section
            2); empty if there is none.
        instant: The instant; None without an offset.
    """

    local: str
    offset: str
    instant: Instant | None

    @property
    def claimed(self) -> str | None:
        """Returns the local time with its offset, if it claims to be the clock's at some place; else None."""
        return self.local + self.offset if self.offset not in ("", _UTC_OFFSET) else None


def parse_instant(text: str) -> Instant:
    """Returns the instant that `text` (RFC 3339, with an offset) denotes.

    Raises:
        ValueError: `text` is anything else: it has no offset, a fraction of a second, a day that does not exist, a leap
            second, or a time before 1900 or after 9999 in UTC. The message is meant for the caller of the API.
    """
    instant = parse_time(text).instant
    if instant is None:
        raise ValueError(NO_OFFSET)
    return instant


def parse_time(text: str) -> GivenTime:
    """Returns the time that `text` (RFC 3339, with an offset or without one) denotes. Raises as `parse_instant`."""
    given, fraction = _given(text)
    if fraction.strip("0"):
        raise ValueError("must be in whole seconds")
    return given


def parse_day(text: str) -> str:
    """Returns the date `text` (RFC 3339: `2027-03-01`). Raises ValueError if it is none."""
    if not _DAY.fullmatch(text):
        raise ValueError("must be a date, such as 2027-03-01")
    return _date(text).isoformat()


def parse_window_start(text: str) -> Instant:
    """Returns the instant of `text`, with a fraction of a second rounded down. Raises as `parse_instant`."""
    instant, _ = _parsed(text)
    return instant


def parse_window_end(text: str) -> Instant:
    """Returns the instant of `text`, with a fraction of a second rounded up. Raises as `parse_instant`."""
    instant, fraction = _parsed(text)
    return shifted(instant, 1) if fraction.strip("0") else instant


def parse_moment(text: str) -> int:
    """Returns `text` (RFC 3339, with an offset, optionally with a fraction) in milliseconds since 1970.

    The result is negative before 1970. Digits beyond the milliseconds are truncated.

    Raises:
        ValueError: `text` is not such a time. The message is meant for the caller of the API.
    """
    instant, fraction = _parsed(text)
    return seconds_between(EPOCH, instant) * 1000 + int(fraction[:3].ljust(3, "0"))


def _parsed(text: str) -> tuple[Instant, str]:
    """Returns the whole seconds of `text` as an instant, and the digits of its fraction."""
    given, fraction = _given(text)
    if given.instant is None:
        raise ValueError(NO_OFFSET)
    return given.instant, fraction


def _date(text: str) -> date:
    try:
        return date(*map(int, text.split("-")))
    except ValueError:
        raise ValueError("must be a date that exists") from None


def _given(text: str) -> tuple[GivenTime, str]:
    """Returns the whole seconds of `text`, and the digits of its fraction.

    The range of each part is checked here: `datetime.fromisoformat` accepts more in newer Pythons, such as 24:00.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(_shape_fault(text))
    day, hour, minute, second, fraction, zone, sign, hours, minutes = match.groups(default="")
    on = _date(day)
    if hour == "24":
        raise ValueError("must have hours from 00 to 23: a day's end is 00:00 of the next day")
    if second == "60":
        raise ValueError("must have seconds from 00 to 59: leap seconds are not kept")
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise ValueError("must be a time of day from 00:00:00 to 23:59:59")
    local = datetime(on.year, on.month, on.day, int(hour), int(minute), int(second or 0), tzinfo=UTC)
    shown = local.isoformat()[:19]
    if not zone:
        return GivenTime(shown, "", None), fraction
    if zone not in "Zz":
        if int(hours) > 23 or int(minutes or 0) > 59:
            raise ValueError("must have an offset of less than a day")
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        try:
            local = local - offset if sign == "+" else local + offset
        except OverflowError:
            raise ValueError(OUT_OF_YEARS) from None
    instant = Instant(f"{local.replace(tzinfo=None).isoformat()}Z")
    if instant < FIRST:
        raise ValueError(OUT_OF_YEARS)
    said = f"{sign}{hours}:{minutes or '00'}"
    # "-00:00" says what "Z" does (RFC 3339, section 4.3).
    return GivenTime(shown, _UTC_OFFSET if said in (":00", "-00:00") else said, instant), fraction


def _shape_fault(text: str) -> str:
    """Returns the error message for `text`, which does not have the format of a time."""
    if _NO_OFFSET.fullmatch(text):
        return NO_OFFSET
    if _BLANK_FOR_PLUS.fullmatch(text):
        return 'has a blank where its offset begins: a "+" in a URL has to be written as %2B'
    if _SUFFIX.fullmatch(text):
        return "must end with its offset: a suffix in brackets (RFC 9557), such as a time zone, is not taken"
    return "must be an RFC 3339 date and time, such as 2026-11-22T09:00:00+01:00"


def of_seconds(seconds: int) -> Instant:
    """Returns the instant `seconds` after 1970-01-01T00:00:00Z."""
    return Instant(f"{(_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]}Z")


def seconds_between(start: Instant, end: Instant) -> int:
    """Returns the seconds from `start` to `end`; negative if `end` is earlier."""
    between = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return between.days * 86_400 + between.seconds


def shifted(instant: Instant, seconds: int) -> Instant:
    """Returns `instant` moved by `seconds`, clamped to the years 1900 to 9999."""
    try:
        moved = datetime.fromisoformat(instant) + timedelta(seconds=seconds)
    except OverflowError:
        return LAST if seconds > 0 else FIRST
    return max(FIRST, Instant(f"{moved.replace(tzinfo=None).isoformat()}Z"))
