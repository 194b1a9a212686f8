"""Bring an event back to one of its versions; so is a deleted event restored."""

from typing import Annotated

from shared.errors import CalendarFull, EventConflict, NotRecordedYet, OutcomeUnknown
from shared.http.api import Body, Response, answer, app, caller, handler, precondition, takes, time_left
from shared.http.change_documents import PreviewDocument, preview_document
from shared.http.documents import RolledBackDocument, rolled_back_document
from shared.http.models import Rollback
from shared.http.parameters import Colliding, DryRun, EventIdInPath
from shared.http.responses import DRY_RUN, may_raise, returns
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Event
from shared.wiring import calendar as scheduling_wiring
from shared.wiring import versions as versions_wiring

__all__ = ["handler"]


@app.post(
    "/events/<event_id>/rollback",
    operation_id="roll_back",
    tags=["Versions"],
    summary="Go back to a version",
    description="Restores a deleted event; a deletion stands for what was there before it. Conflicts are looked for if "
    "the event then takes another time than it does now.",
    responses={
        200: returns(
            f"The event as it is now, one version newer unless nothing had to change. {DRY_RUN}",
            RolledBackDocument,
            PreviewDocument,
            sets=["ETag"],
        )
    },
)
@takes("If-Match", "If-None-Match")
@may_raise(EventConflict, NotRecordedYet, OutcomeUnknown, CalendarFull)
def roll_back(
    event_id: EventIdInPath,
    rollback: Annotated[Rollback, Body()],
    dry_run: DryRun = False,
    on_conflict: Colliding = "reject",
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
    return answer(rolled_back_document(event, changed=changed), etag=event.history_id)
