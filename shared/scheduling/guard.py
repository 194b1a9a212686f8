"""The conflict guard: no two checked writes ever take the same time, however many callers race.

The proof rests on the order of the steps: a fence is read before anything that it guards.

1. Read the fences of every week that the interval touches, and the event itself.
2. Find the events that overlap, with strongly consistent reads. That there are none is known only when every range has
   been read to its end. A refusal stops reading at COLLISIONS_SHOWN collisions plus one, or after ROUNDS rounds with at
   least one.
3. In one transaction write the event and update each of those fences, on condition that the fence is unchanged since 1.

Two writers whose intervals overlap share a week, and so a fence: one commits; the other's transaction fails, and on
retry it reads the event of the first. Weeks sixteen apart share a fence as well: their writers delay each other, no
more.

A series takes time in any week: its write moves all fences, and whoever takes time later reads the series whole and
expands it there (`shared.scheduling.newly_taken` has what a change of one occurrence moves, and what one that may
conflict moves).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from shared.errors import AnswerLost, Contended, EventConflict
from shared.ids import CalendarId, EventId
from shared.request import Request
from shared.scheduling.access import Grant
from shared.scheduling.conflicts import SEARCH_SHARE, ConflictStore, collision, find_conflicts
from shared.scheduling.events import Event
from shared.scheduling.fences import Fence
from shared.scheduling.free_time import next_free
from shared.scheduling.lost_answers import LostAnswers, until_written
from shared.scheduling.newly_taken import fences_moved, newly_taken
from shared.scheduling.quotas import Quotas, Usage, size_of

if TYPE_CHECKING:
    from shared.scheduling.booking_changes import Bookings

# A change as a function of the stored event (None: there is none). It returns the event to write, or None to leave the
# stored one as it is, or raises the error with which the change fails.
Plan = Callable[[Event | None], Event | None]


class GuardedStore(ConflictStore, Protocol):
    """The operations on the events table that the guard needs. All reads are strongly consistent."""

    @property
    def grant(self) -> Grant:
        """Returns what the calendar granted the caller when it was last read."""

    def admit(self) -> None:
        """Reads what the calendar grants the caller. Raises NotFound, NotAllowed, InvalidRequest."""

    def read_guarded(
        self, calendar_id: CalendarId, event_id: EventId | None, names: Sequence[str]
    ) -> tuple[Event | None, list[Fence], Usage | None]:
        """Returns the event, if requested and existing, the fences of `names`, and the usage; None if not limited."""

    def put(self, event: Event, previous: Event | None) -> None:
        """Writes `event` if the stored one is still `previous`. Raises Contended, Throttled, AnswerLost."""

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:
        """Does the same, and updates each of `fences` on condition that it is unchanged, in one transaction."""


class Guard:
    """The writer of events of a calendar, with conflict checks."""

    def __init__(
        self,
        store: GuardedStore,
        request: Request,
        bookings: "Callable[[Request], Bookings]",
        quotas: Quotas | None = None,
    ) -> None:
        """Guards the calendar of `request`, and its `quotas` if there are any; retries end at its deadline.

        Events on several calendars are left to the `bookings` of the request.
        """
        self._store = store
        self._quotas = quotas
        self._request = request
        self._bookings = bookings
        self._access = request.access
        self._calendar_id = request.calendar_id
        self._deadline = request.deadline

    def write(
        self,
        event_id: EventId,
        make: Plan,
        *,
        checked: bool,
        creates: bool = False,
        new: bool = False,
        unread: bool = False,
        expected: Sequence[str] = (),
        lost: LostAnswers | None = None,
    ) -> Event:
        """Writes the event that `make` returns for the stored one. Returns the event as stored afterwards.

        Args:
            event_id: The event to write.
            make: The change. It is called again after each lost race.
            checked: Whether conflicts are refused; otherwise they are allowed.
            creates: Whether it is an event to be created, of which a stored one is no version before.
            new: Whether `event_id` was generated for this request, so that there is nothing to read.
            unread: Whether an event with that id is unlikely: it is read only after a condition has failed.
            expected: The names of the fences that the result probably needs, so that they are read in the same call as
                the event; others cost one more round.
            lost: What the request has tried to write before, without a response.

        Raises:
            EventConflict, QuotaExceeded, Unavailable (nothing written), OutcomeUnknown, and the errors of `make`.
            NotFound, NotAllowed: the caller may not do this, or not any more.
            InvalidRequest: the calendar is strict, and conflicts would be allowed.
            ManagedElsewhere: the event's home is another calendar.
        """
        tracked = lost or LostAnswers()
        # An event that is there may keep time whose fences move, even if it may conflict.
        names = () if creates and not checked else expected

        def attempt() -> Event | None:
            nonlocal names, new, unread
            wanted = None if (new or unread) and not tracked else event_id
            try:
                previous, fences, usage = self._read(wanted, names, creates=creates)
                if previous is not None and tracked.applied(previous):
                    return previous
                event = make(previous)
                if event is None:
                    if previous is None:
                        raise AssertionError("there is no event that could be left as it is")
                    return previous
                if event.on_several or (previous is not None and previous.on_several):
                    seen = [each for each in (previous, event) if each is not None]
                    bookings = self._bookings(self._request)
                    return bookings.change(event_id, make, seen, checked=checked, creates=creates, lost=tracked)
                taken = newly_taken(event, previous)
                needed = fences_moved(event, previous, taken if checked else None)
                if not {*needed} <= {*names}:
                    names = needed
                    return None
                fences = [each for each in fences if each.name in needed]
                self._check_room(event, previous, usage)
                if taken is not None:
                    event = self._checked(event, taken, fences) if checked else replace(event, checked_until=None)
                self._commit(event, previous, fences, tracked)
            except Contended:
                unread = False
                # In another's calendar, whether the caller may allow conflicts is read only now.
                new = new and (bool(names) or self._access.own)
                raise
            return event

        return until_written(attempt, tracked, self._deadline)

    def write_on_several(
        self,
        event_id: EventId,
        make: Plan,
        known: Event,
        *,
        checked: bool,
        creates: bool = False,
        any_of: Sequence[CalendarId] = (),
        lost: LostAnswers | None = None,
    ) -> Event:
        """Does what `write` does for an event on several calendars, which are then read at once.

        Args:
            event_id: The event to write.
            make: The change.
            known: The event as it was just seen; one to be created, as it is to be.
            checked: Whether conflicts are refused.
            creates: Whether it is to be created.
            any_of: Calendars of which a new event takes one that is free as well.
            lost: What the request has tried to write before, without a response.
        """
        event = None if creates else make(known)
        seen = [each for each in (known, event) if each is not None]
        bookings = self._bookings(self._request)
        return bookings.change(event_id, make, seen, checked=checked, creates=creates, any_of=any_of, lost=lost)

    def _read(
        self, event_id: EventId | None, names: Sequence[str], *, creates: bool
    ) -> tuple[Event | None, list[Fence], Usage | None]:
        if not event_id and not names:
            return None, [], None
        previous, fences, usage = self._store.read_guarded(self._calendar_id, event_id, names)
        if previous is not None and not creates:
            self.check_change(previous)
        return previous, fences, usage

    def check_change(self, event: Event) -> None:
        """Raises NotFound if the caller may not change `event`, by what the calendar granted when that was read."""
        self._access.check_change(event, self._store.grant)

    def _commit(self, event: Event, previous: Event | None, fences: list[Fence], lost: LostAnswers) -> None:
        try:
            if fences:
                self._store.put_guarded(event, previous, fences)
            else:
                self._store.put(event, previous)
        except AnswerLost:
            lost.add(event.history_id, previous)
            raise

    def _check_room(self, event: Event, previous: Event | None, usage: Usage | None) -> None:
        """Raises QuotaExceeded if `event` in place of `previous` is more than the calendar may hold."""
        if self._quotas is not None:
            self._quotas.check(size_of(event) - size_of(previous), usage)

    def _checked(self, event: Event, taken: Event, fences: list[Fence]) -> Event:
        """Returns `event`, of which a series says how far it was checked; `taken` is what newly takes time.

        Raises EventConflict if that conflicts with others, and Contended if the index lags behind a fence.
        """
        found = find_conflicts(self._store, taken, fences, self._deadline)
        if found.events:
            # The search reads up to five pages of each class: with little time left it would not finish.
            in_time = self._deadline.left(SEARCH_SHARE) > 0
            collisions = {event.calendar_id: found.events}
            free, stopped = next_free(self._store, taken, collisions) if in_time else (None, True)
            told = [collision(other, self._access, self._store.grant) for other in found.events]
            raise EventConflict(told, free, stopped=stopped, complete=found.complete)
        return event if taken is not event else replace(event, checked_until=found.checked_until)

    def preview(
        self,
        event_id: EventId,
        make: Plan,
        stored: Event | None,
        *,
        checked: bool,
        creates: bool,
        any_of: Sequence[CalendarId] = (),
    ) -> tuple[Event | None, EventConflict | None]:
        """Returns what `make` would make of `stored` (None: nothing), and why a write of it would be refused.

        Reads no fences, so another writer may still change the result before the caller writes.

        Raises the errors of `write` but EventConflict.
        """
        planned = make(stored)
        if planned is None:
            return None, None
        if planned.on_several or any_of or (stored is not None and stored.on_several):
            return self._bookings(self._request).preview(
                event_id, make, checked=checked, creates=creates, any_of=any_of
            )
        taken = newly_taken(planned, stored)
        if checked and taken is not None:
            try:
                planned = self._checked(planned, taken, [])
            except EventConflict as refusal:
                return planned, refusal
        return planned, None
