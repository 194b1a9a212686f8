"""What a caller can do with the events of a calendar. Each function handler makes one call here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from shared.errors import (
    AnswerLost,
    Collision,
    Contended,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PreconditionFailed,
    Throttled,
    Unavailable,
)
from shared.scheduling import ids
from shared.scheduling.events import Change, ChangeType, Content, Event, OnConflict, Stamp
from shared.scheduling.guard import Guard, GuardedStore, collision, needs_check
from shared.scheduling.instants import Instant, interval_fault, of_seconds
from shared.scheduling.patience import Patience
from shared.scheduling.windows import Window, WindowStore, read_page

NS_PER_SECOND: Final = 1_000_000_000

# The version ids that a request's If-Match names; None: it has none, or "*".
IfMatch = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Revision:
    """A change of an event that need not be read first: `content` fields to set, or its deletion.

    Applied only to a live event whose history_id is less than `below` (and in `if_match`), and, unless it is a
    deletion, only if it changes something. The version number is counted up by the database.
    """

    stamp: Stamp
    below: str
    content: dict[str, str]
    if_match: IfMatch = None
    expires_at: int | None = None


class CalendarStore(GuardedStore, WindowStore, Protocol):
    """What a calendar needs of the events table."""

    def get(self, owner: str, event_id: str) -> Event | None:
        """The event, deleted or not, strongly consistent."""

    def revise(self, owner: str, event_id: str, revision: Revision) -> tuple[bool, Event | None]:
        """Whether `revision` was applied, and the event as it is now. Raises Contended, Throttled, AnswerLost."""

    def put_all(self, events: Sequence[Event], patience: Patience) -> dict[str, str]:
        """Write new events in as few calls as there can be. Gives why, by event id, for those not known to be written."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, under which operation, and when (nanoseconds since 1970)."""

    user_id: str
    operation_id: str
    now_ns: int

    def change(
        self,
        kind: ChangeType,
        *,
        reason: str = "",
        on_conflict: OnConflict = "reject",
        rolled_back_to: str = "",
    ) -> Change:
        """A change that this request makes."""
        return Change(kind, self.user_id, self.operation_id, reason, on_conflict, rolled_back_to)


