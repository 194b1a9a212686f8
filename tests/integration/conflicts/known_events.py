"""What a model knows of events, and when they take time: all of them are scanned."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from shared.ids import EventId, HistoryId
from shared.scheduling.events import Content, Event
from shared.scheduling.instants import Instant, seconds_between, shifted
from tests.integration.conflicts.series_model import Shown, extent, first_meeting, taking_place, taking_time

HORIZON_SECONDS: Final = 31 * 24 * 3600
# So many occurrences of one series a refusal names.
NAMED: Final = 21


@dataclass(frozen=True)
class Known:
    """What the model knows of an event."""

    id: EventId
    content: Content
    version: int
    history_id: HistoryId
    expires_at: int | None = None
    checked_until: Instant | None = None
    split_from: EventId | None = None

    @classmethod
    def of(cls, event: Event) -> "Known":
        """What an event says of itself."""
        facts = event.stamp.version, event.history_id, event.expires_at, event.checked_until, event.split_from
        return cls(event.id, event.content, *facts)

    @property
    def deleted(self) -> bool:
        return self.expires_at is not None


def live(there: Iterable[Known], start: Instant, end: Instant) -> list[Shown]:
    """What of events overlaps `[start, end)`, occurrences one by one, by start and id."""
    found = [
        each.of(known.id)
        for known in there
        for each in taking_place(known.content)
        if _overlaps(each.content.start, each.content.end, start, end)
    ]
    return sorted(found, key=lambda each: (each.content.start, each.id))


def whole(there: Iterable[Known], start: Instant, end: Instant) -> list[EventId]:
    """The events, and the series as such, that are there between their first and their last in `[start, end)`."""
    found = [(each.content.start, each.id) for each in there if _overlaps(*extent(each.content), start, end)]
    return [event_id for _, event_id in sorted(found)]


def busy(there: Iterable[Known], start: Instant, end: Instant, but: EventId | None = None) -> list[Shown]:
    """What of it takes time, but for what has this id."""
    return [
        each
        for each in live(there, start, end)
        if each.content.transparency == "opaque" and but not in (each.id, each.event_id)
    ]


def next_free(there: Iterable[Known], start: Instant, end: Instant, but: EventId) -> Instant | None:
    """The first later start for the same length: it can only be where something ends."""
    length = seconds_between(start, end)
    last = shifted(end, HORIZON_SECONDS)
    taken = [(each.content.start, each.content.end) for each in busy(there, start, last, but)]
    for candidate in sorted({ends for _, ends in taken}):
        finish = shifted(candidate, length)
        if finish <= last and not any(begins < finish and candidate < ends for begins, ends in taken):
            return candidate
    return None


def free_busy(there: Iterable[Known], start: Instant, end: Instant) -> Iterator[tuple[Instant, Instant]]:
    """When something takes time, merged and cut to `[start, end)`."""
    at: tuple[Instant, Instant] | None = None
    for each in busy(there, start, end):
        begins, ends = max(start, each.content.start), min(end, each.content.end)
        if at is not None and begins <= at[1]:
            at = (at[0], max(at[1], ends))
            continue
        if at is not None:
            yield at
        at = (begins, ends)
    if at is not None:
        yield at


def in_the_way(other: Known, content: Content) -> list[Shown]:
    """What of another event takes time that `content` takes: of a series the first, if that is one as well."""
    if content.recurrence is not None:
        met = first_meeting(content, other.content)
        return [] if met is None else [met.of(other.id)]
    taking = (each for each in taking_time(other.content) if each.content.start < content.end)
    return [each.of(other.id) for each in taking if content.start < each.content.end][:NAMED]


def _overlaps(begins: Instant, ends: Instant, start: Instant, end: Instant) -> bool:
    # One of no length lies where it begins.
    return begins < end and (start < ends or start <= begins)
