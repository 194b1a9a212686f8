"""Requests that would be expensive if their cost grew with the number of events near those that they return."""

from dataclasses import replace
from typing import Final

from shared.scheduling.events import ChangeType, Event
from tests.harness.budgets import BULK
from tests.harness.dataset import Dataset, GatewayEvent, at, body
from tests.harness.event_requests import MONTH
from tests.harness.history_requests import instant_of
from tests.harness.routes import Route


def _crowd(data: Dataset) -> None:
    """Writes two bulks of events within the hour to which the requests refer."""
    data.store(*(data.version(index % 60, 1 + index % 9) for index in range(2 * BULK)))


def _create_in_a_crowd(data: Dataset, _: int) -> GatewayEvent:
    data.once("crowd", lambda: _crowd(data))
    return data.request("POST", "/events", body(15, 30))


def _busy_crowd(data: Dataset, _: int) -> GatewayEvent:
    data.once("crowd", lambda: _crowd(data))
    return data.request("GET", "/free-busy", query={"from": at(0), "to": at(MONTH)})


def _create_behind_a_crowd(data: Dataset, _: int) -> GatewayEvent:
    """Returns a creation in an hour with an event in the middle of it, after ten bulks that end before that hour."""

    def write() -> None:
        data.store(*(data.version(index % 30, 1 + index % 30) for index in range(10 * BULK)), data.version(90, 30))

    data.once("over", write)
    return data.request("POST", "/events", body(60))


def _behind_stays(data: Dataset, _: int) -> GatewayEvent:
    """Returns a listing of an empty month, after a thousand stays of two weeks that end two days before it."""
    day = 24 * 60
    data.once("stays", lambda: data.store(*(data.version(index - 17 * day, 14 * day) for index in range(BULK))))
    return data.request("GET", "/events", query={"from": at(0), "to": at(MONTH)})


def _behind_undone(data: Dataset, _: int) -> GatewayEvent:
    """Returns a listing of a month, as of now, in which a bulk was created and undone."""

    def write() -> None:
        made = [data.version(index, age_seconds=3600) for index in range(BULK)]
        data.record(*made)
        data.store_deleted(*(replace(event, stamp=replace(event.stamp, type="delete", version=2)) for event in made))

    data.once("undone", write)
    return data.request("GET", "/events", query={"from": at(0), "to": at(MONTH), "as_of": instant_of(data)})


def _behind_restored(data: Dataset, _: int) -> GatewayEvent:
    """Returns a listing of a month as of a moment between the undo of a bulk and the undo of that undo."""

    def write() -> None:
        made = [data.version(index, age_seconds=3600) for index in range(BULK)]
        deleted = [_after(data, event, 2, "delete", 2400) for event in made]
        restored = [_after(data, event, 3, "restore", 1200) for event in deleted]
        data.record(*made, *deleted, *restored)
        data.store(*restored)

    data.once("restored", write)
    query = {"from": at(0), "to": at(MONTH), "as_of": instant_of(data, age_seconds=1800)}
    return data.request("GET", "/events", query=query)


def _after(data: Dataset, event: Event, number: int, kind: ChangeType, age_seconds: int) -> Event:
    """Returns the next version of `event`, with the same content."""
    later = data.version(0, after=event, number=number, kind=kind, age_seconds=age_seconds)
    return replace(event, stamp=later.stamp)


CROWDED_ROUTES: Final = (
    Route("create, refused in a crowded hour (409)", "events", _create_in_a_crowd, 409),
    Route("create, refused behind a crowd (409)", "events", _create_behind_a_crowd, 409),
    Route("free and busy of a crowded hour", "events", _busy_crowd),
    Route("list a window behind 1,000 long stays", "events", _behind_stays),
    Route("list a window as of, behind an undone bulk", "events", _behind_undone),
    Route("list a window as of, behind a restored bulk", "events", _behind_restored),
)
