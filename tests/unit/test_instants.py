from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.scheduling import instants
from shared.scheduling.instants import (
    EPOCH,
    FIRST,
    LAST,
    Instant,
    of_seconds,
    parse_instant,
    parse_moment,
    parse_window_end,
    parse_window_start,
    seconds_between,
    shifted,
)
from shared.scheduling.intervals import Interval
from tests.harness.samples import END, START

moments = st.integers(-2_208_000_000, 253_402_200_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T09:00:00Z", "2026-11-22T09:00:00Z"),
        ("2026-11-22t09:00:00z", "2026-11-22T09:00:00Z"),
        ("2026-11-22T09:00:00+01:00", "2026-11-22T08:00:00Z"),
        ("2026-11-22T09:00:00-05:30", "2026-11-22T14:30:00Z"),
        ("2026-11-22T09:00:00-00:00", "2026-11-22T09:00:00Z"),
        ("2026-11-22T09:00:00.000Z", "2026-11-22T09:00:00Z"),
        ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
        ("1900-01-01T00:00:00Z", FIRST),
        ("1900-01-01T14:00:00+14:00", FIRST),
        ("1899-12-31T23:00:00-01:00", FIRST),
        ("9999-12-31T23:59:59Z", LAST),
        # What programs write by default.
        ("2026-11-22T09:00:00.000000+00:00", "2026-11-22T09:00:00Z"),  # Python, isoformat(timespec="microseconds")
        ("2026-11-22T10:00:00.0000000+01:00", "2026-11-22T09:00:00Z"),  # .NET, "o"
        ("2026-11-22T09:00:00.000000000Z", "2026-11-22T09:00:00Z"),  # Go, RFC3339Nano with trailing zeros
        ("2026-11-22T09:00Z", "2026-11-22T09:00:00Z"),  # Java, OffsetDateTime.toString()
        ("2026-11-22T10:00+01:00", "2026-11-22T09:00:00Z"),
        ("2026-11-22T10:00:00+0100", "2026-11-22T09:00:00Z"),  # PHP, DATE_ISO8601; C, strftime("%z")
        ("2026-11-22T03:30:00-0530", "2026-11-22T09:00:00Z"),
        ("2026-11-22T10:00:00+01", "2026-11-22T09:00:00Z"),  # PostgreSQL
    ],
)
def test_an_instant_is_given_in_utc_with_one_width(text: str, instant: str) -> None:
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2026-11-22T09:00:00", "offset from UTC"),
        ("2026-11-22 09:00:00", "offset from UTC"),
        ("2026-11-22T09:00", "offset from UTC"),
        ("2026-11-22T09:00:00.5Z", "whole seconds"),
        ("2026-11-22T09:00:00.000000001Z", "whole seconds"),
        ("2026-02-29T09:00:00Z", "exists"),
        ("2026-13-01T09:00:00Z", "exists"),
        ("2026-11-31T09:00:00Z", "exists"),
        ("2026-11-22T24:00:00Z", "hours from 00 to 23: a day's end is 00:00 of the next day"),
        ("2026-11-22T24:00Z", "hours from 00 to 23"),
        ("2026-11-22T24:00:00.000+01:00", "hours from 00 to 23"),
        ("2026-11-22T24:00:01Z", "hours from 00 to 23"),
        ("2016-12-31T23:59:60Z", "seconds from 00 to 59: leap seconds are not kept"),
        ("2026-11-22T09:00:60Z", "leap seconds"),
        ("2026-11-22T25:00:00Z", "time of day from 00:00:00 to 23:59:59"),
        ("2026-11-22T09:60:00Z", "time of day"),
        ("2026-11-22T09:60Z", "time of day"),
        ("2026-11-22T09:00:61Z", "time of day"),
        ("0000-01-01T00:00:00Z", "exists"),
        ("2026-11-22T09:00:00+24:00", "offset of less than a day"),
        ("2026-11-22T09:00:00+01:60", "offset of less than a day"),
        ("2026-11-22T09:00:00+0160", "offset of less than a day"),
        ("2026-11-22T09:00:00+24", "offset of less than a day"),
        ("1899-12-31T23:59:59Z", "1900"),
        ("1900-01-01T00:00:00+00:01", "1900"),
        ("0001-01-01T00:00:00+14:00", "1900"),
        ("9999-12-31T23:59:59-01:00", "9999"),
        ("9999-12-31T23:59:59-23:59", "9999"),
        ("2026-11-22", "RFC 3339"),
        ("20261122T090000Z", "RFC 3339"),
        ("2026-W47-7T09:00:00Z", "RFC 3339"),
        ("2026-326T09:00:00Z", "RFC 3339"),
        ("2026-11-22T09Z", "RFC 3339"),
        ("2026-11-22T09:00:00 01:00", "%2B"),
        ("2026-11-22T09:00:00.123 0100", "%2B"),
        ("2026-11-22T09:00 01", "%2B"),
        ("2026-11-22T09:00+01:00[Europe/Berlin]", "suffix in brackets"),
        ("2026-11-22T09:00:00.5Z[UTC][u-ca=gregory]", "suffix in brackets"),
        ("2026-11-22 09:00:00Z", "RFC 3339"),
        ("2026-11-22T09:00.5Z", "RFC 3339"),
        ("2026-11-22T09:00:00+1:00", "RFC 3339"),
        ("2026-11-22T09:00:00+01:00:00", "RFC 3339"),
        ("2026-11-22T09:00:00Z\n", "RFC 3339"),
        (" 2026-11-22T09:00:00Z", "RFC 3339"),
        ("2026-11-22T09:00:00,5Z", "RFC 3339"),
        ("\uff12\uff10\uff12\uff16-11-22T09:00:00Z", "RFC 3339"),
        ("1795338000", "RFC 3339"),
        ("-1", "RFC 3339"),
        ("", "RFC 3339"),
        ("\0", "RFC 3339"),
        ("\ud800", "RFC 3339"),
        ("now", "RFC 3339"),
    ],
)
def test_what_is_no_instant_is_refused_with_the_rule_it_breaks(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_instant(text)
    for parse in (parse_window_start, parse_window_end, parse_moment):
        if fault != "whole seconds":
            with pytest.raises(ValueError, match=fault):
                parse(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-22T09:00:00.000Z", "2026-11-22T09:00:00Z", "2026-11-22T09:00:00Z"),
        ("2026-11-22T09:00:00.001Z", "2026-11-22T09:00:00Z", "2026-11-22T09:00:01Z"),
        ("2026-11-22T09:00:00.999Z", "2026-11-22T09:00:00Z", "2026-11-22T09:00:01Z"),
        ("2026-11-22T09:59:59.0000001+01:00", "2026-11-22T08:59:59Z", "2026-11-22T09:00:00Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z", EPOCH),
        ("9999-12-31T23:59:59.999Z", LAST, LAST),
    ],
)
def test_a_window_is_widened_to_whole_seconds(text: str, start: str, end: str) -> None:
    assert (parse_window_start(text), parse_window_end(text)) == (start, end)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        (EPOCH, 0),
        ("1970-01-01T00:00:00.25Z", 250),
        ("1970-01-01T00:00:01.0019999Z", 1001),
        ("1970-01-01T01:00+01:00", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1969-12-31T23:59:58Z", -2000),
        (FIRST, -2_208_988_800_000),
    ],
)
def test_a_moment_is_in_milliseconds_since_1970_and_negative_before(text: str, milliseconds: int) -> None:
    assert parse_moment(text) == milliseconds


