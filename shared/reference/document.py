"""The OpenAPI document: what the one resolver knows of its routes, and what operations.py adds."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from shared.errors import (
    BodyTooLarge,
    Collision,
    EventConflict,
    FieldError,
    IdempotencyKeyReused,
    InvalidItems,
    InvalidRequest,
    MalformedBody,
    NameTaken,
    NotAuthenticated,
    NotFound,
    NotRecordedYet,
    OutcomeUnknown,
    PreconditionFailed,
    SchedulingError,
    TooManyAttempts,
    Unavailable,
    UnsupportedMediaType,
)
from shared.http import problems
from shared.http import routes as edge
from shared.http.models import SentBack
from shared.http.read_only import READ_ONLY
from shared.reference import answers
from shared.reference.bulk_answers import BulkCreated, BulkPartlyCreated
from shared.reference.operation import JSON, Answer, Operation
from shared.reference.operations import ANSWER_HEADERS, OPERATIONS, PARAMETERS, REQUEST_HEADERS, TAGS
from shared.reference.previews import Preview
from shared.reference.undone import UndoneOperation

Json = dict[str, Any]

VERSION: Final = "0.1.0"
TITLE: Final = "Event scheduling API"
SENT_BACK: Final = [model.__name__ for model in SentBack.__subclasses__()]
MERGE_PATCH: Final = "application/merge-patch+json"

ABOUT: Final = """\
A calendar for each user: no double booking, and every change is a version.

- **Times** are RFC 3339 with an offset and in whole seconds; answers are in UTC. An event takes the half-open interval
  `[start, end)`, so one may begin when another ends. Numbers are never taken for times.
- **Versions.** `id` names an event for its whole life; every change gives it a new `history_id`, which is also its
  ETag.
- **Errors** are problem documents (RFC 9457). `type` says which kind, and more facts may follow.
- **Methods.** HEAD is there wherever GET is, and answers the same without the content. A method that a path does not
  have is answered like a path that there is not: 404.
- **Retries.** A 503 tells when to try again. Of the type `/problems/outcome-unknown` it says that the change may have
  happened: read before you try again.
