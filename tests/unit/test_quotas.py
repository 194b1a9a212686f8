"""What quotas allow by what is known: without a call while that suffices, and never more than a reading leaves."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.errors import QuotaExceeded
from shared.history.changes import Change
from shared.history.usage import Correction, growth_of
from shared.ids import CalendarId, EventId
from shared.request import Request
from shared.scheduling import quotas
from shared.scheduling.quotas import (
    BYTES_PER_SECOND,
    EVENTS_PER_SECOND,
    NOTHING,
    SMALL_TEXT_BYTES,
    Limits,
    Quotas,
    Readings,
    Usage,
    bytes_of,
    size_of,
)
from tests.harness.samples import OWNER, event, request

ONE = Usage(1, 10)


class Counted:
    """The usage of a calendar, and how often it was read."""

    def __init__(self, usage: Usage) -> None:
        self.usage = usage
        self.reads = 0

    def read(self, calendar_id: CalendarId) -> Usage:
        assert calendar_id == OWNER
        self.reads += 1
        return self.usage


def asked(seconds: float = 0) -> Request:
    return replace(request(), now_ns=request().now_ns + round(seconds * 1_000_000_000))


def quotas_of(limits: Limits, counted: Counted, readings: Readings | None = None, seconds: float = 0) -> Quotas:
    return Quotas(limits, asked(seconds), readings or Readings(), counted.read)


@pytest.mark.parametrize(
    ("limits", "used", "growth", "exceeded"),
    [
        (Limits(events=3), Usage(2, 0), ONE, None),
        (Limits(events=3), Usage(3, 0), ONE, ("events", 3, 3)),
        (Limits(events=3), Usage(4, 0), ONE, ("events", 3, 4)),
        (Limits(events=3), Usage(1, 0), Usage(3, 0), ("events", 3, 1)),
        (Limits(events=3), Usage(-5, 0), Usage(4, 0), ("events", 3, 0)),  # a count that has drifted is no credit
        (Limits(text_bytes=30), Usage(9, 20), ONE, None),
        (Limits(text_bytes=30), Usage(9, 21), ONE, ("text_bytes", 30, 21)),
        (Limits(text_bytes=30), Usage(9, 99), Usage(1, 0), None),
        (Limits(events=3, text_bytes=30), Usage(9, 99), Usage(0, 0), None),
        (Limits(events=3, text_bytes=30), Usage(9, 99), Usage(0, -4), None),
        (Limits(events=3, text_bytes=30), Usage(9, 99), Usage(-1, 0), None),
        (Limits(events=3, text_bytes=30), Usage(9, 0), Usage(0, 4), None),  # no new event
        (Limits(series=3), Usage(9, 99, 2), Usage(1, 4, 1), None),
        (Limits(series=3), Usage(9, 99, 3), Usage(1, 4, 1), ("series", 3, 3)),
        (Limits(events=20, series=3), Usage(9, 99, 9), ONE, None),
        (Limits(), Usage(10**9, 10**12), Usage(1000, 10**9), None),
    ],
)
@pytest.mark.parametrize("just_read", [True, False])
def test_a_change_that_grows_beyond_a_limit_is_refused(
    limits: Limits, used: Usage, growth: Usage, exceeded: tuple[str, int, int] | None, just_read: bool
) -> None:
    counted = Counted(used)
    own = quotas_of(limits, counted)
    reading = used if just_read else None
    if exceeded is None:
        own.check(growth, reading)
    else:
        with pytest.raises(QuotaExceeded) as refused:
            own.check(growth, reading)
        error = refused.value
        assert (error.quota, error.limit, error.used) == exceeded
    assert not (just_read and counted.reads)


def test_without_limits_nothing_is_read() -> None:
    counted = Counted(Usage(10**9, 10**12))
    quotas_of(Limits(), counted).check(ONE)
    assert counted.reads == 0


def test_a_reading_serves_a_process_for_a_minute() -> None:
    counted, readings = Counted(NOTHING), Readings()
    limits = Limits(events=100_000, text_bytes=100_000_000)
    for seconds in (0, 1, 59, 60, 61, 100, 121.1):
        quotas_of(limits, counted, readings, seconds).check(ONE)
    assert counted.reads == 3  # at 0, 61 and 121.1


def test_a_clock_that_has_gone_back_makes_no_reading_last() -> None:
    counted, readings = Counted(NOTHING), Readings()
    for seconds in (10, 0):
        quotas_of(Limits(events=100_000), counted, readings, seconds).check(ONE)
    assert counted.reads == 2


@example(1000, 0, 1.0, 1000, 0)
@example(200_000, 0, 38.0, 1, 1_000_000)
@given(
    st.integers(1, 200_000),
    st.integers(0, 200_000),
    st.floats(0, 100),
    st.integers(1, 1000),
    st.integers(0, 100_000),
)
def test_what_is_ample_stays_within_the_limit_whatever_others_write(
    limit: int, used: int, seconds: float, events: int, text: int
) -> None:
    """A partition takes 500 events a second: those of others since the reading, and this request's, have room."""
    readings = Readings()
    readings.keep(OWNER, Usage(used, used * 100), asked().now_ms)
    limits = Limits(events=limit, text_bytes=limit * 100)
    later = Quotas(limits, asked(seconds), readings, Counted(NOTHING).read)
    age = (asked(seconds).now_ms - asked().now_ms) / 1000
    if later.ample(Usage(events, text)):
        assert used + age * EVENTS_PER_SECOND + events <= limit
        assert text == 0 or used * 100 + age * BYTES_PER_SECOND + text <= limit * 100


