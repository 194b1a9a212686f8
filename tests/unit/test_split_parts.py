"""The two parts of a series that was split: what of them is compared, and how far."""

from dataclasses import replace
from typing import Any

import pytest

from shared.errors import InvalidRequest
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.recurrences import Override, Recurrence
from shared.scheduling.series_splits import changed_series, split
from shared.scheduling.settled_content import settled
from shared.scheduling.split_parts import check_apart
from tests.harness.work import counted

AT, DAILY = "20270310T090000", "FREQ=DAILY"
# A check that looks at each day of the years to 9999 takes millions.
MOST_CALLS = 50_000


def moved(recurrence_id: str, start: str, **fields: str) -> Override:
    """An occurrence moved to another hour."""
    times = {"start": start, "end": shifted(Instant(start), 3600)}
    return Override(recurrence_id, tuple(sorted({**times, **fields}.items())))


def daily(rule: str = DAILY, *changed: Override, dates: tuple[str, ...] = (), **fields: Any) -> Content:
    """Nine o'clock in Berlin each day, from the first of March on."""
    made = Content(
        title="x",
        start=Instant("2027-03-01T08:00:00Z"),
        end=Instant("2027-03-01T09:00:00Z"),
        time_zone="Europe/Berlin",
        start_local="2027-03-01T09:00:00+01:00",
        recurrence=Recurrence(rule, dates, (), changed),
        **fields,
    )
    return settled(made)


def parts(content: Content, **times: str) -> tuple[Content, Content]:
    """The series split on the tenth of March, with the rest moved."""
    both = split(content, AT)
    assert both is not None
    head, tail = both
    return head, changed_series(tail, AT, {name: Instant(at) for name, at in times.items()}, drop=False)


@pytest.mark.parametrize("start", ["1970-01-01T03:00:00Z", "9999-12-30T03:00:00Z"])
@pytest.mark.parametrize("id_", ["20270305T090000", "20270315T090000"])
@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=DAILY;UNTIL=99981231T000000Z", "FREQ=DAILY;BYHOUR=9,11,13,15"])
def test_the_years_to_an_exception_far_away_are_not_gone_through(rule: str, id_: str, start: str) -> None:
    content = daily(rule, moved(id_, start), dates=("19700105T030000", "99991220T030000"))
    both = [parts(content)]
    if "BYHOUR" not in rule:
        both.append(parts(content, start="2027-03-10T19:00:00Z", end="2027-03-10T20:00:00Z"))
    for head, tail in both:
        with counted() as work:
            check_apart(head, tail)
        assert work.calls < MOST_CALLS


@pytest.mark.parametrize("start", ["2027-06-01T18:30:00Z", "2040-06-01T18:30:00Z", "9999-12-30T19:30:00Z"])
def test_what_was_moved_is_compared_where_it_is(start: str) -> None:
    head, tail = parts(
        daily(DAILY, moved("20270305T090000", start)), start="2027-03-10T19:00:00Z", end="2027-03-10T20:00:00Z"
    )
    with pytest.raises(InvalidRequest, match="start: must leave the earlier occurrences their time: 20270305T090000"):
        check_apart(head, tail)
    free = daily(DAILY, moved("20270305T090000", start, transparency="transparent"))
    check_apart(parts(free)[0], tail)
    # What is beside it is not in its way.
    check_apart(*parts(daily(DAILY, moved("20270305T090000", f"{start[:11]}13:00:00Z"))))


def test_what_of_the_rest_was_moved_is_compared_where_it_is() -> None:
    head, tail = parts(daily(DAILY, moved("20270315T090000", "2027-02-01T08:30:00Z")))
    check_apart(head, tail)
    recurrence = tail.recurrence
    assert recurrence is not None
    for start in ("2027-03-03T08:30:00Z", "2027-03-08T07:59:59Z"):
        there = replace(tail, recurrence=replace(recurrence, changed=(moved("20270315T090000", start),)))
        with pytest.raises(InvalidRequest, match=r"their time: 2027030[38]T090000 takes place then"):
            check_apart(head, there)


def test_two_that_were_moved_are_compared() -> None:
    opaque = {"transparency": "opaque"}
    changed = [
        moved("20270305T090000", "9990-01-01T00:00:00Z", **opaque),
        moved("20270315T090000", "9990-01-01T01:00:00Z", **opaque),
    ]
    content = daily(DAILY, *changed, transparency="transparent")
    head, tail = parts(content)
    check_apart(head, tail)
    recurrence = tail.recurrence
    assert recurrence is not None
    there = replace(recurrence, changed=(moved("20270315T090000", "9990-01-01T00:30:00Z", **opaque),))
    with pytest.raises(InvalidRequest, match="20270305T090000"):
        check_apart(head, replace(tail, recurrence=there))


def test_rules_are_compared_over_five_years() -> None:
    """Moved back by a year, the rest is there when the earlier occurrences are."""
    for start in ("2026-03-10T08:30:00Z", "2027-03-09T08:30:00Z"):
        with pytest.raises(InvalidRequest, match="earlier occurrences"):
            check_apart(*parts(daily(), start=start, end=f"{start[:11]}09:30:00Z"))
    check_apart(*parts(daily(), start="2026-03-10T12:00:00Z", end="2026-03-10T13:00:00Z"))
    at, back = "99980310T090000", {"start": Instant("2028-03-10T12:00:00Z"), "end": Instant("2028-03-10T13:00:00Z")}
    both = split(daily(), at)
    assert both is not None
    tail = changed_series(both[1], at, back, drop=False)
    with counted() as work:
        check_apart(both[0], tail)
    assert work.calls < MOST_CALLS
