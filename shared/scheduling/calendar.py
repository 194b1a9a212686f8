"""The operations of a caller on the events of a calendar."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, Protocol

from shared import cursors, ids
from shared.errors import InvalidCursor, NotFound
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.events import ChangeType, Content, Event, Stamp
from shared.scheduling.free_time import FreeBusyQuery, read_free_busy
from shared.scheduling.guard import Guard, GuardedStore
from shared.scheduling.idempotency import AlreadyCreated, CreationKey
from shared.scheduling.instants import Instant, of_seconds
from shared.scheduling.intervals import Interval
from shared.scheduling.previews import DryRun, Preview
from shared.scheduling.quotas import Quotas
from shared.scheduling.range_reader import DeletedPage, sizes
from shared.scheduling.terms import DEFAULT_TERMS, Terms
from shared.scheduling.updates import Updater, UpdateStore, live, patched
from shared.scheduling.windows import Window, read_page


class CalendarStore(GuardedStore, UpdateStore, Protocol):
    """The operations on the events table that a calendar needs."""

    def get(self, calendar_id: CalendarId, event_id: EventId) -> Event | None:
        """Returns the event, deleted or not, read strongly consistent."""

    def deleted(self, calendar_id: CalendarId, now: int, limit: int, before: HistoryId | None) -> DeletedPage:
        """Returns a page of the deleted events that can be restored at `now`, latest first, those after `before`."""


class Calendar:
    """The calendar of a request."""

    def __init__(
        self, store: CalendarStore, request: Request, deleted_seconds: int, quotas: Quotas | None = None
    ) -> None:
        """Gives access to the calendar of `request`; a deleted event can be restored for `deleted_seconds`.

        What it may hold is limited by `quotas`, if there are any.
        """
        self._store = store
        self._request = request
        self._calendar_id = request.calendar_id
        self._quotas = quotas
        self._checks = Guard(store, request, quotas)
        self._guard: Guard | DryRun = self._checks
        self._updater: Updater | DryRun = Updater(store, request)
        self._deleted_seconds = deleted_seconds

    def preview(self, change: Callable[["Calendar"], Event]) -> Preview:
        """Returns the effect that `change` would have, without writing anything.

        `change` makes one change of one event of the calendar that it is given. A conflict is part of the result.

        Raises:
            The errors of `change` other than EventConflict.
        """
        dry_run = DryRun(self._store, self._checks, self._request)
        calendar = copy(self)
        calendar._guard = calendar._updater = dry_run  # noqa: SLF001 its own class
        event = change(calendar)
        return dry_run.preview or Preview(event, None)

    def create(self, content: Content, terms: Terms = DEFAULT_TERMS, key: CreationKey | None = None) -> Event:
        """Creates an event and returns it.

        If an event was created under the same `key`, and was deleted and has expired, its versions are continued.

        Raises:
            EventConflict, QuotaExceeded, Unavailable, OutcomeUnknown.
            AlreadyCreated: there is an event with the same `key`.
        """
        unnumbered = self._stamp("create", terms)
        now_ns = self._request.now_ns
        event_id = key.event_id(self._calendar_id) if key else EventId(ids.new_id(now_ns))
        digest = key.digest(content, terms.on_conflict, terms.reason) if key else None

        def make(stored: Event | None) -> Event:
            if stored is not None and not stored.expired(self._request.now):
                raise AlreadyCreated(stored)
            # Each attempt needs a version id of its own: a fence is set to that id, and the values of a fence must
            # never repeat.
            stamp = unnumbered.numbered(HistoryId(ids.new_id(now_ns)), 1)
            event = Event(
                id=event_id,
                calendar_id=self._calendar_id,
                created_at=stamp.changed_at,
                content=content,
                stamp=stamp,
                created_by=self._request.actor,
                uid=key.uid if key else None,
                creation_digest=digest,
            )
            return event.continuing(stored, now_ns)

        return self._guard.write(
            event_id,
            make,
            checked=terms.checked,
            creates=True,
            new=key is None,
            unread=not terms.checked,  # a checked write reads it together with the fences, without an extra call
            expected=content.interval,
        )

    def get(self, event_id: EventId) -> Event:
        """Returns a live event. Raises NotFound."""
        return live(self._store.get(self._calendar_id, event_id))

    def stored(self, event_id: EventId) -> Event | None:
        """Returns the event, deleted or not; None if there is none, or none that can be restored."""
        found = self._store.get(self._calendar_id, event_id)
        return None if found is None or found.expired(self._request.now) else found

    def with_uid(self, uid: str) -> list[Event]:
        """Returns the live event to which its client gave the name `uid`, if there is one."""
        found = self._store.get(self._calendar_id, ids.of_uid(self._calendar_id, uid))
        return [found] if found is not None and not found.deleted and found.uid == uid else []

    def page(self, window: Window, limit: int) -> tuple[list[Event], str | None]:
        """Returns at most `limit` events of `window`, by start, and the cursor of the next page."""
        return read_page(self._store, self._calendar_id, window, limit)

    def free_busy(
        self, start: Instant | None, end: Instant | None, cursor: str | None = None
    ) -> tuple[Interval, list[Interval], str | None]:
        """Returns the requested window, its busy intervals, merged, and the cursor of the next page.

        Raises:
            EmptyWindow, WindowTooLong, InvalidCursor.
        """
        query = FreeBusyQuery.of(start, end, cursor, of_seconds(self._request.now))
        busy, next_cursor = read_free_busy(self._store, self._calendar_id, query)
        return query.window.interval, busy, next_cursor

    def replace(self, event_id: EventId, content: Content, terms: Terms = DEFAULT_TERMS) -> Event:
        """Replaces the event's content with `content`.

        Raises:
            NotFound, PreconditionFailed, EventConflict, QuotaExceeded, Unavailable, OutcomeUnknown, and the errors of
                `terms.check`.
        """

        def make(stored: Event | None) -> Event | None:
            return self._updated(terms.agreed(live(stored)), content, terms)

        return self._guard.write(event_id, make, checked=terms.checked, expected=content.interval)

    def patch(self, event_id: EventId, fields: Mapping[str, Any], terms: Terms = DEFAULT_TERMS) -> Event:
        """Changes `fields` of the event's content.

        If they include no time and no time zone, and there is no `terms.check`, one conditional update suffices,
        without a read before it, unless the calendar may lack room for their text, or is not the caller's own.

        Raises:
            InvalidRequest: the resulting interval is not valid.
            The errors of `replace`.
        """
        if not fields:
            return terms.agreed(self.get(event_id))

        def make(stored: Event | None) -> Event | None:
            event = terms.agreed(live(stored))
            return self._updated(event, patched(event.content, fields), terms)

        expected = None
        if not fields.keys() & {"start", "end", "transparency"}:
            unread = self._quotas is None or self._quotas.unread(fields)
            if self._blind and unread and terms.check is None and "time_zone" not in fields:
                stamp = self._stamp("update", terms)
                return self._updater.update(event_id, make, stamp, fields, terms.condition)
        elif fields.keys() >= {"start", "end"}:
            expected = Interval(fields["start"], fields["end"])
        else:
            event = terms.agreed(self.get(event_id))
            expected = patched(event.content, fields).interval
        return self._guard.write(event_id, make, checked=terms.checked, expected=expected)

    def delete(self, event_id: EventId, terms: Terms = DEFAULT_TERMS) -> Event:
        """Deletes the event, which can be restored for a while. Returns its tombstone. Raises the errors of `patch`."""
        expires_at = self._request.now + self._deleted_seconds
        stamp = self._stamp("delete", terms)

        def make(stored: Event | None) -> Event:
            event = terms.agreed(live(stored))
            return replace(event.changed(event.content, stamp, self._request.now_ns), expires_at=expires_at)

        if not self._blind:
            return self._guard.write(event_id, make, checked=True)
        return self._updater.update(event_id, make, stamp, {}, terms.condition, expires_at)

    def deleted(self, limit: int, cursor: str | None) -> tuple[Sequence[Event], str | None]:
        """Returns at most `limit` deleted events that can still be restored, latest first, and the next cursor.

        Expired ones are skipped, within the maximum number of rounds of a listing. Raises InvalidCursor.
        """
        before = None
        if cursor is not None:
            before = HistoryId(cursors.decode("deleted", cursor, ("before",))["before"])
            if not ids.is_id(before):
                raise InvalidCursor
        found: list[Event] = []
        for size in sizes(limit + 1):
            page = self._store.deleted(self._calendar_id, self._request.now, size, before)
            found += page.events
            if len(found) > limit:
                found, before = found[:limit], found[limit - 1].history_id
                break
            if page.read_up_to is None:
                return found, None
            before = page.read_up_to
        return found, cursors.encode("deleted", {"before": before or ""})

    def roll_back(self, target: Event, terms: Terms = DEFAULT_TERMS) -> Event:
        """Rolls the event back to its content at version `target`, as a new version; restores a deleted event.

        A version of type `delete` has the content from before the deletion. If the event already has that content, no
        version is created.

        Raises:
            The errors of `replace`.
        """

        def make(stored: Event | None) -> Event | None:
            if stored is None or stored.expired(self._request.now):
                raise NotFound("event")
            terms.agreed(stored)
            if not stored.deleted and stored.content == target.content:
                return None
            stamp = self._stamp("restore" if stored.deleted else "rollback", terms, target.history_id)
            return stored.changed(target.content, stamp, self._request.now_ns)

        return self._guard.write(target.id, make, checked=terms.checked, expected=target.content.interval)

    @property
    def _blind(self) -> bool:
        """Returns whether an event may be changed without reading it: who may change it must be known otherwise."""
        return self._request.access.own

    def _stamp(self, change_type: ChangeType, terms: Terms, rolled_back_to: HistoryId | None = None) -> Stamp:
        return Stamp.of(
            self._request,
            change_type,
            reason=terms.reason,
            on_conflict=terms.on_conflict,
            rolled_back_to=rolled_back_to,
            operation_size=terms.operation_size,
        )

    def _updated(self, event: Event, content: Content, terms: Terms) -> Event | None:
        content = content.replacing(event.content)
        if content == event.content:
            return None
        return event.changed(content, self._stamp("update", terms), self._request.now_ns)
