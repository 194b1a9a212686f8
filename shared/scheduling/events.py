"""Events, and the stamp that every change leaves on them.

`Content`, `Stamp` and `Event` are the single definition of the fields. Items, request bodies, documents, conditions of
writes, the attributes that a write removes, diffs and digests are all derived from it.
"""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final, Literal

from shared import ids
from shared.ids import CalendarId, EventId, HistoryId, OperationId
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval
from shared.scheduling.recurrences import OccurrenceOf, Recurrence, extent_of, recurs

if TYPE_CHECKING:
    from shared.request import Request

# `move` is the first change of an event in a calendar to which it was moved from another one.
ChangeType = Literal["create", "update", "delete", "restore", "rollback", "move"]
Transparency = Literal["opaque", "transparent"]
OnConflict = Literal["reject", "allow"]

# The stamp of an item that was not written by the API: its id is less than every other, its author unknown.
NO_HISTORY_ID: Final = HistoryId("00000000-0000-7000-8000-000000000000")
EXTERNAL: Final = "external"
# A stream keeps its records for 24 h: a version that is not recorded by then never will be.
STREAM_RETENTION_MS: Final = 24 * 3600 * 1000
# How many calendars one event may be on.
MOST_CALENDARS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The fields of an event that the client sets, in the order of the API's documents. Versions are compared by them.

    `[start, end)` is half-open, and may be empty only for a transparent event. `time_zone` is an IANA name;
    `time_zone_given` is the name that the client used for it, if that was another one. `start_local` is the start
    by the clock, with its offset from UTC: `2027-03-01T09:00:00+01:00`. An event of whole days has instead the dates of
    its first day and of the day after its last: its `start` and `end` are where these begin in its zone. `calendars`
    are those on which the event takes its time besides its own. `recurrence` makes it a series, of which `start` and
    `end` are the first occurrence. A field with a default may be omitted from a request; None is an absent value.
    """

    title: str
    description: str = ""
    location: str = ""
    start: Instant
    end: Instant
    time_zone: str = "UTC"
    time_zone_given: str | None = None
    start_local: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    transparency: Transparency = "opaque"
    calendars: tuple[CalendarId, ...] = ()
    recurrence: Recurrence | None = None

    @property
    def interval(self) -> Interval:
        """Returns `[start, end)`: of a series, that of its first occurrence."""
        return Interval(self.start, self.end)

    @property
    def recurs(self) -> bool:
        """Returns whether it is a series whose recurrence is one that is taken."""
        return recurs(self)

    @property
    def extent(self) -> Interval:
        """Returns from when to when it takes place: a series until its last occurrence, exceptions included, ends."""
        return extent_of(self)

    @property
    def days(self) -> int | None:
        """Returns how many days it takes; None if it is not of whole days."""
        if self.start_date is None or self.end_date is None:
            return None
        return (date.fromisoformat(self.end_date) - date.fromisoformat(self.start_date)).days

    @property
    def all_day(self) -> bool:
        """Returns whether it is an event of whole days."""
        return self.start_date is not None and self.end_date is not None

    @property
    def local_start(self) -> datetime:
        """Returns the local time at which it starts, without a zone; of whole days, the midnight of the first."""
        if self.start_date is not None and self.end_date is not None:
            return datetime.combine(date.fromisoformat(self.start_date), time.min)
        # As the request gave it, the offset may be another one than that of the default zone.
        stated = self.start if self.time_zone == "UTC" else self.start_local
        if stated is not None:
            return datetime.fromisoformat(stated).replace(tzinfo=None)
        # Imported late: few functions need time zones.
        from shared.recurrence.local_times import local_of, zone  # noqa: PLC0415

        return local_of(datetime.fromisoformat(self.start).replace(tzinfo=None), zone(self.time_zone))

    @property
    def opaque(self) -> bool:
        """Returns whether the event takes its time (RFC 5545, section 3.8.2.7): a transparent one never conflicts."""
        return self.transparency == "opaque"

    @property
    def busy(self) -> bool:
        """Returns whether any of it takes its time: an occurrence of a transparent series may."""
        return self.opaque or (self.recurrence is not None and self.recurrence.has_opaque)

    def replacing(self, before: "Content") -> "Content":
        """Returns this content as the replacement of `before`.

        A client that sends back what is in a response does not lose the zone name that it gave originally, nor the
        local start: an event that still begins then has that as it was given.
        """
        if self.time_zone != before.time_zone:
            return self
        timed = not (self.all_day or before.all_day)
        return replace(
            self,
            time_zone_given=self.time_zone_given or before.time_zone_given,
            start_local=before.start_local if timed and self.start == before.start else self.start_local,
        )


_NO_TIME: Final = Instant("1970-01-01T00:00:00Z")
NO_CONTENT: Final = Content(title="", start=_NO_TIME, end=_NO_TIME, transparency="transparent")

CONTENT_FIELDS: Final = tuple(each.name for each in fields(Content))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The author, time and type of a change. `history_id` identifies the version that the change created.

    `operation_size` is how many versions the operation created: more than one in bulk. `occurrence` is the recurrence
    id of the one occurrence of a series that the change concerned. `history_id` and `version` are filled in when the
    change is applied to an event (`numbered`).
    """

    type: ChangeType = "create"
    changed_by: str = EXTERNAL
    operation_id: OperationId | None = None
    reason: str | None = None
    on_conflict: OnConflict = "reject"
    rolled_back_to: HistoryId | None = None
    operation_size: int = 1
    occurrence: str | None = None
    history_id: HistoryId = NO_HISTORY_ID
    version: int = 0

    @classmethod
    def of(
        cls,
        request: "Request",
        change_type: ChangeType,
        *,
        reason: str | None = None,
        on_conflict: OnConflict = "reject",
        rolled_back_to: HistoryId | None = None,
        operation_size: int = 1,
        occurrence: str | None = None,
    ) -> "Stamp":
        """Returns the stamp of a change by `request`, without version and history_id. An empty reason becomes None."""
        return cls(
            type=change_type,
            changed_by=request.actor,
            operation_id=request.operation_id,
            reason=reason or None,
            on_conflict=on_conflict,
            rolled_back_to=rolled_back_to,
            operation_size=operation_size,
            occurrence=occurrence,
        )

    def numbered(self, history_id: HistoryId, version: int) -> "Stamp":
        """Returns this stamp with the id and the number of a version."""
        return replace(self, history_id=history_id, version=version)

    @property
    def changed_at(self) -> str:
        """Returns when the change was made: RFC 3339 in UTC, with milliseconds."""
        return ids.made_at(self.history_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as stored: its content at its latest version, and that version's stamp.

    `created_at` is RFC 3339 in UTC with milliseconds, and `created_by` the id of the user who created it. `expires_at`,
    in seconds since 1970, is set on a deleted event only: from then on it cannot be restored. `uid` is the client's own
    name for it (RFC 7986, section 5.3); `creation_digest` identifies the request that created it. `erased` marks a
    version of which only the stamp is kept: its content is NO_CONTENT.

    An event on several calendars has an item in each. One of them is its home, where it is changed; the others are
    copies, with the calendar of the home in `home`, and name no other calendar.

    `split_from` is the series of which a series was a part before a change of the occurrences from one on.

    `checked_until` is the instant up to which a series was found to conflict with nothing when its time was last
    checked. An occurrence of a series is an event as well, which is not stored: `occurrence` says of what.
    """

    id: EventId
    calendar_id: CalendarId
    created_at: str
    content: Content
    stamp: Stamp
    created_by: str = EXTERNAL
    expires_at: int | None = None
    uid: str | None = None
    creation_digest: str | None = None
    erased: bool = False
    home: CalendarId | None = None
    split_from: EventId | None = None
    checked_until: Instant | None = None
    occurrence: OccurrenceOf | None = None

    @property
    def stored_id(self) -> EventId:
        """Returns the id of the event that is stored: of an occurrence, that of its series."""
        return self.id if self.occurrence is None else self.occurrence.series_id

    @property
    def elsewhere(self) -> bool:
        """Returns whether it is managed from another calendar: this is a copy, or what a move has left."""
        return self.home is not None

    @property
    def on_several(self) -> bool:
        """Returns whether a change of it concerns other calendars as well."""
        return self.elsewhere or bool(self.content.calendars)

    @property
    def history_id(self) -> HistoryId:
        """Returns the id of the latest version."""
        return self.stamp.history_id

    @property
    def deleted(self) -> bool:
        """Returns whether the latest change was a deletion."""
        return self.stamp.type == "delete"

    def expired(self, now: int) -> bool:
        """Returns whether it can no longer be restored at `now` (seconds since 1970). TTL removes the item later."""
        return self.deleted and self.expires_at is not None and self.expires_at <= now

    def continuing(self, previous: "Event | None", now_ns: int) -> "Event":
        """Returns this first version, numbered to continue the versions of `previous`, an expired event of the same id.

        It keeps its history_id if that is later than that of `previous`; otherwise it gets a later one, as of `now_ns`.
        """
        if previous is None:
            return self
        history_id = self.history_id
        if history_id <= previous.history_id:
            history_id = ids.later_id(now_ns, previous.history_id)
        stamp = self.stamp.numbered(history_id, previous.stamp.version + 1)
        return replace(self, created_at=ids.made_at(history_id), stamp=stamp)

    def changed(self, content: Content, stamp: Stamp, now_ns: int) -> "Event":
        """Returns the event with `content` and `stamp` as its next version."""
        history_id = ids.later_id(now_ns, self.history_id)
        return replace(self, content=content, stamp=stamp.numbered(history_id, self.stamp.version + 1), expires_at=None)
