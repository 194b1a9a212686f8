from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import ids
from shared.ids import HistoryId
from tests.harness.samples import NOW_NS

times = st.integers(0, 253_402_300_799_999)  # milliseconds, to the end of 9999


def test_an_id_is_a_uuid_of_version_7_that_holds_its_time() -> None:
    made = ids.new_id(NOW_NS)
    assert UUID(made).version == 7
    assert UUID(made).variant == "specified in RFC 4122"
    assert str(UUID(made)) == made
    assert ids.milliseconds_of(made) == NOW_NS // 1_000_000


def test_no_two_ids_of_one_moment_are_the_same() -> None:
    assert len({ids.new_id(NOW_NS) for _ in range(10_000)}) == 10_000


@given(times, times)
def test_a_later_id_is_greater_whatever_the_clock_says(now: int, before: int) -> None:
    after = HistoryId(ids.new_id(before * 1_000_000))
    later = ids.later_id(now * 1_000_000, after)
    assert later > after
    assert ids.milliseconds_of(later) == now or ids.milliseconds_of(later) == before + 1


def test_the_time_of_an_id_is_told_in_utc_with_milliseconds() -> None:
    assert ids.made_at(ids.new_id(NOW_NS + 7_000_000)) == "2026-11-22T09:00:00.007Z"


@given(times, st.integers(0, 1 << 80))
def test_a_derived_id_is_the_same_each_time_and_a_uuid_of_version_7(milliseconds: int, low_bits: int) -> None:
    derived = ids.derived_id(milliseconds, low_bits)
    assert derived == ids.derived_id(milliseconds, low_bits)
    assert UUID(derived).version == 7
    assert UUID(derived).variant == "specified in RFC 4122"
    assert ids.milliseconds_of(derived) == milliseconds


def test_records_of_one_millisecond_get_different_ids() -> None:
    numbers = range(111_222_333_444_555_666_777_880, 111_222_333_444_555_666_777_980)
    assert len({ids.derived_id(1_795_338_000_000, number) for number in numbers}) == 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "01998F00-0000-7000-8000-000000000001",
        "{01998f00-0000-7000-8000-000000000001}",
        "urn:uuid:01998f00-0000-7000-8000-000000000001",
        "01998f000000700080000000000000a1",
        "01998f00-0000-7000-8000-00000000000",
        "01998f00-0000-7000-8000-0000000000011",
        "01998f00-0000-7000-8000-000000000001\n",
        "0_998f00-0000-7000-8000-000000000001",
        "\uff10" * 8 + "-0000-7000-8000-000000000001",
        "\ud800",
    ],
)
def test_only_the_form_that_ids_are_written_in_is_one(text: str) -> None:
    assert not ids.is_id(text)
    assert ids.is_id("01998f00-0000-7000-8000-000000000001")


def test_an_id_after_one_of_a_far_year_is_later_all_the_same() -> None:
    far = HistoryId("f47ac10b-58cc-4372-a567-0e02b2c3d479")
    assert ids.later_id(NOW_NS, far) > far
    assert ids.made_at(far) == "9999-12-31T23:59:59.999Z"
