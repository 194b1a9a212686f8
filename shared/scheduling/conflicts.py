"""The conflicts of an event in a calendar: the opaque events that overlap it, found by strongly consistent reads."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from shared.errors import COLLISIONS_SHOWN, Collision, Contended
from shared.ids import CalendarId, EventId
from shared.retries import Deadline
from shared.scheduling.access import CalendarAccess, Grant
from shared.scheduling.events import Event
from shared.scheduling.fences import Fence, latest_entries
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import overlap_ranges
from shared.scheduling.range_reader import LARGEST_PAGE, ROUNDS, RangeReader
from shared.scheduling.windows import WindowStore, position_of

# How many events of each range are read first: enough to detect a crowded time without a page of a megabyte.
FIRST_LOOK: Final = 250
# After this share of the time a refusal no longer searches for a free time.
SEARCH_SHARE: Final = 0.5


class ConflictStore(WindowStore, Protocol):
    """The reads of the events table that a search for conflicts needs. All are strongly consistent."""

    def get_many(self, calendar_id: CalendarId, event_ids: Iterable[EventId]) -> dict[EventId, Event]:
        """Returns those of `event_ids` that exist, deleted ones included."""


def needs_check(event: Event, previous: Event | None) -> bool:
    """Returns whether writing `event` over `previous` takes time in its calendar that `previous` did not take."""
    if not event.content.opaque:
        return False
    return previous is None or previous.deleted or not event.content.takes_same_time(previous.content)


def find_conflicts(
    store: ConflictStore, event: Event, fences: Sequence[Fence], deadline: Deadline
) -> tuple[list[Event], bool]:
    """Returns the conflicts of `event` in its calendar, by start, and whether the list is complete.

    The list is complete unless there are more than COLLISIONS_SHOWN conflicts, or ROUNDS rounds found some without
    reading all ranges to their ends. `fences` were read before; without them, an event just written may be overlooked.

    Raises:
        Contended: the conflicts cannot be determined yet.
    """
    interval = event.content.interval
    # Latest first: events that begin before the event are often over by its start; those that begin within it always
    # overlap.
    reader = RangeReader(overlap_ranges(interval, backward=True), position_of)
    limit, number = FIRST_LOOK, 0
    while True:
        reader.read(partial(store.read_ranges, event.calendar_id, start=interval.start, limit=limit, opaque=True))
        limit, number = LARGEST_PAGE, number + 1
        # An event that moved between two reads may be found at both positions: its later version counts.
        found = {each.id: each for each in sorted(reader.found, key=lambda each: each.history_id)}
        found.pop(event.id, None)
        enough = 0 if number >= ROUNDS else COLLISIONS_SHOWN
        if reader.complete or len(found) > enough:
            # An event found may have moved since: only conflicts that still exist justify stopping early.
            current = _standing(store, event, interval, found, fences)
            if reader.complete or len(current) > enough:
                return current, reader.complete
        if deadline.over():
            raise Contended("no time is left to read on")


def _standing(
    store: ConflictStore, event: Event, interval: Interval, found: Mapping[EventId, Event], fences: Sequence[Fence]
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
    hidden.pop(event.id, None)
    actual = store.get_many(event.calendar_id, hidden) if hidden else {}
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


def collision(event: Event, access: CalendarAccess, grant: Grant) -> Collision:
    """Returns the description of a conflicting event, as far as the user of `access` may read it by `grant`."""
    if access.reads(event, grant):
        return Collision(event.calendar_id, event.content.start, event.content.end, event.id, event.content.title)
    return Collision(event.calendar_id, event.content.start, event.content.end)
