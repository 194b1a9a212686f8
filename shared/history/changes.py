"""Changes of events as the stream of the events table reports them: which records are changes, and their stamps.

The API stamps each of its changes. A change that bypasses the API (made in the console or by a script) has no stamp
of its own. Its stamp is derived from the stream record, so that a record delivered twice yields the same change twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from shared import ids
from shared.ids import CalendarId, EventId, HistoryId
from shared.scheduling.events import EXTERNAL, NO_HISTORY_ID, ChangeType, Event, Stamp

RecordKind = Literal["INSERT", "MODIFY", "REMOVE"]


class UnreadableRecordError(ValueError):
    """A stream record that cannot be parsed as a change."""


class VersionRef(NamedTuple):
    """The identifier of a version of an event."""

    calendar_id: CalendarId
    event_id: EventId
    history_id: HistoryId


@dataclass(frozen=True, slots=True)
class ItemChange:
    """A stream record's description of an event's item.

    Attributes:
        kind: The kind of the record.
        event: The event after the change or, if the item was removed, its last state.
        before: The event before the change. None for a new item, or if the old item is not a valid event.
        before_stamp: The stamp before the change. None for a new item.
        created_ms: When the record was made, in milliseconds since 1970; only needed if the change bypassed the API.
        sequence: A number that distinguishes records; only needed if the change bypassed the API.
        attributes: The item as it is stored, for the store to keep with the version: also what this code does not know.
    """

    kind: RecordKind
    event: Event
    before: Event | None
    before_stamp: Stamp | None
    created_ms: int | None
    sequence: int | None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an event: its state `before`, and `event` after the change, with the stamp of the change.

    `follows` is the version number before the change. It is set only if the change bypassed the API and did not create
    the event.
    """

    event: Event
    before: Event | None
    follows: int | None
    attributes: Mapping[str, Any]

    @property
    def stamp(self) -> Stamp:
        """Returns the author, time and type of the change."""
        return self.event.stamp

    @property
    def ref(self) -> VersionRef:
        """Returns the identifier of the version that the change created."""
        return VersionRef(self.event.calendar_id, self.event.id, self.event.history_id)


@dataclass(frozen=True, slots=True)
class Removal:
    """The removal of what was left of an event, deleted by `ref`: it can be restored no more."""

    ref: VersionRef


def only_cleans_up(kind: RecordKind, stamp: Stamp | None, *, by_ttl: bool) -> bool:
    """Returns whether a record only cleans up an item and is not a change of an event. `stamp` is the item's last one.

    Removal by TTL and removal of a tombstone are clean-up: they only remove the remains of an earlier deletion. So is
    an erasure, which the store recognises before it reads a stamp (`shared.store.stream`): neither overwriting an event
    with nothing nor removing what is left makes a version, whose content would outlive the erasure.
    """
    return kind == "REMOVE" and (by_ttl or (stamp is not None and stamp.type == "delete"))


def change_of(item: ItemChange) -> Change:
    """Returns the change that `item` describes. Raises UnreadableRecordError."""
    if is_stamped(item.kind, item.event.stamp, item.before_stamp):
        return Change(item.event, item.before, None, item.attributes)
    follows = None if item.before_stamp is None else item.before_stamp.version
    return Change(replace(item.event, stamp=_external_stamp(item)), item.before, follows, item.attributes)


def is_stamped(kind: RecordKind, stamp: Stamp, before: Stamp | None) -> bool:
    """Returns whether a change carries its own stamp: every write of the API sets a greater history_id."""
    return kind != "REMOVE" and known_id(stamp) > known_id(before)


def known_id(stamp: Stamp | None) -> HistoryId:
    """Returns the history_id in `stamp`, or NO_HISTORY_ID if there is none or a script wrote an invalid one."""
    return stamp.history_id if stamp is not None and ids.is_id(stamp.history_id) else NO_HISTORY_ID


def _external_stamp(item: ItemChange) -> Stamp:
    """Returns the stamp of a change that bypassed the API, derived from the record so that it is the same each time.

    Its id is later than that of the previous version. Its version number is that of the item, which such a change
    repeats.
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
