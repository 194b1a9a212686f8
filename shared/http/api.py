"""The HTTP edge: the resolver, the Lambda entry point, and the checks of every request before its handler.

A function imports `app` to register its routes, `handler` for Lambda to call, and the names used to declare routes.
"""

import json
import time
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import ids, payloads
from shared.errors import (
    STORE_FAULT,
    AnswerLost,
    FieldError,
    InvalidRequest,
    InvalidToken,
    MalformedEvent,
    NotAuthenticated,
    NotFound,
    SchedulingError,
    Unavailable,
)
from shared.http import bodies, problems, response_headers, routes
from shared.http.headers import idempotency_key_of, tags_of
from shared.http.routes import DEVICE_HEADER, own_identity, takes
from shared.ids import HistoryId, OperationId, UserId
from shared.observability import log_request, logger, security_event, serving
from shared.request import NS_PER_SECOND, Client, Request
from shared.runtime import current
from shared.scheduling.access import CalendarAccess
from shared.scheduling.preconditions import Precondition

__all__ = [
    "DEVICE_HEADER",
    "Body",
    "Path",
    "Query",
    "Response",
    "answer",
    "answer_read",
    "app",
    "client",
    "current_request",
    "handler",
    "header",
    "idempotency_key",
    "issuer",
    "only_parameter",
    "own_identity",
    "precondition",
    "takes",
]

# Retries end this long before the function's timeout, to leave time for the response.
ANSWER_SECONDS: Final = 2.0

# Where a handler of a calendar's route leaves the calendar's id, the right needed there, and what allows conflicts.
IN_CALENDAR: Final = "in_calendar"

app = APIGatewayRestResolver(enable_validation=True, json_body_deserializer=bodies.parse_json)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Serves one request: the Lambda entry point of every function behind the gateway."""
    started = time.perf_counter()
    serving(context.function_name, context.aws_request_id)
    try:
        payloads.check_gateway(event)
    except MalformedEvent as error:  # no request log: the event has no method and route
        logger.warning("malformed event", extra={"why": str(error)})
        return _complete(_gateway_answer(error))
    edge = event["requestContext"]
    serving(context.function_name, str(edge.get("requestId") or context.aws_request_id))
    method = event["httpMethod"]
    if method == "HEAD":
        # Handled like GET (RFC 9110, section 9.3.2): the gateway drops the content, and sets its length.
        event["httpMethod"] = "GET"
    try:
        _check_edge(event)
        answer = app.resolve(event, context)
    except (InvalidRequest, NotFound) as error:
        answer = _gateway_answer(error)
    log_request(
        method=method,
        route=event.get("resource"),
        status=answer["statusCode"],
        duration_ms=round((time.perf_counter() - started) * 1000, 1),
        request_id=context.aws_request_id,
        user_id=_authorized(event).get("user_id"),
    )
    return _complete(answer)


def _complete(answer: dict[str, Any]) -> dict[str, Any]:
    response_headers.complete(answer, current().settings.cors_origin)
    return answer


def _authorized(event: dict[str, Any]) -> dict[str, Any]:
    """Returns what `authorize` found in the access token; empty for a route without one."""
    context = event["requestContext"].get("authorizer")
    return context if isinstance(context, dict) else {}


def _check_edge(event: dict[str, Any]) -> None:
    """Rejects requests that no handler should see, and normalises `event` for the resolver.

    The resolver then finds the path of the route, only the headers that are read, and a single media type.

    Raises InvalidRequest, and NotFound for a route that only other deployments have.
    """
    event["path"] = path = routes.path_of(event)
    if "\n" in path:
        raise NotFound("route")  # the resolver's patterns pass over one at the end
    event["headers"] = headers = routes.headers_of(event)
    event["multiValueHeaders"] = None
    event["multiValueQueryStringParameters"] = parameters = routes.parameters_of(event)
    body = event.get("body")
    route = routes.route_of(app, event["httpMethod"], path)
    if route is None:
        return  # the resolver responds with 404
    if routes.is_of_own_identity(route) and not current().settings.own_identity:
        raise NotFound("route")
    routes.check(route, headers, parameters, body)
    if not body:
        headers.pop("content-type", None)  # without a body it has no meaning
        return
    bodies.check_headers(routes.taken_by(route).media_types, headers)
    headers["content-type"] = bodies.JSON
    if event.get("isBase64Encoded"):
        event["body"] = bodies.decoded(body)
        event["isBase64Encoded"] = False


def _gateway_answer(error: SchedulingError) -> dict[str, Any]:
    status, headers, body = problems.of_error(error)
    return {
        "statusCode": status,
        "headers": {"Content-Type": problems.MEDIA_TYPE, **headers},
        "body": body,
        "isBase64Encoded": False,
    }


def _on_error(error: SchedulingError) -> Response[str]:
    if isinstance(error, AnswerLost) and app.current_event.http_method == "GET":
        error = Unavailable(STORE_FAULT)  # a GET has nothing that could have been written
    status, headers, body = problems.of_error(error)
    if status >= 500:
        logger.warning("unavailable", extra={"error": type(error).__name__, "why": str(error)})
    return Response(status_code=status, content_type=problems.MEDIA_TYPE, body=body, headers=headers)


def _on_invalid(error: RequestValidationError) -> Response[str]:
    return _on_error(InvalidRequest([_field_error(item) for item in error.errors()]))


def _on_no_route(_: NotFoundError) -> Response[str]:
    return _on_error(NotFound("route"))


app.exception_handler(SchedulingError)(_on_error)
app.exception_handler(RequestValidationError)(_on_invalid)
app.not_found(_on_no_route)


def _field_error(item: dict[str, Any]) -> FieldError:
    """Returns field and message of a pydantic error: `("body", "events", 7, "start")` becomes `events[7].start`."""
    _, *path = item["loc"]
    field = ""
    for part in path:
        field += f"[{part}]" if isinstance(part, int) else f".{part}" if field else str(part)
    return FieldError(field or "body", item["msg"])


def current_request() -> Request:
    """Returns the request being served: its caller, as `authorize` found in the access token, its time and deadline.

    It refers to the calendar in the route, or to the caller's default one. The gateway caches the authorizer's
    response, possibly beyond the expiry of the token, so the expiry is checked again.

    Raises NotAuthenticated.
    """
    runtime = current()
    now_ns = runtime.now_ns()
    context = _authorized(app.current_event.raw_event)
    try:
        # The gateway turns every value of the context into a string.
        expires, user_id = int(context["exp"]), UserId(str(context["user_id"]))
    except (KeyError, OverflowError, TypeError, ValueError):
        raise _denied(NotAuthenticated("no access token")) from None
    if expires <= now_ns // NS_PER_SECOND:
        raise _denied(InvalidToken("the access token has expired"), user_id)
    seconds_left = app.lambda_context.get_remaining_time_in_millis() / 1000 - ANSWER_SECONDS
    return Request(
        access=_access(user_id),
        username=str(context.get("username") or ""),
        session=str(context.get("session") or ""),
        operation_id=OperationId(ids.new_id(now_ns)),
        now_ns=now_ns,
        deadline=runtime.deadline(max(0.0, seconds_left)),
    )


def _access(user_id: UserId) -> CalendarAccess:
    asked = app.context.get(IN_CALENDAR)
    return CalendarAccess.to_own(user_id) if asked is None else CalendarAccess(user_id, *asked)


def _denied(error: NotAuthenticated, user_id: UserId | None = None) -> NotAuthenticated:
    """Returns `error`, which refuses the request, after it has been logged as a security event."""
    security_event("Denied", user_id=user_id, source=client().source, why=str(error))
    return error


def client() -> Client:
    """Returns who sent the request being served."""
    return Client.of(app.current_event.raw_event["requestContext"].get("identity"))


def issuer() -> str:
    """Returns the issuer of this deployment's tokens. Raises MalformedEvent if the event does not say the address."""
    event = app.current_event.raw_event
    return current().settings.issuer_at(
        *(payloads.member(event, f"requestContext.{name}") for name in ("apiId", "stage"))
    )


