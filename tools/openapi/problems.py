"""The error responses of the API, which operations share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from shared import errors, series_errors, sharing_errors
from shared.http import errors as edge_errors
from shared.http import problems
from shared.http.bodies import JSON, MAX_BODY_BYTES
from shared.http.document_types import ID
from shared.http.responses import SCHEMAS, headers
from shared.ids import CalendarId, EventId, HistoryId
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
# An example of each kind of error that a route can end with.
_EXAMPLES: Final[Sequence[errors.SchedulingError]] = (
    edge_errors.MalformedBody("is no JSON: Expecting value at character 10"),
    errors.NotAuthenticated("the access token has expired"),
    errors.NotAllowed("viewer", "write"),
    sharing_errors.DefaultCalendar(),
    sharing_errors.ManagedElsewhere(),
    errors.NotFound("event"),
    errors.EventConflict(
        [errors.Collision(CalendarId(ID), _START, _END, EventId(ID), "Design review")],
        _END,
    ),
    errors.QuotaExceeded("events", 100_000, 100_000),
    series_errors.TooManySeries(500),
    errors.NameTaken(["username"]),
    sharing_errors.LastOwner(),
    errors.ContentErased(),
    errors.PreconditionFailed(HistoryId(ID)),
    edge_errors.BodyTooLarge(MAX_BODY_BYTES),
    edge_errors.UnsupportedMediaType(JSON),
    errors.InvalidRequest([errors.FieldError("end", "must be later than start")]),
    errors.InvalidItems([errors.FieldError("events[7].end", "must be later than start")], 1, 12),
    errors.IdempotencyKeyReused(f"was used for event {ID}, which was made by a request that says something else"),
    errors.TooManyAttempts(30),
    errors.TooManyBulkRequests(60, 20),
    errors.Unavailable("too many callers change this calendar at once; nothing was written"),
    errors.NotRecordedYet("this version is on its way into the history"),
    errors.OutcomeUnknown("the response of the database was lost and the event may or may not have changed: read it"),
    errors.CalendarFull(),
)


def responses_for(possible: set[type[errors.SchedulingError]], responses: Json) -> Json:
    """Returns a reference into `responses`, to which it adds them, for each status of the `possible` errors."""
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
    """Returns the Response Object of `same`, errors of one status, with texts, headers and examples from the API."""
    made = [problems.of_error(error) for error in same]
    documents = [json.loads(body) for _, _, body in made]
    answer: Json = {"description": ", or ".join(f"{each['title']} (`{each['type']}`)" for each in documents) + "."}
    if names := sorted({name for _, of_one, _ in made for name in of_one}):
        answer["headers"] = headers(names)
    return {**answer, "content": _content([*dict.fromkeys(map(_schema_of, same))], documents)}


def _schema_of(error: errors.SchedulingError) -> str:
    match error:
        case errors.EventConflict():
            return "ConflictProblem"
        case errors.NotAllowed():
            return "NotAllowedProblem"
        case errors.QuotaExceeded() | errors.TooManyBulkRequests():
            return "QuotaProblem"
        case errors.PreconditionFailed():
            return "PreconditionProblem"
        case errors.InvalidRequest() | errors.NameTaken():
            return "InvalidRequestProblem"
        case _:
            return "ProblemDocument"


def any_other(of_gateway: Sequence[str]) -> Json:
    """Returns the response for all other statuses; `of_gateway` are the gateway's own problem documents."""
    _, _, malformed = problems.of_error(_MALFORMED_EVENT)
    documents = [json.loads(body) for body in (malformed, *of_gateway)]
    return {"description": ANY_OTHER, "content": _content([_schema_of(_MALFORMED_EVENT), "GatewayProblem"], documents)}


def _content(names: Sequence[str], documents: Sequence[Json]) -> Json:
    """Returns the content of a response: problems with one of the schemas `names`, and examples of them."""
    references = [{"$ref": f"{SCHEMAS}{name}"} for name in names]
    examples = {each["type"].removeprefix("/problems/"): {"value": each} for each in documents}
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    return {problems.MEDIA_TYPE: {"schema": schema, "examples": examples}}
