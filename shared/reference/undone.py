"""The shape of what an undo answers."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from shared.reference.answers import MAY_BE_MISSING, Id


class Undone(BaseModel):
    """An event that went back, by a change of kind `type`."""

    id: Id
    type: Literal["delete", "restore", "rollback"]
    history_id: Annotated[Id, Field(description="The version that the undo made. Not in a dry run.")] = MAY_BE_MISSING


class LeftAlone(BaseModel):
    """An event that stays as it is, and why."""

    id: Id
    detail: Annotated[str, Field(examples=["it has changed since"])]


class UndoneOperation(BaseModel):
    """What an undo did, or would do."""

    operation_id: Annotated[
        Id | None, Field(description="Names the undo itself, which can be undone; null if it changed nothing.")
    ]
    undone: list[Undone]
    left: list[LeftAlone]
    missing: Annotated[
        int,
        Field(
            ge=0,
            description="How many changes of the operation the history does not have, and which stay: never made, "
            "superseded and swept since, or not recorded for a minute.",
            examples=[0],
        ),
    ]
