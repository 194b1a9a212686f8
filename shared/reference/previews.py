"""The shape of what a dry run answers, on any route."""

from typing import Annotated

from pydantic import BaseModel, Field

from shared.errors import COLLISIONS_SHOWN, NextFreeSearch
from shared.reference.answers import Collision, FieldChange, HistoryId, Instant, PatchOperation
from shared.scheduling.events import ChangeType


class Preview(BaseModel):
    """What a change would do, and what is in its way.

    `from` is the version that it would be made of, null for a new event; `to` the one that a rollback would go back to,
    else null. A new event has no `patch`, and the `old` of its `changes` is null. A deletion changes `deleted` alone:
    the event keeps its fields.
    """

    from_: Annotated[HistoryId | None, Field(alias="from")]
    to: HistoryId | None
    type: Annotated[ChangeType | None, Field(description="null: nothing would change, and no version be made.")]
    reason: Annotated[str | None, Field(description="Why it would be made.")]
    changes: list[FieldChange]
    patch: Annotated[list[PatchOperation], Field(description="What would change in the event's document, but stamps.")]
    conflicts: Annotated[
        list[Collision],
        Field(
            max_length=COLLISIONS_SHOWN,
            description="What the change would be refused for: the first ones, by start. Not looked for where the "
            "request allows them.",
        ),
    ]
    next_free: Annotated[
        Instant | None,
        Field(description="With conflicts: the earliest later start at which nothing is in the way; null: none found."),
    ]
    next_free_search: Annotated[
        NextFreeSearch | None, Field(description="With conflicts: what came of the search for it, as in a 409.")
    ]
