"""Bookings with one of their rules left out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shared.scheduling.booking_items import PlaceWrite
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
