"""Rolls an event back to one of its versions, which also restores a deleted event."""

from typing import Annotated

from shared.errors import (
    CalendarFull,
    ContentErased,
    EventConflict,
    NotRecordedYet,
    OutcomeUnknown,
    QuotaExceeded,
)
from shared.http.api import Body, Query, Response, answer, app, current_request, handler, takes
from shared.http.calendar_routes import in_calendars
from shared.http.change_documents import PreviewDocument, preview_document
from shared.http.documents import RolledBackDocument, rolled_back_document
from shared.http.fields import RecurrenceIdField
from shared.http.models import RollbackRequest
from shared.http.parameters import Colliding, DryRunFlag, EventIdInPath
from shared.http.responses import DRY_RUN, may_raise, returns
from shared.http.terms import terms_of
from shared.series_errors import TooManySeries
from shared.sharing_errors import ManagedElsewhere
from shared.wiring import rollback as wiring

__all__ = ["handler"]


@in_calendars("book")
@app.post(
    "/events/<event_id>/rollback",
    operation_id="roll_back",
    tags=["Versions"],
    summary="Go back to a version",
    description="Restores a deleted event; a deletion stands for what was there before it. Conflicts are looked for if "
    "the event then takes another time than it does now. A series goes back with its rule and all exceptions; with "
    "`occurrence`, that one alone, to what it had of its own and whether it was cancelled.",
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
@may_raise(
    EventConflict,
    QuotaExceeded,
    TooManySeries,
    ContentErased,
    NotRecordedYet,
    OutcomeUnknown,
    CalendarFull,
    ManagedElsewhere,
)
def roll_back(
    event_id: EventIdInPath,
    body: Annotated[RollbackRequest, Body()],
    dry_run: DryRunFlag = False,
    on_conflict: Colliding = "reject",
    occurrence: Annotated[
        RecurrenceIdField | None,
        Query(description="Of a series: which of its occurrences alone goes back, by recurrence id."),
    ] = None,
) -> Response[str]:
    """Restores the content that an event had at one of its versions, as a new version.

    `changed` is false if there was nothing to change. With `dry_run`, only returns what would be done.
    """
    rollback = wiring.rollback(current_request())
    calendars = None if body.calendars is None else tuple(body.calendars)
    asked = terms_of(on_conflict, body.reason)
    if dry_run:
        preview = rollback.preview(event_id, body.history_id, asked, calendars, occurrence)
        return answer(preview_document(preview, body.history_id), etag=preview.history_id)
    done = rollback.roll_back(event_id, body.history_id, asked, calendars, occurrence)
    return answer(rolled_back_document(done.event, changed=done.changed), etag=done.event.history_id)
