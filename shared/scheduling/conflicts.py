"""The conflicts of an event in a calendar: the opaque events that overlap it, found by strongly consistent reads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from shared.errors import COLLISIONS_SHOWN, Collision, Contended
from shared.ids import CalendarId, EventId
from shared.retries import Deadline
from shared.scheduling.access import CalendarAccess, Grant
from shared.scheduling.events import Event
from shared.scheduling.fences import Fence, latest_entries
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval
from shared.scheduling.length_classes import ClassRange, overlap_ranges
from shared.scheduling.range_reader import LARGEST_PAGE, ROUNDS, ClassPage
from shared.scheduling.recurrences import occurrences
from shared.scheduling.window_reader import WindowReader, WindowStore, position_of

# How many events of each range are read first: enough to detect a crowded time without a page of a megabyte.
FIRST_LOOK: Final = 250
# After this share of the time a refusal no longer searches for a free time.
SEARCH_SHARE: Final = 0.5


class ConflictStore(WindowStore, Protocol):
    """The reads of the events table that a search for conflicts needs. All are strongly consistent."""

    def get_many(self, calendar_id: CalendarId, event_ids: Iterable[EventId]) -> dict[EventId, Event]:
        """Returns those of `event_ids` that exist, deleted ones included."""

    def read_each(
        self, calendar_id: CalendarId, reads: Sequence[tuple[ClassRange, Instant]], limit: int
    ) -> list[ClassPage[Event]]:
        """Returns a page of each range, read concurrently: its opaque events that end after the instant beside it."""


@dataclass(frozen=True, slots=True)
class ConflictsFound:
    """The conflicts in a calendar, by start, and whether these are all.

    `checked_until` is the instant up to which a series was compared with events; None for an event that is none.
    """

    events: Sequence[Event] = ()
    complete: bool = True
    checked_until: Instant | None = None


def find_conflicts(
    store: ConflictStore,
    event: Event,
    fences: Sequence[Fence],
    deadline: Deadline,
    besides: EventId | None = None,
) -> ConflictsFound:
    """Returns the conflicts of `event`, which may be an occurrence of a series, in its calendar, by start.

    They are all unless there are more than COLLISIONS_SHOWN, or ROUNDS rounds found some without reading all ranges to
    their ends. `fences` were read before; without them, an event just written may be overlooked. The event with the id
    `besides` is in nobody's way.

    Raises:
        Contended: the conflicts cannot be determined yet.
        TooManySeries: the event is a series, and the calendar has as many as it may.
    """
    if event.content.recurs:
        # Imported late: most requests are about events that do not recur.
        from shared.scheduling.series_conflicts import find_series_conflicts  # noqa: PLC0415

        return find_series_conflicts(store, event, fences, deadline, besides)
    interval = event.content.interval
    # Latest first: events that begin before the event are often over by its start; those that begin within it always
    # overlap.
    ranges = overlap_ranges(interval, backward=True)
    reader = WindowReader(store, event.calendar_id, interval, ranges, opaque=True)
    limit, number = FIRST_LOOK, 0
    while True:
        reader.read(interval.start, limit)
        limit, number = LARGEST_PAGE, number + 1
        found = latest_of(reader.found, event, besides)
        enough = 0 if number >= ROUNDS else COLLISIONS_SHOWN
        if reader.complete or len(_overlapping(found.values(), interval)) > enough:
            # An event found may have moved since: only conflicts that still exist justify stopping early.
            current = _overlapping(standing(store, event, interval, found, fences, besides), interval)
            if reader.complete or len(current) > enough:
                return ConflictsFound(current, reader.complete)
        if deadline.over():
            raise Contended("no time is left to read on")


def latest_of(found: Iterable[Event], event: Event, besides: EventId | None = None) -> dict[EventId, Event]:
    """Returns the events found other than `event` and that with the id `besides`, by id.

    One that moved between two reads may be found at both positions: its later version counts.
    """
    latest = {each.id: each for each in sorted(found, key=lambda each: each.history_id)}
    return {each: latest[each] for each in latest if each not in (event.stored_id, besides)}


def _overlapping(events: Iterable[Event], interval: Interval) -> list[Event]:
    """Returns, by start, what takes time in `interval` of `events`: of a series no more than are shown, and one."""
    taking = (each for event in events for each in islice(_opaque(event, interval), COLLISIONS_SHOWN + 1))
    return sorted(taking, key=position_of)


def _opaque(event: Event, interval: Interval) -> Iterator[Event]:
    return (each for each in occurrences(event, interval) if each.content.opaque)


def standing(
    store: ConflictStore,
    event: Event,
    window: Interval,
    found: Mapping[EventId, Event],
    fences: Sequence[Fence],
    besides: EventId | None = None,
) -> list[Event]:
    """Returns those of `found`, and of the events that `fences` remember in `window`, that take time now.

    A Query concurrent with a transaction is read-committed: an event need not be visible as soon as its fence is.
    So events that a fence remembers and the Query does not return are looked up.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html

    Raises:
        Contended: an event is older than a fence says.
    """
    current = {**found}
    hidden = {
        entry.event_id: entry
        for entry in latest_entries(fences, window).values()
        if entry.event_id not in found or found[entry.event_id].history_id < entry.history_id
    }
    hidden = {each: hidden[each] for each in hidden if each not in (event.stored_id, besides)}
    actual = store.get_many(event.calendar_id, hidden) if hidden else {}
    for entry in hidden.values():
        other = actual.get(entry.event_id)
        current.pop(entry.event_id, None)
        if other is None:
            continue
        if other.history_id < entry.history_id:
            raise Contended("a read is behind a fence")
        if not other.deleted and other.content.busy:
            current[other.id] = other
    return list(current.values())


def collision(event: Event, access: CalendarAccess, grant: Grant) -> Collision:
    """Returns the description of a conflicting event, as far as the user of `access` may read it by `grant`."""
    if access.reads(event, grant):
        return Collision(event.calendar_id, event.content.start, event.content.end, event.id, event.content.title)
    return Collision(event.calendar_id, event.content.start, event.content.end)