class LaterPython(datetime):
    """Reads what Python 3.11 refuses."""

    @classmethod
    def fromisoformat(cls, text: str) -> datetime:  # type: ignore[override]
        return datetime.fromisoformat(text.replace("T24:00", "T00:00").replace(":60", ":59"))


@pytest.mark.parametrize("text", ["2026-11-22T24:00:00Z", "2026-11-22T24:00Z", "2016-12-31T23:59:60Z"])
def test_what_times_exist_is_not_up_to_the_version_of_python(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="must have") as here:
        parse_instant(text)
    monkeypatch.setattr(instants, "datetime", LaterPython)
    with pytest.raises(ValueError, match="must have") as later:
        parse_instant(text)
    assert str(here.value) == str(later.value)


@given(st.text())
def test_no_text_does_worse_than_to_be_refused(text: str) -> None:
    try:
        parsed = parse_instant(text)
    except ValueError:
        return
    assert FIRST <= parsed <= LAST


@given(moments, offsets)
def test_every_offset_names_the_moment_that_the_library_says(moment: datetime, offset: timezone) -> None:
    local = moment.astimezone(offset)
    assert datetime.fromisoformat(parse_instant(local.isoformat())) == local


@given(moments, moments)
def test_order_as_text_is_order_in_time(one: datetime, other: datetime) -> None:
    a, b = (parse_instant(each.isoformat()) for each in (one, other))
    assert (a < b) == (one < other)
    assert seconds_between(a, b) == (other - one) // timedelta(seconds=1)


