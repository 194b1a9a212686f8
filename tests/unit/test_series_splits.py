"""A series split at an occurrence, and moved with one, as changes of its content."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from shared.errors import InvalidRequest
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.newly_taken import newly_taken
from shared.scheduling.occurrence_changes import with_occurrence
from shared.scheduling.recurrences import Override, Recurrence, placed, series_of, utc
from shared.scheduling.series_splits import changed_series, ended, moved_with, split
from shared.scheduling.settled_content import settled
from shared.scheduling.wall_times import applied
from tests.harness.samples import event
from tests.harness.work import counted

WINDOW = Interval(Instant("2027-01-01T00:00:00Z"), Instant("2029-01-01T00:00:00Z"))
RULES = [
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;COUNT=40",
    "FREQ=WEEKLY;BYDAY=MO,WE,SU;INTERVAL=2",
    "FREQ=WEEKLY;UNTIL=20271227T080000Z",
    "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=17",
    "FREQ=MONTHLY;BYDAY=3MO",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=5,-1;COUNT=20",
    "FREQ=MONTHLY",
    "FREQ=DAILY;BYHOUR=9,15",
]


def series(rule: str, start: str = "2027-03-15T08:00:00Z", **fields: str) -> Content:
    """A series of hours that begins at nine o'clock in Berlin, on Monday the 15th."""
    at = utc(Instant(start))
    made = Content(title="x", start=Instant(start), end=Instant(start), time_zone="Europe/Berlin", **fields)  # type: ignore[arg-type]
    return settled(replace(placed(made, at, at + timedelta(hours=1)), recurrence=Recurrence(rule)))


def listed(content: Content) -> list[tuple[object, ...]]:
    """What takes place in two years: when, by which id, and with which fields of its own."""
    found = series_of(content).between(utc(WINDOW.start), utc(WINDOW.end))
    return [(each.id, each.start, each.end, *sorted(each.patch.items())) for each in found]


def with_exceptions(content: Content, dice: random.Random) -> Content:
    """The series with some occurrences cancelled, some moved and renamed, and some added."""
    ids = [str(each[0]) for each in listed(content)]
    excluded, renamed, moved = (sorted(dice.sample(ids, min(len(ids), 4))) for _ in range(3))
    changed = {each: {"title": each} for each in renamed}
    for each in moved:
        at = Instant(f"{each[:4]}-{each[4:6]}-{each[6:8]}T21:00:00Z")
        changed.setdefault(each, {}).update(start=shifted(at, dice.randint(-9, 9) * 86_400), end=shifted(at, 10**6))
    dates = tuple(f"2027{dice.randint(4, 12):02}{dice.randint(1, 28):02}T220000" for _ in range(3))
    overrides = tuple(Override(each, tuple(sorted(changed[each].items()))) for each in sorted(changed))
    assert content.recurrence is not None
    return replace(
        content,
        recurrence=replace(content.recurrence, dates=dates, excluded=tuple(excluded), changed=overrides),
    )


@pytest.mark.parametrize("rule", RULES)
def test_both_parts_together_are_the_series(rule: str) -> None:
    dice = random.Random(rule)  # noqa: S311 no secret
    by_rule = [str(each[0]) for each in listed(series(rule))]
    for _ in range(20):
        content = with_exceptions(series(rule), dice)
        every = listed(content)
        at = str(dice.choice(every)[0])
        if not any(each >= at for each in by_rule):
            with pytest.raises(InvalidRequest, match="scope: must be this or all: from there on"):
                split(content, at)
            continue
        parts = split(content, at)
        if parts is None:
            assert at == "20270315T090000"
            continue
        head, tail = parts
        assert sorted([*listed(head), *listed(tail)]) == sorted(every)
        assert all(str(each[0]) < at for each in listed(head))
        assert all(str(each[0]) >= at for each in listed(tail))
        # They are series in their own right, and the first of them takes nothing new.
        for part in parts:
            assert part.recurrence is not None
            series_of(replace(part, recurrence=Recurrence(part.recurrence.rule)))  # else it raises
        before = replace(event(), content=content)
        assert newly_taken(replace(before, content=head), before) is None
        assert newly_taken(before, replace(before, content=head)) is not None


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("days", [-9, -1, 0, 1, 7, 30])
def test_a_series_moves_as_a_whole_or_is_refused(rule: str, days: int) -> None:
    content = series(rule)
    third = series_of(content)
    occurrence = [*third.between(utc(WINDOW.start), utc(WINDOW.end))][2]
    by = timedelta(days=days, hours=2)
    times = {
        "start": Instant(f"{(occurrence.start + by).isoformat()}Z"),
        "end": Instant(f"{(occurrence.end + by).isoformat()}Z"),
    }
    try:
        moved = moved_with(content, occurrence.id, times)
    except InvalidRequest as refusal:
        (error,) = refusal.errors
        assert error.field == "recurrence.rule"
        assert "the new start does not fit" in error.message or "does not move all" in error.message
        assert "MONTHLY" in rule or "BYHOUR" in rule
        return
    assert settled(moved) == moved
    local = occurrence.start + by
    assert (local, local + timedelta(hours=1)) in [each[1:3] for each in listed(moved)]
    if "MONTHLY" not in rule:
        # All by the same difference by the clock.
        ids = [[datetime.fromisoformat(str(each[0])) for each in listed(of)] for of in (moved, content)]
        (shift,) = {new - old for new, old in zip(*ids, strict=False)}
        assert shift - by in {timedelta(hours=each) for each in (-1, 0, 1)}
        assert "COUNT" not in rule or len(listed(moved)) == len(listed(content))


