from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from shared.recurrence.local_times import instant_of, local_of, parse_recurrence_id, zone
from shared.recurrence.rules import RuleError, parse_rule
from shared.recurrence.series import ENDLESS, Patch, Series

START: Final = datetime(2027, 3, 1, 9)  # noqa: DTZ001 local by its meaning
HOUR: Final = timedelta(hours=1)
MOVED: Final = "20270315T090000"


def series(rule: str = "FREQ=WEEKLY", **more: Any) -> Series:
    return Series.of(parse_rule(rule, all_day=False), START, "Europe/Berlin", HOUR, **more)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("BYDAY=WE,MO,MO;FREQ=WEEKLY;INTERVAL=1;WKST=MO", "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("FREQ=MONTHLY;BYSETPOS=-1;BYDAY=FR,MO;BYHOUR=9", "FREQ=MONTHLY;BYDAY=MO,FR;BYHOUR=9;BYSETPOS=-1"),
        ("FREQ=MONTHLY;BYDAY=+1MO,-1FR;COUNT=5", "FREQ=MONTHLY;COUNT=5;BYDAY=1MO,-1FR"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=12,1;BYMONTHDAY=-1", "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,12;BYMONTHDAY=-1"),
        ("FREQ=DAILY;UNTIL=20270401T000000Z;WKST=SU", "FREQ=DAILY;UNTIL=20270401T000000Z;WKST=SU"),
    ],
)
def test_a_rule_has_one_text(text: str, canonical: str) -> None:
    assert parse_rule(text, all_day=False).text == canonical


def test_a_rule_of_whole_days_ends_with_a_day() -> None:
    assert parse_rule("FREQ=DAILY;UNTIL=20270401", all_day=True).text == "FREQ=DAILY;UNTIL=20270401"


