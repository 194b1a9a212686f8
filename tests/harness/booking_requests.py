"""Typical requests about events on several calendars: the caller's own, and rooms that everyone may book."""

import importlib
import json
from collections.abc import Callable
from typing import Any, Final

from shared.ids import CalendarId
from tests.harness.dataset import Dataset, GatewayEvent, at, body
from tests.harness.gateway import Context
from tests.harness.routes import Prepare, Route
from tests.harness.sharing import SharedCalendar

EVENT: Final = "/events/{event_id}"
# On how many calendars an event is here, its own among them.
PLACES: Final = 3


def rooms(data: Dataset, count: int = PLACES - 1) -> list[CalendarId]:
    """Returns rooms that everyone may book."""

    def make() -> list[CalendarId]:
        made = [SharedCalendar(data.runtime) for _ in range(count)]
        for room in made:
            room.set_state("booker")
        return [room.calendar_id for room in made]

    found: list[CalendarId] = data.once(f"{count} rooms", make)
    return found


def _created(data: Dataset, index: int, field: str, calendars: list[CalendarId]) -> GatewayEvent:
    return data.request("POST", "/events", {**body(60 * index), field: calendars})


def booked(data: Dataset, index: int) -> dict[str, Any]:
    """Books the rooms, by a request, and returns the event."""
    request = _created(data, index, "calendars", rooms(data))
    response = importlib.import_module("functions.events").handler(request, Context())
    event: dict[str, Any] = json.loads(response["body"])
    return event


def _changing(method: str, make: Callable[[int], Any] = lambda _: None) -> Prepare:
    def prepare(data: Dataset, index: int) -> GatewayEvent:
        return data.request(method, EVENT, make(index), event_id=booked(data, index)["id"])

    return prepare


def _times(index: int) -> dict[str, str]:
    start = 60 * index + 24 * 60 * 100
    return {"start": at(start), "end": at(start + 60)}


def _take_off(data: Dataset, index: int) -> GatewayEvent:
    """Somebody else's event, in a calendar of which the dataset's user is an editor."""
    room = SharedCalendar(data.runtime)
    room.set_state("booker")
    room.grant(data.user_id, "editor")
    request = _created(Dataset(data.runtime), index, "calendars", [room.calendar_id])
    event = json.loads(importlib.import_module("functions.events").handler(request, Context())["body"])
    resource = f"/calendars/{{calendar_id}}{EVENT}"
    return data.request("DELETE", resource, calendar_id=room.calendar_id, event_id=event["id"])


def _move(data: Dataset, index: int) -> GatewayEvent:
    event = data.version(60 * index)
    data.store(event)
    return data.request("POST", f"{EVENT}/move", {"to": rooms(data)[0]}, event_id=event.id)


BOOKING_ROUTES: Final = (
    Route("book 3 calendars", "events", lambda data, index: _created(data, index, "calendars", rooms(data)), 201),
    Route("book one of 3", "events", lambda data, index: _created(data, index, "any_of", rooms(data, 3)), 201),
    Route("reschedule on 3 calendars", "events", _changing("PATCH", _times)),
    Route("retitle on 3 calendars", "events", _changing("PATCH", lambda index: {"title": f"Review {index}"})),
    Route("cancel on 3 calendars", "events", _changing("DELETE"), 204),
    Route("take off a calendar", "events", _take_off, 204),
    Route("move to another calendar", "events", _move),
)
