"""The search for conflicts of an event on several calendars, and for a time at which all of them are free."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.errors import EventConflict
from shared.ids import CalendarId
from shared.retries import Deadline
from shared.scheduling.booking_items import PlaceRead, PlaceWrite
from shared.scheduling.booking_proposals import BookingStore, Proposal
from shared.scheduling.conflicts import SEARCH_SHARE, ConflictsFound, collision, find_conflicts
from shared.scheduling.free_time import next_free
from shared.scheduling.instants import Instant
from shared.scheduling.newly_taken import newly_taken


class BookingSearch:
    """Searches calendars, side by side."""

    def __init__(self, store: BookingStore, deadline: Deadline, side_by_side: Callable[..., Iterable[Any]]) -> None:
        """Reads `store` until `deadline`; `side_by_side` is a concurrent `map` that uses threads of its own."""
        self._store = store
        self._deadline = deadline
        self._side_by_side = side_by_side

    def conflicts(self, writes: Iterable[PlaceWrite]) -> dict[CalendarId, ConflictsFound]:
        """Returns the conflicts in each calendar in which `writes` take time; of the others, that there are none."""

        def find(write: PlaceWrite) -> ConflictsFound:
            if write.taken is None:
                return ConflictsFound()
            return find_conflicts(self._store, write.taken, write.fences, self._deadline, write.making_way)

        wanted = list(writes)
        found = self._side_by_side(find, wanted)
        return {write.event.calendar_id: each for write, each in zip(wanted, found, strict=True)}

    def refusal(
        self, proposal: Proposal, places: Mapping[CalendarId, PlaceRead], found: Mapping[CalendarId, ConflictsFound]
    ) -> EventConflict:
        """Returns the error for a change that conflicts with what was found in some of the calendars."""
        collisions = [
            collision(other, places[calendar_id].access, places[calendar_id].grant)
            for calendar_id, each in found.items()
            for other in each.events
        ]
        collisions.sort(key=lambda each: (each.start, each.end, each.calendar_id))
        free, stopped = self._next_free(proposal, places, found)
        complete = all(each.complete for each in found.values())
        return EventConflict(collisions, free, stopped=stopped, complete=complete)

    def _next_free(
        self, proposal: Proposal, places: Mapping[CalendarId, PlaceRead], found: Mapping[CalendarId, ConflictsFound]
    ) -> tuple[Instant | None, bool]:
        """Returns when all calendars are free, and whether the search for that was stopped."""
        event = newly_taken(proposal.event, places[proposal.event.calendar_id].event) or proposal.event
        must = [event.calendar_id, *event.content.calendars]
        if not all(places[each].grant.may("busy") for each in must):
            return None, True  # when the others are taken is not for the caller to know
        # The search reads up to five pages of each class: with little time left it would not finish.
        starts, stopped = [], False
        for also in [[each] for each in proposal.any_of] or [[]]:
            if self._deadline.left(SEARCH_SHARE) <= 0:
                return None, True
            known = {each: found.get(each, ConflictsFound()).events for each in (*must, *also)}
            start, unfinished = next_free(self._store, event, known, self._side_by_side)
            starts += [start] if start else []
            stopped = stopped or unfinished
        return min(starts, default=None), stopped
