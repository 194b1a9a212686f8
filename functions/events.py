"""Creates, lists, reads, replaces, patches, deletes and moves the caller's events."""

from typing import Annotated

from shared.errors import (
    CalendarFull,
    EventConflict,
    IdempotencyKeyReused,
    NotRecordedYet,
    OutcomeUnknown,
    QuotaExceeded,
)
from shared.http.api import (
    Body,
    Response,
    answer,
    answer_read,
    app,
    current_request,
    handler,
    idempotency_key,
    only_parameter,
    takes,
)
from shared.http.bodies import JSON, MERGE_PATCH
from shared.http.calendar_routes import in_calendars
from shared.http.change_documents import PreviewDocument
from shared.http.documents import (
    DeletedEventPage,
    EventDocument,
    EventPage,
    FreeBusyDocument,
    deleted_page,
    event_document,
    event_page,
    free_busy_document,
)
from shared.http.event_answers import CHANGED, SERIES_TAG, answer_event, answer_preview
from shared.http.models import CreateEvent, EventPatch, MoveRequest, ReplaceEvent
from shared.http.parameters import (
    AsOf,
    Colliding,
    DryRunFlag,
    EventIdInPath,
    ExceptionsKept,
    Expanded,
    From,
    Limit,
    NextPage,
    OccurrenceInPath,
    ScopeOfChange,
    To,
    UidToFind,
    WhyDeleted,
)
from shared.http.responses import DRY_RUN, SENT_BACK, may_raise, returns
from shared.http.series_changes import ChangeOfEvent, patch_of, removal_of
from shared.http.terms import terms_of
from shared.scheduling.idempotency import CreationKey
from shared.scheduling.terms import Terms
from shared.series_errors import TooManySeries
from shared.sharing_errors import ManagedElsewhere
from shared.wiring import calendar as wiring_calendar
from shared.wiring import events as wiring

__all__ = ["handler"]


def _changed(change: ChangeOfEvent, *, dry_run: bool) -> Response[str]:
    calendar = wiring_calendar.series_calendar(current_request())
    return answer_preview(calendar.preview(change)) if dry_run else answer_event(change(calendar))


@in_calendars("book")
@app.post(
    "/events",
    status_code=201,
    operation_id="create_event",
    tags=["Events"],
    summary="Create an event",
    description="Refused with 409 if it overlaps another opaque event in one of its calendars, however many callers "
    "race: it takes its time on all of them, or on none. Each of `calendars` and `any_of` needs the right to `book`. "
    "By a `uid` or an `Idempotency-Key` it is created once: the same request again gets the same answer, another one a "
    "422, and so does the `uid` of a deleted event that can be restored. With both, the uid names it.",
    responses={
        200: returns(DRY_RUN, PreviewDocument),
        201: returns("The event, as it was created.", EventDocument, sets=["ETag", "Location", "Idempotent-Replay"]),
    },
)
@takes("Idempotency-Key")
@may_raise(
    EventConflict, QuotaExceeded, TooManySeries, OutcomeUnknown, NotRecordedYet, IdempotencyKeyReused, CalendarFull
)
def create_event(
    event: Annotated[CreateEvent, Body()], on_conflict: Colliding = "reject", dry_run: DryRunFlag = False
) -> Response[str]:
    """Creates an event; only once if it has a `uid` or the request has an `Idempotency-Key`."""
    creation = wiring.creation(current_request())
    key = CreationKey.of(event.uid, idempotency_key())
    asked = Terms(on_conflict=on_conflict, reason=event.reason, any_of=tuple(event.any_of or ()))
    if dry_run:
        return answer_preview(creation.preview(event.content(), asked, key))
    created, repeated = creation.create(event.content(), asked, key)
    location = f"events/{created.id}"
    return answer(event_document(created), status=201, etag=created.history_id, location=location, repeated=repeated)


