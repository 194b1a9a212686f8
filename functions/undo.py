"""Undoes an operation: a single change of an event, or all changes of a bulk creation or of an undo."""

from typing import Annotated

from shared.errors import NotFound, NotRecordedYet
from shared.history.undo_steps import Manner
from shared.http.api import Body, Path, Response, answer, app, current_request, handler
from shared.http.calendar_routes import in_calendars
from shared.http.fields import OperationIdField
from shared.http.models import UndoRequest
from shared.http.parameters import Colliding, DryRunFlag
from shared.http.responses import may_raise, returns
from shared.http.undo_documents import UndoneDocument, undone_document
from shared.wiring import undo as wiring

__all__ = ["handler"]


@in_calendars("book")
@app.post(
    "/operations/<operation_id>/undo",
    operation_id="undo_operation",
    tags=["Versions"],
    summary="Take back what an operation changed",
    description="Brings each event that the operation changed back to its version before, unless it has changed since: "
    "what was created or restored is deleted, what was deleted is restored, anything else gets the content that it "
    "had. Each is a version of its own, so an undo can be undone. Conflicts are looked for where an event then takes "
    "another time; one that would collide is left, as is what the time of a request does not allow. The two parts of a "
    "series that was split go back together, or both are left. An operation "
    "may still be on its way into the history: one that is not there is a 503 for ten seconds and then a 404, one "
    "that is there in part a 503 for a minute. What is missing then is told, and was perhaps never made.",
    responses={200: returns("Which events went back, or would, and which were left alone.", UndoneDocument)},
)
@may_raise(NotFound, NotRecordedYet)
def undo_operation(
    operation_id: Annotated[
        OperationIdField, Path(description="The `operation_id` of a bulk creation, of an undo, or of any version.")
    ],
    undo: Annotated[UndoRequest | None, Body()] = None,
    dry_run: DryRunFlag = False,
    on_conflict: Colliding = "reject",
) -> Response[str]:
    """Rolls each event that an operation changed back to its previous version, except those changed since.

    With `dry_run`, only returns what would be done.
    """
    manner = Manner(undo.reason if undo else None, on_conflict, dry_run)
    undone = wiring.undo(current_request()).undo(operation_id, manner)
    return answer(undone_document(undone))
