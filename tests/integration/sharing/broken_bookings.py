"""Bookings with one of their rules left out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.ids import EventId
from shared.scheduling.booking_items import PlaceWrite
from shared.scheduling.conflicts import ConflictStore
from shared.scheduling.events import Event
from shared.scheduling.fences import Fence, latest_entries
from shared.scheduling.intervals import Interval
from shared.scheduling.window_reader import position_of
from shared.store.bookings import DynamoBookingStore


class HomesFencesOnly(DynamoBookingStore):
    """Moves the fences of the event's home, and of no other calendar."""

    def _actions(self, write: PlaceWrite) -> list[Any]:
        return super()._actions(write if write.event.home is None else replace(write, fences=()))


class CalendarByCalendar(DynamoBookingStore):
    """Writes a transaction for each calendar."""

    def write_places(self, writes: Sequence[PlaceWrite]) -> None:
        for write in writes:
            super().write_places([write])


def fences_believed(
    store: ConflictStore,  # noqa: ARG001
    event: Event,
    interval: Interval,
    found: Mapping[EventId, Event],
    fences: Sequence[Fence],
    besides: EventId | None = None,  # noqa: ARG001
) -> list[Event]:
    """Refuses by what the fences remember, and does not look up whether it is still there."""
    remembered = {
        each.event_id: replace(event, id=each.event_id, content=replace(event.content, start=each.start, end=each.end))
        for each in latest_entries(fences, interval).values()
        if each.event_id != event.id
    }
    return sorted({**remembered, **found}.values(), key=position_of)
