"""Changes of events, as the stream of the events table reports them: what counts as one, and how it is stamped.

The API stamps each of its changes. One made around it (by the console or a script) has no stamp of its own: that is
derived from the record, so that a record delivered twice describes the same change twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from shared import ids
from shared.ids import CalendarId, EventId, HistoryId
from shared.scheduling.events import EXTERNAL, NO_HISTORY_ID, ChangeType, Event, Stamp

RecordKind = Literal["INSERT", "MODIFY", "REMOVE"]


class UnreadableRecordError(ValueError):
    """A record that no change can be read from."""


class VersionRef(NamedTuple):
    """What names a version of an event."""

    calendar_id: CalendarId
    event_id: EventId
    history_id: HistoryId


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What a record tells of an event's item: `event` as it is now or, if it was removed, as it was last.

    `before` and `before_stamp` are None for a new item, and `before` also where the old item is no event. `created_ms`
    is when the record was made, in milliseconds since 1970; `sequence` tells records apart; only a change around the
    API needs the two. `extra` are attributes that this version of the code does not know: they are kept with the
    version.
    """

    kind: RecordKind
    event: Event
    before: Event | None
    before_stamp: Stamp | None
    created_ms: int | None
    sequence: int | None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an event: what it was `before`, and `event` as the change left it, with the stamp of the change.

    `follows` is set on a change around the API that did not create the event: the version number before it.
    """

    event: Event
    before: Event | None
    follows: int | None
    extra: Mapping[str, Any]

    @property
    def stamp(self) -> Stamp:
        """Returns who made the change, when, and of what type it was."""
        return self.event.stamp

    @property
    def ref(self) -> VersionRef:
        """Returns the name of the version that the change made."""
        return VersionRef(self.event.calendar_id, self.event.id, self.event.history_id)


def only_cleans_up(kind: RecordKind, stamp: Stamp | None, *, by_ttl: bool) -> bool:
    """Returns whether the removal of an item, whose last stamp is given, is no change of an event.

    Removal by TTL is none, nor is that of a tombstone: they only take away what a deletion has left.
    """
    return kind == "REMOVE" and (by_ttl or (stamp is not None and stamp.type == "delete"))


def change_of(item: ItemChange) -> Change:
    """Returns the change that `item` describes. Raises UnreadableRecordError."""
    if is_stamped(item.kind, item.event.stamp, item.before_stamp):
        return Change(item.event, item.before, None, item.extra)
    follows = None if item.before_stamp is None else item.before_stamp.version
    return Change(replace(item.event, stamp=_external_stamp(item)), item.before, follows, item.extra)


def is_stamped(kind: RecordKind, stamp: Stamp, before: Stamp | None) -> bool:
    """Returns whether a change carries a stamp of its own: every write of the API takes a greater history_id."""
    return kind != "REMOVE" and known_id(stamp) > known_id(before)


def known_id(stamp: Stamp | None) -> HistoryId:
    """Returns the id in `stamp`; one that a script has made up counts as none."""
    return stamp.history_id if stamp is not None and ids.is_id(stamp.history_id) else NO_HISTORY_ID


def _external_stamp(item: ItemChange) -> Stamp:
    """Returns the stamp of a change made around the API: derived from the record, so that it is the same each time.

    Its id is later than that of the version before; its version number is that of the item, which repeats.
    """
    if item.created_ms is None or item.sequence is None:
        raise UnreadableRecordError("it tells neither when it was made nor which one it is")
    milliseconds = max(item.created_ms, ids.milliseconds_of(known_id(item.before_stamp)) + 1)
    return Stamp(
        type=_external_type(item),
        changed_by=EXTERNAL,
        history_id=ids.derived_id(milliseconds, item.sequence),
        version=item.event.stamp.version,
    )


def _external_type(item: ItemChange) -> ChangeType:
    if item.kind == "REMOVE" or item.event.deleted:
        return "delete"
    if item.kind == "INSERT":
        return "create"
    return "restore" if item.before_stamp is not None and item.before_stamp.type == "delete" else "update"
