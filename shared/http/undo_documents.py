"""The response document of an undo."""

from typing import TYPE_CHECKING, Annotated, Literal, NotRequired, cast

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import Id

if TYPE_CHECKING:
    from shared.history.undo import Undone
    from shared.history.undo_steps import UndoOutcome

_Undoing = Literal["delete", "restore", "rollback"]


class UndoneItem(TypedDict):
    """An event that went back, or would, by a change of kind `type`."""

    id: Annotated[Id, Field(description="The event's `id`.")]
    type: Annotated[_Undoing, Field(description="What kind of change takes it back.")]
    history_id: NotRequired[Annotated[Id, Field(description="The version that the undo made. Not in a dry run.")]]


class LeftItem(TypedDict):
    """An event that stays as it is, and why."""

    id: Annotated[Id, Field(description="The event's `id`.")]
    detail: Annotated[str, Field(description="For people; may change.", examples=["it has changed since"])]


class UndoneDocument(TypedDict):
    """What an undo did, or would do."""

    operation_id: Annotated[
        Id | None, Field(description="Names the undo itself, which can be undone; null if it changed nothing.")
    ]
    undone: Annotated[list[UndoneItem], Field(description="The events that went back, or would.")]
    left: Annotated[list[LeftItem], Field(description="The events that stay as they are.")]
    missing: Annotated[
        int,
        Field(
            ge=0,
            description="How many changes of the operation the history does not have, and which stay: never made, "
            "superseded and swept since, or not recorded for a minute.",
            examples=[0],
        ),
    ]


def undone_document(undone: "Undone") -> UndoneDocument:
    """Returns the document of what an undo did, or would do."""
    return {
        "operation_id": undone.operation_id,
        "undone": [_undone(each) for each in undone.outcomes if each.left is None],
        "left": [{"id": each.event_id, "detail": each.left} for each in undone.outcomes if each.left is not None],
        "missing": undone.missing,
    }


def _undone(outcome: "UndoOutcome") -> UndoneItem:
    # An outcome that is not left alone has one of these types.
    document: UndoneItem = {"id": outcome.event_id, "type": cast("_Undoing", outcome.type)}
    if outcome.event is not None:
        document["history_id"] = outcome.event.history_id
    return document
