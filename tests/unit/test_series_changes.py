"""What becomes of the exceptions of a series when it changes as a whole."""

from dataclasses import replace
from typing import Any

import pytest

from shared.errors import InvalidRequest
from shared.http.models import CreateEvent, EventPatch
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval
from shared.scheduling.occurrence_changes import with_occurrence
from shared.scheduling.recurrences import occurrences
from shared.scheduling.series_changes import carried
from shared.scheduling.updates import patched
from tests.harness.samples import event

MARCH = Interval(Instant("2027-03-02T18:00:00Z"), Instant("2027-03-12T18:00:00Z"))

LATER = {"start": "2027-03-11T12:00:00Z", "end": "2027-03-11T13:00:00Z"}


def daily(start: str, end: str, **recurrence: Any) -> Content:
    """The content of a daily series in Berlin, timed or of whole days."""
    names = ("start", "end") if "T" in start else ("start_date", "end_date")
    times = {**dict(zip(names, (start, end), strict=True)), "all_day": "T" not in start, "time_zone": "Europe/Berlin"}
    body = {"title": "x", **times, "recurrence": {"rule": "FREQ=DAILY", **recurrence}}
    return CreateEvent.model_validate(body).content()


def changed(content: Content, *, drop: bool = False, **fields: Any) -> Content:
    after = patched(content, EventPatch.model_validate(fields).fields())
    return carried(after.replacing(content), content, drop=drop)


def listed(content: Content) -> list[tuple[str, str, str]]:
    found = occurrences(replace(event(), content=content), MARCH)
    return [(each.content.start, each.content.end, each.content.title) for each in found]


@pytest.mark.parametrize("time_zone", ["Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "UTC"])
@pytest.mark.parametrize("hour", [0, 9, 23])
def test_in_another_zone_exceptions_keep_their_instants(hour: int, time_zone: str) -> None:
    at = f"T{hour:02}0000"
    times = [f"2027-03-01T{hour:02}:{minute}:00" for minute in ("00", "30")]
    series = daily(*times, excluded=[f"20270305{at}"], dates=["20270306T151700"])
    series = with_occurrence(series, f"20270307{at}", {"title": "y"})
    series = with_occurrence(series, f"20270309{at}", LATER)
    there = changed(series, time_zone=time_zone)
    # The one that a date adds is at its local time, which is another instant now.
    added = ("2027-03-06T14:17:00Z", "2027-03-06T14:47:00Z", "x")
    assert added in listed(series)
    assert {*listed(series)} - {added} <= {*listed(there)}
    assert len(listed(there)) == len(listed(series))
    assert listed(changed(there, time_zone="Europe/Berlin")) == listed(series)


def test_whole_days_are_the_same_days_in_another_zone() -> None:
    series = with_occurrence(
        daily("2027-03-01", "2027-03-02"), "20270305", {"start_date": "2027-03-08", "end_date": "2027-03-10"}
    )
    there = changed(series, time_zone="America/New_York")
    assert ("2027-03-08T05:00:00Z", "2027-03-10T05:00:00Z", "x") in listed(there)
    named = with_occurrence(there, "20270305", {"title": "y"})
    assert ("2027-03-08T05:00:00Z", "2027-03-10T05:00:00Z", "y") in listed(named)


def test_what_was_moved_by_the_hour_is_of_no_whole_day() -> None:
    series = daily("2027-03-01T09:00:00", "2027-03-01T10:00:00", dates=["20270306T140000"])
    for at in ("20270306T090000", "20270306T140000", "20270307T090000"):
        series = with_occurrence(series, at, {"title": at})
    series = with_occurrence(series, "20270309T090000", LATER)
    days: dict[str, Any] = {"all_day": True, "start_date": "2027-03-01", "end_date": "2027-03-02"}
    with pytest.raises(InvalidRequest, match=r"exceptions: must be drop: .* for those at 20270306, 20270309"):
        changed(series, **days)
    there = changed(series, drop=True, **days)
    assert there.recurrence is not None
    assert (there.recurrence.dates, [each.id for each in there.recurrence.changed]) == (("20270306",), ["20270307"])


@pytest.mark.parametrize("start", ["2027-10-31T02:30:00+01:00", "2027-10-31T01:30:00Z"])
def test_a_series_begins_at_the_first_of_two_times(start: str) -> None:
    times = {"start": start, "end": "2027-10-31T02:00:00Z"}
    body = {"title": "x", "time_zone": "Europe/Berlin", "recurrence": {"rule": "FREQ=DAILY"}}
    with pytest.raises(InvalidRequest, match="start: must be 2027-10-31T00:30:00Z, the first time"):
        CreateEvent.model_validate({**body, **times}).content()
    elsewhere = CreateEvent.model_validate({**body, **times, "time_zone": "UTC"}).content()
    with pytest.raises(InvalidRequest, match="start: must be 2027-10-31T00:30:00Z, the first time"):
        changed(elsewhere, time_zone="Europe/Berlin")


def test_what_a_request_says_twice_is_kept_once() -> None:
    twice = ["20270306T140000", "20270307T090000", "20270306T140000"]
    content = daily("2027-03-01T09:00:00", "2027-03-01T10:00:00", dates=twice, excluded=twice)
    assert content.recurrence is not None
    assert (content.recurrence.dates, content.recurrence.excluded) == (tuple(twice[:2]), tuple(twice[:2]))
    assert changed(content, recurrence={"dates": twice, "excluded": twice}) == content


@pytest.mark.parametrize("exception", [{"cancelled": True}, {"start": LATER["start"], "end": LATER["end"]}])
def test_what_does_not_take_place_leaves_the_series_its_time(exception: dict[str, Any]) -> None:
    series = daily("2027-03-05T09:00:00", "2027-03-05T10:00:00", dates=["20270311T113000"])
    with_it = with_occurrence(series, "20270311T113000", exception)
    early: dict[str, Any] = {"start": "2027-03-05T11:00:00+01:00", "end": "2027-03-05T12:00:00+01:00"}
    assert changed(with_it, **early).local_start.hour == 11
    with pytest.raises(InvalidRequest, match="two overlap at 2027-03-11T10:30:00Z"):
        changed(series, **early)
