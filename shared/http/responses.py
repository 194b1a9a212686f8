"""Declarations of a route's responses, for the API's reference: plain data that a function does not read."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from shared.errors import SchedulingError
from shared.http.bodies import JSON
from shared.http.routes import Handler

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse, OpenAPIResponseHeader

SCHEMAS: Final = "#/components/schemas/"
PUBLIC: Final[list[dict[str, list[str]]]] = []  # the `security` of a route that takes no access token

# Texts that several routes have in common.
DRY_RUN: Final = "With `dry_run` what that would do."
SENT_BACK: Final = (
    "What GET gave may be sent back as a whole: read-only fields that are as stored are accepted. Another `history_id` "
    "is a 412, since somebody has changed the event; any other difference is a 422 that names the field."
)

RESPONSE_HEADERS: Final = {
    "Device-Token": "To be kept on the device, and sent with the next login of the same user. It opens nothing.",
    "Idempotent-Replay": "`true` if an earlier request has done what this one asks for: the answer is that one's.",
    "ETag": "Which content was answered; of an event, the quoted `history_id` of its version.",
    "Location": "Where what was made is from now on, relative to the URL of the request.",
    "Retry-After": "When to try again, in seconds.",
    "WWW-Authenticate": "Bearer. In answers of functions, API Gateway renames it to x-amzn-Remapped-WWW-Authenticate.",
}

_raised: dict[Callable[..., Any], tuple[type[SchedulingError], ...]] = {}


def headers(names: Sequence[str]) -> "dict[str, OpenAPIResponseHeader]":
    """Returns the OpenAPI Header Objects of `names`, which must be in RESPONSE_HEADERS."""
    return {name: {"description": RESPONSE_HEADERS[name], "schema": {"type": "string"}} for name in names}


def returns(description: str, *documents: type, sets: Sequence[str] = (), media_type: str = JSON) -> "OpenAPIResponse":
    """Returns the OpenAPI Response Object of a successful response.

    It refers to the schemas of the documents by name, since Powertools would otherwise build a validator for each class
    at the first request.

    Args:
        description: The description of the response.
        documents: The classes of its document: several if it is one of them, none if there is no body.
        sets: The response headers, which must be in RESPONSE_HEADERS.
        media_type: The media type of the body.
    """
    made: OpenAPIResponse = {"description": description}
    if sets:
        made["headers"] = headers(sets)
    if documents:
        references = [{"$ref": f"{SCHEMAS}{each.__name__}"} for each in documents]
        schema = references[0] if len(references) == 1 else {"anyOf": references}
        made["content"] = {media_type: {"schema": schema}}
    return made


def may_raise(*errors: type[SchedulingError]) -> Callable[[Handler], Handler]:
    """Declares, below the route's own decorator, which errors a request can end with.

    Errors that follow from the route's parameters, headers and body, from the access token, from an event id in the
    path, and from a busy database are not listed.
    """

    def declare(function: Handler) -> Handler:
        _raised[function] = errors
        return function

    return declare


def raised_by(function: Callable[..., Any]) -> tuple[type[SchedulingError], ...]:
    """Returns the errors that `function` declares with `may_raise`."""
    return _raised.get(function, ())
