"""What a change of an event on several calendars proposes, and what it needs of the store."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.ids import CalendarId, EventId
from shared.scheduling.access import CalendarAccess
from shared.scheduling.booking_items import PlaceRead, PlaceWrite, SplitOff
from shared.scheduling.conflicts import ConflictStore
from shared.scheduling.events import Event
from shared.scheduling.roles import Right


class BookingStore(ConflictStore, Protocol):
    """The operations on the tables of events and of access that bookings need. All reads are strongly consistent."""

    def read_places(
        self, event_id: EventId, accesses: Sequence[CalendarAccess], names: Mapping[CalendarId, Sequence[str]]
    ) -> dict[CalendarId, PlaceRead]:
        """Returns the calendars of `accesses`, with the fences of `names`. No grant is older than what it allows."""

    def write_places(self, writes: Sequence[PlaceWrite]) -> None:
        """Writes all of it in one transaction, if each calendar is as it was read. Raises Contended, AnswerLost."""

    @property
    def fresh(self) -> bool:
        """Returns whether the grants were read at most a second ago."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of an event on several calendars.

    Attributes:
        event: What its home is to hold.
        left: The other calendars in which there may be something of it that `event` does not name.
        rights: The rights that it needs in any case, by calendar.
        any_of: Calendars of which it takes one that is free as well.
        same: Calendars that `event` names and that stay as they are.
        fields: What the request calls a calendar that the event does not name.
        split_off: A series that is made of a part of the event, in all of its calendars; or that is no more.
    """

    event: Event
    left: Collection[CalendarId] = ()
    rights: Mapping[CalendarId, Right] = field(default_factory=dict)
    any_of: Sequence[CalendarId] = ()
    same: Collection[CalendarId] = ()
    fields: Mapping[CalendarId, str] = field(default_factory=dict)
    split_off: SplitOff | None = None

    @property
    def calendars(self) -> set[CalendarId]:
        """Returns all calendars that it concerns."""
        named = set(self.event.content.calendars).difference(self.same)
        return {self.event.calendar_id, *named, *self.left, *self.any_of, *self.rights}

    def field_of(self, calendar_id: CalendarId) -> str:
        """Returns the field of the request that names a calendar."""
        if calendar_id in self.event.content.calendars:
            return f"calendars[{self.event.content.calendars.index(calendar_id)}]"
        if calendar_id in self.any_of:
            return f"any_of[{self.any_of.index(calendar_id)}]"
        return self.fields.get(calendar_id, "calendars")


class Unread(Exception):
    """A change concerns more than was read: `wanted` are calendars, each with the names of the fences to read there."""

    def __init__(self, wanted: Mapping[CalendarId, Sequence[str]]) -> None:
        super().__init__()
        self.wanted = wanted


# A change as a function of what the calendars hold. It returns the event itself if nothing is to be changed, and raises
# the error with which the change fails.
Propose = Callable[[Mapping[CalendarId, PlaceRead]], Proposal | Event]