def test_what_is_of_whole_days_is_split_and_moved_by_days() -> None:
    days = settled(
        Content(
            title="x",
            start=Instant("2027-03-14T23:00:00Z"),
            end=Instant("2027-03-16T23:00:00Z"),
            time_zone="Europe/Berlin",
            start_date="2027-03-15",
            end_date="2027-03-17",
            recurrence=Recurrence("FREQ=WEEKLY;BYDAY=MO"),
        )
    )
    head, tail = split(days, "20270329") or (days, days)
    assert [each.recurrence.rule for each in (head, tail) if each.recurrence] == [
        "FREQ=WEEKLY;UNTIL=20270328;BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=MO",
    ]
    assert (tail.start, tail.end, tail.start_date, tail.end_date) == (
        "2027-03-28T22:00:00Z",
        "2027-03-30T22:00:00Z",
        "2027-03-29",
        "2027-03-31",
    )
    moved = moved_with(days, "20270405", {"start_date": "2027-04-06", "end_date": "2027-04-09"})
    assert moved.recurrence == Recurrence("FREQ=WEEKLY;BYDAY=TU")
    assert (moved.start_date, moved.end_date, moved.days) == ("2027-03-16", "2027-03-19", 3)
    assert moved.start == "2027-03-15T23:00:00Z"


@pytest.mark.parametrize("start", ["1900-01-01T00:00:00Z", "1900-06-01T08:00:00Z", "9999-12-31T22:00:00Z"])
def test_a_series_stays_within_the_years(start: str) -> None:
    content = series("FREQ=YEARLY", "1950-06-01T08:00:00Z")
    at = str(next(each.id for each in series_of(content).between(utc(WINDOW.start), utc(WINDOW.end))))
    times = {"start": Instant(start), "end": shifted(Instant(start), 3600)}
    with pytest.raises(InvalidRequest) as refusal:
        moved_with(content, at, times)
    assert [each.field for each in refusal.value.errors] == ["start"]


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=DAILY;UNTIL=20280101T000000Z", "FREQ=DAILY;BYHOUR=2,5"])
def test_no_series_begins_where_the_clock_shows_no_time(rule: str) -> None:
    # At 02:30, which the 28th of March does not have: there it takes place at 03:30, and as a start that would be that
    # of each later day, whose time nobody has checked.
    nightly = series(rule, "2027-03-15T01:30:00Z")
    with pytest.raises(InvalidRequest, match="scope: must be this or all: the clock is put forward over it"):
        split(nightly, "20270328T023000")
    before = ended(nightly, "20270328T023000")
    assert before is not None
    assert listed(before) == [each for each in listed(nightly) if str(each[0]) < "20270328"]
    for at in ("20270327T023000", "20270329T023000"):
        head, tail = split(nightly, at) or (nightly, nightly)
        assert sorted([*listed(head), *listed(tail)]) == sorted(listed(nightly))
    times = {"start": Instant("2027-04-15T00:30:00Z"), "end": Instant("2027-04-15T01:30:00Z")}
    with pytest.raises(InvalidRequest, match="start: must leave the series a start that the clock shows"):
        moved_with(nightly, "20270402T023000", times)


