"""The conflict guard: no two checked writes ever take the same time, however many callers race.

The order is the proof: a fence is read before anything it guards.

1. Read the fences of every ISO week that the interval touches, and the event itself.
2. Find what overlaps, strongly consistent: that nothing does is known when every range has been read to its end. A
   refusal needs no more than COLLISIONS_SHOWN collisions and one, or ROUNDS rounds and one, and reads no further.
3. In one transaction write the event and move each of those fences, on condition that it still is as read in 1.

Two writers whose intervals overlap share a week, and so a fence: one commits, the other reads again and sees it.
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
    Throttled,
)
from shared.ids import CalendarId, EventId
from shared.request import Request
from shared.scheduling.events import Content, Event
from shared.scheduling.fences import Fence, latest_entries
from shared.scheduling.free_time import next_free
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import overlap_ranges
from shared.scheduling.lost_answers import LostAnswers
from shared.scheduling.range_reader import LARGEST_PAGE, ROUNDS, RangeReader
from shared.scheduling.windows import WindowStore, position_of

# How much of each range is read at first: a crowd is noticed there, and costs no page of a megabyte.
FIRST_LOOK: Final = 250
# Past this part of the time a refusal does not look for a free time any more.
SEARCH_SHARE: Final = 0.5

# What a change makes of the stored event (None: there is none): the event to write, or None to leave it as it is. It
# raises what the change is to end with.
Plan = Callable[[Event | None], Event | None]


class GuardedStore(WindowStore, Protocol):
    """What the guard needs of the events table. All reads are strongly consistent."""

    def read_guarded(
        self, calendar_id: CalendarId, event_id: EventId | None, weeks: Sequence[str]
    ) -> tuple[Event | None, list[Fence]]:
        """Returns the event, if asked for and there, and the fences of `weeks`."""

    def get_many(self, calendar_id: CalendarId, event_ids: Iterable[EventId]) -> dict[EventId, Event]:
        """Returns the events of `event_ids` that are there, deleted ones included."""

    def put(self, event: Event, previous: Event | None) -> None:
        """Writes `event` if the stored one still is `previous`. Raises Contended, Throttled, AnswerLost."""

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:
        """Does the same, and moves each of `fences` if it still is as given: all or nothing."""


class Guard:
    """Writes events of the calendar of a request."""

    def __init__(self, store: GuardedStore, request: Request) -> None:
        """Guards the calendar of `request`; retries end with its deadline."""
        self._store = store
        self._calendar_id = request.calendar_id
        self._deadline = request.deadline

    def write(
        self,
        event_id: EventId,
        make: Plan,
        *,
        checked: bool,
        new: bool = False,
        unread: bool = False,
        expected: Interval | None = None,
    ) -> Event:
        """Writes what `make` makes of the stored event, and returns what is stored then.

        Args:
            event_id: The event to write.
            make: Is called again after each lost race.
            checked: Whether conflicts are refused; else they are allowed.
            new: Whether `event_id` was made for this request, so that there is nothing to read.
            unread: Whether there is hardly an event of that id: it is read only once a condition has failed.
            expected: The interval that the result will probably take, so that its fences are read in the same call;
                another one costs a round more.

        Raises:
            EventConflict, Unavailable (nothing written), OutcomeUnknown, and what `make` raises.
        """
        lost = LostAnswers()
        interval = expected if checked else None
        for _ in self._deadline.attempts():
            try:
                previous, fences = self._read(None if (new or unread) and not lost else event_id, interval)
                if previous is not None and lost.applied(previous):
                    return previous
                event = make(previous)
                if event is None:
                    if previous is None:
                        raise AssertionError("there is no event that could be left as it is")
                    return previous
                if checked and needs_check(event, previous):
                    if event.content.interval != interval:
                        interval = event.content.interval
                        continue
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
            except (Throttled, AnswerLost):
                continue
            except EventConflict:
                # What is in the way may have moved no fence (it was not checked): then a lost write may still arrive.
                if lost:
                    raise lost.unknown() from None
                raise
        raise lost.out_of_time("calendar")

    def _read(self, event_id: EventId | None, interval: Interval | None) -> tuple[Event | None, list[Fence]]:
        weeks = interval.iso_weeks() if interval else []
        return self._store.read_guarded(self._calendar_id, event_id, weeks) if event_id or weeks else (None, [])

    def _commit(self, event: Event, previous: Event | None, fences: list[Fence]) -> None:
        if fences:
            self._store.put_guarded(event, previous, fences)
        else:
            self._store.put(event, previous)

    def _check(self, event: Event, fences: list[Fence]) -> None:
        """Raises EventConflict with what `event` conflicts with; Contended if the index lags behind a fence."""
        found, complete = self.collisions(event.id, event.content, fences)
        if found:
            # The search reads at most five pages of each class: not with so little time that nothing would come of it.
            in_time = self._deadline.left(SEARCH_SHARE) > 0
            free, stopped = next_free(self._store, self._calendar_id, event, found) if in_time else (None, True)
            raise EventConflict([collision(other) for other in found], free, stopped=stopped, complete=complete)

    def refusal(self, event: Event, previous: Event | None) -> EventConflict | None:
        """Returns why a checked write of `event` over `previous` would be refused now; None: it would not.

        Reads no fence: another writer may be quicker than the caller.
        """
        if needs_check(event, previous):
            try:
                self._check(event, [])
            except EventConflict as refusal:
                return refusal
        return None

    def collisions(self, event_id: EventId, content: Content, fences: list[Fence]) -> tuple[list[Event], bool]:
        """Returns what `content` would conflict with as event `event_id`, by start, and whether that is all there is.

        It is, unless there are more than COLLISIONS_SHOWN, or ROUNDS rounds have not read all and found something.

        Raises Contended if it cannot be told yet.
        """
        interval = content.interval
        # Latest first: of what begins before `content` most may be over, and what begins within it never is.
        reader = RangeReader(overlap_ranges(interval, backward=True), position_of)
        limit, number = FIRST_LOOK, 0
        while True:
            reader.read(
                partial(self._store.read_ranges, self._calendar_id, start=interval.start, limit=limit, opaque=True)
            )
            limit, number = LARGEST_PAGE, number + 1
            # One that moved between two reads may be found at both places: its later version counts.
            found = {each.id: each for each in sorted(reader.found, key=lambda each: each.history_id)}
            found.pop(event_id, None)
            enough = 0 if number >= ROUNDS else COLLISIONS_SHOWN
            if reader.complete or len(found) > enough:
                # What was found may be gone: only what still stands is a reason to read no further.
                standing = self._standing(event_id, interval, found, fences)
                if reader.complete or len(standing) > enough:
                    return standing, reader.complete
            if self._deadline.over():
                raise Contended("no time is left to read on")

    def _standing(
        self, event_id: EventId, interval: Interval, found: Mapping[EventId, Event], fences: list[Fence]
    ) -> list[Event]:
        """Returns what of `found`, and of what `fences` remember beside it, overlaps `interval`. Raises Contended.

        A Query beside a transaction is read-committed: nothing promises that an event is visible the moment its fence
        is. So what a fence remembers and the Query does not show is looked up.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
        """
        standing = {**found}
        hidden = {
            entry.event_id: entry
            for entry in latest_entries(fences, interval).values()
            if entry.event_id not in found or found[entry.event_id].history_id < entry.history_id
        }
        hidden.pop(event_id, None)
        actual = self._store.get_many(self._calendar_id, hidden) if hidden else {}
        for entry in hidden.values():
            other = actual.get(entry.event_id)
            standing.pop(entry.event_id, None)
            if other is None:
                continue
            if other.history_id < entry.history_id:
                raise Contended("a read is behind a fence")
            if not other.deleted and other.content.opaque and other.content.interval.overlaps(interval):
                standing[other.id] = other
        return sorted(standing.values(), key=position_of)


def needs_check(event: Event, previous: Event | None) -> bool:
    """Returns whether writing `event` over `previous` takes time that was not taken before."""
    if not event.content.opaque:
        return False
    return previous is None or previous.deleted or not event.content.takes_same_time(previous.content)


def collision(event: Event) -> Collision:
    """Returns what a caller is told of an event in the way."""
    return Collision(event.id, event.content.title, event.content.start, event.content.end)