def test_a_process_keeps_the_latest_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "READINGS_KEPT", 2)
    readings = Readings()
    for name in ("a", "b", "a", "c"):
        readings.keep(CalendarId(name), ONE, 1)
    assert [readings.latest(CalendarId(name)) for name in "abc"] == [(ONE, 1), None, (ONE, 1)]


def test_a_short_text_is_written_unread_only_while_nothing_is_known() -> None:
    readings = Readings()
    own = quotas_of(Limits(text_bytes=10_000), Counted(NOTHING), readings)
    assert own.unread({"title": "x" * SMALL_TEXT_BYTES})
    assert not own.unread({"title": "x", "description": "x" * SMALL_TEXT_BYTES})
    assert own.unread({"location": None})
    readings.keep(OWNER, Usage(1, 9_999), asked().now_ms)
    assert not own.unread({"title": "x"})
    readings.keep(OWNER, Usage(1, 0), asked().now_ms)
    assert own.unread({"description": "x" * 5_000})
    assert quotas_of(Limits(), Counted(NOTHING)).unread({"description": "x" * 5_000})


@pytest.mark.parametrize(("value", "length"), [(None, 0), ("", 0), ("abc", 3), ("é", 2), ("日本", 6), ("\ud800", 3)])
def test_text_is_counted_in_utf8(value: str | None, length: int) -> None:
    assert bytes_of(value) == length


def test_an_event_counts_with_its_texts_and_a_deleted_one_does_not() -> None:
    made = event()
    text = len((made.content.title + made.content.description + made.content.location).encode())
    assert size_of(made) == Usage(1, text)
    assert size_of(replace(made, uid="é")) == Usage(1, text + 2)
    assert size_of(replace(made, stamp=replace(made.stamp, type="delete"))) == NOTHING
    assert size_of(None) == NOTHING


def test_a_change_delivered_twice_in_a_batch_counts_once() -> None:
    one, other = event(), replace(event(), id=EventId("other"), calendar_id=CalendarId("eve"))
    made, changed = Change(one, None, None, {}), Change(other, other, None, {})
    assert growth_of([made, made]) == {one.calendar_id: size_of(one)}
    assert growth_of([changed]) == {}  # nothing to add, so no call
    deleted = replace(one, stamp=replace(one.stamp, type="delete"))
    assert growth_of([Change(deleted, one, None, {})]) == {one.calendar_id: NOTHING - size_of(one)}


class Counts:
    """The counts of calendars, as they are corrected."""

    def __init__(self, **counted: Usage) -> None:
        self.counted = counted
        self.corrections: dict[str, str] = {}

    def read_to_correct(self, calendar_id: CalendarId) -> tuple[Usage, str]:
        return self.counted.get(calendar_id, NOTHING), self.corrections.get(calendar_id, "")

    def correct(self, calendar_id: CalendarId, growth: Usage, after: str, correction: str) -> bool:
        if self.corrections.get(calendar_id, "") != after:
            return False
        self.counted[calendar_id] = self.counted.get(calendar_id, NOTHING) + growth
        self.corrections[calendar_id] = correction
        return True


A, B = CalendarId("a"), CalendarId("b")


def test_a_correction_adds_what_is_missing() -> None:
    counts, correction = Counts(a=Usage(7, 70), b=Usage(1, 1)), Correction()
    assert correction.add([(A, ONE), (A, ONE)], counts, "first") == 0
    correction = Correction.of(correction.facts())  # the check goes on in another call
    assert correction.add([(A, ONE), (B, Usage(1, 1))], counts, "first") == 1
    assert correction.finish(counts, "first") == 0
    assert counts.counted == {"a": Usage(3, 30), "b": Usage(1, 1)}
    assert counts.corrections == {"a": "first"}


def test_what_is_counted_while_a_calendar_is_read_stays() -> None:
    counts, correction = Counts(a=Usage(5, 50)), Correction()
    correction.add([(A, ONE)], counts, "first")
    counts.counted["a"] += Usage(2, 20)
    assert correction.finish(counts, "first") == 1
    assert counts.counted["a"] == Usage(3, 30)  # 1 read, and 2 since


def test_two_checks_at_once_correct_once() -> None:
    counts = Counts(a=Usage(5, 50))
    first, second = Correction(), Correction()
    for each in (first, second):
        each.add([(A, ONE)], counts, "")
    assert [first.finish(counts, "1"), second.finish(counts, "2")] == [1, 0]
    assert counts.counted["a"] == ONE


def test_a_calendar_without_events_is_not_corrected() -> None:
    assert Correction().finish(Counts(a=ONE), "first") == 0
