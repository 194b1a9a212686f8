"""What invokes a function hands it an event. What it lacks is said here, before anything is made of it.

AWS's own services send whole ones; people and scripts that invoke a function do not always.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from shared.errors import FieldError, MalformedEvent

Shape = tuple[str, Callable[[Any], bool]]


def _members(value: Any, test: Callable[[Any], bool]) -> bool:
    return isinstance(value, dict) and all(test(each) for each in value.values())


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_TEXT: Final[Shape] = ("a text", _is_text)
_OBJECT: Final[Shape] = ("an object", lambda value: isinstance(value, dict))
_TRUTH: Final[Shape] = ("true or false", lambda value: isinstance(value, bool))
_TEXTS: Final[Shape] = ("an object of texts", lambda value: _members(value, _is_text))
# The gateway's own test page sends null for headers.
_HEADERS: Final[Shape] = (
    "an object of texts",
    lambda value: _members(value, lambda each: each is None or _is_text(each)),
)
_LISTS: Final[Shape] = (
    "an object of lists of texts",
    lambda value: _members(value, lambda each: isinstance(each, list) and all(map(_is_text, each))),
)

# The event of a REST API's proxy integration: what the edge and its resolver read.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
_REQUIRED: Final = ("httpMethod", "requestContext")
_GATEWAY: Final[dict[str, Shape]] = {
    "httpMethod": _TEXT,
    "requestContext": _OBJECT,
    "resource": _TEXT,
    "path": _TEXT,
    "headers": _HEADERS,
    "multiValueHeaders": _LISTS,
    "pathParameters": _TEXTS,
    "queryStringParameters": _TEXTS,
    "multiValueQueryStringParameters": _LISTS,
    "body": _TEXT,
    "isBase64Encoded": _TRUTH,
}


def check_object(event: Any) -> dict[str, Any]:
    """`event`, which has to be an object. Raises MalformedEvent."""
    if not isinstance(event, dict):
        raise MalformedEvent([FieldError("event", "must be an object")])
    return event


def check_gateway(event: Any) -> None:
    """Raise MalformedEvent unless `event` is what API Gateway hands to a function behind a REST API."""
    faults = list(_gateway_faults(check_object(event)))
    if faults:
        raise MalformedEvent(faults)


def _gateway_faults(event: dict[str, Any]) -> Iterator[FieldError]:
    for name, (words, test) in _GATEWAY.items():
        value = event.get(name)
        if value is None:
            if name in _REQUIRED:
                yield FieldError(name, "is missing")
        elif not test(value):
            yield FieldError(name, f"must be {words}")
    if not event.get("resource") and not event.get("path"):
        yield FieldError("path", "is missing")


def text(event: dict[str, Any], name: str) -> str:
    """A member of an event that has to be there. Raises MalformedEvent."""
    found = optional_text(event, name)
    if found is None:
        raise MalformedEvent([FieldError(name, "is missing")])
    return found


def optional_text(event: dict[str, Any], name: str) -> str | None:
    """A member of an event that may be there. Raises MalformedEvent for one that is no text."""
    found = event.get(name)
    if found is not None and not isinstance(found, str):
        raise MalformedEvent([FieldError(name, "must be a text")])
    return found


def optional_texts(event: dict[str, Any], name: str) -> list[str] | None:
    """A list of texts that may be there. Raises MalformedEvent for one that is no such list, or empty."""
    found = event.get(name)
    if found is None:
        return None
    if not isinstance(found, list) or not found or not all(isinstance(each, str) for each in found):
        raise MalformedEvent([FieldError(name, "must be a list of texts, and not empty")])
    return found


def records(event: Any) -> list[dict[str, Any]]:
    """The records of an event of a stream or of S3. Raises MalformedEvent unless they are a list of objects."""
    found = check_object(event).get("Records")
    if found is None:
        raise MalformedEvent([FieldError("Records", "is missing")])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise MalformedEvent([FieldError("Records", "must be a list of objects")])
    return found


def member(event: dict[str, Any], path: str) -> str:
    """The text at `path`, such as `detail.object.key`. Raises MalformedEvent that names how far it goes."""
    value: Any = event
    names = path.split(".")
    for at, name in enumerate(names):
        if not isinstance(value, dict) or value.get(name) is None:
            raise MalformedEvent([FieldError(".".join(names[: at + 1]), "is missing")])
        value = value[name]
    if not isinstance(value, str):
        raise MalformedEvent([FieldError(path, "must be a text")])
    return value
