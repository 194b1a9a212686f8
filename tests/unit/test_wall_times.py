"""What a request says by the clock of a zone, and the instants that it is."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidRequest
from shared.recurrence.local_times import zone
from shared.scheduling.events import NO_CONTENT, Content
from shared.scheduling.instants import FIRST, LAST, GivenTime, Instant, of_seconds, parse_day, parse_time
from shared.scheduling.wall_times import applied, clock_at, instant_at
from tests.harness.samples import END, START, content

BERLIN = "Europe/Berlin"
DAYS = {"all_day": True, "start_date": "2027-03-28", "end_date": "2027-03-29"}  # the clock is put forward that night
SKIPPED = {"all_day": True, "start_date": "2011-12-30", "end_date": "2011-12-31", "time_zone": "Pacific/Apia"}
TIMED_HAS_NONE = "must be left out, or all_day be true"
NO_LENGTH = "must be later than start (only a transparent event may have no length)"
TIMED: dict[str, Any] = {"title": "Review", "start": START, "end": END}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2027-03-01T09:00:00", ("2027-03-01T09:00:00", "", None)),
        ("2027-03-01T09:00", ("2027-03-01T09:00:00", "", None)),
        ("2027-03-01T09:00:00.000", ("2027-03-01T09:00:00", "", None)),
        ("2027-03-01T09:00:00Z", ("2027-03-01T09:00:00", "Z", "2027-03-01T09:00:00Z")),
        ("2027-03-01t09:00:00z", ("2027-03-01T09:00:00", "Z", "2027-03-01T09:00:00Z")),
        ("2027-03-01T09:00:00-00:00", ("2027-03-01T09:00:00", "Z", "2027-03-01T09:00:00Z")),
        ("2027-03-01T09:00:00+00:00", ("2027-03-01T09:00:00", "+00:00", "2027-03-01T09:00:00Z")),
        ("2027-03-01T09:00:00+01", ("2027-03-01T09:00:00", "+01:00", "2027-03-01T08:00:00Z")),
        ("2027-03-01T09:00:00-0930", ("2027-03-01T09:00:00", "-09:30", "2027-03-01T18:30:00Z")),
    ],
)
def test_a_time_is_what_the_clock_shows_and_what_is_said_of_the_offset(text: str, found: tuple[Any, ...]) -> None:
    time = parse_time(text)
    assert time == GivenTime(*found)
    assert time.claimed == (f"{time.local}{time.offset}" if time.offset[-3:] in ("+01", ":00", ":30") else None)


@pytest.mark.parametrize("text", ["2027-03-01T09:00:00.5", "2027-02-29T09:00:00", "2027-03-01T24:00:00", "x", ""])
def test_what_is_no_local_time_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        parse_time(text)


def test_a_day_is_a_date_that_exists() -> None:
    assert parse_day("2028-02-29") == "2028-02-29"
    for text in (
        "2027-02-29",
        "20270301",
        "2027-W09-1",
        "2027-3-1",
        "2027-03-01T00:00:00Z",
        "",
        "0000-01-01",
        "२०२७-०३-०१",
    ):
        with pytest.raises(ValueError, match="must be a date"):
            parse_day(text)


@pytest.mark.parametrize(
    ("local", "name", "instant", "clock"),
    [
        ("2027-03-01T09:00:00", BERLIN, "2027-03-01T08:00:00Z", "2027-03-01T09:00:00+01:00"),
        ("2027-07-01T09:00:00", BERLIN, "2027-07-01T07:00:00Z", "2027-07-01T09:00:00+02:00"),
        # In the gap: by the offset before it. A time that comes twice is the first.
        ("2027-03-28T02:30:00", BERLIN, "2027-03-28T01:30:00Z", "2027-03-28T03:30:00+02:00"),
        ("2027-10-31T02:30:00", BERLIN, "2027-10-31T00:30:00Z", "2027-10-31T02:30:00+02:00"),
        ("2027-03-14T02:30:00", "America/New_York", "2027-03-14T07:30:00Z", "2027-03-14T03:30:00-04:00"),
        ("2027-10-03T02:15:00", "Australia/Lord_Howe", "2027-10-02T15:45:00Z", "2027-10-03T02:45:00+11:00"),
        ("2027-03-01T09:00:00", "UTC", "2027-03-01T09:00:00Z", "2027-03-01T09:00:00+00:00"),
        ("1930-01-01T09:00:00", "Africa/Monrovia", "1930-01-01T09:44:30Z", "1930-01-01T09:00:00-00:44:30"),
        ("2011-12-30T09:00:00", "Pacific/Apia", "2011-12-30T19:00:00Z", "2011-12-31T09:00:00+14:00"),
    ],
)
def test_a_local_time_is_an_instant(local: str, name: str, instant: str, clock: str) -> None:
    assert instant_at(local, name) == instant
    assert clock_at(Instant(instant), name) == clock


@given(
    st.integers(-2_000_000_000, 4_000_000_000).map(of_seconds),
    st.sampled_from([BERLIN, "America/New_York", "Asia/Kathmandu", "Africa/Casablanca", "Etc/GMT+12", "UTC"]),
)
def test_the_clock_tells_the_instant_that_it_shows(instant: Instant, name: str) -> None:
    shown = clock_at(instant, name)
    assert shown is not None
    local = datetime.fromisoformat(shown)
    assert local == datetime.fromisoformat(instant)
    assert local.utcoffset() == local.replace(tzinfo=None, fold=0).replace(tzinfo=zone(name)).utcoffset() or (
        # the second pass of an hour that comes twice
        instant_at(shown[:19], name) < instant
    )


@pytest.mark.parametrize("local", ["1899-12-31T23:59:59", "1900-01-01T00:00:00", "0001-01-01T00:00:00"])
def test_a_local_time_lies_within_the_years(local: str) -> None:
    with pytest.raises(ValueError, match="between the years 1900 and 9999"):
        instant_at(local, "Asia/Tokyo")
    with pytest.raises(ValueError, match="between the years 1900 and 9999"):
        instant_at("9999-12-31T23:59:59", "America/New_York")


def test_there_is_no_clock_beyond_the_years_and_in_no_zone() -> None:
    assert clock_at(LAST, "Asia/Tokyo") is None
    assert clock_at(FIRST, "America/New_York") == "1899-12-31T19:00:00-05:00"
    assert clock_at(Instant(START), "Mars/Base") is None
    with pytest.raises(ValueError, match="'Mars/Base'"):
        instant_at("2027-03-01T09:00:00", "Mars/Base")


def fault(before: Content | None, fields: dict[str, Any]) -> dict[str, str]:
    """The messages of the refusal of `fields`, by field."""
    with pytest.raises(InvalidRequest) as caught:
        applied(before, fields)
    return {error.field: error.message for error in caught.value.errors}


def test_whole_days_last_from_midnight_to_midnight_and_take_no_time_unless_said() -> None:
    made = applied(None, {"title": "Fair", "transparency": None, "time_zone": BERLIN, **DAYS})
    assert (made.start, made.end) == ("2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z")
    assert (made.all_day, made.start_local, made.transparency) == (True, None, "transparent")
    assert applied(None, {"title": "Fair", "transparency": "opaque", **DAYS}).opaque
    assert applied(None, {**TIMED, "transparency": None}).opaque
    assert applied(None, {"title": "No day", **SKIPPED}).interval.length == 0


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"all_day": True}, dict.fromkeys(["start_date", "end_date"], "is needed: all_day is true")),
        ({"all_day": True, "start_date": "2027-03-28"}, {"end_date": "is needed: all_day is true"}),
        ({**TIMED, "start_date": "2027-03-28"}, {"start_date": TIMED_HAS_NONE}),
        ({**TIMED, **DAYS, "all_day": False}, dict.fromkeys(["start_date", "end_date"], TIMED_HAS_NONE)),
        (
            {**DAYS, "end_date": "2027-03-28"},
            {"end_date": "must be later than start_date: it is the day after the last one"},
        ),
        ({**DAYS, "end_date": "2028-03-29"}, {"end_date": "must be at most 366 days after start_date"}),
        (
            {**DAYS, "start": START},
            {"start": "must be left out, or be 2027-03-28T00:00:00Z, where start_date begins: all_day is true"},
        ),
        (
            {**DAYS, "start": "2027-03-28T00:00:00Z", "end": END},
            {"end": "must be left out, or be 2027-03-29T00:00:00Z, where end_date begins: all_day is true"},
        ),
        (
            {**DAYS, "start_date": "1900-01-01", "end_date": "1900-01-02", "time_zone": "Asia/Tokyo"},
            {"start_date": "must lie between the years 1900 and 9999 in UTC"},
        ),
        (
            {**DAYS, "start_date": "9999-12-30", "end_date": "9999-12-31", "time_zone": "Etc/GMT+12"},
            {},
        ),
        (
            {**SKIPPED, "transparency": "opaque"},
            {"end_date": f"by the clock of Pacific/Apia: {NO_LENGTH}"},
        ),
    ],
)
def test_fields_of_whole_days_that_contradict_one_another(fields: dict[str, Any], errors: dict[str, str]) -> None:
    if errors:
        assert fault(None, {"title": "Fair", **fields}) == errors
    else:
        assert applied(None, {"title": "Fair", **fields}).end == "9999-12-31T12:00:00Z"


def test_a_year_that_a_change_of_the_clock_makes_longer_is_refused() -> None:
    days = {"start_date": "2027-10-31", "end_date": "2028-10-31", "time_zone": BERLIN}
    assert "at most 366 days" in fault(None, {"title": "Year", "all_day": True, **days})["end_date"]
    assert applied(None, {"title": "Year", "all_day": True, **days, "time_zone": "UTC"}).interval.length == 366 * 86_400


BERLIN_NINE = {**TIMED, "start": Instant("2027-03-01T08:00:00Z"), "time_zone": BERLIN}


def test_the_offset_is_the_zones_and_utc_claims_none() -> None:
    kept = applied(None, {**BERLIN_NINE, "start_local": "2027-03-01T09:00:00+01:00"})
    assert kept.start_local == applied(None, BERLIN_NINE).start_local == "2027-03-01T09:00:00+01:00"
    summer = {**TIMED, "start": Instant("2027-07-01T08:00:00Z"), "time_zone": BERLIN}
    why = "must have the offset from UTC that Europe/Berlin has then, which is +02:00, or be in UTC (Z)"
    assert fault(None, {**summer, "start_local": "2027-07-01T09:00:00+01:00"}) == {"start": why}
    assert fault(None, {**summer, "end": summer["start"], "end_local": "2027-07-01T08:00:00+00:00"}) == {"end": why}


def test_in_the_zone_utc_the_local_start_is_as_the_request_gave_it() -> None:
    assert (
        applied(None, {**TIMED, "start_local": "2027-03-01T14:30:00+05:30"}).start_local == "2027-03-01T14:30:00+05:30"
    )
    assert applied(None, TIMED).start_local == "2027-03-01T09:00:00+00:00"


def test_a_change_of_the_zone_alone_moves_the_clock_and_not_the_instant() -> None:
    before = applied(None, BERLIN_NINE)
    after = applied(before, {"time_zone": "Asia/Tokyo"})
    assert (after.interval, after.start_local) == (before.interval, "2027-03-01T17:00:00+09:00")
    assert applied(before, {"end": END, "title": "New"}).start_local == before.start_local
    assert applied(replace(before, start_local=None), {"title": "New"}).start_local is None
    assert applied(before, {"start": START, "start_local": "2027-03-01T10:00:00+01:00"}).start_local == (
        "2027-03-01T10:00:00+01:00"
    )
    assert "start" in fault(before, {"start": START, "start_local": "2027-03-01T09:00:00+00:00"})


def test_a_change_of_the_zone_moves_the_midnights_of_whole_days() -> None:
    before = applied(None, {"title": "Fair", **DAYS})
    after = applied(before, {"time_zone": BERLIN})
    assert (after.start, after.end, after.start_date) == ("2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z", "2027-03-28")


def test_an_event_becomes_one_of_whole_days_and_back() -> None:
    before = applied(None, BERLIN_NINE)
    day = applied(before, DAYS)
    assert (day.opaque, day.start_local, day.start) == (True, None, "2027-03-27T23:00:00Z")
    assert applied(day, {"end_date": "2027-03-30"}).end == "2027-03-29T22:00:00Z"
    # What a client has read it may repeat.
    assert applied(day, {"end_date": "2027-03-30", "start": day.start, "end": day.end}).end == "2027-03-29T22:00:00Z"
    assert "start" in fault(day, {"start": START})
    assert fault(day, {"all_day": False}).keys() == {"start_date", "end_date"}
    assert fault(day, {"start_date": None, "end_date": None}).keys() == {"start_date", "end_date"}
    back = applied(day, {"all_day": False, "start_date": None, "end_date": None})
    assert (back.interval, back.all_day, back.start_local) == (day.interval, False, "2027-03-28T00:00:00+01:00")


def test_what_still_begins_then_keeps_its_local_start() -> None:
    before = applied(None, {**TIMED, "start_local": "2027-03-01T14:30:00+05:30"})
    assert applied(None, TIMED).replacing(before) == before
    moved = applied(None, {**TIMED, "start": Instant("2027-03-01T09:00:01Z")})
    assert moved.replacing(before) == moved
    day = applied(None, {"title": "Fair", **DAYS})
    assert (
        applied(day, {**TIMED, "start": day.start, "all_day": False, "start_date": None, "end_date": None})
        .replacing(day)
        .start_local
        == "2027-03-28T00:00:00+00:00"
    )
    assert day.replacing(replace(content(), start=day.start, start_local="x")).start_local is None
    assert NO_CONTENT.start_local is None