@pytest.mark.parametrize(
    ("rule", "all_day", "message"),
    [
        ("FREQ=DAILY;" + "BYHOUR=1" * 80, False, "must have at most 500 characters"),
        ("BYDAY=MO", False, "FREQ must say how often: DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("freq=daily", False, "must be parts such as FREQ=WEEKLY;BYDAY=MO,WE"),
        ("FREQ=DAILY;UNTIL=20270401", False, "UNTIL must be a time in UTC, such as 20271231T225959Z"),
        ("FREQ=DAILY;UNTIL=20270401T000000Z", True, "UNTIL must be a date, such as 20271231"),
        ("FREQ=DAILY;UNTIL=tomorrow", False, "must be parts such as FREQ=WEEKLY;BYDAY=MO,WE"),
        ("FREQ=DAILY;UNTIL=NEVER", False, "UNTIL must be a time in UTC, such as 20271231T225959Z"),
        ("FREQ=DAILY;UNTIL=20270401T250000Z", False, "UNTIL must be a date that exists"),
        ("FREQ=DAILY;INTERVAL=-1", False, "INTERVAL must be 1 to 1000"),
        ("FREQ=WEEKLY;BYDAY=XX", False, "BYDAY must be days such as MO, 2TU or -1FR"),
        ("FREQ=YEARLY;BYDAY=54MO", False, "BYDAY may have numbers 1 to 53, or minus that"),
        ("FREQ=MONTHLY;BYDAY=0MO", False, "BYDAY may have numbers 1 to 53, or minus that"),
        ("FREQ=WEEKLY;WKST=XX", False, "WKST must be one of MO, TU, WE, TH, FR, SA, SU"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", False, "BYMONTHDAY must not stand with FREQ=WEEKLY"),
        ("FREQ=YEARLY;BYWEEKNO=20", False, "BYWEEKNO must stand with BYDAY"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;INTERVAL=2", False, "BYWEEKNO must stand without INTERVAL"),
        ("FREQ=DAILY;BYHOUR=9", True, "must have no times for whole days"),
        ("FREQ=DAILY;BYHOUR=8,9,10,11,12;BYMINUTE=0,10,20,30,40", False, "must have at most 24 times a day"),
    ],
)
def test_what_is_no_rule_is_refused_by_name(rule: str, all_day: bool, message: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse_rule(rule, all_day=all_day)
    assert str(refused.value) == message


def test_a_count_is_reached_within_a_century() -> None:
    rule = parse_rule("FREQ=YEARLY;COUNT=1000", all_day=False)
    with pytest.raises(RuleError, match="reached within 100 years"):
        Series.of(rule, START, "Europe/Berlin", HOUR)


def test_a_series_reaches_as_far_as_its_exceptions() -> None:
    assert (series().starts, series().ends) == (at("2027-03-01T08:00:00"), ENDLESS)
    early, late = at("2027-02-01T08:00:00"), at("2027-06-01T08:00:00")
    patches = {MOVED: Patch(start=late, end=late + HOUR), "20270308T090000": Patch(start=early, end=early + HOUR)}
    moved = series("FREQ=WEEKLY;COUNT=3", overrides=patches)
    assert (moved.starts, moved.ends) == (early, late + HOUR)
    until = series("FREQ=WEEKLY;UNTIL=20270401T000000Z")
    last = [*until.between(until.starts, until.ends)][-1]
    assert until.ends == last.end


def test_an_occurrence_is_found_by_its_id() -> None:
    there = series(excluded=frozenset({at("2027-03-08T09:00:00")}), overrides={MOVED: Patch({"title": "moved"})})
    found = there.occurrence(MOVED)
    assert found is not None
    assert (found.start, found.end, found.patch) == (
        at("2027-03-15T08:00:00"),
        at("2027-03-15T09:00:00"),
        {"title": "moved"},
    )
    for missing in ("20270308T090000", "20270309T090000", "20270315", "20270230T090000", "today"):
        assert there.occurrence(missing) is None
    assert there.has(at("2027-03-08T09:00:00"))


def test_an_occurrence_moved_into_a_window_is_in_it() -> None:
    far = at("2029-01-01T08:00:00")
    there = series(overrides={MOVED: Patch(start=far, end=far + HOUR)})
    assert MOVED in [each.id for each in there.between(far, far + HOUR)]
    assert [*there.between(at("2027-03-15T00:00:00"), at("2027-03-16T00:00:00"))] == []


def test_whole_days_last_from_midnight_to_midnight_by_the_clock() -> None:
    rule = parse_rule("FREQ=DAILY;COUNT=2", all_day=True)
    days = Series.of(rule, at("2027-03-27"), "Europe/Berlin", timedelta(days=1), all_day=True)
    lengths = [each.end - each.start for each in days.between(days.starts, days.ends)]
    assert lengths == [timedelta(hours=24), timedelta(hours=23)]


def test_a_local_time_is_an_instant_and_back() -> None:
    berlin = zone("Europe/Berlin")
    assert instant_of(at("2027-03-28T02:30:00"), berlin) == at("2027-03-28T01:30:00")  # a time that does not exist
    assert instant_of(at("2027-10-31T02:30:00"), berlin) == at("2027-10-31T00:30:00")  # the first of two
    assert local_of(at("2027-03-28T01:30:00"), berlin) == at("2027-03-28T03:30:00")
    assert parse_recurrence_id("20270328", all_day=True) == at("2027-03-28")


def test_a_window_at_the_end_of_time_is_read() -> None:
    assert [*series().between(at("9999-12-30T00:00:00"), ENDLESS)] == []
    first = series("FREQ=DAILY").between(at("9999-12-28T00:00:00"), ENDLESS)
    assert [each.id[:8] for each in first] == ["99991228", "99991229", "99991230"]


@pytest.mark.parametrize("all_day", [True, False])
def test_what_would_end_after_the_end_of_time_ends_there(all_day: bool) -> None:
    rule, day = parse_rule("FREQ=DAILY", all_day=all_day), timedelta(days=1)
    week = Series.of(rule, at("2027-03-01"), "Pacific/Honolulu", 7 * day, all_day=all_day)
    assert [each.end for each in week.between(ENDLESS - day, ENDLESS)][-1] == ENDLESS