@in_calendars("read")
@app.get(
    "/events",
    operation_id="list_events",
    tags=["Events"],
    summary="List a window of time",
    description="Go on while `next_cursor` is set: a page is full before the last, or short, even empty, for want of "
    "reads.",
    responses={200: returns("A page of the events that overlap the window, by their start.", EventPage)},
)
@may_raise(NotRecordedYet)
def list_events(
    from_: From = None,
    to: To = None,
    limit: Limit = 50,
    cursor: NextPage = None,
    as_of: AsOf = None,
    expand: Expanded = True,
    uid: UidToFind = None,
) -> Response[str]:
    """Lists the events that overlap a window of time, by start; with `as_of`, as they were at a moment in the past.

    With `uid`, finds the event with that uid instead.
    """
    if uid is not None:
        only_parameter("uid")
        return answer(event_page(wiring_calendar.calendar(current_request()).with_uid(uid), None))
    events, next_cursor = wiring.calendar_reader(current_request()).page(from_, to, limit, cursor, as_of, expand=expand)
    return answer(event_page(events, next_cursor))


@in_calendars("busy")
@app.get(
    "/free-busy",
    operation_id="get_free_busy",
    tags=["Events"],
    summary="Tell when time is taken",
    description="For opaque events, in at most 62 days. Go on while `next_cursor` is set: no interval is split between "
    "pages.",
    responses={200: returns("The busy intervals of the window.", FreeBusyDocument)},
)
def get_free_busy(from_: From = None, to: To = None, cursor: NextPage = None) -> Response[str]:
    """Returns the times that the caller's opaque events take, as merged intervals, cut to the window."""
    window, busy, next_cursor = wiring_calendar.calendar(current_request()).free_busy(from_, to, cursor)
    return answer(free_busy_document((window.start, window.end), busy, next_cursor))


@in_calendars("read")
@app.get(
    "/events/deleted",
    operation_id="list_deleted",
    tags=["Events"],
    summary="List what can be restored",
    description="Go back to the `history_id` listed, or to another of the event's versions, to restore it. Go on while "
    "`next_cursor` is set, as in a window.",
    responses={200: returns("A page of deleted events, latest first.", DeletedEventPage)},
)
def list_deleted(limit: Limit = 50, cursor: NextPage = None) -> Response[str]:
    """Lists the deleted events that can still be restored, latest deletion first."""
    events, next_cursor = wiring_calendar.calendar(current_request()).deleted(limit, cursor)
    return answer(deleted_page(events, next_cursor))


@in_calendars("read")
@app.get(
    "/events/<event_id>",
    operation_id="get_event",
    tags=["Events"],
    summary="Read an event",
    description=f"As it is now, or was at a moment in the past. Of a series also one occurrence. {SERIES_TAG}",
    responses={
        200: returns("The event.", EventDocument, sets=["ETag"]),
        304: returns("It is still at the version that `If-None-Match` names.", sets=["ETag"]),
    },
)
@takes("If-Match", "If-None-Match")
@may_raise(NotRecordedYet)
def get_event(event_id: OccurrenceInPath, as_of: AsOf = None) -> Response[str]:
    """Returns an event, or an occurrence; with `as_of`, as it was at a moment in the past."""
    event = wiring.calendar_reader(current_request()).get(event_id, as_of)
    return answer_read(event_document(event), etag=event.history_id)


@in_calendars("read")
@app.get(
    "/events/<event_id>/occurrences",
    operation_id="list_occurrences",
    tags=["Events"],
    summary="List the occurrences of a series",
    description="An event that is no series takes place once. Go on while `next_cursor` is set: a page may be short, "
    "even empty, as it looks at no more than 366 days.",
    responses={200: returns("A page of the occurrences that overlap the window, by their start.", EventPage)},
)
def list_occurrences(
    event_id: EventIdInPath, from_: From = None, to: To = None, limit: Limit = 50, cursor: NextPage = None
) -> Response[str]:
    """Lists the occurrences of a series that overlap a window of time, by start."""
    reader = wiring.calendar_reader(current_request())
    return answer(event_page(*reader.occurrences(event_id, from_, to, limit, cursor)))


