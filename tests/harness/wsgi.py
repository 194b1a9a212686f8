"""The API as a WSGI application (PEP 3333): a server in front of the template's gateway, authorizer and functions."""

from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

from tests.harness.callers import Caller, gateway_response
from tests.harness.gateway import Reply

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]

STAGE: Final = "/v1"
_PREFIX: Final = "HTTP_"


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Serves one request."""
    reply = respond(environ)
    start_response(f"{reply.status} ", [*reply.headers.items()])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.text.encode()]


def respond(environ: Environ) -> Reply:
    """Returns the response to a request."""
    headers = {
        name.removeprefix(_PREFIX).replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith(_PREFIX) or (name == "CONTENT_TYPE" and value)
    }
    caller = Caller(authorization=headers.pop("Authorization", None))
    # The gateway replaces bytes that are not UTF-8, in texts of every kind.
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode("utf-8", "replace")
    if not path.startswith(f"{STAGE}/"):
        return gateway_response("MISSING_AUTHENTICATION_TOKEN")
    try:
        event = caller.event(environ["REQUEST_METHOD"], path.removeprefix(STAGE), raw=body or None, headers=headers)
    except LookupError:
        return gateway_response("MISSING_AUTHENTICATION_TOKEN")
    event["requestContext"] |= {"path": path, "resourcePath": event["resource"], "httpMethod": event["httpMethod"]}
    event["requestContext"]["identity"] |= {"sourceIp": environ["REMOTE_ADDR"]}
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(environ["QUERY_STRING"], keep_blank_values=True, errors="replace"):
        values.setdefault(name, []).append(value)
    event["queryStringParameters"] = {name: each[-1] for name, each in values.items()} or None
    event["multiValueQueryStringParameters"] = values or None
    if "Content-Type" not in headers:
        for each in ("headers", "multiValueHeaders"):
            del event[each]["Content-Type"]
    return caller.send(event)
