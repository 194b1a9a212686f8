"""Create, list, read, replace, patch and delete the events of the caller."""

from collections.abc import Callable
from typing import Annotated

from shared.http.api import (
    Body,
    Path,
    Query,
    Response,
    answer,
    answer_read,
    app,
    current_request,
    handler,
    idempotency_key,
    only_parameter,
    takes,
    terms,
)
from shared.http.bodies import JSON, MERGE_PATCH
from shared.http.documents import deleted_document, event_document, preview_document
from shared.http.fields import Cursor, EventId, Flag, Moment, OnConflict, PageLimit, Reason, Uid, WindowEnd, WindowStart
from shared.http.models import CreateEvent, EventPatch, ReplaceEvent
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.idempotency import CreationKey
from shared.scheduling.previews import Preview
from shared.scheduling.terms import Terms
from shared.wiring import calendar as wiring_calendar
from shared.wiring import events as wiring

__all__ = ["handler"]


def _answer(event: Event) -> Response[str]:
    return answer(event_document(event), etag=event.history_id)


def _preview(preview: Preview) -> Response[str]:
    return answer(preview_document(preview), etag=preview.history_id)


def _changed(change: Callable[[Calendar], Event], *, dry_run: bool) -> Response[str]:
    calendar = wiring_calendar.calendar(current_request())
    return _preview(calendar.preview(change)) if dry_run else _answer(change(calendar))


@app.post("/events", status_code=201)
@takes("Idempotency-Key")
def create_event(
    event: Annotated[CreateEvent, Body()],
    on_conflict: Annotated[OnConflict, Query()] = "reject",
    dry_run: Annotated[Flag, Query()] = False,
) -> Response[str]:
    """Create an event: once, if it has a `uid` or the request an `Idempotency-Key`."""
    creation = wiring.creation(current_request())
    key = CreationKey.of(event.uid, idempotency_key())
    asked = Terms(on_conflict=on_conflict, reason=event.reason)
    if dry_run:
        return _preview(creation.preview(event.content(), asked, key))
    created, repeated = creation.create(event.content(), asked, key)
    location = f"events/{created.id}"
    return answer(event_document(created), status=201, etag=created.history_id, location=location, repeated=repeated)


@app.get("/events")
def list_events(
    from_: Annotated[WindowStart | None, Query(alias="from")] = None,
    to: Annotated[WindowEnd | None, Query()] = None,
    limit: Annotated[PageLimit, Query()] = 50,
    cursor: Annotated[Cursor | None, Query()] = None,
    as_of: Annotated[Moment | None, Query()] = None,
    uid: Annotated[Uid | None, Query()] = None,
) -> Response[str]:
    """List the events that overlap a window of time, by their start; `as_of` a moment in the past, if you like.

    Or find the one that its client calls `uid`.
    """
    if uid is not None:
        only_parameter("uid")
        return answer(
            {
                "items": [event_document(event) for event in wiring_calendar.calendar(current_request()).with_uid(uid)],
                "next_cursor": None,
            }
        )
    events, next_cursor = wiring.calendar_reader(current_request()).page(from_, to, limit, cursor, as_of)
    return answer({"items": [event_document(event) for event in events], "next_cursor": next_cursor})


@app.get("/free-busy")
def get_free_busy(
    from_: Annotated[WindowStart | None, Query(alias="from")] = None,
    to: Annotated[WindowEnd | None, Query()] = None,
    cursor: Annotated[Cursor | None, Query()] = None,
) -> Response[str]:
    """Tell when the caller's opaque events take time: merged intervals, cut to the window."""
    window, busy, next_cursor = wiring_calendar.calendar(current_request()).free_busy(from_, to, cursor)
    intervals = [{"start": each.start, "end": each.end} for each in busy]
    return answer({"from": window.start, "to": window.end, "busy": intervals, "next_cursor": next_cursor})


@app.get("/events/deleted")
def list_deleted(
    limit: Annotated[PageLimit, Query()] = 50,
    cursor: Annotated[Cursor | None, Query()] = None,
) -> Response[str]:
    """List the deleted events that can still be restored, latest first."""
    events, next_cursor = wiring_calendar.calendar(current_request()).deleted(limit, cursor)
    return answer({"items": [deleted_document(event) for event in events], "next_cursor": next_cursor})


@app.get("/events/<event_id>")
@takes("If-Match", "If-None-Match")
def get_event(event_id: Annotated[EventId, Path()], as_of: Annotated[Moment | None, Query()] = None) -> Response[str]:
    """Read an event; `as_of` a moment in the past, if you like."""
    event = wiring.calendar_reader(current_request()).get(event_id, as_of)
    return answer_read(event_document(event), etag=event.history_id)


@app.put("/events/<event_id>")
@takes("If-Match", "If-None-Match")
def replace_event(
    event_id: Annotated[EventId, Path()],
    event: Annotated[ReplaceEvent, Body()],
    on_conflict: Annotated[OnConflict, Query()] = "reject",
    dry_run: Annotated[Flag, Query()] = False,
) -> Response[str]:
    """Replace what an event says."""
    asked = terms(on_conflict, event.reason, event.read_only())
    return _changed(lambda calendar: calendar.replace(event_id, event.content(), asked), dry_run=dry_run)


@app.patch("/events/<event_id>")
@takes("If-Match", "If-None-Match", media_types=(JSON, MERGE_PATCH))
def patch_event(
    event_id: Annotated[EventId, Path()],
    patch: Annotated[EventPatch, Body()],
    on_conflict: Annotated[OnConflict, Query()] = "reject",
    dry_run: Annotated[Flag, Query()] = False,
) -> Response[str]:
    """Change some fields of an event (JSON merge patch, RFC 7396)."""
    asked = terms(on_conflict, patch.reason, patch.read_only())
    return _changed(lambda calendar: calendar.patch(event_id, patch.fields(), asked), dry_run=dry_run)


@app.delete("/events/<event_id>", status_code=204)
@takes("If-Match", "If-None-Match")
def delete_event(
    event_id: Annotated[EventId, Path()],
    reason: Annotated[Reason | None, Query()] = None,
    dry_run: Annotated[Flag, Query()] = False,
) -> Response[str]:
    """Delete an event. It can be restored for a while, by a rollback to one of its versions."""
    asked = terms(reason=reason)
    response = _changed(lambda calendar: calendar.delete(event_id, asked), dry_run=dry_run)
    return response if dry_run else answer(None, status=204)
