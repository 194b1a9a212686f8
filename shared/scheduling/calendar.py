"""The operations of a caller on the events of a calendar."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, Self

from shared import ids
from shared.errors import AnswerLost, Contended, InvalidRequest, NotFound, Throttled
from shared.ids import CalendarId, EventId, HistoryId
from shared.request import Request
from shared.scheduling.access import RightUnknown
from shared.scheduling.calendar_reading import CalendarReading, ReadStore
from shared.scheduling.events import ChangeType, Content, Event, Stamp
from shared.scheduling.fences import fence_names, fences_of
from shared.scheduling.guard import Guard, GuardedStore, Plan
from shared.scheduling.idempotency import ANOTHERS_UID, AlreadyCreated, CreationKey
from shared.scheduling.intervals import Interval
from shared.scheduling.lost_answers import LostAnswers
from shared.scheduling.previews import DryRun, Preview
from shared.scheduling.quotas import Quotas
from shared.scheduling.series_changes import carried
from shared.scheduling.terms import DEFAULT_TERMS, Terms
from shared.scheduling.updates import TIMED, ConditionalUpdate, OnSeveralCalendars, Updater, UpdateStore, live, patched

if TYPE_CHECKING:
    from shared.scheduling.booking_changes import Bookings


class CalendarStore(ReadStore, GuardedStore, UpdateStore, Protocol):
    """The operations on the events table that a calendar needs."""


class Calendar(CalendarReading):
    """The calendar of a request: what is in it, and its changes."""

    def __init__(
        self,
        store: CalendarStore,
        request: Request,
        deleted_seconds: int,
        bookings: "Callable[[Request], Bookings]",
        quotas: Quotas | None = None,
    ) -> None:
        """Gives access to the calendar of `request`; a deleted event can be restored for `deleted_seconds`.

        Events on several calendars are left to its `bookings`. `quotas` limit what it may hold, if there are any.
        """
        super().__init__(store, request)
        self._store: CalendarStore = store
        self._quotas = quotas
        self._bookings = bookings
        self._checks = Guard(store, request, bookings, quotas)
        self._guard: Guard | DryRun = self._checks
        self._updater: Updater | DryRun = Updater(store, request)
        self._deleted_seconds = deleted_seconds

    def preview(self, change: Callable[[Self], Event | None]) -> Preview:
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
            InvalidRequest: there is one, which the caller may not read; or another calendar cannot be booked.
        """
        if terms.any_of and not terms.checked:
            raise InvalidRequest.of("any_of", "must be left out, or on_conflict be reject: it asks for a free calendar")
        unnumbered = self._stamp("create", terms)
        now_ns = self._request.now_ns
        event_id = key.event_id(self._request.access) if key else EventId(ids.new_id(now_ns))
        digest = key.digest(content, terms.on_conflict, terms.reason, terms.any_of) if key else None

        def make(stored: Event | None) -> Event:
            if stored is not None and not stored.expired(self._request.now):
                if not self._request.access.reads(stored, self._store.grant):
                    raise InvalidRequest([ANOTHERS_UID])
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

        if content.calendars or terms.any_of:
            event = make(None)
            return self._guard.write_on_several(
                event_id, make, event, checked=terms.checked, creates=True, any_of=terms.any_of
            )
        return self._guard.write(
            event_id,
            make,
            checked=terms.checked,
            creates=True,
            new=key is None,
            unread=not terms.checked,  # a checked write reads it together with the fences, without an extra call
            expected=fences_of(content),
        )

    def replace(self, event_id: EventId, content: Content, terms: Terms = DEFAULT_TERMS) -> Event:
        """Replaces the event's content with `content`.

        Raises NotFound, PreconditionFailed, EventConflict, QuotaExceeded, Unavailable, OutcomeUnknown, and what
        `terms.check` does.
        """

        def make(stored: Event | None) -> Event | None:
            return self._updated(terms.agreed(live(stored)), content, terms)

        return self._guard.write(event_id, make, checked=terms.checked, expected=fences_of(content))

    def patch(self, event_id: EventId, fields: Mapping[str, Any], terms: Terms = DEFAULT_TERMS) -> Event:
        """Changes `fields` (of `wall_times.applied`) of the event's content.

        If they include no time, no time zone and no calendars, and there is no `terms.check`, one conditional update
        suffices, without a read before it, unless the calendar may lack room for their text, or is not the caller's
        own, or the event is on several.

        Raises:
            InvalidRequest: the resulting interval is not valid.
            The errors of `replace`.
        """
        if not fields:
            return terms.agreed(self.get(event_id))

        def make(stored: Event | None) -> Event | None:
            event = terms.agreed(live(stored))
            return self._updated(event, patched(event.content, fields), terms)

        expected: Sequence[str] = ()
        if not fields.keys() & TIMED:
            unread = self._quotas is None or self._quotas.unread(fields)
            if self._blind and unread and terms.blind and not fields.keys() & {"time_zone", "calendars"}:
                return self._unread(event_id, make, self._stamp("update", terms), fields, terms)
        elif fields.keys() >= {"start", "end"} and not fields.get("all_day"):
            expected = fence_names(Interval(fields["start"], fields["end"]))
        else:
            event = terms.agreed(self.get(event_id))
            expected = fences_of(patched(event.content, fields))
        return self._guard.write(event_id, make, checked=terms.checked, expected=expected)

    def remove(self, event_id: EventId, terms: Terms = DEFAULT_TERMS) -> None:
        """Deletes the event as `delete` does, and does not tell what it was: in most cases that needs no read."""
        lost, known = LostAnswers(unread=True), None
        if not self._blind:
            history_id = HistoryId(ids.new_id(self._request.now_ns))
            stamp = self._stamp("delete", terms).numbered(history_id, 0)
            update = ConditionalUpdate(stamp, history_id, {}, terms.condition, self._expires_at)
            try:
                applied, known = self._store.update(self._calendar_id, event_id, update)
                if applied:
                    return
            except AnswerLost:
                lost.add(history_id)
            except RightUnknown as fault:
                # The caller may change what they have created: whether that is this event has to be read.
                known = fault.stored
            except (Contended, Throttled):
                pass
        self.delete(event_id, terms, lost, known if known is not None and known.on_several else None)

    def delete(
        self,
        event_id: EventId,
        terms: Terms = DEFAULT_TERMS,
        lost: LostAnswers | None = None,
        known: Event | None = None,
    ) -> Event:
        """Deletes the event, which can be restored for a while. Returns its tombstone.

        What is managed from another calendar is taken off this one: that needs the right to write here.

        Args:
            event_id: The event.
            terms: The terms of the change.
            lost: What the request has tried to write before, without a response.
            known: The event on several calendars as it was just seen.

        Raises:
            The errors of `patch`.
        """

        def make(stored: Event | None) -> Event:
            return self.tombstone(live(stored), terms)

        if not self._blind:
            if known is not None:
                # Whether the caller may change it, or see it, is known only when its calendars are read.
                return self._bookings(self._request).change(event_id, make, [known], checked=True, lost=lost)
            return self._guard.write(event_id, make, checked=True, lost=lost)
        return self._unread(event_id, make, self._stamp("delete", terms), {}, terms, self._expires_at)

    def tombstone(self, event: Event, terms: Terms) -> Event:
        """Returns what is left of `event` once it is deleted, without writing it. Raises what `terms.agreed` does."""
        deleted = terms.agreed(event).changed(event.content, self._stamp("delete", terms), self._request.now_ns)
        return replace(deleted, expires_at=self._expires_at)

    def _unread(
        self,
        event_id: EventId,
        make: Plan,
        stamp: Stamp,
        fields: Mapping[str, str | None],
        terms: Terms,
        expires_at: int | None = None,
    ) -> Event:
        """Makes a change by one conditional update, unless the event turns out to be on several calendars."""
        try:
            return self._updater.update(event_id, make, stamp, fields, terms.condition, expires_at)
        except OnSeveralCalendars as found:
            return self._guard.write_on_several(event_id, make, found.event, checked=terms.checked, lost=found.lost)

    def move(self, event_id: EventId, to: CalendarId, terms: Terms = DEFAULT_TERMS) -> Event:
        """Moves the event to the calendar `to`, where it has the same id. Returns the event there.

        What is left of it here is a deletion, which cannot be restored. Raises the errors of `replace`, and
        InvalidRequest if the caller may not book `to`.
        """

        def make(stored: Event | None) -> Event:
            event = terms.agreed(live(stored))
            return event.changed(event.content, self._stamp("move", terms), self._request.now_ns)

        return self._bookings(self._request).move(event_id, make, to)

    def roll_back(
        self, target: Event, terms: Terms = DEFAULT_TERMS, calendars: tuple[CalendarId, ...] | None = None
    ) -> Event:
        """Rolls the event back to its content at version `target`, as a new version; restores a deleted event.

        With `calendars` it is on these instead of those that it was on then.

        A version of type `delete` has the content from before the deletion. If the event already has that content, no
        version is created.

        Raises:
            The errors of `replace`.
        """
        content = target.content if calendars is None else replace(target.content, calendars=calendars)

        def make(stored: Event | None) -> Event | None:
            if stored is None or stored.expired(self._request.now):
                raise NotFound("event")
            terms.agreed(stored)
            if not stored.deleted and stored.content == content:
                return None
            stamp = self._stamp("restore" if stored.deleted else "rollback", terms, target.history_id)
            return stored.changed(content, stamp, self._request.now_ns)

        return self._guard.write(target.id, make, checked=terms.checked, expected=fences_of(target.content))

    @property
    def _expires_at(self) -> int:
        return self._request.now + self._deleted_seconds

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
        content = carried(content.replacing(event.content), event.content, drop=terms.drop_exceptions)
        if content == event.content:
            return None
        return event.changed(content, self._stamp("update", terms), self._request.now_ns)
