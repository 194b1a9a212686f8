"""Bring an event back to one of its versions; so is a deleted event restored."""

from typing import Annotated

from shared.http.api import Body, Path, Query, Response, answer, app, caller, handler, precondition, takes, time_left
from shared.http.documents import event_document
from shared.http.fields import EventId, Flag, OnConflict
from shared.http.models import Rollback
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.scheduling.previews import preview_document
from shared.wiring import calendar as scheduling_wiring
from shared.wiring import versions as versions_wiring

__all__ = ["handler"]


@app.post("/events/<event_id>/rollback")
@takes("If-Match", "If-None-Match")
def roll_back(
    event_id: Annotated[EventId, Path()],
    rollback: Annotated[Rollback, Body()],
    dry_run: Annotated[Flag, Query()] = False,
    on_conflict: Annotated[OnConflict, Query()] = "reject",
) -> Response[str]:
    """Make an event what it was at one of its versions, as a new version.

    `changed` is false where there was nothing to do. With `dry_run` only tell what would be done.
    """
    who, condition = caller(), precondition()
    (target,) = versions_wiring.history(who).versions(event_id, rollback.history_id)
    calendar = scheduling_wiring.calendar(who, time_left())

    def change(calendar: Calendar) -> Event:
        return calendar.roll_back(target, condition, on_conflict, rollback.reason)

    if dry_run:
        preview = calendar.preview(change)
        return answer(preview_document(preview, target.history_id), etag=preview.history_id)
    event = change(calendar)
    changed = event.stamp.operation_id == calendar.operation_id
    return answer({**event_document(event), "changed": changed}, etag=event.history_id)
