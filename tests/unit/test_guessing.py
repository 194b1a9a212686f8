"""The limits on guessing: how long which attempts have to wait, and what is counted together."""

import pytest

from shared.identity.guessing import (
    ANY_NAME,
    ANY_SOURCE,
    KNOWN_DEVICE,
    ONE_SOURCE,
    GuessLimit,
    counters,
    device_counters,
    network_of,
)
from shared.ids import DeviceId


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (14, 512), (15, 900), (16, 900), (10**18, 900)],
)
@pytest.mark.parametrize("limit", [ONE_SOURCE, KNOWN_DEVICE])
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(limit: GuessLimit, attempts: int, seconds: int) -> None:
    assert limit.wait_after(attempts) == seconds


def test_what_anyone_can_cause_slows_a_name_down_by_a_minute_at_most() -> None:
    assert [ANY_SOURCE.wait_after(each) for each in (49, 50, 51, 55, 56, 10**18)] == [0, 1, 2, 32, 60, 60]


def test_one_source_has_a_hundred_attempts_over_all_names() -> None:
    assert [ANY_NAME.wait_after(each) for each in (99, 100, 101, 109, 110)] == [0, 1, 2, 512, 900]


def test_only_counters_of_one_user_start_anew_after_a_right_password() -> None:
    assert [each.limit.forgiven for each in counters("Ada", "203.0.113.17")] == [True, False, False]


def test_a_name_is_counted_in_any_case() -> None:
    assert counters("ADA", "203.0.113.17") == counters("ada", "203.0.113.17")
    assert device_counters("ADA", DeviceId("x")) == device_counters("ada", DeviceId("x"))


def test_each_counter_counts_something_of_its_own() -> None:
    ada, bob = counters("ada", "203.0.113.17"), counters("bob", "203.0.113.18")
    assert len({(each.counted, each.by) for each in (*ada, *bob, *device_counters("ada", DeviceId("x")))}) == 7


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("203.0.113.17", "203.0.113.17"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("test-invoke-source-ip", "test-invoke-source-ip"),
        ("", ""),
    ],
)
def test_a_network_of_ipv6_is_one_source(source: str, network: str) -> None:
    assert network_of(source) == network
