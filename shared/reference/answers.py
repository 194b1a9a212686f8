"""The shapes of answers, for the reference alone: answers are made from plain documents, without these models."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from shared.errors import COLLISIONS_SHOWN, NextFreeSearch
from shared.http.fields import MAX_BULK, Transparency
from shared.scheduling.bulk_requests import FAULTS_REPORTED
from shared.scheduling.events import ChangeType, OnConflict

ID = "01a20267-70e0-7af4-9d7d-af4992a754ae"

Id = Annotated[str, Field(json_schema_extra={"format": "uuid"}, examples=[ID])]


def _time(pattern: str, example: str) -> Any:
    return Field(pattern=pattern, json_schema_extra={"format": "date-time"}, examples=[example])


Instant = Annotated[str, _time(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "2027-03-01T08:00:00Z")]
Moment = Annotated[str, _time(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", "2026-11-22T08:37:43.264Z")]
HistoryId = Annotated[
    Id,
    Field(description="Names this version in the whole deployment, and is its ETag. Sorting by it is sorting by time."),
]
NextCursor = Annotated[str | None, Field(description="Where the next page begins; null on the last one.")]
MAY_BE_MISSING: Any = Field(default_factory=str)  # a factory shows in no schema
Author = Annotated[str, Field(description='A user id, or "external" for a change made around the API.')]


class Tokens(BaseModel):
    """What a session needs."""

    access_token: Annotated[str, Field(description="For the header `Authorization: Bearer <access_token>`.")]
    refresh_token: Annotated[str, Field(description="Good for one exchange at /auth/refresh.")]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(description="How long the access token is valid, in seconds.", examples=[900])]


class Event(BaseModel):
    """An event. It takes `[start, end)`. Only a transparent one may have no length, and lies where it starts."""

    id: Annotated[Id, Field(description="Stays the same for the event's whole life.")]
    title: Annotated[str, Field(examples=["Design review"])]
    description: str
    location: str
    start: Instant
    end: Instant
    time_zone: Annotated[str, Field(description="An IANA name.", examples=["Europe/Berlin"])]
    time_zone_given: Annotated[str | None, Field(description="What the request called the zone; null if just that.")]
    transparency: Annotated[Transparency, Field(description="A transparent event collides with nothing.")]
    uid: Annotated[str | None, Field(description="The client's own name for it.", examples=["4711@example.com"])]
    owner: Annotated[Id, Field(description="The user id of whoever made it.")]
    version: Annotated[int, Field(ge=0, description="Counts the event's changes, from 1.", examples=[1])]
    history_id: HistoryId
    created_at: Moment
    updated_at: Moment
    updated_by: Author


class EventPage(BaseModel):
    """Events by their start. With a next page it has `limit` items, unless five rounds of reads found less.

    Of a past calendar also unless 101 events had to be looked up, which have changed since.
    """

    items: list[Event]
    next_cursor: NextCursor


class DeletedEvent(Event):
    """A deleted event as it was."""

    deleted_at: Moment
    deleted_by: Author
    restorable_until: Annotated[Instant | None, Field(description="After that a rollback cannot restore it.")]


class DeletedEventPage(BaseModel):
    """Deleted events, latest first."""

    items: list[DeletedEvent]
    next_cursor: NextCursor


class Interval(BaseModel):
    """The half-open interval `[start, end)`."""

    start: Instant
    end: Instant


class FreeBusy(BaseModel):
    """When events take time within a window: merged where they overlap or touch, cut to it, never split by pages."""

    from_: Annotated[Instant, Field(alias="from")]
    to: Instant
    busy: list[Interval]
    next_cursor: NextCursor


class Version(BaseModel):
    """A change of an event: who made it, when, how and why."""

    history_id: HistoryId
    version: Annotated[int, Field(ge=0, description="A change made around the API repeats a number.", examples=[2])]
    type: ChangeType
    changed_at: Moment
    changed_by: Author
    reason: Annotated[str | None, Field(description="Why: what the request gave as its reason.")]
    operation_id: Annotated[str | None, Field(description="The same for all that one request changed.")]
    on_conflict: Annotated[OnConflict, Field(description="Whether the change was allowed to collide.")]
    rolled_back_to: Annotated[
        Id, Field(description="Only after a rollback or a restore: the version gone back to.")
    ] = MAY_BE_MISSING


class VersionPage(BaseModel):
    """Versions, newest first."""

    items: list[Version]
    pending: Annotated[list[int], Field(description="Numbers of versions that are still on their way into the list.")]
    next_cursor: NextCursor


class VersionWithEvent(Version):
    """A version, and the event as that change left it."""

    event: Event


class FieldChange(BaseModel):
    """A field that differs; `deleted` is one where the event is deleted on one side only."""

    field: Annotated[str, Field(examples=["location"])]
    old: str | bool | None
    new: str | bool | None
    unified_diff: Annotated[
        str,
        Field(description="Only for text of several lines: the difference line by line, as `diff -u` shows it."),
    ] = MAY_BE_MISSING


class PatchOperation(BaseModel):
    """An operation of a JSON Patch (RFC 6902)."""

    op: Literal["replace"]
    path: Annotated[str, Field(examples=["/location"])]
    value: str | int | None


class Diff(BaseModel):
    """How the event at `to` differs from the event at `from`."""

    from_: Annotated[HistoryId, Field(alias="from")]
    to: HistoryId
    type: Annotated[ChangeType, Field(description="What kind of change made the version `to`.")]
    reason: Annotated[str | None, Field(description="Why that change was made.")]
    changes: Annotated[list[FieldChange], Field(description="What the owner says of the event: without the stamps.")]
    patch: Annotated[list[PatchOperation], Field(description="Turns the one event document into the other.")]


class Collision(Interval):
    """An event that is in the way."""

    id: Id
    title: str


class RolledBack(Event):
    """The event after a rollback; `changed` is false if it was like that before, and no version was made."""

    changed: bool


class FieldProblem(BaseModel):
    """What is wrong with a field of the request."""

    field: Annotated[str, Field(description="Its path.", examples=["events[7].start"])]
    message: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: Annotated[str, Field(description="Names the kind of problem; to be compared, not to be fetched.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="For people; may change.")]


class GatewayProblem(BaseModel):
    """An error of the gateway's own (RFC 9457). The document of some has no `status`: it is that of the answer."""

    type: str
    title: str
    detail: str


