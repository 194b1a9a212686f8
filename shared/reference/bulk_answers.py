"""The shapes of answers to bulk requests, for the reference alone."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from shared.reference.answers import FieldProblem, HistoryId, Id, Interval
from shared.scheduling.bulk_requests import ALL_FAULTS_REPORTED
from shared.scheduling.overlaps import EVENTS_REPORTED, PAIRS_REPORTED


class Created(BaseModel):
    """An event of a bulk request; `index` is its place there, from 0."""

    index: int
    id: Id
    history_id: HistoryId


class BatchCollision(Interval):
    """An opaque event of the calendar that the event at `index` of a bulk request collides with."""

    index: int
    id: Id
    title: str


class BatchConflicts(BaseModel):
    """What the events of a bulk request collide with, each other and in the calendar before it."""

    within: Annotated[
        list[Annotated[list[int], Field(min_length=2, max_length=2)]],
        Field(max_length=PAIRS_REPORTED, description="Pairs of indices."),
    ]
    calendar: Annotated[list[BatchCollision], Field(max_length=EVENTS_REPORTED)]
    complete: Annotated[bool, Field(description="False if there may be more than was read or is told.")]


_ONLY_IF_ASKED: Any = Field(default_factory=lambda: None, description="Only with `conflicts=report`.")


class BulkCreated(BaseModel):
    """All events were created."""

    operation_id: Id
    created: int
    items: list[Created]
    conflicts: Annotated[BatchConflicts, _ONLY_IF_ASKED]


class CreatedOrNot(Created):
    """An event of a bulk request, and whether it was created: 200 says that its uid was there before, as it is."""

    status: Literal[200, 201, 503]
    detail: Annotated[str, Field(examples=["created"])]


class NotTaken(BaseModel):
    """An event of a bulk request that is invalid, and why: the first few of its faults."""

    index: int
    status: Literal[422]
    detail: str
    errors: Annotated[list[FieldProblem], Field(min_length=1, max_length=ALL_FAULTS_REPORTED)]


class BulkPartlyCreated(BaseModel):
    """Some events were created: see the `status` of each. Null as `operation_id`: nothing was written."""

    operation_id: Id | None
    created: int
    items: list[CreatedOrNot | NotTaken]
    conflicts: Annotated[BatchConflicts, _ONLY_IF_ASKED]
