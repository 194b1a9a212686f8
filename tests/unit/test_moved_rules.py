"""What moves along when a series begins at another time: the end of its rule, and the ids of its exceptions."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from shared.errors import InvalidRequest
from shared.http.models import CreateEvent, EventPatch
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval
from shared.scheduling.occurrence_changes import with_occurrence
from shared.scheduling.recurrences import Recurrence, series_of, utc
from shared.scheduling.series_changes import carried
from shared.scheduling.series_splits import changed_series, ended
from shared.scheduling.updates import patched

YEAR: Final = Interval(Instant("2027-01-01T00:00:00Z"), Instant("2028-06-01T00:00:00Z"))
# The clock is changed at two in Berlin, at midnight in Cairo and Beirut, by half an hour at Lord Howe, by two in Troll.
ZONES: Final = (
    *("Europe/Berlin", "Africa/Cairo", "Asia/Beirut", "America/Santiago", "America/St_Johns", "Australia/Lord_Howe"),
    *("Antarctica/Troll", "Asia/Tokyo"),
)


def made(rule: str, start: str, time_zone: str = "Europe/Berlin", minutes: int = 30) -> Content:
    """A series that begins at a local time."""
    end = (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()
    body = {"title": "x", "start": start, "end": end, "time_zone": time_zone, "recurrence": {"rule": rule}}
    return CreateEvent.model_validate(body).content()


def at(start: str, time_zone: str = "Europe/Berlin", minutes: int = 30, **more: Any) -> dict[str, Any]:
    end = (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()
    return {"start": start, "end": end, "time_zone": time_zone, **more}


def changed(content: Content, *, drop: bool = False, **fields: Any) -> Content:
    after = patched(content, EventPatch.model_validate(fields).fields())
    return carried(after.replacing(content), content, drop=drop)


def rule_of(content: Content) -> str:
    assert content.recurrence is not None
    return content.recurrence.rule


def days_of(content: Content) -> list[str]:
    """The days on which it takes place, by the ids of its occurrences."""
    found = series_of(content).between(utc(YEAR.start), utc(YEAR.end))
    return sorted(each.id[:8] for each in found)


@pytest.mark.parametrize(
    ("hour", "until"),
    # The tenth is before the clock is put forward, the thirtieth is after it.
    [(7, "20270330T050000Z"), (15, "20270330T130000Z"), (23, "20270330T210000Z"), (9, "20270330T070000Z")],
)
def test_the_end_of_a_rule_follows_the_time_of_day(hour: int, until: str) -> None:
    series = made("FREQ=DAILY;UNTIL=20270330T070000Z", "2027-03-01T09:00:00")
    later = at(f"2027-03-10T{hour:02}:00:00")
    assert changed(series, **later).recurrence == Recurrence(f"FREQ=DAILY;UNTIL={until}")
    # A rule that is said stays as it is.
    assert changed(series, **later, recurrence={"rule": rule_of(series)}).recurrence == series.recurrence
    # In another zone it ends on the same day as well.
    there = changed(series, **{**later, "time_zone": "Asia/Tokyo"})
    assert days_of(there) == days_of(changed(series, **later))
    # Also if its instants stay, though these may be on other days.
    assert len(days_of(changed(series, time_zone="Asia/Tokyo"))) == len(days_of(series))
    assert len(days_of(changed(series, time_zone="America/New_York"))) == len(days_of(series))


def test_what_has_no_instant_as_its_end_or_one_behind_all_years_ends_when_it_did() -> None:
    for rule in ("FREQ=DAILY;UNTIL=99991231T225959Z", "FREQ=DAILY;UNTIL=99991231T235959Z"):
        series = made(rule, "2027-03-01T09:00:00")
        assert changed(series, **at("2027-03-01T21:00:00")).recurrence == Recurrence(rule)
        dragged = changed_series(series, "20270302T090000", fields("2027-03-02T20:00:00Z"), drop=False)
        assert dragged.recurrence == Recurrence(rule)
        assert changed_series(series, "20270302T090000", {"title": "y"}, drop=False).recurrence == Recurrence(rule)
    days = {"title": "x", "all_day": True, "start_date": "2027-03-01", "end_date": "2027-03-02"}
    body = {**days, "time_zone": "Europe/Berlin", "recurrence": {"rule": "FREQ=DAILY;UNTIL=20270330"}}
    whole = CreateEvent.model_validate(body).content()
    assert changed(whole, start_date="2027-03-03", end_date="2027-03-04").recurrence == whole.recurrence


def fields(start: str) -> dict[str, Any]:
    at_start = Instant(start)
    return {
        "start": at_start,
        "end": Instant((datetime.fromisoformat(start) + timedelta(minutes=30)).strftime("%FT%TZ")),
    }


@pytest.mark.parametrize("time_zone", ZONES)
def test_a_series_that_was_ended_has_the_same_days_at_any_time_of_the_day(time_zone: str) -> None:
    dice = random.Random(time_zone)  # noqa: S311 no secret
    for _ in range(60):
        month, times = dice.choice((3, 4, 9, 10)), dice.choice(("", "", ";BYMINUTE=5,35", ";INTERVAL=2"))
        first = f"2027-{month:02}-{dice.randint(1, 28):02}"
        start = f"{first}T{dice.randint(0, 23):02}:{'05' if 'MINUTE' in times else dice.choice(('00', '30'))}:00"
        try:
            series = made(f"FREQ=DAILY{times}", start, time_zone, minutes=10)
        except InvalidRequest:
            continue  # where the clock is changed, no series begins
        ids = [each.id for each in series_of(series).between(utc(series.start), utc(YEAR.end))]
        try:
            head = ended(series, str(ids[dice.randint(1, 40)]))
        except InvalidRequest:
            continue
        assert head is not None
        hour = f"{first}T{dice.randint(0, 23):02}:{start[14:16]}:00"
        later = at(hour, dice.choice((time_zone, time_zone, dice.choice(ZONES))), minutes=10)
        try:
            moved = changed(head, **later)
        except InvalidRequest:
            continue
        assert days_of(moved) == days_of(head), (start, rule_of(head), later)
        back = changed(moved, **at(start, time_zone, minutes=10))
        assert days_of(back) == days_of(head), (start, rule_of(head), later)


def test_times_that_the_rule_selects_stay_and_so_does_its_end() -> None:
    series = made("FREQ=DAILY;BYHOUR=9,15;UNTIL=20270503T130000Z", "2027-05-01T15:00:00")
    assert rule_of(changed(series, **at("2027-05-02T09:00:00"))) == rule_of(series)
    series = with_occurrence(series, "20270502T150000", {"title": "y"})
    series = with_occurrence(series, "20270503T090000", {"cancelled": True})
    later = changed(series, **at("2027-05-01T15:10:00"))
    assert later.recurrence is not None
    assert later.recurrence.excluded == ("20270503T091000",)
    assert [each.id for each in later.recurrence.changed] == ["20270502T151000"]
    assert rule_of(later) == "FREQ=DAILY;UNTIL=20270503T131000Z;BYHOUR=9,15"


def test_what_does_not_move_ends_when_it_did_also_where_an_hour_comes_twice() -> None:
    head = ended(made("FREQ=DAILY", "2027-10-01T03:00:00"), "20271031T030000")
    assert head is not None
    assert rule_of(head) == "FREQ=DAILY;UNTIL=20271031T015959Z"
    assert patched(head, {"title": head.title}) == head
    assert changed(head, recurrence={"excluded": ["20271002T030000"]}).recurrence == (
        Recurrence(rule_of(head), excluded=("20271002T030000",))
    )


def test_in_another_zone_an_exception_at_a_time_of_the_rule_stays_an_exception_of_it() -> None:
    series = made("FREQ=DAILY;BYHOUR=2,20", "2027-03-01T02:00:00")
    for cancelled, there in (("20270305T020000", "20270304T200000"), ("20270305T200000", "20270305T200000")):
        content = with_occurrence(series, cancelled, {"cancelled": True})
        after = changed(content, time_zone="America/New_York")
        assert after.recurrence is not None
        assert after.recurrence.excluded == (there,)
    halves = with_occurrence(made("FREQ=DAILY;BYMINUTE=0,30", "2027-03-01T09:00:00"), "20270305T093000", {"title": "y"})
    after = changed(halves, time_zone="Asia/Tokyo")
    assert after.recurrence is not None
    assert [each.id for each in after.recurrence.changed] == ["20270305T173000"]


DRAGS: Final = [
    ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20270326T080000Z", "2027-03-16T09:00:00", "2027-03-15T08:00:00Z", "BYDAY"),
    ("FREQ=MONTHLY;BYDAY=1MO,3MO;COUNT=10", "2027-03-01T09:00:00", "2027-03-15T08:00:00Z", "BYDAY"),
    ("FREQ=MONTHLY;BYMONTHDAY=1,15", "2027-03-01T09:00:00", "2027-03-15T08:00:00Z", "BYMONTHDAY"),
    ("FREQ=DAILY;BYHOUR=9,15", "2027-03-01T09:00:00", "2027-03-01T14:00:00Z", "BYHOUR"),
    ("FREQ=WEEKLY;BYDAY=MO;BYMONTH=3,4", "2027-03-01T09:00:00", "2027-03-02T08:00:00Z", "BYMONTH"),
    ("FREQ=YEARLY;BYMONTH=3,6", "2027-03-01T09:00:00", "2027-06-01T07:00:00Z", "BYMONTH"),
]
# Of these the weekdays are turned, unless the rule is sent along.
WEEKS: Final = [
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2027-03-02T09:00:00", "2027-03-01T08:00:00Z", "BYDAY"),
    ("FREQ=WEEKLY;BYDAY=MO,WE", "2027-03-01T09:00:00", "2027-03-03T08:00:00Z", "BYDAY"),
]
SENT: Final = [(*drag, drag[0]) for drag in (*DRAGS, *WEEKS)] + [(*drag, f"{drag[0]};WKST=SU") for drag in DRAGS]


@pytest.mark.parametrize(("rule", "start", "to", "part", "sent"), [*((*drag, None) for drag in DRAGS), *SENT])
def test_what_a_rule_keeps_in_place_is_not_moved_though_the_new_start_fits(
    rule: str, start: str, to: str, part: str, sent: str | None
) -> None:
    series = made(rule, start)
    wanted = {**fields(to), **({"recurrence": {"rule": sent}} if sent else {})}
    with pytest.raises(InvalidRequest) as refused:
        changed_series(series, f"{start[:10].replace('-', '')}T090000", wanted, drop=False)
    ((field, message),) = [(each.field, each.message) for each in refused.value.errors]
    assert field == "recurrence.rule"
    assert part in message


@pytest.mark.parametrize(
    ("start", "one", "to", "rule"),
    [
        ("2027-01-30T09:00:00", "20270430T090000", "2027-05-01T07:00:00Z", "FREQ=MONTHLY;BYMONTHDAY=1,31"),
        ("2027-03-15T09:00:00", "20270415T090000", "2027-05-15T07:00:00Z", "FREQ=MONTHLY;BYMONTHDAY=14,15"),
    ],
)
def test_months_that_are_not_as_long_are_not_moved_by_days(start: str, one: str, to: str, rule: str) -> None:
    series = made("FREQ=MONTHLY", start)
    with pytest.raises(InvalidRequest, match=r"recurrence\.rule: has FREQ, which does not move all"):
        changed_series(series, one, fields(to), drop=False)
    # A rule that is said is taken, if it has what was moved.
    said = {**fields(to), "recurrence": {"rule": rule}}
    assert rule_of(changed_series(series, one, said, drop=False)) == rule
    with pytest.raises(InvalidRequest, match="start: must be where the rule then has an occurrence"):
        changed_series(series, one, {**said, "recurrence": {"rule": "FREQ=MONTHLY"}}, drop=False)


@pytest.mark.parametrize(
    ("rule", "to"),
    [
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=9", "2027-03-08T08:00:00Z"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=9", "2027-03-01T10:00:00Z"),
        ("FREQ=WEEKLY;BYDAY=MO,FR;INTERVAL=2;COUNT=9", "2027-03-03T10:00:00Z"),
        ("FREQ=MONTHLY;BYDAY=1MO;COUNT=9", "2027-03-01T10:00:00Z"),
        ("FREQ=DAILY;BYHOUR=9,15;COUNT=9", "2027-03-02T08:00:00Z"),
        ("FREQ=DAILY;BYMINUTE=0,30", "2027-03-01T09:00:00Z"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "2027-03-02T08:00:00Z"),
        ("FREQ=MONTHLY;BYMONTH=3,6", "2027-03-02T08:00:00Z"),
        ("FREQ=YEARLY;BYMONTH=3", "2027-03-02T08:00:00Z"),
        ("FREQ=MONTHLY", "2027-03-02T08:00:00Z"),
    ],
)
def test_all_that_moves_as_one_moves(rule: str, to: str) -> None:
    series = made(rule, "2027-03-01T09:00:00")
    moved = changed_series(series, "20270301T090000", fields(to), drop=False)
    by = moved.local_start - series.local_start
    until = datetime.fromisoformat("2027-12-01")
    were, are = ([*series_of(each).pattern.between(each.local_start, until)][:9] for each in (series, moved))
    assert are == [each + by for each in were]
    assert replace(moved, recurrence=None).interval.length == series.interval.length
