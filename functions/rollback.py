"""Bring an event back to one of its versions; so is a deleted event restored."""

from typing import Annotated

from shared import scheduling_wiring as wiring
from shared.api import Body, Path, Query, Response, answer, app, caller, etags, handler, time_left
from shared.models import EventId, OnConflict, Rollback
from shared.scheduling.documents import event_document, preview_document

__all__ = ["handler"]


@app.post("/events/<event_id>/rollback")
def roll_back(
    event_id: Annotated[EventId, Path()],
    rollback: Annotated[Rollback, Body()],
    dry_run: Annotated[bool, Query()] = False,
    on_conflict: Annotated[OnConflict, Query()] = "reject",
) -> Response[str]:
    """Make an event what it was at one of its versions, as a new version.

    `changed` is false where there was nothing to do. With `dry_run` only tell what would be done.
    """
    who, if_match = caller(), etags("if-match")
    (target,) = wiring.history(who).versions(event_id, rollback.history_id)
    calendar = wiring.calendar(who, time_left())
    if dry_run:
        stored, planned, collisions = calendar.preview_roll_back(target, if_match, on_conflict)
        return answer(preview_document(stored, planned, target, collisions), etag=stored.history_id)
    event = calendar.roll_back(target, if_match, on_conflict, rollback.reason)
    changed = event.stamp.operation_id == calendar.operation_id
    return answer({**event_document(event), "changed": changed}, etag=event.history_id)
