"""Series at the ends of the years that there are: occurrences begin until LAST_DAY, and nothing overflows."""

from dataclasses import replace
from typing import Any

import pytest

from shared.errors import InvalidRequest
from shared.recurrence.patterns import LAST_DAY
from shared.scheduling.events import Event
from shared.scheduling.instants import FIRST, LAST, Instant
from shared.scheduling.intervals import Interval
from shared.scheduling.recurrences import Recurrence, occurrence, occurrences
from shared.scheduling.settled_content import settled
from shared.scheduling.wall_times import applied
from tests.harness.samples import event

ZONES = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"]
DAYS = {"all_day": True, "start_date": "2027-03-01", "end_date": "2027-03-04"}
HOUR = {"start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z"}
END_OF_TIME = Interval(Instant("9998-12-01T00:00:00Z"), LAST)


def series(rule: str, time_zone: str, times: dict[str, Any], **exceptions: Any) -> Event:
    fields = {"title": "x", "transparency": None, "time_zone": time_zone, **times}
    return replace(event(), content=settled(applied(None, {**fields, "recurrence": Recurrence(rule, **exceptions)})))


@pytest.mark.parametrize("time_zone", ZONES)
@pytest.mark.parametrize(
    ("rule", "times"),
    [
        ("FREQ=DAILY", HOUR),
        ("FREQ=DAILY", {"start": "9996-01-01T09:00:00Z", "end": "9996-01-01T10:00:00Z"}),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", HOUR),
        ("FREQ=DAILY;INTERVAL=3", DAYS),
        ("FREQ=DAILY;INTERVAL=3;UNTIL=99991231", DAYS),
        ("FREQ=YEARLY", {"start": "2027-03-01T09:00:00Z", "end": "2028-02-29T09:00:00Z"}),
        ("FREQ=YEARLY", {"start": FIRST, "end": "1900-01-01T10:00:00Z"}),
    ],
)
def test_a_series_goes_on_until_the_last_day(rule: str, times: dict[str, Any], time_zone: str) -> None:
    made = series(rule, time_zone, times)
    assert made.content.extent.end == LAST or "UNTIL" in rule
    found = list(occurrences(made, END_OF_TIME))
    assert all(each.content.end < LAST for each in found)
    assert all(
        occurrence(made, each) is None for each in ("99991231T235959", "00010101T000000", "99991231", "00010101")
    )


@pytest.mark.parametrize("time_zone", ZONES)
@pytest.mark.parametrize("far", ["99991231", "00010101", "19000101"])
def test_a_date_in_other_years_is_refused(far: str, time_zone: str) -> None:
    for name in ("dates", "excluded"):
        for times, each in ((DAYS, far), (HOUR, f"{far}T235959")):
            with pytest.raises(InvalidRequest) as refused:
                series("FREQ=WEEKLY", time_zone, times, **{name: (each,)})
            (error,) = refused.value.errors
            assert (error.field, error.message) == (f"recurrence.{name}[0]", f"must be from 1900-01-02 to {LAST_DAY}")


@pytest.mark.parametrize("time_zone", ZONES)
def test_a_series_ends_behind_its_start(time_zone: str) -> None:
    for times, until in ((HOUR, "19000101T000000Z"), (DAYS, "19000101")):
        with pytest.raises(InvalidRequest) as refused:
            series(f"FREQ=DAILY;UNTIL={until}", time_zone, times)
        assert refused.value.errors[0].message == "UNTIL must not be before the start"
    late = {"start": "9999-12-30T09:00:00Z", "end": "9999-12-30T10:00:00Z"}
    with pytest.raises(InvalidRequest) as refused:
        series("FREQ=DAILY", time_zone, late)
    assert refused.value.errors[0].field == "recurrence.rule"
