"""What a request is looked at for before its handler: what the route does not take is refused by name, never ignored.

What a route takes, its handler declares: parameters with `Query`, a body with `Body`, headers with `takes`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Route

from shared.errors import FieldError, InvalidRequest
from shared.http.bodies import JSON

# They change what a request does. Where a handler does not take one, going on without it would be doing something else.
GUARDS: Final = (
    "If-Match",
    "If-None-Match",
    "If-Modified-Since",
    "If-Unmodified-Since",
    "If-Range",
    "Content-Range",
    "Idempotency-Key",
)
# What is read of a request. A gateway sends some twenty more, which the resolver would copy five times a request.
HEADERS: Final = frozenset(name.lower() for name in ("Host", "Content-Type", "Content-Encoding", *GUARDS))
# A read that goes on without one of the others answers more than it had to, and changes nothing (RFC 9110, section 13).
_GUARDS_OF_A_READ: Final = ("If-Match",)
_READS: Final = frozenset({"GET", "HEAD"})

Handler = TypeVar("Handler", bound=Callable[..., Any])

_declared: dict[Callable[..., Any], tuple[tuple[str, ...], tuple[str, ...]]] = {}


def takes(*headers: str, media_types: Sequence[str] = (JSON,)) -> Callable[[Handler], Handler]:
    """Declares, under the route's own decorator, which of GUARDS a handler looks at, and what its body may be."""

    def declare(function: Handler) -> Handler:
        _declared[function] = (headers, tuple(media_types))
        return function

    return declare


@dataclass(frozen=True, slots=True)
class Taken:
    """What a route takes: parameters and guards by their names, in the order of their declaration; whether a body."""

    parameters: tuple[str, ...]
    guards: tuple[str, ...]
    body: bool
    media_types: tuple[str, ...]


@lru_cache(maxsize=256)
def taken_by(route: Route) -> Taken:
    """What `route` takes, as its handler declares it."""
    dependant = route.dependant
    parameters = tuple(str(parameter.alias) for parameter in dependant.query_params)
    guards, media_types = _declared.get(route.func, ((), (JSON,)))
    return Taken(parameters, guards, bool(dependant.body_params) or media_types != (JSON,), media_types)


def routes(app: APIGatewayRestResolver) -> list[Route]:
    """The routes that `app` has, in the order in which it tries them."""
    return [*app._static_routes, *app._dynamic_routes]  # noqa: SLF001 Powertools has no public list


def route_of(app: APIGatewayRestResolver, method: str, path: str) -> Route | None:
    """The route that `app` will take; None for none."""
    return next((route for route in routes(app) if route.method == method and route.rule.match(path)), None)


def headers_of(event: dict[str, Any]) -> dict[str, str]:
    """The values of HEADERS that came, by lower-case name: all of one that came several times, as a list.

    `headers` of a gateway's event has the last of several alone. One without a value is there all the same, and empty.
    """
    found: dict[str, list[str]] = {}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        if name.lower() in HEADERS:
            found.setdefault(name.lower(), []).extend(str(value or "") for value in values or [""])
    for name, value in (event.get("headers") or {}).items():
        if name.lower() in HEADERS:
            values = found.setdefault(name.lower(), [])
            if str(value or "") not in values:
                values.append(str(value or ""))
    return {name: ", ".join(values) for name, values in found.items()}


def parameters_of(event: dict[str, Any]) -> dict[str, list[str]]:
    """The parameters of the query with all their values; they come in two places, of which a caller may fill either."""
    many = event.get("multiValueQueryStringParameters") or {}
    parameters = {name: values or [] for name, values in many.items()}
    for name, value in (event.get("queryStringParameters") or {}).items():
        values = parameters.get(name, [])
        parameters[name] = values if value in values else [*values, value]
    return parameters


def check(route: Route, headers: dict[str, str], parameters: dict[str, list[str]], body: str | None) -> None:
    """Refuse what `route` does not take. Raises InvalidRequest, which names all of it."""
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
        if name not in taken.guards and name.lower() in headers:
            has = ", ".join(taken.guards) or "none of its kind"
            yield FieldError(name, f"is not looked at by this route, which would go on without it; it takes: {has}")
