"""The errors that operations can end with, as responses that they share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from shared import errors
from shared.http import errors as edge_errors
from shared.http import problems
from shared.http.bodies import JSON, MAX_BODY_BYTES
from shared.http.document_types import ID
from shared.http.responses import SCHEMAS, headers
from shared.ids import EventId, HistoryId
from shared.scheduling.instants import Instant

Json = dict[str, Any]

ANY_OTHER: Final = (
    "Any other error. From the gateway: 403, 429 (with Retry-After), 500, 502, or 504 after 29 seconds without an "
    "answer, when what was asked for may have happened; seldom another 4xx or 5xx, whose document has no `status`. "
    "`/problems/malformed-event` is the answer to who invokes a function without the gateway."
)

_MALFORMED_EVENT: Final = errors.MalformedEvent([errors.FieldError("httpMethod", "is missing")])
_START: Final = Instant("2027-03-01T08:00:00Z")
_END: Final = Instant("2027-03-01T09:00:00Z")
# An error of each kind that a route can end with, with facts as an answer could have them.
_EXAMPLES: Final[Sequence[errors.SchedulingError]] = (
    edge_errors.MalformedBody("is no JSON: Expecting value at character 10"),
    errors.NotAuthenticated("the access token has expired"),
    errors.NotFound("event"),
    errors.EventConflict(
        [errors.Collision(EventId(ID), "Design review", _START, _END)],
        _END,
    ),
    errors.NameTaken(["username"]),
    errors.PreconditionFailed(HistoryId(ID)),
    edge_errors.BodyTooLarge(MAX_BODY_BYTES),
    edge_errors.UnsupportedMediaType(JSON),
    errors.InvalidRequest([errors.FieldError("end", "must be later than start")]),
    errors.InvalidItems([errors.FieldError("events[7].end", "must be later than start")], 1, 12),
    errors.IdempotencyKeyReused(f"was used for event {ID}, which was made by a request that says something else"),
    errors.TooManyAttempts(30),
    errors.Unavailable("too many callers change this calendar at once; nothing was written"),
    errors.NotRecordedYet("this version is on its way into the history"),
    errors.OutcomeUnknown("the response of the database was lost and the event may or may not have changed: read it"),
    errors.CalendarFull(),
)


def responses_for(possible: set[type[errors.SchedulingError]], responses: Json) -> Json:
    """A reference into `responses` for each status of the `possible` errors."""
    by_status: dict[int, list[errors.SchedulingError]] = {}
    for error in _EXAMPLES:
        if type(error) in possible:
            by_status.setdefault(problems.status_and_title(error)[0], []).append(error)
    references = {}
    for status, same in sorted(by_status.items()):
        name = "Or".join(type(error).__name__ for error in same)
        responses[name] = _problem(same)
        references[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return references


def _problem(same: Sequence[errors.SchedulingError]) -> Json:
    """The answer that all of `same` end with; its texts, headers and examples are what the API makes of them."""
    made = [problems.of_error(error) for error in same]
    told = [json.loads(body) for _, _, body in made]
    answer: Json = {"description": ", or ".join(f"{each['title']} (`{each['type']}`)" for each in told) + "."}
    if names := sorted({name for _, of_one, _ in made for name in of_one}):
        answer["headers"] = headers(names)
    return {**answer, "content": _content([_schema_of(same[0])], told)}


def _schema_of(error: errors.SchedulingError) -> str:
    match error:
        case errors.EventConflict():
            return "ConflictProblem"
        case errors.PreconditionFailed():
            return "PreconditionProblem"
        case errors.InvalidRequest() | errors.NameTaken():
            return "InvalidRequestProblem"
        case _:
            return "ProblemDocument"


def any_other(of_gateway: Sequence[str]) -> Json:
    """What stands for all statuses that an operation does not name; `of_gateway` are the gateway's own problems."""
    _, _, malformed = problems.of_error(_MALFORMED_EVENT)
    told = [json.loads(body) for body in (malformed, *of_gateway)]
    return {"description": ANY_OTHER, "content": _content([_schema_of(_MALFORMED_EVENT), "GatewayProblem"], told)}


def _content(names: Sequence[str], told: Sequence[Json]) -> Json:
    """The content of a response: problems of one of the schemas `names`, of which `told` are examples."""
    references = [{"$ref": f"{SCHEMAS}{name}"} for name in names]
    examples = {each["type"].removeprefix("/problems/"): {"value": each} for each in told}
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    return {problems.MEDIA_TYPE: {"schema": schema, "examples": examples}}
