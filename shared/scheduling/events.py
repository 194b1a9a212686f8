"""What an event is, and the stamp that every change leaves on it."""

from dataclasses import dataclass, replace
from typing import Literal

from shared import ids
from shared.scheduling.instants import Instant, overlap

ChangeType = Literal["create", "update", "delete", "restore", "rollback"]
Transparency = Literal["opaque", "transparent"]
OnConflict = Literal["reject", "allow"]

# What the owner says of an event, in the order of the API's documents. A version differs from another in these.
CONTENT_FIELDS = ("title", "description", "location", "start", "end", "time_zone", "time_zone_given", "transparency")


# Why an event of a bulk creation is not known to be there. Any other reason says that it is not.
ANSWER_LOST = "may or may not be written: the answer was lost"


@dataclass(frozen=True, slots=True)
class Content:
    """What the owner says of an event. `[start, end)` is half-open; only of a transparent event may it be empty.

    `time_zone` is an IANA name; `time_zone_given` is what the owner called it, empty if just that.
    """

    title: str
    start: Instant
    end: Instant
    description: str = ""
    location: str = ""
    time_zone: str = "UTC"
    transparency: Transparency = "opaque"
    time_zone_given: str = ""

    @property
    def opaque(self) -> bool:
        """Whether the event takes its time (RFC 5545, section 3.8.2.7): a transparent one collides with nothing."""
        return self.transparency == "opaque"

    def takes_same_time(self, other: "Content") -> bool:
        """Whether `other` takes just the time that this takes."""
        if not self.opaque and not other.opaque:
            return True
        return (self.start, self.end, self.opaque) == (other.start, other.end, other.opaque)

    def said_after(self, before: "Content") -> "Content":
        """This, in place of `before`: the zone's own name, as it was answered, does not undo what it was called."""
        if self.time_zone == before.time_zone and not self.time_zone_given:
            return replace(self, time_zone_given=before.time_zone_given)
        return self

    def overlaps(self, start: Instant, end: Instant) -> bool:
        """Whether the event has a moment in common with `[start, end)`, which has a length."""
        return overlap(self.start, self.end, start, end)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who made a change, when, and what kind it was. `history_id` names the version that the change made.

    `operation_size` is how many versions the operation made: more than one in bulk.
    """

    history_id: str
    version: int
    type: ChangeType
    changed_by: str
    operation_id: str
    reason: str = ""
    on_conflict: OnConflict = "reject"
    rolled_back_to: str = ""
    operation_size: int = 1

    @property
    def changed_at(self) -> str:
        """RFC 3339 in UTC, with milliseconds."""
        return ids.made_at(self.history_id)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as stored: its content at its latest version, and that version's stamp.

    `expires_at`, in seconds since 1970, is set on a deleted event only: from then on it cannot be restored. `uid` is
    what its client calls it (RFC 7986, section 5.3); `creation_digest` tells one request that makes it from another.
    """

    id: str
    calendar_id: str
    created_at: str
    content: Content
    stamp: Stamp
    expires_at: int | None = None
    uid: str | None = None
    creation_digest: str | None = None

    @property
    def history_id(self) -> str:
        """The name of its latest version."""
        return self.stamp.history_id

    @property
    def deleted(self) -> bool:
        """Whether the latest change was its deletion."""
        return self.stamp.type == "delete"

    def gone(self, now: int) -> bool:
        """Whether nothing is left to restore at `now` (seconds since 1970); the database removes it some time later."""
        return self.deleted and self.expires_at is not None and self.expires_at <= now

    def continuing(self, previous: "Event | None", now_ns: int) -> "Event":
        """This first version of an event as it goes on with the versions of `previous`, of which nothing is left.

        The id of the version stays, unless it has to be made again (at `now_ns`) to be later than that of `previous`.
        """
        if previous is None:
            return self
        history_id = self.history_id
        if history_id <= previous.history_id:
            history_id = ids.later_id(now_ns, previous.history_id)
        stamp = replace(self.stamp, history_id=history_id, version=previous.stamp.version + 1)
        return replace(self, created_at=ids.made_at(history_id), stamp=stamp)

    def changed(self, content: Content, change: "Change", now_ns: int) -> "Event":
        """The event with `content`, one version newer."""
        history_id = ids.later_id(now_ns, self.history_id)
        stamp = change.stamp(history_id, self.stamp.version + 1)
        return replace(self, content=content, stamp=stamp, expires_at=None)


@dataclass(frozen=True, slots=True)
class Change:
    """What is known of a change before it is made: its stamp without the version's number and id."""

    type: ChangeType
    changed_by: str
    operation_id: str
    reason: str = ""
    on_conflict: OnConflict = "reject"
    rolled_back_to: str = ""
    operation_size: int = 1

    def stamp(self, history_id: str, version: int) -> Stamp:
        """The stamp of this change as version `version`."""
        return Stamp(
            history_id=history_id,
            version=version,
            type=self.type,
            changed_by=self.changed_by,
            operation_id=self.operation_id,
            reason=self.reason,
            on_conflict=self.on_conflict,
            rolled_back_to=self.rolled_back_to,
            operation_size=self.operation_size,
        )
