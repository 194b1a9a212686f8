"""The range of the series in the index: its ends, what comes close to them, and more of it than a page."""

import pytest

from shared.errors import EventConflict
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.intervals import Interval
from shared.scheduling.recurrences import Override
from shared.store import event_ranges, keys
from shared.store.bulk import DynamoBulkStore
from shared.store.codec import text
from shared.store.events import DynamoEventStore
from tests.harness.botocore_faults import QUERY
from tests.harness.series_contents import HOUR, override, series
from tests.integration.conflicts.contended_calendar import ContendedCalendar, content

# Ten weeks, the last of them from 9 to 10 o'clock on 2027-05-03.
TEN_WEEKS = series("2027-03-01T09:00:00", "FREQ=WEEKLY;COUNT=10")
ENDS = Instant("2027-05-03T10:00:00Z")


def series_in(contended: ContendedCalendar, start: Instant, end: Instant, *, opaque: bool = False) -> list[Event]:
    store = DynamoEventStore(contended.wired.clients, contended.wired.settings.events_table)
    window = Interval(start, end)
    _, found = store.read_with_series(contended.calendar_id, [], start, 10, window, opaque=opaque)
    return found


def conflicts(contended: ContendedCalendar, start: Instant, seconds: int = 60) -> bool:
    try:
        event = contended.subject().create(content(start, shifted(start, seconds)))
    except EventConflict:
        return True
    contended.rival().delete(event.id)
    return False


def test_a_series_is_met_up_to_its_last_second(contended: ContendedCalendar) -> None:
    contended.rival().create(TEN_WEEKS)
    at_the_end = [conflicts(contended, shifted(ENDS, by)) for by in (-3601, -3600, -60, 0, HOUR)]
    assert at_the_end == [True, True, True, False, False]
    assert [conflicts(contended, shifted(TEN_WEEKS.start, by)) for by in (-60, -59, 0)] == [False, True, True]


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        (override("20270308T090000", "2027-08-01T12:00:00Z"), "2027-08-01T12:30:00Z"),
        (override("20270308T090000", "2027-01-05T12:00:00Z"), "2027-01-05T12:30:00Z"),
        (override("20270503T090000", "2027-05-03T09:00:00Z", 5 * HOUR), "2027-05-03T13:30:00Z"),
    ],
    ids=["moved behind the end", "moved before the start", "longer than the others"],
)
def test_the_extent_is_that_of_exceptions_too(contended: ContendedCalendar, changed: Override, start: Instant) -> None:
    made = contended.rival().create(series("2027-03-01T09:00:00", "FREQ=WEEKLY;COUNT=10", changed=[changed]))
    assert conflicts(contended, start)
    assert [each.id for each in series_in(contended, start, shifted(start, 60))] == [made.id]


def test_what_is_long_over_or_far_away_is_not_read(contended: ContendedCalendar) -> None:
    contended.rival().create(TEN_WEEKS)
    day = 24 * HOUR
    assert series_in(contended, shifted(ENDS, day + 1), shifted(ENDS, 2 * day)) == []
    assert series_in(contended, shifted(TEN_WEEKS.start, -3 * day), shifted(TEN_WEEKS.start, -day)) == []
    assert len(series_in(contended, shifted(ENDS, day), shifted(ENDS, 2 * day))) == 1
    assert len(series_in(contended, shifted(TEN_WEEKS.start, -3 * day), shifted(TEN_WEEKS.start, 1 - day))) == 1


@pytest.mark.parametrize("slack", [event_ranges.SERIES_SLACK, 0])
def test_a_law_that_moves_the_clock_hides_no_series(
    contended: ContendedCalendar, monkeypatch: pytest.MonkeyPatch, slack: int
) -> None:
    made = contended.rival().create(TEN_WEEKS)
    # As if it had been stored by other rules of its zone: with the whole of it two hours earlier.
    contended.runtime.clients.dynamodb.update_item(
        TableName=contended.runtime.settings.events_table,
        Key=keys.event_key(contended.calendar_id, made.id),
        UpdateExpression="SET span = :span",
        ExpressionAttributeValues={":span": text(keys.span(made).replace("T10:00:00Z", "T08:00:00Z"))},
    )
    monkeypatch.setattr(event_ranges, "SERIES_SLACK", slack)
    last = shifted(ENDS, -HOUR)
    assert len(series_in(contended, last, ENDS)) == (1 if slack else 0)


def test_more_series_than_a_page_are_all_read(contended: ContendedCalendar) -> None:
    stored: list[Content] = []
    for number in range(30):
        # 45 KB each: the texts of 150 occurrences.
        first = series(f"2027-03-01T{number % 24:02}:{number // 24 * 30:02}:00", "FREQ=DAILY", seconds=1800)
        days = [f"2027{3 + day // 28:02}{1 + day % 28:02}" for day in range(150)]
        texts = [override(f"{day}T{number % 24:02}{number // 24 * 30:02}00", description="x" * 280) for day in days]
        stored.append(series(str(first.start).rstrip("Z"), "FREQ=DAILY", seconds=1800, changed=texts))
    events, failed = contended.rival_bulk(stored)
    assert failed == {}
    found = series_in(contended, Instant("2027-06-01T00:00:00Z"), Instant("2027-06-02T00:00:00Z"))
    assert contended.wire.calls[QUERY] == 2
    assert sorted(each.id for each in found) == sorted(each.id for each in events)
    # The last of them in the index is in the way of what wants its time.
    last = max(events, key=keys.span)
    with pytest.raises(EventConflict) as caught:
        contended.subject().create(content(*Interval(last.content.start, last.content.end)))
    assert [str(each.id).partition("_")[0] for each in caught.value.collisions] == [last.id]


@pytest.mark.parametrize("opaque", [False, True])
def test_what_takes_no_time_is_left_out_where_time_is_asked_for(contended: ContendedCalendar, opaque: bool) -> None:
    once = override("20270308T110000", transparency="opaque")
    free = contended.rival().create(series("2027-03-01T09:00:00", "FREQ=WEEKLY", transparency="transparent"))
    some = contended.rival().create(
        series("2027-03-01T11:00:00", "FREQ=WEEKLY", transparency="transparent", changed=[once])
    )
    busy = contended.rival().create(series("2027-03-01T13:00:00", "FREQ=WEEKLY"))
    found = {each.id for each in series_in(contended, busy.content.start, ENDS, opaque=opaque)}
    assert found == ({some.id, busy.id} if opaque else {free.id, some.id, busy.id})


def test_a_report_of_a_bulk_request_names_occurrences(contended: ContendedCalendar) -> None:
    made = contended.rival().create(TEN_WEEKS)
    store = DynamoBulkStore(contended.runtime.clients, contended.runtime.settings.events_table)
    windows = [
        Interval(Instant("2027-03-08T00:00:00Z"), Instant("2027-03-16T00:00:00Z")),
        Interval(Instant("2027-04-26T09:30:00Z"), Instant("2027-04-26T09:31:00Z")),
    ]
    crowd, complete = store.crowd(contended.calendar_id, windows, 5.0)
    expected = [f"{made.id}_{each}T090000" for each in ("20270308", "20270315", "20270426")]
    assert (sorted(each.id for each in crowd), complete) == (expected, True)
