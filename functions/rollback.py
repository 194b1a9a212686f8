"""Bring an event back to one of its versions; so is a deleted event restored."""

from typing import Annotated

from shared.http.api import Body, Path, Query, Response, answer, app, current_request, handler, takes, terms
from shared.http.documents import preview_document, rolled_back_document
from shared.http.fields import EventId, Flag, OnConflict
from shared.http.models import Rollback
from shared.wiring import rollback as wiring

__all__ = ["handler"]


@app.post("/events/<event_id>/rollback")
@takes("If-Match", "If-None-Match")
def roll_back(
    event_id: Annotated[EventId, Path()],
    body: Annotated[Rollback, Body()],
    dry_run: Annotated[Flag, Query()] = False,
    on_conflict: Annotated[OnConflict, Query()] = "reject",
) -> Response[str]:
    """Make an event what it was at one of its versions, as a new version.

    `changed` is false where there was nothing to do. With `dry_run` only tell what would be done.
    """
    rollback = wiring.rollback(current_request())
    asked = terms(on_conflict, body.reason)
    if dry_run:
        preview = rollback.preview(event_id, body.history_id, asked)
        return answer(preview_document(preview, body.history_id), etag=preview.history_id)
    done = rollback.roll_back(event_id, body.history_id, asked)
    return answer(rolled_back_document(done.event, changed=done.changed), etag=done.event.history_id)
