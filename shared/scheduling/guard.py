"""The conflict guard: no two checked writes ever take the same time, however many callers race.

The order is the proof: a fence is read before anything it guards.

1. Read the fences of every ISO week that the interval touches, and the event itself.
2. Find what overlaps, strongly consistent: that nothing does is known when every range has been read to its end. A
   refusal needs no more than COLLISIONS_SHOWN collisions and one, or ROUNDS rounds and one, and reads no further.
3. In one transaction write the event and move each of those fences, on condition that it still is as read in 1.

Two writers whose intervals overlap share a week, and so a fence: one commits, the other reads again and sees it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from shared.errors import (
    COLLISIONS_SHOWN,
    AnswerLost,
    Collision,
    Contended,
    EventConflict,
    OutcomeUnknown,
    Throttled,
    Unavailable,
)
from shared.retries import Deadline
from shared.scheduling.events import Content, Event
from shared.scheduling.fences import Fence, latest_entries
from shared.scheduling.free_time import next_free
from shared.scheduling.instants import Instant, iso_weeks
from shared.scheduling.rounds import LARGEST_PAGE, ROUNDS, Rounds
from shared.scheduling.spans import overlap_ranges
from shared.scheduling.updates import Plan
from shared.scheduling.windows import WindowStore, place

# How much of each range is read at first: a crowd is noticed there, and costs no page of a megabyte.
FIRST_LOOK: Final = 250
# Past this part of the time a refusal does not look for a free time any more.
SEARCH_SHARE: Final = 0.5


class GuardedStore(WindowStore, Protocol):
    """What the guard needs of the events table. All reads are strongly consistent."""

    def read_guarded(
        self, calendar_id: str, event_id: str | None, weeks: Sequence[str]
    ) -> tuple[Event | None, list[Fence]]:
        """The event, if asked for and there, and the fences of `weeks`."""

    def get_many(self, calendar_id: str, event_ids: Iterable[str]) -> dict[str, Event]:
        """The events of `event_ids` that are there, deleted ones included."""

    def put(self, event: Event, previous: Event | None) -> None:
        """Write `event` if the stored one still is `previous`. Raises Contended, Throttled, AnswerLost."""

    def put_guarded(self, event: Event, previous: Event | None, fences: Sequence[Fence]) -> None:
        """The same, and move each of `fences` if it still is as given: all or nothing."""


class LostAnswers:
    """The versions that this request may have written without hearing of it."""

    def __init__(self) -> None:
        self._history_ids: list[str] = []
        self._before: str | None = None

    def __bool__(self) -> bool:
        return bool(self._history_ids)

    def add(self, event: Event, previous: Event | None) -> None:
        """The write of `event` over `previous` got no answer."""
        if not self._history_ids:
            self._before = previous.history_id if previous else None
        self._history_ids.append(event.history_id)

    def applied(self, stored: Event | None) -> bool:
        """Whether `stored` is one of those writes; raises OutcomeUnknown if somebody has written in between."""
        history_id = stored.history_id if stored else None
        if history_id in self._history_ids:
            return True
        if self._history_ids and history_id != self._before:
            raise self.unknown()
        return False

    def unknown(self) -> OutcomeUnknown:
        """What to tell a caller whose write cannot be told from what came after it."""
        return OutcomeUnknown("the answer of the database was lost and the event may or may not have changed: read it")

    def out_of_time(self) -> Unavailable:
        """What to tell a caller when the time for attempts is up."""
        if self:
            return self.unknown()
        return Unavailable("too many callers change this calendar at once; nothing was written")


class Guard:
    """Writes events of one calendar."""

    def __init__(self, calendar_id: str, store: GuardedStore, deadline: Deadline) -> None:
        """Guard the calendar of `owner`, a user id."""
        self._owner = calendar_id
        self._store = store
        self._patience = deadline

    def write(
        self,
        event_id: str,
        make: Plan,
        *,
        checked: bool,
        new: bool = False,
        unread: bool = False,
        expected: tuple[Instant, Instant] | None = None,
    ) -> Event:
        """Write what `make` makes of the stored event, and give what is stored then.

        `make` gets the stored event (None: there is none) and answers the one to write, or None to leave things as
        they are; it is called again after each lost race. `expected` is the interval the result will probably take, so
        that its fences are read in the same call; another one costs a round more. `new` says that `event_id` was
        made for this request, `unread` that there is hardly an event of that id: it is read only once a condition has
        failed. With `checked` false conflicts are allowed.

        Raises EventConflict, Unavailable (nothing written), OutcomeUnknown, and what `make` raises.
        """
        lost = LostAnswers()
        interval = expected if checked else None
        for _ in self._patience.attempts():
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
                    wanted = (event.content.start, event.content.end)
                    if wanted != interval:
                        interval = wanted
                        continue
                    self._check(event, fences)
                else:
                    fences = []
                try:
                    self._commit(event, previous, fences)
                except AnswerLost:
                    lost.add(event, previous)
                    continue
                return event
            except Contended:
                unread = False
            except (Throttled, AnswerLost):
                continue
            except EventConflict:
                # What is in the way may have moved no fence (it was not checked): then a lost write may still arrive.
                if lost:
                    raise lost.unknown() from None
                raise
        raise lost.out_of_time()

    def _read(self, event_id: str | None, interval: tuple[Instant, Instant] | None) -> tuple[Event | None, list[Fence]]:
        weeks = iso_weeks(*interval) if interval else []
        return self._store.read_guarded(self._owner, event_id, weeks) if event_id or weeks else (None, [])

    def _commit(self, event: Event, previous: Event | None, fences: list[Fence]) -> None:
        if fences:
            self._store.put_guarded(event, previous, fences)
        else:
            self._store.put(event, previous)

    def _check(self, event: Event, fences: list[Fence]) -> None:
        """Raise EventConflict with what `event` collides with; Contended if the index lags behind a fence."""
        found, complete = self.collisions(event.id, event.content, fences)
        if found:
            # The search reads five pages a class at most: not with so little time that no answer would come of it.
            in_time = self._patience.left(SEARCH_SHARE) > 0
            free, stopped = next_free(self._store, self._owner, event, found) if in_time else (None, True)
            raise EventConflict([collision(other) for other in found], free, stopped=stopped, complete=complete)

    def refusal(self, event: Event, previous: Event | None) -> EventConflict | None:
        """Why a checked write of `event` over `previous` would be refused as things are now; None: it would not be.

        Reads no fence: a rival may be quicker than whoever asks.
        """
        if needs_check(event, previous):
            try:
                self._check(event, [])
            except EventConflict as refusal:
                return refusal
        return None

    def collisions(self, event_id: str, content: Content, fences: list[Fence]) -> tuple[list[Event], bool]:
        """What `content` would collide with as event `event_id`, by start, and whether that is all there is.

        It is, unless there are more than COLLISIONS_SHOWN, or ROUNDS rounds have not read all and found something.
        Raises Contended if it cannot be told yet.
        """
        # Latest first: of what begins before `content` most may be over, and what begins within it never is.
        look = Rounds(overlap_ranges(content.start, content.end, backward=True), place)
        limit, number = FIRST_LOOK, 0
        while True:
            look.read(partial(self._store.read_ranges, self._owner, start=content.start, limit=limit, opaque=True))
            limit, number = LARGEST_PAGE, number + 1
            # One that moved between two reads may be found at both places: its later version counts.
            found = {each.id: each for each in sorted(look.found, key=lambda each: each.history_id)}
            found.pop(event_id, None)
            enough = 0 if number >= ROUNDS else COLLISIONS_SHOWN
            if look.complete or len(found) > enough:
                # What was found may be gone: only what still stands is a reason to read no further.
                standing = self._standing(event_id, content, found, fences)
                if look.complete or len(standing) > enough:
                    return standing, look.complete
            if self._patience.over():
                raise Contended("no time is left to read on")

    def _standing(
        self, event_id: str, content: Content, found: Mapping[str, Event], fences: list[Fence]
    ) -> list[Event]:
        """What of `found`, and of what `fences` remember beside it, collides with `content`. Raises Contended.

        A Query beside a transaction is read-committed: nothing promises that an event is visible the moment its fence
        is. So what a fence remembers and the Query does not show is looked up.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
        """
        start, end = content.start, content.end
        standing = {**found}
        hidden = {
            entry.event_id: entry
            for entry in latest_entries(fences, start, end).values()
            if entry.event_id not in found or found[entry.event_id].history_id < entry.history_id
        }
        hidden.pop(event_id, None)
        actual = self._store.get_many(self._owner, hidden) if hidden else {}
        for entry in hidden.values():
            other = actual.get(entry.event_id)
            standing.pop(entry.event_id, None)
            if other is None:
                continue
            if other.history_id < entry.history_id:
                raise Contended("a read is behind a fence")
            if not other.deleted and other.content.opaque and other.content.overlaps(start, end):
                standing[other.id] = other
        return sorted(standing.values(), key=place)


def needs_check(event: Event, previous: Event | None) -> bool:
    """Whether writing `event` over `previous` takes time that was not taken before."""
    if not event.content.opaque:
        return False
    return previous is None or previous.deleted or not event.content.takes_same_time(previous.content)


def collision(event: Event) -> Collision:
    """What a caller is told of an event in the way."""
    return Collision(event.id, event.content.title, event.content.start, event.content.end)
