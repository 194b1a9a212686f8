"""The response documents of errors (RFC 9457), and of the conflicts of a change."""

from collections.abc import Sequence
from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from shared.errors import (
    COLLISIONS_SHOWN,
    Collision,
    EventConflict,
    FieldError,
    NextFreeSearch,
    QuotaExceeded,
    TooManyBulkRequests,
)
from shared.http.document_types import EventIdValue, EventTitle, HistoryIdValue, Id, InstantValue
from shared.scheduling.roles import Right, Role

ERRORS_SHOWN = 50
# Parts of an error that a client can choose are cut to this many characters.
_FIELD_SHOWN = 200
_MESSAGE_SHOWN = 500


class ProblemDocument(TypedDict):
    """An error (RFC 9457)."""

    type: Annotated[
        str,
        Field(
            description="Names the kind of problem; to be compared, not to be fetched.",
            pattern=r"^/problems/[a-z-]+$",
            examples=["/problems/not-found"],
        ),
    ]
    title: Annotated[str, Field(description="The kind of problem in words.", examples=["Not found"])]
    status: Annotated[int, Field(description="The response's status.", ge=400, le=599, examples=[404])]
    detail: Annotated[str, Field(description="For people; may change.", examples=["no such event"])]


class GatewayProblem(TypedDict):
    """An error of the gateway's own (RFC 9457)."""

    type: Annotated[str, Field(description="Names the kind of problem.", pattern=r"^/problems/[a-z-]+$")]
    title: Annotated[str, Field(description="The kind of problem in words.")]
    status: NotRequired[
        Annotated[int, Field(description="The response's status. Some have none: then look at that.", ge=400, le=599)]
    ]
    detail: Annotated[str, Field(description="For people; may change.")]


class FieldProblem(TypedDict):
    """What is wrong with a field of the request."""

    field: Annotated[str, Field(description="Its path.", max_length=_FIELD_SHOWN, examples=["events[7].start"])]
    message: Annotated[
        str,
        Field(
            description="The rule that it breaks; for people.",
            max_length=_MESSAGE_SHOWN,
            examples=["must be later than start"],
        ),
    ]


class InvalidRequestProblem(ProblemDocument):
    """An error that names fields of the request."""

    errors: Annotated[
        list[FieldProblem],
        Field(description=f"The first {ERRORS_SHOWN}; of a bulk request the first 5 of each event.", max_length=5000),
    ]


class CollisionDocument(TypedDict):
    """An event that is in the way."""

    calendar_id: Annotated[Id, Field(description="The calendar in which it is in the way.")]
    id: Annotated[
        EventIdValue | None,
        Field(description="The `id` of the event, or of one occurrence; null: the caller may not read it."),
    ]
    title: Annotated[EventTitle | None, Field(description="What it is called; null: the caller may not read it.")]
    start: Annotated[InstantValue, Field(description="Where it begins, in UTC.")]
    end: Annotated[InstantValue, Field(description="Where it ends, in UTC.")]


class ConflictDocument(TypedDict):
    """What is in the way of a change, and what would do instead."""

    conflicts: Annotated[
        list[CollisionDocument],
        Field(
            description="What the change is, or would be, refused for: the first events by start, of those known. "
            "Not looked for where the request allows them.",
            max_length=COLLISIONS_SHOWN,
        ),
    ]
    next_free: Annotated[
        InstantValue | None,
        Field(description="The earliest later start, in UTC, at which nothing is in the way; null: none was found."),
    ]
    next_free_search: Annotated[
        NextFreeSearch | None,
        Field(
            description="What came of the search for it. `stopped`: too much lies there to tell, or it is a series. "
            "null: no conflict."
        ),
    ]


class ConflictProblem(ProblemDocument, ConflictDocument):
    """The time is taken: by as many events as `detail` says, or by at least so many."""


class QuotaProblem(ProblemDocument):
    """A quota of the deployment is used up."""

    quota: Annotated[
        Literal["events", "text_bytes", "series", "bulk_requests_per_minute"],
        Field(description="What is limited: what the calendar holds, or the user's bulk creations of a minute."),
    ]
    limit: Annotated[int, Field(description="How much there may be.", ge=1, examples=[100000])]
    used: NotRequired[
        Annotated[int, Field(description="How much of it the calendar uses, approximately.", ge=0, examples=[100000])]
    ]


class PreconditionProblem(ProblemDocument):
    """The event is at another version than `If-Match` names, or the body that was sent back."""

    history_id: Annotated[HistoryIdValue, Field(description="The version that the event is at.")]


class NotAllowedProblem(ProblemDocument):
    """The caller's role in the calendar does not allow this."""

    role: Annotated[Role, Field(description="The caller's role in the calendar.")]
    needs: Annotated[Right, Field(description="The right that the request needs, which the role does not include.")]


def quota_document(error: QuotaExceeded | TooManyBulkRequests) -> dict[str, str | int]:
    """Returns the facts of a `QuotaProblem`."""
    if isinstance(error, TooManyBulkRequests):
        return {"quota": "bulk_requests_per_minute", "limit": error.limit}
    return {"quota": error.quota, "limit": error.limit, "used": error.used}


def field_problems(errors: Sequence[FieldError]) -> list[FieldProblem]:
    """Returns the errors of a request's fields, with parts that a client can choose cut to a maximum length."""
    return [{"field": error.field[:_FIELD_SHOWN], "message": error.message[:_MESSAGE_SHOWN]} for error in errors]


def collision_document(collision: Collision) -> CollisionDocument:
    """Returns the document of an event that a change collides with."""
    return {
        "calendar_id": collision.calendar_id,
        "id": collision.id,
        "title": collision.title,
        "start": collision.start,
        "end": collision.end,
    }


def conflict_document(refusal: EventConflict | None) -> ConflictDocument:
    """Returns the events that a change collides with, and the next free start; with None, that there is no conflict."""
    collisions = refusal.collisions[:COLLISIONS_SHOWN] if refusal is not None else ()
    return {
        "conflicts": [collision_document(other) for other in collisions],
        "next_free": refusal.next_free if refusal is not None else None,
        "next_free_search": refusal.next_free_search if refusal is not None else None,
    }