@pytest.mark.parametrize(
    ("time_zone", "short"),
    [("Asia/Beirut", "2027-03-28"), ("Africa/Cairo", "2027-04-30"), ("Europe/Berlin", "2027-03-28")],
)
def test_whole_days_move_by_days_where_a_day_begins_at_one(time_zone: str, short: str) -> None:
    at = date.fromisoformat(short)
    begins = (at - timedelta(days=20)).isoformat()
    named = {"title": "x", "time_zone": time_zone, "all_day": True, "recurrence": Recurrence("FREQ=DAILY;INTERVAL=5")}
    days = applied(None, {**named, "start_date": begins, "end_date": (at - timedelta(days=19)).isoformat()})
    for seen in (at - timedelta(days=5), at, at + timedelta(days=5)):
        for by, length in ((1, 1), (-1, 1), (5, 1), (0, 2), (0, 5), (2, 3)):
            dates = [(seen + timedelta(days=each)).isoformat() for each in (by, by + length)]
            moved = moved_with(days, f"{seen:%Y%m%d}", dict(zip(("start_date", "end_date"), dates, strict=True)))
            assert moved.start_date == (at - timedelta(days=20 - by)).isoformat()
            assert moved.days == length
            assert moved == applied(None, {**named, "start_date": moved.start_date, "end_date": moved.end_date})


def test_one_occurrence_more_is_newly_taken_also_where_the_clock_is_put_forward() -> None:
    # On the 3rd of October the clock skips from 02:00 to 02:30: what 02:35 names comes before what 02:10 names.
    fields = {"title": "x", "time_zone": "Australia/Lord_Howe", "transparency": None}
    times = {"start": "2027-09-30T15:40:00Z", "end": "2027-09-30T15:45:00Z"}
    whole, longer, until = (
        replace(event(), content=settled(applied(None, {**fields, **times, "recurrence": Recurrence(rule)})))
        for end in ("COUNT=5", "COUNT=6", "UNTIL=20271002T153500Z")
        for rule in [f"FREQ=DAILY;{end};BYHOUR=2;BYMINUTE=10,35"]
    )
    for more in (longer, until):
        assert {*listed(more.content)} - {*listed(whole.content)}
        assert newly_taken(more, whole) == more
    assert newly_taken(whole, longer) is None


def test_all_are_as_long_as_one_that_was_longer_then_is() -> None:
    moved = {"start": Instant("2027-04-05T08:00:00Z"), "end": Instant("2027-04-05T10:00:00Z")}
    content = with_occurrence(series("FREQ=DAILY"), "20270405T090000", moved)
    longer = moved_with(content, "20270405T090000", {"end": Instant("2027-04-05T11:00:00Z")})
    assert longer.interval.length == 3 * 3600
    assert moved_with(content, "20270405T090000", {"start": moved["start"]}) == content


@pytest.mark.parametrize("end", ["COUNT=3", "UNTIL=20270317T080000Z"])
def test_no_series_begins_at_a_date_behind_the_end_of_its_rule(end: str) -> None:
    content = series(f"FREQ=DAILY;{end}")
    assert content.recurrence is not None
    content = replace(content, recurrence=replace(content.recurrence, dates=("20270320T090000",)))
    with pytest.raises(InvalidRequest, match="scope: must be this or all: from there on the rule has no occurrence"):
        split(content, "20270320T090000")
    assert split(content, "20270317T090000") is not None
    # It ends there nevertheless, and its rule where it did.
    before = ended(content, "20270320T090000")
    assert before is not None
    assert before.recurrence == Recurrence(f"FREQ=DAILY;{end}")


def test_a_rule_that_fits_the_new_start_is_sent_with_it() -> None:
    content = with_occurrence(series("FREQ=MONTHLY;BYDAY=3MO"), "20270419T090000", {"title": "y"})
    tuesday = {"start": Instant("2027-05-18T07:00:00Z"), "end": Instant("2027-05-18T08:00:00Z")}

    def sent(rule: str, **more: Instant) -> Content:
        return changed_series(content, "20270517T090000", {**tuesday, "recurrence": {"rule": rule}, **more}, drop=False)

    moved = sent("FREQ=MONTHLY;BYDAY=3TU")
    assert moved.start == "2027-03-16T08:00:00Z"
    assert moved.recurrence == Recurrence(
        "FREQ=MONTHLY;BYDAY=3TU", changed=(Override("20270420T090000", (("title", "y"),)),)
    )
    for rule in ("FREQ=MONTHLY;BYDAY=3WE", "FREQ=HOURLY", "FREQ=MONTHLY;BYDAY=3TU;UNTIL=20270301T000000Z"):
        with pytest.raises(InvalidRequest, match=r"recurrence\.rule"):
            sent(rule)


@pytest.mark.parametrize("rule", ["FREQ=DAILY;COUNT=3", "FREQ=DAILY;COUNT=1000", "FREQ=YEARLY;COUNT=90"])
def test_a_series_that_ends_before_a_further_date_keeps_its_count(rule: str) -> None:
    content = series(rule)
    assert content.recurrence is not None
    content = settled(replace(content, recurrence=replace(content.recurrence, dates=("99980101T093000",))))
    with counted() as work:
        head = ended(content, "99980101T093000")
    assert head is not None
    assert head.recurrence == Recurrence(rule)
    assert work.calls < 50_000
