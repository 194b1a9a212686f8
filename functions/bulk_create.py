"""Create many events at once, in as few calls as the database allows, with no look at conflicts."""

from typing import Annotated, Any

from shared.errors import FieldError
from shared.http.api import Body, Query, Response, answer, app, current_request, handler, idempotency_key, takes
from shared.http.bulk_models import BulkEvents, Conflicts, OnInvalid
from shared.http.documents import event_of_index
from shared.http.problems import field_problems
from shared.scheduling.bulk_items import BulkItem, BulkResult
from shared.wiring import bulk as wiring

__all__ = ["handler"]


@app.post("/events/bulk", status_code=201)
@takes("Idempotency-Key")
def bulk_create(
    bulk: Annotated[BulkEvents, Body()],
    on_invalid: Annotated[OnInvalid, Query()] = "reject",
    conflicts: Annotated[Conflicts, Query()] = "ignore",
) -> Response[str]:
    """Create 1 to 1,000 events; once, if the request has an `Idempotency-Key`. Conflicts stop nothing."""
    creation = wiring.bulk_creation(current_request())
    made = creation.create(
        bulk.parts(),
        key=idempotency_key(),
        on_invalid=on_invalid,
        report=conflicts == "report",
        reason=bulk.reason,
    )
    complete = all(outcome.created for outcome in made.outcomes)
    return answer(_document(made, complete), status=201 if complete else 207, repeated=made.repeated)


def _document(made: BulkResult, complete: bool) -> dict[str, Any]:
    items = [_item(outcome) if complete else {**_item(outcome), **_said(outcome)} for outcome in made.outcomes]
    created = sum(outcome.created for outcome in made.outcomes)
    document: dict[str, Any] = {"operation_id": made.operation_id, "created": created, "items": items}
    if made.conflicts is not None:
        document["conflicts"] = {
            "within": made.conflicts.within,
            "calendar": [event_of_index(index, event) for index, event in made.conflicts.calendar],
            "complete": made.conflicts.complete,
        }
    return document


def _item(outcome: BulkItem) -> dict[str, Any]:
    if outcome.event is None:
        return {"index": outcome.index}
    return {"index": outcome.index, "id": outcome.event.id, "history_id": outcome.event.history_id}


def _said(outcome: BulkItem) -> dict[str, Any]:
    if outcome.event is None:
        # What names no field is of the event as a whole.
        errors = field_problems([FieldError(error.field or "event", error.message) for error in outcome.errors])
        return {"status": 422, "detail": "not written: it is invalid", "errors": errors}
    if outcome.failure:
        return {"status": 503, "detail": outcome.failure}
    if outcome.there_before:
        return {"status": 200, "detail": "was there before"}
    return {"status": 201, "detail": "created"}
