"""Take back what an operation has created: a bulk creation above all."""

from typing import Annotated

from shared import scheduling_wiring as wiring
from shared.api import Path, Response, answer, app, caller, handler, time_left
from shared.models import OperationId

__all__ = ["handler"]


@app.post("/operations/<operation_id>/undo")
def undo_operation(operation_id: Annotated[OperationId, Path()]) -> Response[str]:
    """Delete the events that an operation created, but for those that somebody has changed since."""
    undo = wiring.undo(caller(), time_left())
    outcomes = undo.undo(operation_id)
    undone = [{"id": each.event.id, "history_id": each.event.history_id} for each in outcomes if each.event]
    left = [{"id": each.event_id, "detail": each.left} for each in outcomes if not each.event]
    return answer({"operation_id": undo.calendar.operation_id, "undone": undone, "left": left})
