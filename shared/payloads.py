"""Validation of the events with which functions are invoked, before anything is done with them.

AWS services send complete events; people and scripts that invoke a function may not.
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
# The test page of API Gateway's console sends null for headers.
_HEADERS: Final[Shape] = (
    "an object of texts",
    lambda value: _members(value, lambda each: each is None or _is_text(each)),
)
_LISTS: Final[Shape] = (
    "an object of lists of texts",
    lambda value: _members(value, lambda each: isinstance(each, list) and all(map(_is_text, each))),
)

# The members of a REST API's proxy event that the HTTP edge and its resolver read.
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
    """Returns `event` if it is an object. Raises MalformedEvent."""
    if not isinstance(event, dict):
        raise MalformedEvent([FieldError("event", "must be an object")])
    return event


def check_gateway(event: Any) -> None:
    """Raises MalformedEvent unless `event` is a valid proxy event of an API Gateway REST API."""
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
    """Returns the required text member `name` of an event. Raises MalformedEvent."""
    found = optional_text(event, name)
    if found is None:
        raise MalformedEvent([FieldError(name, "is missing")])
    return found


def optional_text(event: dict[str, Any], name: str) -> str | None:
    """Returns the optional member `name` of an event. Raises MalformedEvent if it is not a text."""
    found = event.get(name)
    if found is not None and not isinstance(found, str):
        raise MalformedEvent([FieldError(name, "must be a text")])
    return found


def optional_texts(event: dict[str, Any], name: str) -> list[str] | None:
    """Returns the optional list of texts `name` of an event. Raises MalformedEvent if it is no such list, or empty."""
    found = event.get(name)
    if found is None:
        return None
    if not isinstance(found, list) or not found or not all(isinstance(each, str) for each in found):
        raise MalformedEvent([FieldError(name, "must be a list of texts, and not empty")])
    return found


def records(event: Any) -> list[dict[str, Any]]:
    """Returns the records of an event from a stream or S3. Raises MalformedEvent if they are not a list of objects."""
    found = check_object(event).get("Records")
    if found is None:
        raise MalformedEvent([FieldError("Records", "is missing")])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise MalformedEvent([FieldError("Records", "must be a list of objects")])
    return found


def member(event: dict[str, Any], path: str) -> str:
    """Returns the text at `path`, such as `detail.object.key`.

    Raises:
        MalformedEvent: there is no text there. The error names the first part of the path that is missing.
    """
    value: Any = event
    names = path.split(".")
    for at, name in enumerate(names):
        if not isinstance(value, dict) or value.get(name) is None:
            raise MalformedEvent([FieldError(".".join(names[: at + 1]), "is missing")])
        value = value[name]
    if not isinstance(value, str):
        raise MalformedEvent([FieldError(path, "must be a text")])
    return value


def only(event: dict[str, Any], *names: str) -> None:
    """Raises MalformedEvent if an event has members other than `names`, which may be misspelt."""
    others = sorted(event.keys() - {*names})
    if others:
        raise MalformedEvent([FieldError(str(name), "is not known here") for name in others])


def optional_truth(event: dict[str, Any], name: str) -> bool:
    """Returns the optional member `name` of an event: false if it is missing. Raises MalformedEvent."""
    found = event.get(name, False)
    if not isinstance(found, bool):
        raise MalformedEvent([FieldError(name, "must be true or false")])
    return found


def one_of(event: dict[str, Any], name: str, *values: str) -> str:
    """Returns the required member `name` of an event, which is one of `values`. Raises MalformedEvent."""
    found = text(event, name)
    if found not in values:
        raise MalformedEvent([FieldError(name, f"must be one of {', '.join(values)}")])
    return found