@in_calendars("book")
@app.put(
    "/events/<event_id>",
    operation_id="replace_event",
    tags=["Events"],
    summary="Replace an event",
    description=f"Takes what POST takes. Fields that are left out go back to their defaults. {SENT_BACK} Conflicts are "
    "looked for if the event takes another time than before.",
    responses={200: CHANGED},
)
@takes("If-Match", "If-None-Match")
@may_raise(EventConflict, QuotaExceeded, TooManySeries, OutcomeUnknown, CalendarFull, ManagedElsewhere)
def replace_event(
    event_id: EventIdInPath,
    event: Annotated[ReplaceEvent, Body()],
    on_conflict: Colliding = "reject",
    exceptions: ExceptionsKept = "keep",
    dry_run: DryRunFlag = False,
) -> Response[str]:
    """Replaces the content of an event."""
    asked = terms_of(on_conflict, event.reason, event.read_only(), exceptions)
    return _changed(lambda calendar: calendar.replace(event_id, event.content(), asked), dry_run=dry_run)


@in_calendars("book")
@app.patch(
    "/events/<event_id>",
    operation_id="patch_event",
    tags=["Events"],
    summary="Change some fields",
    description=f"A JSON merge patch (RFC 7396). {SENT_BACK} Conflicts are looked for if the event takes another time "
    "than before. `reason` says why and is no part of the event: a patch of nothing else changes nothing, and makes no "
    f"version. Of an occurrence, null puts a field back to what the series has. {SERIES_TAG}",
    responses={200: CHANGED},
)
@takes("If-Match", "If-None-Match", media_types=(JSON, MERGE_PATCH))
@may_raise(EventConflict, QuotaExceeded, TooManySeries, OutcomeUnknown, CalendarFull, ManagedElsewhere)
def patch_event(
    event_id: OccurrenceInPath,
    patch: Annotated[EventPatch, Body()],
    scope: ScopeOfChange = None,
    on_conflict: Colliding = "reject",
    exceptions: ExceptionsKept = "keep",
    dry_run: DryRunFlag = False,
) -> Response[str]:
    """Changes some fields of an event, or of an occurrence (JSON merge patch, RFC 7396)."""
    asked = terms_of(on_conflict, patch.reason, patch.read_only(), exceptions)
    return _changed(patch_of(event_id, patch, scope, asked), dry_run=dry_run)


@in_calendars("book")
@app.delete(
    "/events/<event_id>",
    status_code=204,
    operation_id="delete_event",
    tags=["Events"],
    summary="Delete an event",
    description="A deletion is a version, too. For a time (30 days unless configured) a rollback restores the event. "
    "An occurrence is cancelled, which a patch takes back.",
    responses={200: returns(DRY_RUN, PreviewDocument, sets=["ETag"]), 204: returns("It is deleted.")},
)
@takes("If-Match", "If-None-Match")
@may_raise(OutcomeUnknown, CalendarFull, ManagedElsewhere)
def delete_event(
    event_id: OccurrenceInPath, scope: ScopeOfChange = None, reason: WhyDeleted = None, dry_run: DryRunFlag = False
) -> Response[str]:
    """Deletes an event, or cancels an occurrence. It can be restored for some time, by a rollback."""
    removal = removal_of(event_id, scope, terms_of(reason=reason), dry_run=dry_run)
    calendar = wiring_calendar.series_calendar(current_request())
    if dry_run:
        return answer_preview(calendar.preview(removal))
    removal(calendar)
    return answer(None, status=204)


@in_calendars("book")
@app.post(
    "/events/<event_id>/move",
    operation_id="move_event",
    tags=["Events"],
    summary="Move an event to another calendar",
    description="It keeps its `id`, and begins a history of its own there: its first version is of the type `move`. "
    "What is left in the calendar that it comes from is a deletion, which cannot be restored. Refused with 409 if its "
    "time is taken there.",
    responses={200: returns("The event in its new calendar.", EventDocument, sets=["ETag"])},
)
@takes("If-Match", "If-None-Match")
@may_raise(EventConflict, QuotaExceeded, TooManySeries, OutcomeUnknown, CalendarFull, ManagedElsewhere)
def move_event(event_id: EventIdInPath, body: Annotated[MoveRequest, Body()]) -> Response[str]:
    """Moves an event to another calendar, where it is managed from then on."""
    calendar = wiring_calendar.calendar(current_request())
    return answer_event(calendar.move(event_id, body.to, terms_of(reason=body.reason)))