class Calendar:
    """The calendar of the user who makes a request."""

    def __init__(
        self, store: CalendarStore, request: Request, patience: Patience, deleted_seconds: int
    ) -> None:
        """`deleted_seconds` is for how long a deleted event can be restored."""
        self._store = store
        self._request = request
        self._owner = request.user_id
        self._patience = patience
        self._guard = Guard(self._owner, store, patience)
        self._deleted_seconds = deleted_seconds

    @property
    def operation_id(self) -> str:
        """What all changes of this request are stamped with."""
        return self._request.operation_id

    def new_event(self, content: Content, on_conflict: OnConflict) -> Event:
        """The first version of an event, not written yet."""
        now_ns = self._request.now_ns
        history_id = ids.new_id(now_ns)
        change = self._request.change("create", on_conflict=on_conflict)
        return Event(
            id=ids.new_id(now_ns),
            owner=self._owner,
            created_at=ids.made_at(history_id),
            content=content,
            stamp=change.stamp(history_id, 1),
        )

    def create(self, content: Content, on_conflict: OnConflict = "reject") -> Event:
        """Create an event. Raises EventConflict, Unavailable, OutcomeUnknown."""
        first = self.new_event(content, on_conflict)

        def make(_: Event | None) -> Event:
            # Each attempt has a version id of its own: that is what a fence is moved to, and fences never repeat.
            return replace(first, stamp=replace(first.stamp, history_id=ids.new_id(self._request.now_ns)))

        return self._guard.write(
            first.id, make, checked=on_conflict == "reject", new=True, expected=(content.start, content.end)
        )

    def get(self, event_id: str) -> Event:
        """A live event. Raises NotFound."""
        return live(self._store.get(self._owner, event_id))

    def window(
        self, start: Instant | None, end: Instant | None, limit: int, cursor: str | None
    ) -> tuple[list[Event], str | None]:
        """At most `limit` events that overlap `[start, end)`, by start, and the cursor to go on with.

        Begins now and ends 31 days later unless told. Raises InvalidRequest for a window or a cursor that is none.
        """
        window = Window.of(start, end, cursor, of_seconds(self._request.now_ns // NS_PER_SECOND))
        return read_page(self._store, self._owner, window, limit)

    def replace(
        self, event_id: str, content: Content, if_match: IfMatch = None, on_conflict: OnConflict = "reject"
    ) -> Event:
        """Put `content` in place of the event's. Raises NotFound, PreconditionFailed, EventConflict, Unavailable."""

        def make(stored: Event | None) -> Event | None:
            event = matching(live(stored), if_match)
            return self._updated(event, content, on_conflict)

        return self._guard.write(
            event_id, make, checked=on_conflict == "reject", expected=(content.start, content.end)
        )

    def patch(
        self,
        event_id: str,
        fields: dict[str, str],
        if_match: IfMatch = None,
        on_conflict: OnConflict = "reject",
    ) -> Event:
        """Change `fields` of the event's content. Raises InvalidRequest for an interval that is none, and as `replace`.

        Without a time among them one conditional write does it, with no read before.
        """
        if not fields:
            return matching(self.get(event_id), if_match)
        if not fields.keys() & {"start", "end", "transparency"}:
            return self._revise(
                event_id, fields, if_match, self._request.change("update", on_conflict=on_conflict)
            )

        def make(stored: Event | None) -> Event | None:
            event = matching(live(stored), if_match)
            return self._updated(event, patched(event.content, fields), on_conflict)

        if fields.keys() >= {"start", "end"}:
            expected = (fields["start"], fields["end"])
        else:
            content = patched(matching(self.get(event_id), if_match).content, fields)
            expected = (content.start, content.end)
        return self._guard.write(event_id, make, checked=on_conflict == "reject", expected=expected)

    def delete(self, event_id: str, if_match: IfMatch = None) -> Event:
        """Delete the event; it can be restored for a while. Gives the tombstone. Raises NotFound, PreconditionFailed."""
        return self._revise(event_id, {}, if_match, self._request.change("delete"))

    def roll_back(
        self, target: Event, if_match: IfMatch = None, on_conflict: OnConflict = "reject", reason: str = ""
    ) -> Event:
        """Bring the event back to what it was at version `target`, as a new version; restores a deleted event.

        Rolling back to what the event is now makes no version. Raises InvalidRequest for a version of type `delete`,
        and as `replace`.
        """

        def make(stored: Event | None) -> Event | None:
            return self._rolled_back(stored, target, if_match, on_conflict, reason)

        expected = (target.content.start, target.content.end)
        return self._guard.write(target.id, make, checked=on_conflict == "reject", expected=expected)

    def preview_roll_back(
        self, target: Event, if_match: IfMatch = None, on_conflict: OnConflict = "reject"
    ) -> tuple[Event, Event, list[Collision]]:
        """What `roll_back` would do: the event as it is, as it would be, and what it would collide with now."""
        stored = self._store.get(self._owner, target.id)
        event = self._rolled_back(stored, target, if_match, on_conflict, "") or live(stored)
        found = []
        if on_conflict == "reject" and needs_check(event, stored):
            found = self._guard.collisions(event.id, event.content, [])
        return stored or event, event, [collision(other) for other in found]

    def _rolled_back(
        self, stored: Event | None, target: Event, if_match: IfMatch, on_conflict: OnConflict, reason: str
    ) -> Event | None:
        if target.deleted:
            raise InvalidRequest.of("history_id", "names a deletion: there is nothing to go back to")
        if stored is None or stored.gone(self._request.now_ns // NS_PER_SECOND):
            raise NotFound("event")
        matching(stored, if_match)
        if not stored.deleted and stored.content == target.content:
            return None
        change = self._request.change(
            "restore" if stored.deleted else "rollback",
            reason=reason,
            on_conflict=on_conflict,
            rolled_back_to=target.history_id,
        )
        return stored.changed(target.content, change, self._request.now_ns)

    def bulk_create(self, contents: Sequence[Content]) -> tuple[list[Event], dict[str, str]]:
        """Create many events with no look at conflicts.

        Gives the events in the order of `contents`, and, by event id, why for those that are not known to be written.
        """
        events = [self.new_event(content, "allow") for content in contents]
        return events, self._store.put_all(events, self._patience)

    def _updated(self, event: Event, content: Content, on_conflict: OnConflict) -> Event | None:
        if content == event.content:
            return None
        return event.changed(
            content, self._request.change("update", on_conflict=on_conflict), self._request.now_ns
        )

    def _revise(self, event_id: str, fields: dict[str, str], if_match: IfMatch, change: Change) -> Event:
        """One conditional write that needs no read; what its failure shows tells what to do next."""
        lost: list[str] = []
        floor = ""
        expires_at = None
        if change.type == "delete":
            expires_at = self._request.now_ns // NS_PER_SECOND + self._deleted_seconds
        for _ in self._patience.attempts():
            stamp = change.stamp(
                ids.later_id(self._request.now_ns, floor) if floor else ids.new_id(self._request.now_ns), 0
            )
            # Had a lost write been applied, the stored id would not be below it: so nothing is applied twice.
            below = lost[0] if lost else stamp.history_id
            try:
                applied, stored = self._store.revise(
                    self._owner, event_id, Revision(stamp, below, fields, if_match, expires_at)
                )
            except AnswerLost:
                lost.append(stamp.history_id)
                floor = stamp.history_id
                continue
            except (Contended, Throttled):
                continue
            if stored is not None and (applied or stored.history_id in lost):
                return stored
            if lost and stored is not None and stored.history_id > lost[0]:
                raise OutcomeUnknown(
                    "the answer of the database was lost and the event has changed since: read it"
                )
            event = matching(live(stored), if_match)
            if change.type != "delete" and patched(event.content, fields) == event.content:
                return event
            floor = max(floor, event.history_id)
        if lost:
            raise OutcomeUnknown(
                "the answer of the database was lost and the event may or may not have changed: read it"
            )
        raise Unavailable("too many callers change this event at once; nothing was written")


def live(stored: Event | None) -> Event:
    """`stored`, if there is one and it is not deleted. Raises NotFound."""
    if stored is None or stored.deleted:
        raise NotFound("event")
    return stored


def matching(event: Event, if_match: IfMatch) -> Event:
    """`event`, if it is at a version that `if_match` names. Raises PreconditionFailed."""
    if if_match is not None and event.history_id not in if_match:
        raise PreconditionFailed(event.history_id)
    return event


def patched(content: Content, fields: dict[str, str]) -> Content:
    """`content` with `fields` changed. Raises InvalidRequest if its start and end are then no interval."""
    after = replace(content, **fields)  # type: ignore[arg-type]  # the request's model has checked the values
    fault = interval_fault(after.start, after.end)
    if fault is not None:
        raise InvalidRequest.of(
            "end" if "end" in fields else "start", f"with the event's other end: end {fault}"
        )
    return after
