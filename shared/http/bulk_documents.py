"""The response documents of a bulk creation."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from shared.errors import FieldError
from shared.http.document_types import EventIdValue, EventTitle, HistoryIdValue, Id, Index, InstantValue
from shared.http.problem_documents import FieldProblem, field_problems
from shared.scheduling.bulk_items import ALL_FAULTS_REPORTED
from shared.scheduling.overlaps import EVENTS_REPORTED, PAIRS_REPORTED

if TYPE_CHECKING:
    from shared.scheduling.bulk_items import BulkItem, BulkResult
    from shared.scheduling.overlaps import Collisions

_Count = Annotated[int, Field(ge=0, le=1000, description="How many events were created.", examples=[1])]


class CreatedItem(TypedDict):
    """An event of a bulk request."""

    index: Index
    id: Annotated[Id, Field(description="The event's `id`.")]
    history_id: HistoryIdValue


class CreatedOrNot(CreatedItem):
    """An event of a bulk request, and whether it was created."""

    status: Annotated[
        Literal[200, 201, 503],
        Field(description="201: created. 200: its uid was there before, and it is as it was. 503: `detail` tells."),
    ]
    detail: Annotated[str, Field(description="For people; may change.", examples=["created"])]


class NotTaken(TypedDict):
    """An event of a bulk request that is invalid, and why."""

    index: Index
    status: Annotated[Literal[422], Field(description="It is invalid, and was not written.")]
    detail: Annotated[str, Field(description="For people; may change.", examples=["not written: it is invalid"])]
    errors: Annotated[
        list[FieldProblem],
        Field(description="The first few of its faults.", min_length=1, max_length=ALL_FAULTS_REPORTED),
    ]


class BulkCollision(TypedDict):
    """An opaque event of the calendar that an event of a bulk request collides with: of a series, its first one."""

    index: Index
    id: Annotated[EventIdValue, Field(description="The `id` of the event of the calendar, or of one occurrence.")]
    title: EventTitle
    start: Annotated[InstantValue, Field(description="Where it begins, in UTC.")]
    end: Annotated[InstantValue, Field(description="Where it ends, in UTC.")]


class BulkConflicts(TypedDict):
    """What the events of a bulk request collide with."""

    within: Annotated[
        list[Annotated[Sequence[int], Field(min_length=2, max_length=2)]],
        Field(description="Each other: pairs of indices.", max_length=PAIRS_REPORTED, examples=[[[0, 1]]]),
    ]
    calendar: Annotated[
        list[BulkCollision],
        Field(description="What was in the calendar before them.", max_length=EVENTS_REPORTED),
    ]
    complete: Annotated[bool, Field(description="False if there may be more than was read or is told.")]


class _Report(TypedDict):
    conflicts: NotRequired[Annotated[BulkConflicts, Field(description="Only with `conflicts=report`.")]]


class BulkCreated(_Report):
    """All events were created."""

    operation_id: Annotated[Id, Field(description="Names the creation, which can be undone.")]
    created: _Count
    items: Annotated[list[CreatedItem], Field(description="The events, in their order.", max_length=1000)]


class BulkPartlyCreated(_Report):
    """Some events were created: see the `status` of each."""

    operation_id: Annotated[
        Id | None, Field(description="Names the creation, which can be undone; null: nothing was written.")
    ]
    created: _Count
    items: Annotated[list[CreatedOrNot | NotTaken], Field(description="The events, in their order.", max_length=1000)]


def bulk_document(made: "BulkResult", *, complete: bool) -> BulkCreated | BulkPartlyCreated:
    """Returns the document of a bulk creation; unless it is `complete`, with the status of each event."""
    created = sum(outcome.created for outcome in made.outcomes)
    if complete and made.operation_id is not None:
        items = [item for outcome in made.outcomes for item in _created(outcome)]
        document: BulkCreated = {"operation_id": made.operation_id, "created": created, "items": items}
        if made.conflicts is not None:
            document["conflicts"] = _conflicts(made.conflicts)
        return document
    statuses = [_created_or_not(outcome) for outcome in made.outcomes]
    partly: BulkPartlyCreated = {"operation_id": made.operation_id, "created": created, "items": statuses}
    if made.conflicts is not None:
        partly["conflicts"] = _conflicts(made.conflicts)
    return partly


def _created(outcome: "BulkItem") -> list[CreatedItem]:
    """Returns the event of `outcome`; an empty list if it is invalid, since then there is no event."""
    event = outcome.event
    return [] if event is None else [{"index": outcome.index, "id": event.id, "history_id": event.history_id}]


def _created_or_not(outcome: "BulkItem") -> CreatedOrNot | NotTaken:
    if outcome.event is None:
        # An error without a field concerns the event as a whole.
        errors = field_problems([FieldError(error.field or "event", error.message) for error in outcome.errors])
        return {"index": outcome.index, "status": 422, "detail": "not written: it is invalid", "errors": errors}
    (item,) = _created(outcome)
    if outcome.failure is not None:
        return {**item, "status": 503, "detail": outcome.failure}
    if outcome.there_before:
        return {**item, "status": 200, "detail": "was there before"}
    return {**item, "status": 201, "detail": "created"}


def _conflicts(found: "Collisions") -> BulkConflicts:
    calendar: list[BulkCollision] = [
        {
            "index": index,
            "id": event.id,
            "title": event.content.title,
            "start": event.content.start,
            "end": event.content.end,
        }
        for index, event in found.calendar
    ]
    return {"within": [*found.within], "calendar": calendar, "complete": found.complete}
