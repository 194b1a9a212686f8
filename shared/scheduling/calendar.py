"""What a caller can do with the events of a calendar. Each function handler makes one call here."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, Protocol

from shared import cursors, ids
from shared.errors import InvalidRequest, NotFound
from shared.http.read_only import unchanged
from shared.request import NS_PER_SECOND, Request
from shared.retries import Deadline
from shared.scheduling.events import Content, Event, OnConflict
from shared.scheduling.free_time import FreeBusyQuery, Interval, read_free_busy
from shared.scheduling.guard import Guard, GuardedStore
from shared.scheduling.idempotency import AlreadyMade, CreationKey
from shared.scheduling.instants import Instant, of_seconds
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition
from shared.scheduling.previews import DryRun, Preview
from shared.scheduling.rounds import ClassPage, sizes
from shared.scheduling.updates import Updater, UpdateStore, live, matching, patched
from shared.scheduling.windows import Window, read_page


class CalendarStore(GuardedStore, UpdateStore, Protocol):
    """What a calendar needs of the events table."""

    def get(self, calendar_id: str, event_id: str) -> Event | None:
        """The event, deleted or not, strongly consistent."""

    def deleted(self, calendar_id: str, now: int, limit: int, before: str | None) -> ClassPage[Event]:
        """A page of the deleted events that can still be restored at `now`, latest first, from behind `before` on."""


class Calendar:
    """The calendar of the user who makes a request."""

    def __init__(self, store: CalendarStore, request: Request, deadline: Deadline, deleted_seconds: int) -> None:
        """`deleted_seconds` is for how long a deleted event can be restored."""
        self._store = store
        self._request = request
        self._owner = request.user_id
        self._patience = deadline
        self._checks = Guard(self._owner, store, deadline)
        self._guard: Guard | DryRun = self._checks
        self._reviser: Updater | DryRun = Updater(self._owner, store, deadline, request.now_ns)
        self._deleted_seconds = deleted_seconds

    @property
    def operation_id(self) -> str:
        """What all changes of this request are stamped with."""
        return self._request.operation_id

    def preview(self, change: Callable[["Calendar"], Event]) -> Preview:
        """What `change` (one of this calendar's changes of an event, but bulk creation) would do.

        Nothing is written. What is in the way is part of the answer; else raises what `change` raises.
        """
        dry_run = DryRun(self._owner, self._store, self._checks)
        calendar = copy(self)
        calendar._guard = calendar._reviser = dry_run
        event = change(calendar)
        return dry_run.preview or Preview(event, None)

    def create(
        self,
        content: Content,
        on_conflict: OnConflict = "reject",
        reason: str | None = None,
        origin: CreationKey | None = None,
    ) -> Event:
        """Create an event. Raises EventConflict, Unavailable, OutcomeUnknown; with an origin AlreadyMade.

        One that is made where another has been, deleted and not to be restored any more, goes on with its versions.
        """
        change = self._request.change("create", reason=reason, on_conflict=on_conflict)
        now_ns = self._request.now_ns
        event_id = origin.event_id(self._owner) if origin else ids.new_id(now_ns)
        uid = origin.uid if origin else None
        digest = origin.digest(content, on_conflict, reason) if origin else None

        def make(stored: Event | None) -> Event:
            if stored is not None and not stored.gone(now_ns // NS_PER_SECOND):
                raise AlreadyMade(stored)
            # Each attempt has a version id of its own: that is what a fence is moved to, and fences never repeat.
            stamp = change.stamp(ids.new_id(now_ns), 1)
            event = Event(event_id, self._owner, stamp.changed_at, content, stamp, uid=uid, creation_digest=digest)
            return event.continuing(stored, now_ns)

        checked = on_conflict == "reject"
        return self._guard.write(
            event_id,
            make,
            checked=checked,
            new=origin is None,
            unread=not checked,  # else it is read with the fences, for no call more
            expected=(content.start, content.end),
        )

    def get(self, event_id: str) -> Event:
        """A live event. Raises NotFound."""
        return live(self._store.get(self._owner, event_id))

    def stored(self, event_id: str) -> Event | None:
        """The event, deleted or not; None if nothing is left to restore."""
        found = self._store.get(self._owner, event_id)
        return None if found is None or found.gone(self._request.now_ns // NS_PER_SECOND) else found

    def with_uid(self, uid: str) -> list[Event]:
        """The live event that its client calls `uid`, if there is one."""
        found = self._store.get(self._owner, ids.of_uid(self._owner, uid))
        return [found] if found is not None and not found.deleted and found.uid == uid else []

    def window(
        self, start: Instant | None, end: Instant | None, cursor: str | None, as_of_ms: int | None = None
    ) -> Window:
        """The window to list: begins now and ends 31 days later unless told. Raises InvalidRequest for none."""
        query = "window" if as_of_ms is None else f"window as of {as_of_ms}"
        return Window.of(start, end, cursor, self._now(), query)

    def page(self, window: Window, limit: int) -> tuple[list[Event], str | None]:
        """At most `limit` events of `window`, by start, and the cursor to go on with."""
        return read_page(self._store, self._owner, window, limit)

    def free_busy(
        self, start: Instant | None, end: Instant | None, cursor: str | None = None
    ) -> tuple[Window, list[Interval], str | None]:
        """The window asked for, of at most 62 days, when its opaque events take time, merged, and the cursor.

        As `window` else.
        """
        query = FreeBusyQuery.of(start, end, cursor, self._now())
        busy, next_cursor = read_free_busy(self._store, self._owner, query)
        return query.window, busy, next_cursor

    def replace(
        self,
        event_id: str,
        content: Content,
        condition: Precondition = UNCONDITIONAL,
        on_conflict: OnConflict = "reject",
        reason: str | None = None,
        sent_back: Mapping[str, Any] | None = None,
    ) -> Event:
        """Put `content` in place of the event's. Raises NotFound, PreconditionFailed, EventConflict, Unavailable.

        `sent_back` are read-only fields of its document: raises PreconditionFailed or InvalidRequest if they differ.
        """

        def make(stored: Event | None) -> Event | None:
            event = unchanged(matching(live(stored), condition), sent_back)
            return self._updated(event, content, on_conflict, reason)

        return self._guard.write(event_id, make, checked=on_conflict == "reject", expected=(content.start, content.end))

    def patch(
        self,
        event_id: str,
        fields: dict[str, str],
        condition: Precondition = UNCONDITIONAL,
        on_conflict: OnConflict = "reject",
        reason: str | None = None,
        sent_back: Mapping[str, Any] | None = None,
    ) -> Event:
        """Change `fields` of the event's content. Raises InvalidRequest for an interval that is none, and as `replace`.

        Without a time or a time zone among them, and nothing sent back, one conditional write does it, with no read
        before.
        """
        if not fields:
            return unchanged(matching(self.get(event_id), condition), sent_back)

        def make(stored: Event | None) -> Event | None:
            event = unchanged(matching(live(stored), condition), sent_back)
            return self._updated(event, patched(event.content, fields), on_conflict, reason)

        expected = None
        if not fields.keys() & {"start", "end", "transparency"}:
            if not sent_back and "time_zone" not in fields:
                change = self._request.change("update", reason=reason, on_conflict=on_conflict)
                return self._reviser.update(event_id, make, change, fields, condition)
        elif fields.keys() >= {"start", "end"}:
            expected = (fields["start"], fields["end"])
        else:
            event = unchanged(matching(self.get(event_id), condition), sent_back)
            content = patched(event.content, fields)
            expected = (content.start, content.end)
        return self._guard.write(event_id, make, checked=on_conflict == "reject", expected=expected)

    def delete(
        self,
        event_id: str,
        condition: Precondition = UNCONDITIONAL,
        reason: str | None = None,
        operation_size: int = 1,
    ) -> Event:
        """Delete the event, which can be restored for a while. Gives its tombstone. Raises as `patch`."""
        expires_at = self._request.now_ns // NS_PER_SECOND + self._deleted_seconds
        change = self._request.change("delete", reason=reason, operation_size=operation_size)

        def make(stored: Event | None) -> Event:
            event = matching(live(stored), condition)
            return replace(event.changed(event.content, change, self._request.now_ns), expires_at=expires_at)

        return self._reviser.update(event_id, make, change, {}, condition, expires_at)

    def deleted(self, limit: int, cursor: str | None) -> tuple[Sequence[Event], str | None]:
        """At most `limit` deleted events that can still be restored, latest first, and the cursor to go on with.

        Reads on over those past their term, in as many rounds as a listing. Raises InvalidRequest for a wrong cursor.
        """
        before = None
        if cursor is not None:
            before = cursors.decode("deleted", cursor, ("before",))["before"]
            if not ids.is_id(before):
                raise InvalidRequest.of("cursor", "is no cursor of this API")
        found: list[Event] = []
        for size in sizes(limit + 1):
            page = self._store.deleted(self._owner, self._request.now_ns // NS_PER_SECOND, size, before)
            found += page.found
            if len(found) > limit:
                found, before = found[:limit], found[limit - 1].history_id
                break
            if page.read_up_to is None:
                return found, None
            before = page.read_up_to.partition("#")[2]
        return found, cursors.encode("deleted", {"before": before or ""})

    def roll_back(
        self,
        target: Event,
        condition: Precondition = UNCONDITIONAL,
        on_conflict: OnConflict = "reject",
        reason: str | None = None,
        operation_size: int = 1,
    ) -> Event:
        """Bring the event back to what it was at version `target`, as a new version; restores a deleted event.

        A version of type `delete` is what was there before the deletion. Rolling back to what the event is now makes no
        version. Raises as `replace`.
        """

        def make(stored: Event | None) -> Event | None:
            if stored is None or stored.gone(self._request.now_ns // NS_PER_SECOND):
                raise NotFound("event")
            matching(stored, condition)
            if not stored.deleted and stored.content == target.content:
                return None
            change = self._request.change(
                "restore" if stored.deleted else "rollback",
                reason=reason,
                on_conflict=on_conflict,
                rolled_back_to=target.history_id,
                operation_size=operation_size,
            )
            return stored.changed(target.content, change, self._request.now_ns)

        expected = (target.content.start, target.content.end)
        return self._guard.write(target.id, make, checked=on_conflict == "reject", expected=expected)

    def _now(self) -> Instant:
        return of_seconds(self._request.now_ns // NS_PER_SECOND)

    def _updated(self, event: Event, content: Content, on_conflict: OnConflict, reason: str | None) -> Event | None:
        content = content.said_after(event.content)
        if content == event.content:
            return None
        change = self._request.change("update", reason=reason, on_conflict=on_conflict)
        return event.changed(content, change, self._request.now_ns)
