"""Typical requests about series, and about single occurrences."""

from dataclasses import replace
from typing import Any, Final

from shared.scheduling.recurrences import Recurrence
from shared.scheduling.settled_content import settled
from tests.harness.dataset import Dataset, GatewayEvent, at
from tests.harness.routes import Route

# What an hour is in minutes, and a day.
HOUR, DAY = 60, 24 * 60


def _stored(data: Dataset) -> str:
    """Returns the id of a series of its own: an hour of each day."""
    event = data.version(0)
    series = replace(
        event, content=settled(replace(event.content, time_zone="UTC", recurrence=Recurrence("FREQ=DAILY")))
    )
    data.store(series)
    return series.id


def _occurrence(data: Dataset, day: int) -> str:
    """Returns the id of the occurrence on a day of a series of its own."""
    start = at(day * DAY)
    return f"{_stored(data)}_{start[:10].replace('-', '')}T{start[11:19].replace(':', '')}"


def _change(fields: dict[str, Any] | None, **query: str) -> Any:
    """Returns a request that changes an occurrence, or cancels it if there are no fields."""

    def prepare(data: Dataset, _: int) -> GatewayEvent:
        # A calendar of its own for each: all of them take the same hours.
        own = Dataset(data.runtime)
        method = "DELETE" if fields is None else "PATCH"
        return own.request(method, "/events/{event_id}", fields, query, event_id=_occurrence(own, 7))

    return prepare


def _get(data: Dataset, _: int) -> GatewayEvent:
    return data.request("GET", "/events/{event_id}", event_id=_occurrence(data, 7))


def _list(data: Dataset, _: int) -> GatewayEvent:
    window = {"from": at(0), "to": at(31 * DAY)}
    return data.request("GET", "/events/{event_id}/occurrences", query=window, event_id=_stored(data))


MOVED: Final = {"start": at(7 * DAY + 3 * HOUR), "end": at(7 * DAY + 4 * HOUR)}
SERIES_ROUTES: Final = (
    Route("get an occurrence", "events", _get),
    Route("list occurrences", "events", _list),
    Route("move an occurrence", "events", _change(MOVED)),
    Route("end an occurrence later", "events", _change({"end": at(7 * DAY + 2 * HOUR)})),
    Route("retitle an occurrence", "events", _change({"title": "x"})),
    Route("cancel an occurrence", "events", _change(None), 204),
    Route("move the following occurrences", "events", _change(MOVED, scope="following")),
    Route("retitle the following occurrences", "events", _change({"title": "x"}, scope="following")),
    Route("end a series", "events", _change(None, scope="following"), 204),
    Route("move a series", "events", _change(MOVED, scope="all")),
)
