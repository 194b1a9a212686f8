"""Bookings: changes of events on several calendars, on all of them at once or not at all.

The guard's rule holds in each calendar by itself (`shared.scheduling.guard`): its fences are read before anything that
they guard, and every transaction that takes time there moves them.

1. Read in all calendars what there is of the event, the fences, and what they grant the caller.
2. Find the conflicts in each calendar in which the event newly takes time.
3. In one transaction write the event in all calendars, each on condition that it is still as it was read; move the
   fences of those in which it newly takes time; and hold to the rights of the caller: to change it at home, and to book
   each other calendar in which something of it is changed. Taking it off a calendar needs no right there, and neither
   does what only frees time of it.

Take a calendar and two writes that take overlapping time in it. Both moved a fence of it, on condition of the value
that they had read, so one was first, and the other one read the fence, and then its events, after that. The calendars
need no order among themselves: a transaction does not wait for another one, it is cancelled and tried again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from shared.errors import AnswerLost, Contended, EventConflict, InvalidRequest, QuotaExceeded
from shared.ids import CalendarId, EventId
from shared.request import Request
from shared.scheduling import booking_items as items
from shared.scheduling.access import STRICT, CalendarAccess
from shared.scheduling.booking_items import PlaceRead, PlaceWrite
from shared.scheduling.booking_proposals import BookingStore, Proposal, Propose, Unread
from shared.scheduling.booking_search import BookingSearch
from shared.scheduling.conflicts import ConflictsFound
from shared.scheduling.events import Event
from shared.scheduling.fences import fences_of
from shared.scheduling.lost_answers import LostAnswers, until_written
from shared.scheduling.newly_taken import only_frees
from shared.scheduling.quotas import Quotas, size_of

# A change may turn out to concern other calendars, or other fences, than were read. More often only if it races.
ROUNDS: Final = 4


class BookingWriter:
    """The writer of events on several calendars, for a request to one of them."""

    def __init__(
        self,
        store: BookingStore,
        request: Request,
        deleted_seconds: int,
        quotas_of: Callable[[Request], Quotas] | None,
        side_by_side: Callable[..., Iterable[Any]],
    ) -> None:
        """Writes by `request`; what is taken off a calendar is kept for `deleted_seconds`.

        `side_by_side` is a concurrent `map` that does not use the threads of the store. `quotas_of` returns the quotas
        of the calendar of a request.
        """
        self._store = store
        self._request = request
        self._quotas_of = quotas_of
        self._search = BookingSearch(store, request.deadline, side_by_side)
        self._expires_at = request.now + deleted_seconds

    def write(
        self,
        event_id: EventId,
        propose: Propose,
        calendars: Iterable[CalendarId],
        *,
        checked: bool,
        expected: Sequence[str] = (),
        fences: Mapping[CalendarId, Sequence[str]] | None = None,
        lost: LostAnswers | None = None,
        answering: CalendarId | None = None,
    ) -> Event:
        """Writes what `propose` returns. Returns what a calendar holds afterwards: that of the request, or `answering`.

        Args:
            event_id: The event.
            propose: The change. It is called again after each lost race.
            calendars: The calendars that it probably concerns, so that they are read at once.
            checked: Whether conflicts are refused; otherwise they are allowed.
            expected: The names of the fences that it probably moves, so that they are read at once.
            fences: The same for single calendars.
            lost: What the request has tried to write before, without a response.
            answering: The calendar whose item is returned.

        Raises:
            EventConflict, QuotaExceeded, Unavailable (nothing written), OutcomeUnknown, and the errors of `propose`.
            NotFound, NotAllowed: the caller may not do this in the calendar of the request, or not any more.
            InvalidRequest: the same for another calendar; and for too many calendars.
        """
        tracked = lost or LostAnswers()
        wanted = {**dict.fromkeys([self._request.calendar_id, *calendars], expected), **(fences or {})}
        answered = answering or self._request.calendar_id

        def attempt() -> Event | None:
            plan, places = self._planned(event_id, propose, wanted, checked=checked, lost=tracked)
            if isinstance(plan, Event):
                return places[answered].event or plan
            try:
                self._store.write_places(plan)
            except AnswerLost:
                tracked.add(plan[0].event.history_id, places[self._request.calendar_id].event)
                return None
            return _in_calendar(plan, answered).written

        return until_written(attempt, tracked, self._request.deadline)

    def preview(self, event_id: EventId, propose: Propose, *, checked: bool) -> tuple[Event, EventConflict | None]:
        """Returns what the calendar of the request would hold after `write`, and why that would be refused.

        Raises the errors of `write` but EventConflict.
        """
        here: dict[CalendarId, Sequence[str]] = {self._request.calendar_id: ()}
        refused: list[EventConflict] = []
        plan, _ = self._planned(event_id, propose, here, checked=checked, refused=refused)
        event = plan if isinstance(plan, Event) else _in_calendar(plan, self._request.calendar_id).event
        return event, next(iter(refused), None)

    def read_beside(self, event_id: EventId, places: Mapping[CalendarId, PlaceRead]) -> dict[CalendarId, PlaceRead]:
        """Returns what the calendars of `places` hold of another event. Their fences were read before."""
        return self._store.read_places(event_id, [each.access for each in places.values()], dict.fromkeys(places, ()))

    def _planned(
        self,
        event_id: EventId,
        propose: Propose,
        wanted: dict[CalendarId, Sequence[str]],
        *,
        checked: bool,
        lost: LostAnswers | None = None,
        refused: list[EventConflict] | None = None,
    ) -> tuple[list[PlaceWrite] | Event, Mapping[CalendarId, PlaceRead]]:
        """Returns what is to be written, and what it was planned by. Adds to `wanted` what turns out to be needed."""
        for _ in range(ROUNDS):
            places = self._store.read_places(event_id, [self._access_to(each) for each in wanted], wanted)
            # Read after a copy that names it: what the calendars hold of the event otherwise may be of before a move.
            if unread := items.homes_in(places) - places.keys():
                wanted.update(dict.fromkeys(unread, ()))
                continue
            here = places[self._request.calendar_id].event
            if lost is not None and here is not None and lost.applied(here):
                return here, places
            try:
                return self._plan(places, propose, checked=checked, refused=refused), places
            except Unread as more:
                wanted.update(more.wanted)
        raise Contended("other calendars again than were read")

    def _access_to(self, calendar_id: CalendarId) -> CalendarAccess:
        own = self._request.access
        return own if calendar_id == own.calendar_id else CalendarAccess(own.user_id, calendar_id, "book")

    def _plan(
        self,
        places: Mapping[CalendarId, PlaceRead],
        propose: Propose,
        *,
        checked: bool,
        refused: list[EventConflict] | None = None,
    ) -> list[PlaceWrite] | Event:
        """Returns what is to be written, the home first; or the event, if nothing is.

        With `refused` no fences are needed, and conflicts are added to it instead of raised.

        Raises:
            Unread: something else has to be read first.
            EventConflict, QuotaExceeded, NotFound, NotAllowed, InvalidRequest, Contended.
        """
        proposal = propose(places)
        if isinstance(proposal, Event):
            return proposal
        event = items.later_than_all(proposal.event, places, self._request.now_ns)
        proposal = replace(proposal, event=event)
        write_in = partial(self._write_in, checked=checked, fenced=refused is None)
        if proposal.calendars - places.keys():
            raise Unread(dict.fromkeys([*places, *proposal.calendars], fences_of(event.content)))
        writes = self._writes(proposal, places, write_in)
        candidates = items.rotated(proposal.any_of, event.id)
        trials = {
            each: write_in(items.copy_in(each, event, places[each].event), proposal, places[each])
            for each in candidates
        }
        # Before any calendar is searched: who may not book there does not make it read.
        for write in (*writes, *trials.values()):
            self._admit(write, proposal)
        items.check_size([*writes, *trials.values()][: len(writes) + 1], event)
        found: Mapping[CalendarId, ConflictsFound] = {}
        if checked:
            found = self._search.conflicts([*writes, *trials.values()])
            candidates = [each for each in candidates if not found[each].events]
            must = {write.event.calendar_id for write in writes}
            if any(found[each].events for each in must & found.keys()) or len(candidates) < bool(trials):
                if not self._store.fresh:
                    # The rights may have ended since: what is in the way is told by them.
                    places = self._read_again(event.id, places, propose, [*writes, *trials.values()], proposal)
                refusal = self._search.refusal(proposal, places, found)
                if refused is None:
                    raise refusal
                refused.append(refusal)
        if trials:
            chosen = next(iter(candidates), proposal.any_of[0])
            content = replace(event.content, calendars=(*event.content.calendars, chosen))
            proposal = replace(proposal, event=replace(event, content=content), any_of=())
            writes = self._writes(proposal, places, write_in)
        unknown = ConflictsFound()
        return [items.noted(each, found.get(each.event.calendar_id, unknown).checked_until) for each in writes]

    def _writes(
        self, proposal: Proposal, places: Mapping[CalendarId, PlaceRead], write_in: Callable[..., PlaceWrite]
    ) -> list[PlaceWrite]:
        wanted = items.items_of(proposal.event, proposal.left, proposal.same, places, self._expires_at)
        return [write_in(each, proposal, places[each.calendar_id]) for each in wanted]

    def _write_in(
        self, item: Event, proposal: Proposal, place: PlaceRead, *, checked: bool, fenced: bool
    ) -> PlaceWrite:
        split_off = proposal.split_off
        if split_off is not None:
            split_off = split_off.in_calendar(item.calendar_id, self._expires_at)
        fences = place.fences_of(item, split_off, checked=checked) if fenced else []
        if fences is None:
            needed = {*fences_of(item.content), *place.fences_moved(item, checked=checked)}
            raise Unread(dict.fromkeys(proposal.calendars, sorted(needed)))
        at_home = item.calendar_id == self._request.calendar_id
        right = proposal.rights.get(item.calendar_id)
        copied = not (item.deleted or at_home or proposal.event.calendar_id == item.calendar_id)
        if right is None and copied and (split_off is not None or not only_frees(item, place.event)):
            right = "book"
        write = PlaceWrite(item, place, fences, right, split_off=split_off)
        return replace(write, allowing=item.stamp.on_conflict == "allow" and (write.taken is not None or at_home))

    def _admit(self, write: PlaceWrite, proposal: Proposal) -> None:
        """Checks that the caller may do this in a calendar, and that the calendar has room for it.

        Raises:
            QuotaExceeded: it has not, and the request is to it.
            InvalidRequest: another calendar has not, or the caller may not.
        """
        access, grant = write.place.access, write.place.grant
        elsewhere = access.calendar_id != self._request.calendar_id
        name = proposal.field_of(access.calendar_id)
        if elsewhere and write.right is not None:
            if not grant.may("write" if write.allowing else write.right):
                allow = write.allowing and grant.may(write.right)
                what = "in which you may allow conflicts" if allow else "that you may book"
                raise InvalidRequest.of(name, f"must be a calendar {what}")
            if write.allowing and grant.strict:
                raise InvalidRequest.of(name, STRICT["on_conflict"])
        if self._quotas_of is not None:
            growth = size_of(write.event) - size_of(write.place.event)
            if write.split_off is not None:
                growth += size_of(write.split_off.event) - size_of(write.split_off.previous)
            try:
                self._quotas_of(replace(self._request, access=access)).check(growth, write.place.usage)
            except QuotaExceeded:
                if not elsewhere:
                    raise
                raise InvalidRequest.of(name, "must be a calendar with room: this one holds all that it may") from None

    def _read_again(
        self,
        event_id: EventId,
        places: Mapping[CalendarId, PlaceRead],
        propose: Propose,
        writes: Iterable[PlaceWrite],
        proposal: Proposal,
    ) -> Mapping[CalendarId, PlaceRead]:
        """Returns `places` as they are now. Raises what `propose` and `_admit` raise if a right has ended."""
        read = self._store.read_places(event_id, [self._access_to(each) for each in places], dict.fromkeys(places, ()))
        propose(read)
        for write in writes:
            self._admit(replace(write, place=read[write.event.calendar_id]), proposal)
        return read


def _in_calendar(plan: Iterable[PlaceWrite], calendar_id: CalendarId) -> PlaceWrite:
    return next(each for each in plan if each.event.calendar_id == calendar_id)
