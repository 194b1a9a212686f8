"""Take back what an operation has changed: one change of an event, or all those of a bulk creation or of an undo."""

from typing import Annotated, Any

from shared.history.undo import Manner
from shared.history.undo_steps import UndoOutcome
from shared.http.api import Body, Path, Query, Response, answer, app, current_request, handler
from shared.http.fields import Flag, OnConflict, OperationId
from shared.http.models import Undo
from shared.wiring import undo as wiring

__all__ = ["handler"]


@app.post("/operations/<operation_id>/undo")
def undo_operation(
    operation_id: Annotated[OperationId, Path()],
    undo: Annotated[Undo | None, Body()] = None,
    dry_run: Annotated[Flag, Query()] = False,
    on_conflict: Annotated[OnConflict, Query()] = "reject",
) -> Response[str]:
    """Bring each event that an operation changed back to its version before, but for those changed since.

    With `dry_run` only tell what would be done.
    """
    manner = Manner(undo.reason if undo else None, on_conflict, dry_run)
    undone = wiring.undo(current_request()).undo(operation_id, manner)
    body = {
        "operation_id": undone.operation_id,
        "undone": [_undone(each) for each in undone.outcomes if not each.left],
        "left": [{"id": each.event_id, "detail": each.left} for each in undone.outcomes if each.left],
        "missing": undone.missing,
    }
    return answer(body)


def _undone(outcome: UndoOutcome) -> dict[str, Any]:
    document: dict[str, Any] = {"id": outcome.event_id, "type": outcome.type}
    if outcome.event is not None:
        document["history_id"] = outcome.event.history_id
    return document