"""

ANY_OTHER: Final = (
    "Any other error, from the gateway: 403, 429 (with Retry-After), 500, 502, or 504 after 29 seconds without an "
    "answer, when what was asked for may have happened; seldom another 4xx or 5xx, whose document has no `status`."
)

# An error of each kind, with facts as an answer could have them.
EXAMPLES: Final[Sequence[SchedulingError]] = (
    MalformedBody("is no JSON: Expecting value at character 10"),
    NotAuthenticated("the access token has expired"),
    NotFound("event"),
    EventConflict(
        [Collision(answers.ID, "Design review", "2027-03-01T08:00:00Z", "2027-03-01T09:00:00Z")],
        "2027-03-01T09:00:00Z",
    ),
    NameTaken(["username"]),
    PreconditionFailed(answers.ID),
    BodyTooLarge(4 * 1024 * 1024),
    UnsupportedMediaType(JSON),
    InvalidRequest([FieldError("end", "must be later than start")]),
    InvalidItems([FieldError("events[7].end", "must be later than start")], 1, 12),
    IdempotencyKeyReused(f"was used for event {answers.ID}, which was made by a request that says something else"),
    TooManyAttempts(30),
    Unavailable("too many callers change this calendar at once; nothing was written"),
    NotRecordedYet("this version is on its way into the history"),
    OutcomeUnknown("the answer of the database was lost and the event may or may not have changed: read it"),
)
_SCHEMAS: Final[Mapping[type[SchedulingError], str]] = {
    EventConflict: "Conflict",
    PreconditionFailed: "PreconditionFailed",
    **dict.fromkeys(
        (
            MalformedBody,
            BodyTooLarge,
            UnsupportedMediaType,
            InvalidRequest,
            InvalidItems,
            IdempotencyKeyReused,
            NameTaken,
        ),
        "InvalidRequest",
    ),
}


def openapi(app: APIGatewayRestResolver) -> Json:
    """The OpenAPI 3.1 document of all routes that `app` has. Raises KeyError for one that operations.py leaves out."""
    schema = app.get_openapi_schema(title=TITLE, version=VERSION)
    made = _tidy(schema.model_dump(mode="json", by_alias=True, exclude_none=True))
    routes = {(method, path): route for path, methods in made["paths"].items() for method, route in methods.items()}
    guards = {(route.method.lower(), route.openapi_path): edge.taken_by(route).guards for route in edge.routes(app)}
    paths: Json = {}
    responses: Json = {
        "AnyOther": {"description": ANY_OTHER, "content": {problems.MEDIA_TYPE: {"schema": _ref("GatewayProblem")}}}
    }
    for method, path in sorted(routes, key=list(OPERATIONS).index):
        made_of = (routes[method, path], OPERATIONS[method, path], guards[method, path])
        paths.setdefault(path, {})[method] = _operation(*made_of, responses)
    return {
        "openapi": made["openapi"],
        "info": {
            "title": TITLE,
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        # Relative to this document's own address: right behind any host, stage and local stack.
        "servers": [{"url": "."}],
        "security": [{"access_token": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "access_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The `access_token` that register, login and refresh answer.",
                }
            },
            "schemas": _schemas(made["components"]["schemas"]),
            "responses": responses,
        },
    }


def _tidy(value: Any) -> Any:
    """`value` without what Powertools' models make of it: 100.0 where the API says 100."""
    if isinstance(value, dict):
        return {key: _tidy(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_tidy(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _schemas(of_requests: Json) -> Json:
    requests = {name: schema for name, schema in of_requests.items() if not name.endswith("ValidationError")}
    for schema in requests["EventPatch"]["properties"].values():
        schema.pop("default", None)  # a field that is left out stays as it is
    answered = answers.schemas(Preview, BulkCreated, BulkPartlyCreated, UndoneOperation)
    known = answered["RolledBack"]["properties"]
    sent_back = {name: {**schema, "readOnly": True} for name, schema in known.items() if name in READ_ONLY}
    for name in SENT_BACK:
        requests[name]["properties"] |= sent_back
    return {
        **requests,
        **answered,
        "OpenApi": {"type": "object", "required": ["openapi", "info", "paths"]},
        "Page": {"type": "string"},
    }


def _operation(route: Json, operation: Operation, guards: Sequence[str], responses: Json) -> Json:
    """The route as an Operation Object; the errors it can end with go into `responses`, which operations share."""
    parameters = [_parameter(each, operation) for each in route.get("parameters", [])]
    parameters += [
        {"name": name, "in": "header", "description": REQUEST_HEADERS[name], "schema": {"type": "string"}}
        for name in guards
    ]
    made: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description or operation.summary + ".",
        "parameters": parameters,
    }
    if "requestBody" in route:
        made["requestBody"] = _request_body(route["requestBody"], operation)
    if operation.public:
        made["security"] = []
    made["responses"] = {
        **{str(status): _answer(answer) for status, answer in operation.answers.items()},
        **_problems({*_errors(made, operation)} - {*operation.never}, responses),
        "default": {"$ref": "#/components/responses/AnyOther"},
    }
    return made


def _parameter(parameter: Json, operation: Operation) -> Json:
    schema = _without_null(parameter["schema"])
    schema.pop("title", None)
    name = parameter["name"]
    return {**parameter, "description": operation.parameters.get(name) or PARAMETERS[name], "schema": schema}


def _without_null(schema: Json) -> Json:
    """`schema` of a parameter, or of a body, that may be left out: null is only what the function sees then."""
    return {**next((each for each in schema.get("anyOf", []) if each.get("type") != "null"), schema)}


def _request_body(body: Json, operation: Operation) -> Json:
    content = {"schema": _without_null(body["content"][JSON]["schema"]), "example": operation.example}
    patch = {MERGE_PATCH: content} if operation.id == "patch_event" else {}
    return {**body, "content": {**patch, JSON: content}}


def _answer(answer: Answer) -> Json:
    made: Json = {"description": answer.description}
    if answer.headers:
        made["headers"] = _headers(answer.headers)
    if answer.schemas:
        references = [_ref(name) for name in answer.schemas]
        schema = references[0] if len(references) == 1 else {"anyOf": references}
        made["content"] = {answer.media_type: {"schema": schema}}
    return made


def _errors(made: Json, operation: Operation) -> Iterator[type[SchedulingError]]:
    """Which errors the operation can end with: its own, and those of its parameters, headers and body."""
    yield from operation.problems
    names = {parameter["name"] for parameter in made["parameters"]}
    if not operation.public:
        yield NotAuthenticated
    if operation.tag != "Reference":
        yield Unavailable
    if "requestBody" in made:
        yield from (MalformedBody, BodyTooLarge, UnsupportedMediaType)
    yield InvalidRequest  # a parameter that it does not take, at least
    if "event_id" in names:
        yield NotFound
    if "on_conflict" in names:
        yield EventConflict
    if "If-Match" in names:
        yield PreconditionFailed


def _problems(errors: set[type[SchedulingError]], responses: Json) -> Json:
    """A reference into `responses` for each status of `errors`."""
    by_status: dict[int, list[SchedulingError]] = {}
    for error in EXAMPLES:
        if type(error) in errors:
            by_status.setdefault(problems.status_and_title(error)[0], []).append(error)
    references = {}
    for status, same in sorted(by_status.items()):
        name = "Or".join(type(error).__name__ for error in same)
        responses[name] = _problem(same)
        references[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return references


def _problem(same: Sequence[SchedulingError]) -> Json:
    """The answer that all of `same` end with; its texts, headers and examples are what the API makes of them."""
    names = [type(error).__name__ for error in same]
    made = [problems.of_error(error) for error in same]
    documents = [json.loads(body) for _, _, body in made]
    answer: Json = {"description": ", or ".join(f"{each['title']} (`{each['type']}`)" for each in documents) + "."}
    if headers := sorted({name for _, headers, _ in made for name in headers}):
        answer["headers"] = _headers(headers)
    examples = {name: {"value": each} for name, each in zip(names, documents, strict=True)}
    schema = _ref(_SCHEMAS.get(type(same[0]), "Problem"))
    return {**answer, "content": {problems.MEDIA_TYPE: {"schema": schema, "examples": examples}}}


def _headers(names: Sequence[str]) -> Json:
    return {name: {"description": ANSWER_HEADERS[name], "schema": {"type": "string"}} for name in names}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
