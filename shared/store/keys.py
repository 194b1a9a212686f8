"""All keys of the tables of events and of versions, and of their indexes. Every key contains the calendar's id.

The keys of the users table are in `shared.store.identity_keys`.
"""

from dataclasses import dataclass

from shared.ids import CalendarId, EventId, HistoryId, ItemKey, OperationId, UserId
from shared.scheduling.events import Event
from shared.scheduling.instants import Instant
from shared.scheduling.length_classes import ClassRange, Position, length_class
from shared.store.codec import Item, text

EVENT_PREFIX = "EVENT#"
_CALENDAR_PREFIX = "CAL#"
# These sort before and after every character of an id.
_BEFORE_ALL = " "
_AFTER_ALL = "~"
# The class of the series. Stored, like the names of the length classes.
_SERIES = "r"


def key_of(item: Item) -> ItemKey:
    """Returns the key of an item of any table."""
    return item["pk"]["S"], item["sk"]["S"]


def calendar(calendar_id: CalendarId) -> str:
    """Returns the partition of a calendar in the events table."""
    return f"{_CALENDAR_PREFIX}{calendar_id}"


def event_key(calendar_id: CalendarId, event_id: EventId) -> Item:
    """Returns the key of an event in the events table."""
    return {"pk": text(calendar(calendar_id)), "sk": text(f"{EVENT_PREFIX}{event_id}")}


def calendar_in(key: Item) -> CalendarId:
    """Returns the calendar id in a key of the events table."""
    return CalendarId(str(key["pk"]["S"]).removeprefix(_CALENDAR_PREFIX))


def event_id_in(key: Item) -> EventId:
    """Returns the event id in a key of the events table."""
    return EventId(str(key["sk"]["S"]).removeprefix(EVENT_PREFIX))


def fence_key(calendar_id: CalendarId, fence_name: str) -> Item:
    """Returns the key of a fence, such as `c07`, in the events table."""
    return {"pk": text(calendar(calendar_id)), "sk": text(f"FENCE#{fence_name}")}


def claim_key(calendar_id: CalendarId, key: str) -> Item:
    """Returns the key, in the events table, of the claim on the idempotency key whose hash is `key`."""
    return {"pk": text(calendar(calendar_id)), "sk": text(f"KEY#{key}")}


@dataclass(frozen=True, slots=True)
class KeyRange:
    """A range of sort keys of an index, both ends inclusive, read in ascending order or `backward`."""

    low: str
    high: str
    backward: bool = False


def span(event: Event) -> str:
    """Returns the index key of a live event: its length class, its start, and its id, which makes it unique.

    Series are a class of their own, by when they end.
    """
    if event.content.recurrence is not None:
        return f"{_SERIES}#{event.content.extent.end}#{event.id}"
    return f"{length_class(event.content.interval)}#{event.content.start}#{event.id}"


def position_in(key: str) -> Position:
    """Returns the start and the id in an index key: the position of an event in a listing.

    That of a series has none: `series_in` reads it.
    """
    _, start, event_id = key.split("#", 2)
    return Instant(start), EventId(event_id)


def series_in(key: str) -> EventId:
    """Returns the id in the index key of a series."""
    return EventId(key.split("#", 2)[2])


def class_range(of: ClassRange) -> KeyRange:
    """Returns the range of index keys for a range of a length class."""
    low = f"{of.name}#{of.low[0]}#{of.low[1]}{_BEFORE_ALL if of.after_low else ''}"
    return KeyRange(low, f"{of.name}#{of.high[0]}#{of.high[1]}", of.backward)


def series_range(low: Instant) -> KeyRange:
    """Returns the range of index keys of the series that end at `low` or later."""
    return KeyRange(f"{_SERIES}#{low}", f"{_SERIES}#{_AFTER_ALL}")


def deleted_span(history_id: HistoryId) -> str:
    """Returns the index key of a deleted event: outside all length classes, in order of deletion."""
    return f"deleted#{history_id}"


def unplaced_span(history_id: HistoryId) -> str:
    """Returns the index key of a version whose event had none, as a script may write it: outside all length classes."""
    return f"unplaced#{history_id}"


def deleted_in(key: str) -> HistoryId:
    """Returns the history_id of the deletion in the index key of a deleted event."""
    return HistoryId(key.partition("#")[2])


def deleted_range(before: HistoryId | None) -> KeyRange:
    """Returns the range of index keys of the deletions before `before`, latest first; of all deletions without it."""
    first = deleted_span(HistoryId(""))
    if before is None:
        return KeyRange(first, f"{first}{_AFTER_ALL}", backward=True)
    key = deleted_span(before)
    # The upper end sorts before `key`, and after every other key of the same length that does.
    return KeyRange(first, f"{key[:-1]}{chr(ord(key[-1]) - 1)}{_AFTER_ALL}", backward=True)


def history_partition(calendar_id: CalendarId, event_id: EventId) -> str:
    """Returns the partition of an event's versions in the history table."""
    return f"{calendar(calendar_id)}#EVENT#{event_id}"


def operation(calendar_id: CalendarId, operation_id: OperationId) -> str:
    """Returns the key, in an index of the history table, of the versions that an operation made in a calendar."""
    return f"{calendar(calendar_id)}#OPERATION#{operation_id}"


def version_key(calendar_id: CalendarId, event_id: EventId, history_id: HistoryId) -> Item:
    """Returns the key of a version of an event in the history table."""
    return {"pk": text(history_partition(calendar_id, event_id)), "sk": text(history_id)}


def event_of_partition(partition: str) -> tuple[CalendarId, EventId] | None:
    """Returns the calendar id and the event id of a partition of the history table; None if it holds no versions."""
    calendar_id, separator, event_id = partition.removeprefix(_CALENDAR_PREFIX).rpartition("#EVENT#")
    return (CalendarId(calendar_id), EventId(event_id)) if separator else None


def usage_key(calendar_id: CalendarId) -> Item:
    """Returns the key, in the history table, of the item that counts what a calendar holds."""
    return {"pk": text(f"{calendar(calendar_id)}#USAGE"), "sk": text("USAGE")}


def bulk_counts(user_id: UserId) -> str:
    """Returns the partition, in the events table, of the counts of a user's bulk requests."""
    return f"USER#{user_id}"


def bulk_count_key(user_id: UserId, minute: int) -> Item:
    """Returns the key, in the events table, of the count of a user's bulk requests in a minute since 1970."""
    return {"pk": text(bulk_counts(user_id)), "sk": text(f"BULK#{minute}")}


def swept_key() -> Item:
    """Returns the key, in the history table, of the item that records how far sweeps have gone."""
    return {"pk": text("SWEPT"), "sk": text("SWEPT")}
