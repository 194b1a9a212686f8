"""Create many events at once, in as few calls as the database allows, with no look at conflicts."""

from typing import Annotated, Any

from shared import scheduling_wiring as wiring
from shared.api import Body, Response, answer, app, caller, handler, time_left
from shared.models import BulkEvents

__all__ = ["handler"]


@app.post("/events/bulk", status_code=201)
def bulk_create(bulk: Annotated[BulkEvents, Body()]) -> Response[str]:
    """Create 1 to 1,000 events. Conflicts are not looked for."""
    calendar = wiring.calendar(caller(), time_left())
    events, failures = calendar.bulk_create([event.content() for event in bulk.events], bulk.reason)
    items: list[dict[str, Any]] = [
        {"index": index, "id": event.id, "history_id": event.history_id} for index, event in enumerate(events)
    ]
    if failures:
        items = [{**item, **_outcome(failures.get(item["id"]))} for item in items]
    body = {"operation_id": calendar.operation_id, "created": len(events) - len(failures), "items": items}
    return answer(body, status=207 if failures else 201)


def _outcome(failure: str | None) -> dict[str, Any]:
    return {"status": 201, "detail": "created"} if failure is None else {"status": 503, "detail": failure}
