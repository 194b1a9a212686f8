"""The changes of events on several calendars, each as a proposal of what the home is to hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shared.errors import Contended, EventConflict, InvalidRequest, NotAllowed, NotFound
from shared.ids import CalendarId, EventId
from shared.request import Request
from shared.scheduling.booking_items import OWN_EVENT, PlaceRead, Places, SplitOff
from shared.scheduling.booking_proposals import Proposal, Unread
from shared.scheduling.bookings import BookingWriter
from shared.scheduling.events import MOST_CALENDARS, Event
from shared.scheduling.fences import ALL_FENCES, fences_of
from shared.scheduling.guard import Plan
from shared.scheduling.lost_answers import LostAnswers
from shared.scheduling.newly_taken import newly_taken
from shared.scheduling.roles import Right
from shared.sharing_errors import ManagedElsewhere

# A change of a series that may split another one off from it, given what calendars hold of both. None: nothing is to be
# changed.
Split = Callable[[Places, Places], tuple[Event, SplitOff | None] | None]


@dataclass(frozen=True, slots=True)
class Bookings:
    """Changes, by `request`, of events on several calendars."""

    request: Request
    writer: BookingWriter

    def change(
        self,
        event_id: EventId,
        make: Plan,
        known: Sequence[Event],
        *,
        checked: bool,
        creates: bool = False,
        any_of: Sequence[CalendarId] = (),
        lost: LostAnswers | None = None,
    ) -> Event:
        """Changes the event by `make`. Returns what the calendar of the request holds of it afterwards.

        That is its home; or else, if `make` deletes it, it is taken off that calendar. `known` is the event as it was
        seen last and as it is to be.

        Raises:
            ManagedElsewhere, the errors of `make`, and those of `BookingWriter.write`.
        """
        first, last = known[0], known[-1]
        calendars = [*any_of, *(each for event in known for each in (*event.content.calendars, event.home) if each)]
        takes_time = (
            (creates and checked)
            or first.deleted
            or newly_taken(last, first) is not None
            or not set(last.content.calendars) <= set(first.content.calendars)
        )
        expected = fences_of(last.content) if takes_time and not last.deleted and last.content.busy else ()
        propose = self._proposing(make, creates=creates, any_of=any_of)
        return self.writer.write(event_id, propose, calendars, checked=checked, expected=expected, lost=lost)

    def preview(
        self, event_id: EventId, make: Plan, *, checked: bool, creates: bool, any_of: Sequence[CalendarId] = ()
    ) -> tuple[Event, EventConflict | None]:
        """Returns what the calendar of the request would hold after `change`, and why that would be refused."""
        propose = self._proposing(make, creates=creates, any_of=any_of)
        return self.writer.preview(event_id, propose, checked=checked)

    def split(
        self,
        series_id: EventId,
        make: Split,
        *,
        checked: bool,
        other: EventId | None = None,
        calendars: Sequence[CalendarId] = (),
    ) -> Event:
        """Changes a series by `make`, in all of its calendars. Returns what is split off from it, or else the series.

        After a lost answer it may be the series, though something was split off.

        Args:
            series_id: The series.
            make: The change.
            checked: Whether conflicts are refused.
            other: What was split off from it before, and is to be deleted or restored; None if there is nothing yet.
            calendars: The other calendars that it is on, if they are known.

        Raises:
            ManagedElsewhere, the errors of `make`, and those of `BookingWriter.write`.
        """
        # All fences are moved, so they are read with the series.
        fences = dict.fromkeys((self.request.calendar_id, *calendars), ALL_FENCES)
        return self.writer.write(series_id, self._splitting(make, other), calendars, checked=checked, fences=fences)

    def preview_split(
        self, series_id: EventId, make: Split, *, checked: bool, other: EventId | None = None
    ) -> tuple[Event, EventConflict | None]:
        """Returns what would be left of the series after `split`, and why that would be refused."""
        return self.writer.preview(series_id, self._splitting(make, other), checked=checked)

    def move(self, event_id: EventId, make: Plan, to: CalendarId) -> Event:
        """Makes the calendar `to` the event's home. Returns the event there; `make` gives it the stamp of the move.

        Raises:
            ManagedElsewhere, the errors of `make`, and those of `BookingWriter.write`.
        """

        def propose(places: Places) -> Proposal:
            return self._moved(places, make, to)

        # Its interval is known only when it is read. So all fences are read there at once, instead of one read more.
        return self.writer.write(event_id, propose, [to], checked=True, fences={to: ALL_FENCES}, answering=to)

    def _proposing(
        self, make: Plan, *, creates: bool, any_of: Sequence[CalendarId]
    ) -> Callable[[Places], Proposal | Event]:
        def propose(places: Places) -> Proposal | Event:
            here = self._admitted(places, creates=creates)
            event = make(here.event)
            if event is None:
                if here.event is None:
                    raise AssertionError("there is no event that could be left as it is")
                return here.event
            if here.event is not None and here.event.home is not None and not creates:
                if not event.deleted:
                    raise ManagedElsewhere
                return self._taken_off(places, here, event, here.event.home)
            _check_others(event, any_of)
            before = here.event.content.calendars if here.event is not None else ()
            left = [each for each in before if each not in event.content.calendars]
            return Proposal(event, left, {event.calendar_id: self.request.access.change_right(event)}, any_of)

        return propose

    def _splitting(self, make: Split, other: EventId | None) -> Callable[[Places], Proposal | Event]:
        def propose(places: Places) -> Proposal | Event:
            split_off: SplitOff | None = None
            if other is not None:
                held: Places = self.writer.read_beside(other, places)
            else:
                held = {each: replace(place, event=None) for each, place in places.items()}

            def plan(_: Event | None) -> Event | None:
                nonlocal split_off
                made = make(places, held)
                if made is None:
                    return None
                event, split_off = made
                return event

            proposal = self._proposing(plan, creates=False, any_of=())(places)
            return replace(proposal, split_off=split_off) if isinstance(proposal, Proposal) else proposal

        return propose

    def _taken_off(self, places: Places, here: PlaceRead, tombstone: Event, home: CalendarId) -> Proposal:
        """Returns the change by which an event is not on the calendar of the request any more.

        That needs the right to write in that calendar, and none at home.
        """
        here_id = self.request.calendar_id
        role = here.grant.role
        if role is None:
            raise NotFound("calendar")
        if not here.grant.may("write"):
            raise NotAllowed(role, "write")
        if home not in places:
            raise Unread({home: ()})
        at_home = places[home].event
        if at_home is not None and here.event is not None and at_home.history_id < here.event.history_id:
            raise Contended("the home was read before a change that this calendar shows")
        if at_home is None or at_home.deleted or here_id not in at_home.content.calendars:
            # Its home knows nothing of it any more: what is left of it is in this calendar alone.
            return Proposal(tombstone, (), {here_id: "write"})
        others = tuple(each for each in at_home.content.calendars if each != here_id)
        stamp = replace(tombstone.stamp, type="update")
        event = at_home.changed(replace(at_home.content, calendars=others), stamp, self.request.now_ns)
        return Proposal(event, [here_id], {here_id: "write"}, same=others)

    def _moved(self, places: Places, make: Plan, to: CalendarId) -> Proposal:
        here = self._admitted(places, creates=False)
        if to == self.request.calendar_id:
            raise InvalidRequest.of("to", "must be another calendar than the event's own")
        event = make(here.event)
        if event is None or here.event is None:
            raise NotFound("event")
        if here.event.elsewhere:
            raise ManagedElsewhere
        there = places[to].event
        if there is not None and not there.deleted and there.home != self.request.calendar_id:
            raise InvalidRequest.of("to", OWN_EVENT)
        moved = replace(
            event,
            calendar_id=to,
            content=replace(event.content, calendars=tuple(each for each in event.content.calendars if each != to)),
            stamp=replace(event.stamp, version=there.stamp.version + 1 if there is not None else 1),
        )
        rights: dict[CalendarId, Right] = {
            self.request.calendar_id: self.request.access.change_right(here.event),
            to: "book",
        }
        return Proposal(moved, [self.request.calendar_id], rights, fields={to: "to"})

    def _admitted(self, places: Places, *, creates: bool) -> PlaceRead:
        """Returns the calendar of the request, if the caller may do this there.

        Raises NotFound, NotAllowed, InvalidRequest.
        """
        here = places[self.request.calendar_id]
        self.request.access.check(here.grant)
        if here.event is not None and not creates:
            self.request.access.check_change(here.event, here.grant)
        return here


def _check_others(event: Event, any_of: Sequence[CalendarId]) -> None:
    """Raises InvalidRequest if a request names a calendar that the event is on anyway, or too many."""
    for at, calendar_id in enumerate(event.content.calendars):
        if calendar_id == event.calendar_id:
            raise InvalidRequest.of(f"calendars[{at}]", "must be another calendar than the event's own")
    for at, calendar_id in enumerate(any_of):
        if calendar_id in (event.calendar_id, *event.content.calendars):
            raise InvalidRequest.of(f"any_of[{at}]", "must be another calendar than those that the event is on anyway")
    if 1 + len(event.content.calendars) + bool(any_of) > MOST_CALENDARS:
        raise InvalidRequest.of("any_of", f"must be left out: an event is on at most {MOST_CALENDARS} calendars")
