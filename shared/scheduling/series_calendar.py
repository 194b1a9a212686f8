"""Changes of occurrences of a series in the calendar of a request."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from shared import ids
from shared.errors import Contended, InvalidRequest, NotFound
from shared.ids import EventId, HistoryId
from shared.scheduling import series_splits
from shared.scheduling.booking_items import Places, SplitOff, later_than_all
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Content, Event, Stamp
from shared.scheduling.fences import ALL_FENCES, fence_names
from shared.scheduling.intervals import Interval
from shared.scheduling.newly_taken import fences_moved, newly_taken
from shared.scheduling.occurrence_changes import occurrence_fields, with_occurrence
from shared.scheduling.preconditions import Precondition
from shared.scheduling.previews import DryRun
from shared.scheduling.recurrences import takes_place
from shared.scheduling.terms import DEFAULT_TERMS, Terms
from shared.scheduling.updates import live, live_occurrence

# With these changed, the occurrence may take other time than before.
_TIMES: Final = frozenset({"start", "end", "start_date", "end_date", "transparency", "cancelled"})


class SeriesCalendar(Calendar):
    """The calendar of a request, whose changes may concern single occurrences of a series."""

    def patch_one(
        self, series_id: EventId, recurrence_id: str, fields: Mapping[str, Any], terms: Terms = DEFAULT_TERMS
    ) -> Event:
        """Changes `fields` of one occurrence (`with_occurrence`). Returns the occurrence, which may be cancelled then.

        That is one conditional change of the series. It is checked for conflicts if the occurrence takes time that it
        did not take, and only that time is.

        Raises:
            NotFound: there is no such occurrence; or it is cancelled, and `fields` do not say whether it is to be.
            InvalidRequest: it cannot be like that.
            The errors of `replace`.
        """
        if terms.drop_exceptions:
            raise InvalidRequest.of("exceptions", "must be keep: nothing else than this occurrence changes")
        return self._change_one(series_id, recurrence_id, fields, terms, cancelled="cancelled" in fields)

    def cancel_one(self, series_id: EventId, recurrence_id: str, terms: Terms = DEFAULT_TERMS) -> Event:
        """Cancels one occurrence. What it had of its own is kept, and comes back with it. Raises as `patch_one`."""
        return self._change_one(series_id, recurrence_id, {"cancelled": True}, terms, cancelled=False)

    def roll_back_one(self, target: Event, recurrence_id: str, terms: Terms = DEFAULT_TERMS) -> Event:
        """Rolls one occurrence back to what it was at version `target` of its series, as a new version of the series.

        That is what it had of its own, and whether it was cancelled; the rest of the series stays as it is. It is
        checked for conflicts as `patch_one` is. Returns the series.

        Raises:
            NotFound: the version has no such occurrence, or the series has none now; or it is deleted.
            InvalidRequest: the occurrence cannot be like that any more.
            The errors of `replace`.
        """
        fields = occurrence_fields(target.content, recurrence_id)

        def make(stored: Event | None) -> Event | None:
            event = live(stored)
            live_occurrence(event, recurrence_id, cancelled=True)
            agreed = terms.agreed(event)
            try:
                content = with_occurrence(agreed.content, recurrence_id, fields)
            except InvalidRequest as error:
                # What is said of its fields was not in the request, which names a version.
                why = "; ".join(each.message for each in error.errors)
                raise InvalidRequest.of("history_id", f"must be a version that still fits the series: {why}") from None
            if content == event.content:
                return None
            stamp = replace(self._stamp("rollback", terms, target.history_id), occurrence=recurrence_id)
            return event.changed(content, stamp, self._request.now_ns)

        event = self.get(target.id)
        planned = make(event)
        expected = () if planned is None else fences_moved(planned, event, newly_taken(planned, event))
        return self._guard.write(target.id, make, checked=terms.checked, expected=expected)

    def patch_following(
        self, series_id: EventId, recurrence_id: str, fields: Mapping[str, Any], terms: Terms = DEFAULT_TERMS
    ) -> Event:
        """Changes `fields` of a series from one of its occurrences on (`changed_series`). Returns a series of its own.

        That has the occurrences from there on, and what is left of the series ends before it. Both are written in one
        transaction, in all calendars. At the first occurrence that takes place it changes the series as a whole, and
        returns that. If `fields` change nothing, nothing is split, and the occurrence is returned.

        Raises the errors of `patch_one`.
        """
        # Imported late: the functions that go back to a version never split a series.
        from shared.scheduling.split_parts import check_apart  # noqa: PLC0415

        tail_id = EventId(ids.derived_from(self._request.operation_id, f"split from {series_id}"))
        split = False

        def make(places: Places, others: Places) -> tuple[Event, SplitOff | None] | None:
            nonlocal split
            event = live(places[self._calendar_id].event)
            terms.agreed(live_occurrence(event, recurrence_id))
            before_it = series_splits.ended(event.content, recurrence_id)
            whole = before_it is None or not takes_place(before_it)
            parts = None if whole else series_splits.split(event.content, recurrence_id)
            split = parts is not None
            head, before = parts or (None, event.content)
            content = series_splits.changed_series(before, recurrence_id, fields, drop=terms.drop_exceptions)
            if content == before:
                return None
            stamp = self._stamp("update", terms)
            if head is None:
                return event.changed(content, stamp, self._request.now_ns), None
            if content.calendars != before.calendars:
                raise InvalidRequest.of("calendars", "must be those of the series: change them with another request")
            check_apart(head, content)
            # Both versions are made by one operation.
            stamp = replace(stamp, operation_size=2)
            changed = event.changed(head, stamp, self._request.now_ns)
            tail = self._tail(event, tail_id, before, replace(stamp, type="create"))
            return changed, SplitOff(replace(tail, content=content), others, tail)

        bookings = self._bookings(self._request)
        if isinstance(self._guard, DryRun):
            return self._guard.split(series_id, make, bookings, checked=terms.checked)
        event = bookings.split(series_id, make, checked=terms.checked)
        if event.id == tail_id:
            return event
        if event.stamp.operation_id != self._request.operation_id:
            return live_occurrence(event, recurrence_id)  # nothing was changed
        # The answer to the write of a split was lost, if it is not the series as a whole.
        return self.get(tail_id) if split else event

    def _tail(self, event: Event, tail_id: EventId, content: Content, stamp: Stamp) -> Event:
        history_id = HistoryId(ids.new_id(self._request.now_ns))
        return replace(
            event,
            id=tail_id,
            created_at=ids.made_at(history_id),
            content=content,
            stamp=stamp.numbered(history_id, 1),
            uid=None,
            creation_digest=None,
            split_from=event.id,
        )

    def roll_back_split(self, target: Event, tail: Event, terms: Terms = DEFAULT_TERMS) -> tuple[Event, Event]:
        """Rolls a series back to version `target`, and takes what was split off from it with it. Returns both.

        `tail` is that series as it is stored: it is deleted, because the series has its time again; or it is restored,
        because the series leaves it that time. Both are written in one transaction, in all calendars. Only what the one
        or the other newly takes is checked, and neither is in the way of the other.

        Raises:
            PreconditionFailed: one of both has changed since.
            The errors of `Calendar.roll_back`.
        """
        made: dict[HistoryId, tuple[Event, Event]] = {}

        def make(places: Places, others: Places) -> tuple[Event, SplitOff]:
            stored, other = places[self._calendar_id].event, others[self._calendar_id].event
            if stored is None or other is None:
                raise NotFound("event")
            if other.stamp.operation_id == self._request.operation_id:
                raise Contended("the series was read before a write of both whose answer was lost")
            stamp = self._stamp("rollback", terms, target.history_id)
            head = terms.agreed(stored).changed(target.content, stamp, self._request.now_ns)
            tail_terms = replace(terms, condition=Precondition.at(tail.history_id))
            if tail.deleted:
                stamp = self._stamp("restore", terms, tail.history_id)
                after = tail_terms.agreed(other).changed(tail.content, stamp, self._request.now_ns)
            else:
                # A deletion conflicts with nothing.
                after = self.tombstone(other, replace(tail_terms, on_conflict="reject"))
            head = later_than_all(head, places, self._request.now_ns)
            after = later_than_all(after, others, self._request.now_ns)
            made[head.history_id] = made[after.history_id] = head, after
            return head, SplitOff(after, others)

        bookings, calendars = self._bookings(self._request), target.content.calendars
        if isinstance(self._guard, DryRun):
            head = self._guard.split(target.id, make, bookings, checked=terms.checked, other=tail.id)
            return head, tail
        written = bookings.split(target.id, make, checked=terms.checked, other=tail.id, calendars=calendars)
        return made[written.history_id]

    def patch_all(
        self, series_id: EventId, recurrence_id: str, fields: Mapping[str, Any], terms: Terms = DEFAULT_TERMS
    ) -> Event:
        """Changes `fields` of all of a series, as seen at one occurrence (`changed_series`). Returns the series.

        Raises the errors of `patch_one`.
        """

        def make(stored: Event | None) -> Event | None:
            event = live(stored)
            terms.agreed(live_occurrence(event, recurrence_id))
            content = series_splits.changed_series(event.content, recurrence_id, fields, drop=terms.drop_exceptions)
            if content == event.content:
                return None
            return event.changed(content, self._stamp("update", terms), self._request.now_ns)

        expected = ALL_FENCES if fields.keys() & _TIMES else ()
        return self._guard.write(series_id, make, checked=terms.checked, expected=expected)

    def cancel_following(self, series_id: EventId, recurrence_id: str, terms: Terms = DEFAULT_TERMS) -> Event:
        """Ends a series before one of its occurrences; at the first that takes place, deletes it.

        Raises as `patch_one`.
        """

        def make(stored: Event | None) -> Event:
            event = live(stored)
            terms.agreed(live_occurrence(event, recurrence_id))
            head = series_splits.ended(event.content, recurrence_id)
            if head is None or not takes_place(head):
                return self.tombstone(event, terms)
            return event.changed(head, self._stamp("update", terms), self._request.now_ns)

        # It takes no new time; its place in the index changes.
        return self._guard.write(series_id, make, checked=True, expected=ALL_FENCES)

    def delete_all(self, series_id: EventId, recurrence_id: str, terms: Terms = DEFAULT_TERMS) -> Event:
        """Deletes the series that an occurrence is one of. Raises as `patch_one`."""

        def make(stored: Event | None) -> Event:
            event = live(stored)
            live_occurrence(event, recurrence_id)
            return self.tombstone(event, terms)

        return self._guard.write(series_id, make, checked=True)

    def _change_one(
        self, series_id: EventId, recurrence_id: str, fields: Mapping[str, Any], terms: Terms, *, cancelled: bool
    ) -> Event:
        def make(stored: Event | None) -> Event | None:
            event = live(stored)
            terms.agreed(live_occurrence(event, recurrence_id, cancelled=cancelled))
            content = with_occurrence(event.content, recurrence_id, fields)
            if content == event.content:
                return None
            stamp = replace(self._stamp("update", terms), occurrence=recurrence_id)
            return event.changed(content, stamp, self._request.now_ns)

        expected: Sequence[str] = ()
        if fields.get("start") is not None and fields.get("end") is not None:
            expected = fence_names(Interval(fields["start"], fields["end"]))
        elif _TIMES & fields.keys() and fields.get("cancelled") is not True:
            event = self.get(series_id)
            planned = make(event)
            expected = () if planned is None else fences_moved(planned, event, newly_taken(planned, event))
        event = self._guard.write(series_id, make, checked=terms.checked, expected=expected)
        return live_occurrence(event, recurrence_id, cancelled=True)