def test_seconds_since_1970_make_an_instant() -> None:
    assert of_seconds(0) == EPOCH
    assert of_seconds(-1) == "1969-12-31T23:59:59Z"
    assert of_seconds(-2_208_988_800) == FIRST
    assert of_seconds(1_795_338_000) == "2026-11-22T09:00:00Z"
    assert of_seconds(253_402_300_799) == LAST


TOO_LONG = "must be at most 366 days after start: a longer event would make every look for conflicts read more"
NO_LENGTH = "must be later than start (only a transparent event may have no length)"


@pytest.mark.parametrize(
    ("end", "opaque", "transparent"),
    [
        ("2027-01-01T00:00:01Z", None, None),
        ("2028-01-02T00:00:00Z", None, None),
        ("2028-01-02T00:00:01Z", TOO_LONG, TOO_LONG),
        ("2028-01-03T00:00:00Z", TOO_LONG, TOO_LONG),
        ("2027-01-01T00:00:00Z", NO_LENGTH, None),
        ("2026-12-31T23:59:59Z", "must be later than start", "must be later than start"),
        (FIRST, "must be later than start", "must be later than start"),
        (LAST, TOO_LONG, TOO_LONG),
    ],
)
def test_an_interval_is_of_at_most_366_days_and_of_one_second_if_it_takes_time(
    end: Instant, opaque: str | None, transparent: str | None
) -> None:
    interval = Interval(Instant("2027-01-01T00:00:00Z"), end)
    assert interval.fault(opaque=True) == opaque
    assert interval.fault(opaque=False) == transparent


@pytest.mark.parametrize(
    ("instant", "seconds", "moved"),
    [
        ("2026-11-22T09:00:00Z", 3600, "2026-11-22T10:00:00Z"),
        ("2026-11-22T09:00:00Z", -3600, "2026-11-22T08:00:00Z"),
        (FIRST, -1, FIRST),
        (EPOCH, -1, "1969-12-31T23:59:59Z"),
        ("1900-06-01T00:00:00Z", -366 * 86_400, FIRST),
        (LAST, 1, LAST),
        ("9999-06-01T00:00:00Z", 366 * 86_400, LAST),
        (FIRST, -(10**11), FIRST),
    ],
)
def test_a_shift_stays_within_the_years_allowed(instant: Instant, seconds: int, moved: Instant) -> None:
    assert shifted(instant, seconds) == moved


@pytest.mark.parametrize(
    ("a", "b", "shared"),
    [
        (("09", "10"), ("10", "11"), False),
        (("09", "10"), ("08", "09"), False),
        (("09", "11"), ("10", "12"), True),
        (("09", "12"), ("10", "11"), True),
        (("10", "11"), ("09", "12"), True),
        (("09", "10"), ("09", "10"), True),
    ],
)
def test_back_to_back_intervals_share_no_moment(a: tuple[str, str], b: tuple[str, str], shared: bool) -> None:
    first, second = (Interval(*(Instant(f"2027-03-01T{hour}:00:00Z") for hour in each)) for each in (a, b))
    assert first.overlaps(second) is shared
    assert second.overlaps(first) is shared


@pytest.mark.parametrize(
    ("moment", "within"), [("08:59:59", False), ("09:00:00", True), ("09:59:59", True), ("10:00:00", False)]
)
def test_an_interval_of_no_length_is_the_moment_it_begins_at(moment: str, within: bool) -> None:
    at = Instant(f"2027-03-01T{moment}Z")
    assert Interval(at, at).overlaps(Interval(START, END)) is within