def answer(
    body: Any,
    *,
    status: int = 200,
    etag: str | None = None,
    location: str | None = None,
    repeated: bool = False,
    device_token: str | None = None,
) -> Response[str]:
    """Returns a JSON response.

    Args:
        body: The document; None for a response without a body.
        status: The HTTP status.
        etag: The history_id for the header ETag, without quotes: they are added here (RFC 9110, section 8.8.3).
        location: The value of the header Location.
        repeated: Whether an earlier request has already done what this one asks for.
        device_token: The value of the header Device-Token.
    """
    values = {"Location": location, DEVICE_HEADER: device_token, "Idempotent-Replay": "true" if repeated else None}
    headers: dict[str, str | list[str]] = {name: value for name, value in values.items() if value is not None}
    if etag is not None:
        headers["ETag"] = f'"{etag}"'
    text = "" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(status_code=status, content_type="application/json" if text else None, body=text, headers=headers)


def answer_read(body: Any, *, etag: HistoryId, subject: str = "event") -> Response[str]:
    """Returns the response to a GET: `body`, or 304 without a body if the caller already has the version `etag`.

    The order of the conditions is that of RFC 9110, section 13.2.2.

    Raises PreconditionFailed.
    """
    condition = precondition(subject)
    condition.check_match(etag)
    if condition.none_match_fails(etag):
        return answer(None, status=304, etag=etag)
    return answer(body, etag=etag)


def header(name: str) -> str | None:
    """Returns the unchanged value of a header that the route `takes`; None if the request does not have it."""
    value: str | None = app.current_event.raw_event["headers"].get(name.lower())
    return value


def precondition(subject: str = "event") -> Precondition:
    """Returns the condition in `If-Match` and `If-None-Match`. A malformed header is a condition that never holds."""
    if_match, if_none_match = (tags_of(name, header(name)) for name in ("If-Match", "If-None-Match"))
    return Precondition(if_match, if_none_match, subject)


def idempotency_key() -> str | None:
    """Returns the request's idempotency key; None if it has none. Raises InvalidRequest."""
    return idempotency_key_of(header("Idempotency-Key"))


def only_parameter(name: str) -> None:
    """Raises InvalidRequest if the query of the request has a parameter other than `name`."""
    others = sorted(app.current_event.raw_event["multiValueQueryStringParameters"].keys() - {name})
    if others:
        why = f"must not come with {name}, which names one event"
        raise InvalidRequest([FieldError(other, why) for other in others])
