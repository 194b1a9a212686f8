"""The conflict guard: no two checked writes ever take the same time, however many callers race.

The proof rests on the order of the steps: a fence is read before anything that it guards.

1. Read the fences of every ISO week that the interval touches, and the event itself.
2. Find the events that overlap, with strongly consistent reads. That there are none is known only when every range has
   been read to its end. A refusal stops reading at COLLISIONS_SHOWN collisions plus one, or after ROUNDS rounds with at
   least one.
3. In one transaction write the event and update each of those fences, on condition that the fence is unchanged since 1.

Two writers whose intervals overlap share a week, and so a fence: one commits; the other's transaction fails, and on
retry it reads the event of the first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from shared.errors import (
    COLLISIONS_SHOWN,
    AnswerLost,
    Collision,
    Contended,
    EventConflict,
    NotAllowed,
    NotFound,
    QuotaExceeded,
    Throttled,
)
from shared.ids import CalendarId, EventId
from shared.request import Request
from shared.scheduling.access import Grant
from shared.scheduling.events import Content, Event
from shared.scheduling.fences import Fence, latest_entries
from shared.scheduling.free_time import next_free
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import overlap_ranges
from shared.scheduling.lost_answers import LostAnswers
from shared.scheduling.quotas import Quotas, Usage, size_of
from shared.scheduling.range_reader import LARGEST_PAGE, ROUNDS, RangeReader
from shared.scheduling.windows import WindowStore, position_of

# How many events of each range are read first: enough to detect a crowded time without a page of a megabyte.
FIRST_LOOK: Final = 250
# After this share of the time a refusal no longer searches for a free time.
SEARCH_SHARE: Final = 0.5

# A change as a function of the stored event (None: there is none). It returns the event to write, or None to leave the
# stored one as it is, or raises the error with which the change fails.
Plan = Callable[[Event | None], Event | None]


class GuardedStore(WindowStore, Protocol):
    """The operations on the events table that the guard needs. All reads are strongly consistent."""

    @property
    def grant(self) -> Grant:
        """Returns what the calendar granted the caller when it was last read."""

    def admit(self) -> None:
        """Reads what the calendar grants the caller. Raises NotFound, NotAllowed."""

    def read_guarded(
        self, calendar_id: CalendarId, event_id: EventId | None, weeks: Sequence[str]
    ) -> tuple[Event | None, list[Fence], Usage | None]:
        """Returns the event, if requested and existing, the fences of `weeks`, and the usage; None if not limited."""

    def get_many(self, calendar_id: CalendarId, event_ids: Iterable[EventId]) -> dict[EventId, Event]:
        """Returns those of `event_ids` that exist, deleted ones included."""

    def put(self, event: Event, previous: Event | None) -> None:
        """Writes `event` if the stored one is still `previous`. Raises Contended, Throttled, AnswerLost."""

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:
        """Does the same, and updates each of `fences` on condition that it is unchanged, in one transaction."""


class Guard:
    """The writer of events of a calendar, with conflict checks."""

    def __init__(self, store: GuardedStore, request: Request, quotas: Quotas | None = None) -> None:
        """Guards the calendar of `request`, and its `quotas` if there are any; retries end at its deadline."""
        self._store = store
        self._quotas = quotas
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
        expected: Interval | None = None,
    ) -> Event:
        """Writes the event that `make` returns for the stored one. Returns the event as stored afterwards.

        Args:
            event_id: The event to write.
            make: The change. It is called again after each lost race.
            checked: Whether conflicts are refused; otherwise they are allowed.
            creates: Whether it is an event to be created, of which a stored one is no version before.
            new: Whether `event_id` was generated for this request, so that there is nothing to read.
            unread: Whether an event with that id is unlikely: it is read only after a condition has failed.
            expected: The probable interval of the result, so that its fences are read in the same call as the event;
                a different interval costs one more round.

        Raises:
            EventConflict, QuotaExceeded, Unavailable (nothing written), OutcomeUnknown, and the errors of `make`.
            NotFound, NotAllowed: the caller may not do this, or not any more.
            InvalidRequest: the calendar is strict, and conflicts would be allowed.
        """
        lost = LostAnswers()
        interval = expected if checked else None
        for _ in self._deadline.attempts():
            try:
                wanted = None if (new or unread) and not lost else event_id
                previous, fences, usage = self._read(wanted, interval, creates=creates, checked=checked)
                if previous is not None and lost.applied(previous):
                    return previous
                event = make(previous)
                if event is None:
                    if previous is None:
                        raise AssertionError("there is no event that could be left as it is")
                    return previous
                guarded = checked and needs_check(event, previous)
                if guarded and event.content.interval != interval:
                    interval = event.content.interval
                    continue
                self._check_room(event, previous, usage)
                if guarded:
                    self._check(event, fences)
                else:
                    fences = []
                try:
                    self._commit(event, previous, fences)
                except AnswerLost:
                    lost.add(event.history_id, previous)
                    continue
                return event  # noqa: TRY300 the loop goes on in the other cases
            except Contended:
                unread = False
                # Whether the caller may allow conflicts is read only now.
                new = new and interval is not None
            except (Throttled, AnswerLost):
                continue
            except (EventConflict, QuotaExceeded, NotFound, NotAllowed):
                # The conflicting write may have been unchecked, and so not have updated a fence: then a write whose
                # response was lost may still be applied. No fence stands for a quota or a revoked right either.
                if lost:
                    raise lost.unknown() from None
                raise
        raise lost.out_of_time("calendar")

    def _read(
        self, event_id: EventId | None, interval: Interval | None, *, creates: bool, checked: bool
    ) -> tuple[Event | None, list[Fence], Usage | None]:
        weeks = interval.iso_weeks() if interval else []
        if not event_id and not weeks:
            return None, [], None
        previous, fences, usage = self._store.read_guarded(self._calendar_id, event_id, weeks)
        self._check_grant(None if creates else previous, checked=checked)
        return previous, fences, usage

    def check_access(self, previous: Event | None, *, checked: bool) -> None:
        """Reads whether the caller may change `previous` (None: create an event).

        Raises:
            NotFound, NotAllowed: the caller may not; or not without being `checked` for conflicts.
            InvalidRequest: without that, because the calendar is strict.
        """
        self._store.admit()
        self._check_grant(previous, checked=checked)

    def _check_grant(self, previous: Event | None, *, checked: bool) -> None:
        grant = self._store.grant
        if not checked:
            self._access.check_allowing(grant)
        if previous is not None:
            self._access.check_change(previous, grant)

    def _commit(self, event: Event, previous: Event | None, fences: list[Fence]) -> None:
        if fences:
            self._store.put_guarded(event, previous, fences)
        else:
            self._store.put(event, previous)

    def _check_room(self, event: Event, previous: Event | None, usage: Usage | None) -> None:
        """Raises QuotaExceeded if `event` in place of `previous` is more than the calendar may hold."""
        if self._quotas is not None:
            self._quotas.check(size_of(event) - size_of(previous), usage)

    def _check(self, event: Event, fences: list[Fence]) -> None:
        """Raises EventConflict if `event` conflicts with others, and Contended if the index lags behind a fence."""
        found, complete = self.collisions(event.id, event.content, fences)
        if found:
            # The search reads up to five pages of each class: with little time left it would not finish.
            in_time = self._deadline.left(SEARCH_SHARE) > 0
            free, stopped = next_free(self._store, self._calendar_id, event, found) if in_time else (None, True)
            raise EventConflict([self._collision(other) for other in found], free, stopped=stopped, complete=complete)

    def _collision(self, event: Event) -> Collision:
        """Returns the description of a conflicting event, as far as the caller may read it."""
        if self._access.reads(event, self._store.grant):
            return Collision(event.calendar_id, event.content.start, event.content.end, event.id, event.content.title)
        return Collision(event.calendar_id, event.content.start, event.content.end)

    def refusal(self, event: Event, previous: Event | None) -> EventConflict | None:
        """Returns why a checked write of `event` over `previous` would be refused now, or None if it would succeed.

        Reads no fences, so another writer may still change the result before the caller writes.
        """
        if needs_check(event, previous):
            try:
                self._check(event, [])
            except EventConflict as refusal:
                return refusal
        return None

    def collisions(self, event_id: EventId, content: Content, fences: list[Fence]) -> tuple[list[Event], bool]:
        """Returns the conflicts of `content` as event `event_id`, by start, and whether the list is complete.

        The list is complete unless there are more than COLLISIONS_SHOWN conflicts, or ROUNDS rounds found some without
        reading all ranges to their ends.

        Raises:
            Contended: the conflicts cannot be determined yet.
        """
        interval = content.interval
        # Latest first: events that begin before `content` are often over by its start; those that begin within it
        # always overlap.
        reader = RangeReader(overlap_ranges(interval, backward=True), position_of)
        limit, number = FIRST_LOOK, 0
        while True:
            reader.read(
                partial(self._store.read_ranges, self._calendar_id, start=interval.start, limit=limit, opaque=True)
            )
            limit, number = LARGEST_PAGE, number + 1
            # An event that moved between two reads may be found at both positions: its later version counts.
            found = {each.id: each for each in sorted(reader.found, key=lambda each: each.history_id)}
            found.pop(event_id, None)
            enough = 0 if number >= ROUNDS else COLLISIONS_SHOWN
            if reader.complete or len(found) > enough:
                # An event found may have moved since: only conflicts that still exist justify stopping early.
                current = self._standing(event_id, interval, found, fences)
                if reader.complete or len(current) > enough:
                    return current, reader.complete
            if self._deadline.over():
                raise Contended("no time is left to read on")

    def _standing(
        self, event_id: EventId, interval: Interval, found: Mapping[EventId, Event], fences: list[Fence]
    ) -> list[Event]:
        """Returns those of `found`, and of the events that `fences` remember, that overlap `interval`.

        A Query concurrent with a transaction is read-committed: an event need not be visible as soon as its fence is.
        So events that a fence remembers and the Query does not return are looked up.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html

        Raises:
            Contended: an event is older than a fence says.
        """
        current = {**found}
        hidden = {
            entry.event_id: entry
            for entry in latest_entries(fences, interval).values()
            if entry.event_id not in found or found[entry.event_id].history_id < entry.history_id
        }
        hidden.pop(event_id, None)
        actual = self._store.get_many(self._calendar_id, hidden) if hidden else {}
        for entry in hidden.values():
            other = actual.get(entry.event_id)
            current.pop(entry.event_id, None)
            if other is None:
                continue
            if other.history_id < entry.history_id:
                raise Contended("a read is behind a fence")
            if not other.deleted and other.content.opaque and other.content.interval.overlaps(interval):
                current[other.id] = other
        return sorted(current.values(), key=position_of)


def needs_check(event: Event, previous: Event | None) -> bool:
    """Returns whether writing `event` over `previous` takes time that `previous` did not take."""
    if not event.content.opaque:
        return False
    return previous is None or previous.deleted or not event.content.takes_same_time(previous.content)
