"""Changes of one occurrence, as changes of the content of its series."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shared.errors import InvalidRequest
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant
from shared.scheduling.occurrence_changes import with_occurrence
from shared.scheduling.recurrences import MAX_CHANGED, MAX_DATES, MAX_EXCLUDED, Override, Recurrence
from shared.scheduling.settled_content import MAX_BYTES, settled

DAILY = Content(
    title="Standup",
    start=Instant("2027-03-15T08:00:00Z"),
    end=Instant("2027-03-15T09:00:00Z"),
    time_zone="Europe/Berlin",
    start_local="2027-03-15T09:00:00+01:00",
    recurrence=Recurrence("FREQ=DAILY"),
)
DAYS = replace(
    DAILY,
    start=Instant("2027-03-14T23:00:00Z"),
    end=Instant("2027-03-15T23:00:00Z"),
    start_local=None,
    start_date="2027-03-15",
    end_date="2027-03-16",
    recurrence=Recurrence("FREQ=WEEKLY"),
)


def day(number: int) -> str:
    """The recurrence id of a day of the series."""
    return f"{date(2027, 3, 15) + timedelta(days=number):%Y%m%d}T090000"


def recurring(content: Content) -> Recurrence:
    assert content.recurrence is not None
    return content.recurrence


def refused(content: Content, recurrence_id: str, fields: dict[str, Any]) -> str:
    """The field that a refusal names."""
    with pytest.raises(InvalidRequest) as refusal:
        with_occurrence(content, recurrence_id, fields)
    (error,) = refusal.value.errors
    return error.field


def test_exceptions_are_kept_in_order_and_once() -> None:
    content = DAILY
    for number in (20, 22, 21):
        content = with_occurrence(content, f"202703{number}T090000", {"title": f"{number}", "location": "Room 4"})
    content = with_occurrence(content, "20270321T090000", {"title": "21st"})
    assert recurring(content).changed == tuple(
        Override(f"202703{number}T090000", (("location", "Room 4"), ("title", title)))
        for number, title in ((20, "20"), (21, "21st"), (22, "22"))
    )
    for number in (20, 21, 22):
        content = with_occurrence(content, f"202703{number}T090000", {"title": None, "location": ""})
    assert content == DAILY


def test_what_it_had_comes_back_with_it() -> None:
    changed = with_occurrence(DAILY, "20270320T090000", {"title": "x", "cancelled": True})
    assert recurring(changed).excluded == ("20270320T090000",)
    assert with_occurrence(changed, "20270320T090000", {"cancelled": True}) == changed
    assert with_occurrence(changed, "20270320T090000", {"cancelled": False}) == with_occurrence(
        DAILY, "20270320T090000", {"title": "x"}
    )


def test_an_exception_can_be_of_a_date_beside_the_rule() -> None:
    beside = replace(DAILY, recurrence=Recurrence("FREQ=DAILY", dates=("20270320T180000",)))
    changed = with_occurrence(beside, "20270320T180000", {"title": "x"})
    assert [each.id for each in recurring(changed).changed] == ["20270320T180000"]


def test_no_more_exceptions_than_that() -> None:
    ids = [day(number) for number in range(MAX_EXCLUDED + 1)]
    changed = tuple(Override(each, (("title", "x"),)) for each in ids[:MAX_CHANGED])
    full = replace(DAILY, recurrence=replace(recurring(DAILY), changed=changed))
    assert refused(full, ids[MAX_CHANGED], {"title": "x"}) == "recurrence.changed"
    assert with_occurrence(full, ids[0], {"title": "y"}) != full
    full = replace(DAILY, recurrence=replace(recurring(DAILY), excluded=tuple(ids[:MAX_EXCLUDED])))
    assert refused(full, ids[MAX_EXCLUDED], {"cancelled": True}) == "recurrence.excluded"


def test_a_series_is_of_limited_size() -> None:
    content = DAILY
    text = "é" * 4096
    for number in range(16, 23):
        content = with_occurrence(content, f"202703{number}T090000", {"description": text})
    assert refused(content, "20270323T090000", {"description": text}) == "recurrence.changed"
    assert with_occurrence(content, "20270323T090000", {"description": text[: (MAX_BYTES // 64)]}) != content
    # Whatever makes it larger, but for what all of them have.
    assert settled(replace(content, description=text)) == replace(content, description=text)
    full = with_occurrence(content, "20270323T090000", {"description": text[:3600]})
    dates = tuple(f"{day(number)[:9]}170000" for number in range(MAX_DATES))
    with pytest.raises(InvalidRequest, match=r"recurrence\.changed: must take at most 64 KB"):
        settled(replace(full, recurrence=replace(recurring(full), dates=dates)))
    less = replace(full, recurrence=replace(recurring(full), dates=dates[:9]))
    assert settled(less) == less


def test_dates_and_times_of_an_occurrence_do_not_contradict_one_another() -> None:
    assert refused(DAILY, "20270323T090000", {"start_date": "2031-01-01"}) == "start_date"
    assert refused(DAILY, "20270323T090000", {"end_date": "2027-03-23", "title": "x"}) == "end_date"
    assert with_occurrence(DAILY, "20270323T090000", {"start_date": None, "end_date": None}) == DAILY
    later = {"start_date": "2027-03-30", "end_date": "2027-04-01"}
    assert refused(DAYS, "20270329", {**later, "start": Instant("2027-03-30T22:00:00Z")}) == "start"
    assert refused(DAYS, "20270329", {**later, "end": Instant("2027-04-01T22:00:00Z")}) == "end"
    times = {"start": Instant("2027-03-29T22:00:00Z"), "end": Instant("2027-03-31T22:00:00Z")}
    assert with_occurrence(DAYS, "20270329", later | times) == with_occurrence(DAYS, "20270329", later)


def test_a_cancelled_occurrence_that_stays_cancelled_keeps_its_place_among_them() -> None:
    content = DAILY
    for number in (23, 24):
        content = with_occurrence(content, f"202703{number}T090000", {"cancelled": True})
    again = with_occurrence(content, "20270323T090000", {"cancelled": True, "title": "y"})
    assert recurring(again).excluded == recurring(content).excluded == ("20270323T090000", "20270324T090000")


def test_an_occurrence_of_whole_days_is_moved_by_days() -> None:
    moved = with_occurrence(DAYS, "20270329", {"start_date": "2027-03-30", "end_date": "2027-04-01"})
    assert recurring(moved).changed == (
        Override("20270329", (("end", "2027-03-31T22:00:00Z"), ("start", "2027-03-29T22:00:00Z"))),
    )
    assert with_occurrence(moved, "20270329", {"start_date": None, "end_date": None}) == DAYS
    # The clock is put forward on the 28th.
    by_instants = {"start": Instant("2027-03-27T23:00:00Z"), "end": Instant("2027-03-28T22:00:00Z")}
    assert with_occurrence(DAYS, "20270329", by_instants) != DAYS
    assert refused(DAYS, "20270329", {"start": Instant("2027-03-27T23:30:00Z")}) == "start"
    assert refused(DAYS, "20270329", {"end_date": "2027-03-29"}) == "end_date"
    assert refused(DAYS, "20270329", {"end_date": "2027-04-06"}) == "end_date", "the next one begins on the 5th"
    assert with_occurrence(DAYS, "20270329", {"end_date": "2027-04-05"}) != DAYS