class InvalidRequest(Problem):
    """An error that names fields of the request."""

    errors: Annotated[
        list[FieldProblem],
        Field(
            max_length=MAX_BULK * FAULTS_REPORTED,
            description="The first 50; of a bulk request the first 5 of each event.",
        ),
    ]


class Conflict(Problem):
    """The time is taken: by as many events as `detail` says, or by at least so many."""

    conflicts: Annotated[list[Collision], Field(max_length=COLLISIONS_SHOWN, description="By start, of those known.")]
    next_free: Annotated[Instant | None, Field(description="The earliest later start that is free; null: none found.")]
    next_free_search: Annotated[NextFreeSearch, Field(description="`stopped`: too much lies there to tell.")]


class PreconditionFailed(Problem):
    """The event is at another version than `If-Match` names, or the body that was sent back."""

    history_id: HistoryId


class _Schemas(GenerateJsonSchema):
    """JSON Schema without a title for every field: it only repeats the field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 the base class's signature
        return False


def schemas(*more: type[BaseModel]) -> dict[str, Any]:
    """The JSON schemas of all models above and of `more`, by name, as `components/schemas` of an OpenAPI document."""
    models: list[type[BaseModel]] = [
        *(Tokens, EventPage, DeletedEventPage, FreeBusy, VersionPage, VersionWithEvent, Diff),
        *(
            RolledBack,
            Problem,
            GatewayProblem,
            InvalidRequest,
            Conflict,
            PreconditionFailed,
        ),
        *more,
    ]
    _, document = models_json_schema(
        [(model, "serialization") for model in models],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    definitions: dict[str, Any] = document["$defs"]
    return definitions
