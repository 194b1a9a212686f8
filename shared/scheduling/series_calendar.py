"""Changes of occurrences of a series in the calendar of a request."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from shared.errors import InvalidRequest
from shared.ids import EventId
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.fences import fence_names, fences_of
from shared.scheduling.intervals import Interval
from shared.scheduling.newly_taken import newly_taken
from shared.scheduling.occurrence_changes import occurrence_fields, with_occurrence
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
            content = with_occurrence(terms.agreed(event).content, recurrence_id, fields)
            if content == event.content:
                return None
            stamp = replace(self._stamp("rollback", terms, target.history_id), occurrence=recurrence_id)
            return event.changed(content, stamp, self._request.now_ns)

        event = self.get(target.id)
        planned = make(event)
        taken = newly_taken(planned, event) if planned is not None else None
        expected = fences_of(taken.content) if taken is not None else ()
        return self._guard.write(target.id, make, checked=terms.checked, expected=expected)

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
            taken = newly_taken(planned, event) if planned is not None else None
            expected = fences_of(taken.content) if taken is not None else ()
        event = self._guard.write(series_id, make, checked=terms.checked, expected=expected)
        return live_occurrence(event, recurrence_id, cancelled=True)
