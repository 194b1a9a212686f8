"""Creates many events at once, in as few database calls as possible, without checking for conflicts."""

from typing import Annotated

from shared.errors import (
    CalendarFull,
    IdempotencyKeyReused,
    InvalidItems,
    OutcomeUnknown,
    QuotaExceeded,
    TooManyBulkRequests,
)
from shared.http.api import Body, Query, Response, answer, app, current_request, handler, idempotency_key, takes
from shared.http.bulk_documents import BulkCreated, BulkPartlyCreated, bulk_document
from shared.http.bulk_models import BulkEvents, Conflicts, OnInvalid
from shared.http.calendar_routes import in_calendars
from shared.http.responses import may_raise, returns
from shared.wiring import bulk as wiring

__all__ = ["handler"]


@in_calendars("write")
@app.post(
    "/events/bulk",
    status_code=201,
    operation_id="bulk_create",
    tags=["Events"],
    summary="Create up to 1,000 events",
    description="Conflicts are not looked for. If one event is invalid, none is created. For one whose `uid` is there "
    "its own status is 200, or 422 if it says something else. With an `Idempotency-Key` all is done once: again within "
    "14 days (or `DeletedEventDays`, if that is less) it is answered as it was, and completed if it was cut off; "
    "while it may be at work, with a 503.",
    responses={
        201: returns("All are created.", BulkCreated, sets=["Idempotent-Replay"]),
        207: returns("Some are created, and which.", BulkPartlyCreated, sets=["Idempotent-Replay"]),
    },
)
@takes("Idempotency-Key")
@may_raise(OutcomeUnknown, IdempotencyKeyReused, InvalidItems, QuotaExceeded, TooManyBulkRequests, CalendarFull)
def bulk_create(
    bulk: Annotated[BulkEvents, Body()],
    on_invalid: Annotated[
        OnInvalid, Query(description="`skip` creates the valid events, and tells what is wrong with the others.")
    ] = "reject",
    conflicts: Annotated[
        Conflicts, Query(description="`report` tells what the events collide with. It stops nothing.")
    ] = "ignore",
) -> Response[str]:
    """Creates 1 to 1,000 events; only once if the request has an `Idempotency-Key`. Conflicts prevent nothing."""
    creation = wiring.bulk_creation(current_request())
    made = creation.create(
        bulk.parts(),
        key=idempotency_key(),
        on_invalid=on_invalid,
        report=conflicts == "report",
        reason=bulk.reason,
    )
    complete = all(outcome.created for outcome in made.outcomes)
    return answer(bulk_document(made, complete=complete), status=201 if complete else 207, repeated=made.repeated)
