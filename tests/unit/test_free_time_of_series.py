"""When series take time: told in pages where they take place very often."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.scheduling import free_time
from shared.scheduling.events import Event
from shared.scheduling.free_time import FreeBusyQuery, next_free, read_free_busy
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval, merged
from shared.scheduling.recurrences import occurrences
from tests.harness.samples import OWNER, event
from tests.harness.series_contents import series
from tests.unit.in_memory_calendar import InMemory

WINDOW = Interval(Instant("2027-03-01T12:00:00Z"), Instant("2027-05-02T12:00:00Z"))
HOURLY = f"FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))}"


def often(number: int, seconds: int) -> Event:
    """A series that takes place each hour, from another minute on."""
    start = datetime(2027, 3, 1) + timedelta(minutes=9 * number)  # noqa: DTZ001 local by its meaning
    return replace(event(), content=series(start.isoformat(), HOURLY, seconds=seconds))


@pytest.mark.parametrize("seconds", [300, 540])
def test_what_series_take_very_often_is_told_in_pages(seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_time, "OCCURRENCES_TOLD", 1)
    long = event("2027-03-20T09:04:30Z", "2027-03-28T10:05:30Z")
    events = [*(often(number, seconds) for number in range(5)), long]
    store = InMemory(events)
    found: list[Interval] = []
    pages, cursor = 0, None
    while pages == 0 or cursor is not None:
        query = FreeBusyQuery.of(WINDOW.start, WINDOW.end, cursor, WINDOW.start)
        busy, cursor = read_free_busy(store, OWNER, query)
        found += busy
        pages += 1
    everything = [each.content.interval for one in events for each in occurrences(one, WINDOW)]
    assert found == merged(everything, WINDOW)
    assert len(everything) == 5 * 24 * 62 + 1
    assert pages == 2  # days are gone through in growing steps


def test_the_search_for_a_free_time_goes_through_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_time, "OCCURRENCES_TOLD", 1)
    store = InMemory([often(number, 540) for number in range(6)])
    wanted = event("2027-03-03T12:00:00Z", "2027-03-03T12:05:00Z")
    # From the 54th minute on nothing takes place.
    assert next_free(store, wanted, {OWNER: []}) == ("2027-03-03T12:54:00Z", False)
    much = event("2027-03-03T12:00:00Z", "2027-03-03T15:00:00Z")
    assert next_free(store, much, {OWNER: []}) == (None, True)
    assert store.reads == 2
