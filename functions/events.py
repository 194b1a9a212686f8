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
    caller,
    handler,
    idempotency_key,
    only_parameter,
    precondition,
    takes,
    time_left,
)
from shared.http.documents import deleted_document, event_document
from shared.http.fields import Cursor, EventId, Flag, Moment, OnConflict, PageLimit, Reason, Uid, WindowEnd, WindowStart
from shared.http.models import CreateEvent, EventPatch, ReplaceEvent
from shared.scheduling.calendar import Calendar
from shared.scheduling.creation import Creating
from shared.scheduling.events import Event
from shared.scheduling.idempotency import CreationKey
from shared.scheduling.previews import preview_document
from shared.wiring import calendar as scheduling_wiring
from shared.wiring import events as events_wiring
from shared.wiring import versions as versions_wiring

__all__ = ["handler"]


def _calendar() -> Calendar:
    return scheduling_wiring.calendar(caller(), time_left())


def _answer(event: Event) -> Response[str]:
    return answer(event_document(event), etag=event.history_id)


def _preview(change: Callable[[Calendar], Event]) -> Response[str]:
    preview = _calendar().preview(change)
    return answer(preview_document(preview), etag=preview.history_id)


@app.post("/events", status_code=201)
@takes("Idempotency-Key")
def create_event(
    event: Annotated[CreateEvent, Body()],
    on_conflict: Annotated[OnConflict, Query()] = "reject",
    dry_run: Annotated[Flag, Query()] = False,
) -> Response[str]:
    """Create an event: once, if it has a `uid` or the request an `Idempotency-Key`."""
    creation = events_wiring.creation(caller(), time_left())
    request = Creating(event.content(), on_conflict, CreationKey.of(event.uid, idempotency_key()), event.reason)
    if dry_run:
        preview = creation.preview(request)
        return answer(preview_document(preview), etag=preview.history_id)
    created, repeated = creation.create(request)
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
    calendar = _calendar()
    if uid is not None:
        only_parameter("uid")
        return answer({"items": [event_document(event) for event in calendar.with_uid(uid)], "next_cursor": None})
    window = calendar.window(from_, to, cursor, as_of)
    if as_of is None:
        events, next_cursor = calendar.page(window, limit)
    else:
        events, next_cursor = events_wiring.time_travel(caller()).page(window, as_of, limit)
    return answer({"items": [event_document(event) for event in events], "next_cursor": next_cursor})


@app.get("/free-busy")
def get_free_busy(
    from_: Annotated[WindowStart | None, Query(alias="from")] = None,
    to: Annotated[WindowEnd | None, Query()] = None,
    cursor: Annotated[Cursor | None, Query()] = None,
) -> Response[str]:
    """Tell when the caller's opaque events take time: merged intervals, cut to the window."""
    window, busy, next_cursor = _calendar().free_busy(from_, to, cursor)
    intervals = [{"start": start, "end": end} for start, end in busy]
    return answer({"from": window.start, "to": window.end, "busy": intervals, "next_cursor": next_cursor})


@app.get("/events/deleted")
def list_deleted(
    limit: Annotated[PageLimit, Query()] = 50,
    cursor: Annotated[Cursor | None, Query()] = None,
) -> Response[str]:
    """List the deleted events that can still be restored, latest first."""
    events, next_cursor = _calendar().deleted(limit, cursor)
    return answer({"items": [deleted_document(event) for event in events], "next_cursor": next_cursor})


@app.get("/events/<event_id>")
@takes("If-Match", "If-None-Match")
def get_event(event_id: Annotated[EventId, Path()], as_of: Annotated[Moment | None, Query()] = None) -> Response[str]:
    """Read an event; `as_of` a moment in the past, if you like."""
    event = _calendar().get(event_id) if as_of is None else versions_wiring.history(caller()).as_of(event_id, as_of)
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

    def change(calendar: Calendar) -> Event:
        return calendar.replace(event_id, event.content(), precondition(), on_conflict, event.reason, event.read_only())

    return _preview(change) if dry_run else _answer(change(_calendar()))


@app.patch("/events/<event_id>")
@takes("If-Match", "If-None-Match")
def patch_event(
    event_id: Annotated[EventId, Path()],
    patch: Annotated[EventPatch, Body()],
    on_conflict: Annotated[OnConflict, Query()] = "reject",
    dry_run: Annotated[Flag, Query()] = False,
) -> Response[str]:
    """Change some fields of an event (JSON merge patch, RFC 7396)."""

    def change(calendar: Calendar) -> Event:
        return calendar.patch(event_id, patch.fields(), precondition(), on_conflict, patch.reason, patch.read_only())

    return _preview(change) if dry_run else _answer(change(_calendar()))


@app.delete("/events/<event_id>", status_code=204)
@takes("If-Match", "If-None-Match")
def delete_event(
    event_id: Annotated[EventId, Path()],
    reason: Annotated[Reason | None, Query()] = None,
    dry_run: Annotated[Flag, Query()] = False,
) -> Response[str]:
    """Delete an event. It can be restored for a while, by a rollback to one of its versions."""

    def change(calendar: Calendar) -> Event:
        return calendar.delete(event_id, precondition(), reason)

    if dry_run:
        return _preview(change)
    change(_calendar())
    return answer(None, status=204)
