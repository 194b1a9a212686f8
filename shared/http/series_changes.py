"""Changes of an event or of an occurrence of a series, by the id in the path and the scope of the request."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.errors import InvalidRequest
from shared.http.models import EventPatch
from shared.http.parameters import Scope
from shared.ids import EventId
from shared.scheduling.events import Event
from shared.scheduling.recurrences import parts_of
from shared.scheduling.terms import Terms

if TYPE_CHECKING:
    from shared.scheduling.series_calendar import SeriesCalendar

ChangeOfEvent = Callable[["SeriesCalendar"], Event]
RemovalOfEvent = Callable[["SeriesCalendar"], Event | None]


def patch_of(event_id: EventId, patch: EventPatch, scope: Scope | None, terms: Terms) -> ChangeOfEvent:
    """Returns the change that a merge patch of an event, or of an occurrence, makes. Raises InvalidRequest."""
    series_id, recurrence_id = parts_of(event_id)
    if recurrence_id is None:
        _check_no_scope(scope)
        fields = patch.fields()
        return lambda calendar: calendar.patch(series_id, fields, terms)
    if scope in (None, "this"):
        own = patch.of_occurrence()
        return lambda calendar: calendar.patch_one(series_id, recurrence_id, own, terms)
    fields = patch.of_series()
    if scope == "following":
        return lambda calendar: calendar.patch_following(series_id, recurrence_id, fields, terms)
    return lambda calendar: calendar.patch_all(series_id, recurrence_id, fields, terms)


def removal_of(event_id: EventId, scope: Scope | None, terms: Terms, *, dry_run: bool) -> RemovalOfEvent:
    """Returns the change that deletes an event, or cancels an occurrence. Raises InvalidRequest."""
    series_id, recurrence_id = parts_of(event_id)
    if recurrence_id is None:
        _check_no_scope(scope)
        if dry_run:
            return lambda calendar: calendar.delete(series_id, terms)
        return lambda calendar: calendar.remove(series_id, terms)
    if scope == "following":
        return lambda calendar: calendar.cancel_following(series_id, recurrence_id, terms)
    if scope == "all":
        return lambda calendar: calendar.delete_all(series_id, recurrence_id, terms)
    return lambda calendar: calendar.cancel_one(series_id, recurrence_id, terms)


def _check_no_scope(scope: Scope | None) -> None:
    if scope is not None:
        raise InvalidRequest.of("scope", "must be left out: the id is that of an event, and not of an occurrence")
