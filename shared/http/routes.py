"""The check of a request against its route: what the route does not accept is rejected by name, never ignored.

A handler declares what its route accepts: parameters with `Query`, a body with `Body`, headers with `takes`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Route

from shared.errors import FieldError, InvalidRequest
from shared.http.bodies import JSON

# These headers change what a request does. If a handler does not support one, ignoring it would do something other than
# what was requested.
GUARDS: Final = (
    "If-Match",
    "If-None-Match",
    "If-Modified-Since",
    "If-Unmodified-Since",
    "If-Range",
    "Content-Range",
    "Idempotency-Key",
)
# By which a login recognises a device. Where it is not read, it changes nothing, so it is not a guard.
DEVICE_HEADER: Final = "Device-Token"
# The headers that are read. The gateway sends some twenty more, which the resolver would copy five times per request.
HEADERS_READ: Final = frozenset(
    name.lower() for name in ("Host", "Content-Type", "Content-Encoding", DEVICE_HEADER, *GUARDS)
)
# A read that ignores one of the others returns more than necessary, and changes nothing (RFC 9110, section 13).
_GUARDS_OF_A_READ: Final = ("If-Match",)
_READS: Final = frozenset({"GET", "HEAD"})

Handler = TypeVar("Handler", bound=Callable[..., Any])

_of_own_identity: set[Callable[..., Any]] = set()
_declared: dict[Callable[..., Any], tuple[tuple[str, ...], tuple[str, ...]]] = {}


def takes(*headers: str, media_types: Sequence[str] = (JSON,)) -> Callable[[Handler], Handler]:
    """Declares, below the route's own decorator, which headers a handler reads, and its body's media types."""

    def declare(function: Handler) -> Handler:
        _declared[function] = (headers, tuple(media_types))
        return function

    return declare


def declare_as(function: Callable[..., Any], other: Callable[..., Any]) -> None:
    """Declares that `function` reads the headers, and takes the media types, that `other` does."""
    if other in _declared:
        _declared[function] = _declared[other]


def own_identity(function: Handler) -> Handler:
    """Declares, below the route's own decorator, that the route is about users of this API's own.

    Where another issuer has all the users, there is no such route.
    """
    _of_own_identity.add(function)
    return function


def is_of_own_identity(route: Route) -> bool:
    """Returns whether `route` is about users of this API's own."""
    return route.func in _of_own_identity


@dataclass(frozen=True, slots=True)
class Taken:
    """What a route accepts: parameters and headers by name, in the order of their declaration; and whether a body."""

    parameters: tuple[str, ...]
    headers: tuple[str, ...]
    body: bool
    media_types: tuple[str, ...]


@lru_cache(maxsize=256)
def taken_by(route: Route) -> Taken:
    """Returns what `route` accepts, as its handler declares it."""
    dependant = route.dependant
    parameters = tuple(str(parameter.alias) for parameter in dependant.query_params)
    headers, media_types = _declared.get(route.func, ((), (JSON,)))
    return Taken(parameters, headers, bool(dependant.body_params) or media_types != (JSON,), media_types)


def routes(app: APIGatewayRestResolver) -> list[Route]:
    """Returns the routes of `app`, in the order in which it matches them."""
    return [*app._static_routes, *app._dynamic_routes]  # noqa: SLF001 Powertools has no public list


def route_of(app: APIGatewayRestResolver, method: str, path: str) -> Route | None:
    """Returns the route that `app` will select; None if no route matches."""
    return next((route for route in routes(app) if route.method == method and route.rule.match(path)), None)


def path_of(event: dict[str, Any]) -> str:
    """Returns the path of the route with its parameters: the event's own has the base path of a custom domain, too."""
    path: str = event.get("resource") or event["path"]
    for name, value in (event.get("pathParameters") or {}).items():
        path = path.replace(f"{{{name}}}", value)
    return path


def headers_of(event: dict[str, Any]) -> dict[str, str]:
    """Returns the values of those of HEADERS_READ that the request has, by lower-case name.

    Repeated headers are joined with commas; in a gateway's event, `headers` has only the last of several. A header
    without a value is included, with an empty string.
    """
    found: dict[str, list[str]] = {}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        if name.lower() in HEADERS_READ:
            found.setdefault(name.lower(), []).extend(str(value or "") for value in values or [""])
    for name, value in (event.get("headers") or {}).items():
        if name.lower() in HEADERS_READ:
            values = found.setdefault(name.lower(), [])
            if str(value or "") not in values:
                values.append(str(value or ""))
    return {name: ", ".join(values) for name, values in found.items()}


def parameters_of(event: dict[str, Any]) -> dict[str, list[str]]:
    """Returns the query parameters with all their values.

    An event has them in two places; an event that was not made by the gateway may fill only one of them.
    """
    many = event.get("multiValueQueryStringParameters") or {}
    parameters = {name: values or [] for name, values in many.items()}
    for name, value in (event.get("queryStringParameters") or {}).items():
        values = parameters.get(name, [])
        parameters[name] = values if value in values else [*values, value]
    return parameters


def check(route: Route, headers: dict[str, str], parameters: dict[str, list[str]], body: str | None) -> None:
    """Raises InvalidRequest, naming every part of the request that `route` does not accept."""
    taken = taken_by(route)
    errors = [*_parameter_errors(taken, parameters), *_guard_errors(taken, route.method, headers)]
    if body and not taken.body:
        errors.append(FieldError("body", "is not taken here: this route has none"))
    if errors:
        raise InvalidRequest(errors)


def _parameter_errors(taken: Taken, parameters: dict[str, list[str]]) -> Iterable[FieldError]:
    for name, values in parameters.items():
        if name not in taken.parameters:
            yield FieldError(name, f"is no parameter of this route; it has: {', '.join(taken.parameters) or 'none'}")
        elif len(values) != 1 or not isinstance(values[0], str):
            yield FieldError(name, "must be given once, with a value")


def _guard_errors(taken: Taken, method: str, headers: dict[str, str]) -> Iterable[FieldError]:
    for name in _GUARDS_OF_A_READ if method in _READS else GUARDS:
        if name not in taken.headers and name.lower() in headers:
            has = ", ".join(taken.headers) or "none of its kind"
            yield FieldError(name, f"is not looked at by this route, which would go on without it; it takes: {has}")
