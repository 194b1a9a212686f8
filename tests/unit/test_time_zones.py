"""What other programs call a time zone, and the IANA name that is meant."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from shared.scheduling.time_zones import iana_name
from shared.scheduling.windows_zones import WINDOWS_ZONES
from tools import windows_zones

IANA = frozenset(files("tzdata").joinpath("zones").read_text().split())


def test_a_name_of_ianas_own_stays_as_it_is() -> None:
    assert [name for name in IANA if iana_name(name) != name] == []
    assert iana_name("UTC") == "UTC"


def test_the_names_of_windows_are_cldrs_and_each_zone_is_there() -> None:
    assert WINDOWS_ZONES == WINDOWS_TO_OLSON
    assert len(WINDOWS_ZONES) > 130
    assert set(WINDOWS_ZONES.values()) <= IANA
    assert windows_zones.MODULE.read_text() == windows_zones.module(), "python -m tools.windows_zones"
    assert {name: iana_name(name) for name in WINDOWS_ZONES if name not in IANA} == {
        name: zone for name, zone in WINDOWS_ZONES.items() if name not in IANA
    }


@pytest.mark.parametrize(
    ("given", "zone"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Eastern Standard Time", "America/New_York"),
        ("UTC-11", "Etc/GMT+11"),
        ("/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin"),
        ("/citadel.org/20210210_1/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("/freeassociation.sourceforge.net/Tzfile/Europe/Berlin", "Europe/Berlin"),
        (
            "/freeassociation.sourceforge.net/Tzfile/America/Argentina/ComodRivadavia",
            "America/Argentina/ComodRivadavia",
        ),
        ("/example.com/UTC", "UTC"),
        ("/example.com/Etc/UTC", "Etc/UTC"),
        ("/Europe/Berlin", "Europe/Berlin"),
        ("America-New_York", "America/New_York"),
        ("America_New_York", "America/New_York"),
        ("Europe_Berlin", "Europe/Berlin"),
        ("Europe-Berlin", "Europe/Berlin"),
        ("America-Port-au-Prince", "America/Port-au-Prince"),
        ("GMT", "GMT"),
        ("Z", "UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("GMT+0100", "Etc/GMT-1"),
        ("GMT-0330", None),
        ("UTC+01:00", "Etc/GMT-1"),
        ("UTC-05:00", "Etc/GMT+5"),
        ("UTC+1", "Etc/GMT-1"),
        ("UTC+00:00", "UTC"),
        ("UTC+14:00", "Etc/GMT-14"),
        ("UTC+15:00", None),
        ("GMT-13", None),
        ("UTC+05:30", None),
        ("tzone://Microsoft/Custom", None),
        ("/mozilla.org/20050126_1/Europe/Bonn", None),
        ("/", None),
        ("mozilla.org/20050126_1/Europe/Berlin", None),
        ("Etc_GMT_1", None),
        ("europe/berlin", None),
        ("w. europe standard time", None),
        ("Europe/Germany", None),
        ("FOO", None),
        ("+01:00", None),
        ("z", None),
        ("", None),
    ],
)
def test_a_zone_is_known_by_other_names(given: str, zone: str | None) -> None:
    assert iana_name(given) == zone


@given(st.integers(-12, 14))
def test_a_name_of_so_many_hours_is_a_zone_that_is_just_so_far_from_utc(hours: int) -> None:
    zone = iana_name(f"UTC{hours:+03d}:00")
    assert zone is not None
    assert datetime(2027, 3, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() == timedelta(hours=hours)


@given(st.text() | st.from_regex(r"(GMT|UTC)[+-][0-9]{1,4}|/[A-Za-z/_-]*|[A-Za-z_-]+"))
def test_whatever_is_given_the_answer_is_ianas_or_none(given: str) -> None:
    assert iana_name(given) in IANA | {None}
