"""Calls of the functions as the gateway makes them, with the payloads of events/."""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from shared.ids import CalendarId, UserId
from tests.harness.template import ROOT, routes

# How the paths begin that are there under every calendar.
IN_CALENDARS: Final = {"events", "free-busy", "operations"}
PAYLOADS = ROOT / "events"
_USER_ID: Final = UserId("01998f00-0000-7000-8000-000000000001")


@dataclass
class Context:
    """The context that Lambda passes to a function in addition to the event."""

    aws_request_id: str = "5f0c1b0e-6d0a-4f57-9c53-1d7a0f9b2e61"
    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:function"
    milliseconds: int = 10_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@dataclass(frozen=True)
class Reply:
    """A function's response."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def fields(self) -> list[str]:
        """Returns the fields that a problem document names."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        return [error["field"] for error in self.body["errors"]]


def payload(name: str) -> dict[str, Any]:
    """Returns the event in events/<name>.json."""
    event: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return event


def invoke(function: str, event: dict[str, Any], context: Context | None = None) -> Any:
    """Calls the handler of functions/<function>.py, and returns its result."""
    return importlib.import_module(f"functions.{function}").handler(event, context or Context())


def reply(function: str, event: dict[str, Any], context: Context | None = None) -> Reply:
    """Calls a function behind the gateway, and returns its response."""
    response = invoke(function, event, context)
    headers: dict[str, str] = {**(response.get("headers") or {})}
    headers.update({key: values[0] for key, values in (response.get("multiValueHeaders") or {}).items()})
    return Reply(response["statusCode"], headers, response["body"])


def served(event: dict[str, Any], context: Context | None = None) -> Reply:
    """Calls the function to which the template routes a request, and returns its response."""
    method = "GET" if event["httpMethod"] == "HEAD" else event["httpMethod"]
    return reply(routes()[method, event["resource"]], event, context)


@dataclass
class Api:
    """A client of the API for one user, without a gateway in between.

    With a `calendar`, requests about what is in a calendar are sent under that one.
    """

    user_id: UserId = _USER_ID
    username: str = "ada"
    exp: int = 32503680000  # the year 3000
    session: str = ""
    calendar: CalendarId | None = None

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: str | None = None,
        base64: bool = False,
        headers: Mapping[str, str | list[str]] | None = None,
        context: Context | None = None,
        **query: str,
    ) -> Reply:
        """Sends a request to the function to which the template routes it, and returns the response.

        Query parameters are given by name, or as in a URL, after the path. A header that is sent several times is given
        as a list.
        """
        return self.send(self.event(method, path, body, raw=raw, base64=base64, headers=headers, **query), context)

    def event(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: str | None = None,
        base64: bool = False,
        headers: Mapping[str, str | list[str]] | None = None,
        **query: str,
    ) -> dict[str, Any]:
        """Returns what the gateway passes to the function of a request, without the caller's identity.

        Raises:
            LookupError: The template has no such route.
        """
        path, _, written = self._in_calendar(path).partition("?")
        values = {**parse_qs(written, keep_blank_values=True), **{key: [value] for key, value in query.items()}}
        resource, parameters = self._match("GET" if method == "HEAD" else method, path)
        sent = {"Content-Type": "application/json", **(headers or {})}
        many = {name: each if isinstance(each, list) else [each] for name, each in sent.items()}
        event = payload("get_event")
        event |= {
            "resource": resource,
            "path": path,
            "httpMethod": method,
            "headers": {name: each[-1] for name, each in many.items()},
            "multiValueHeaders": many,
            "queryStringParameters": {key: each[-1] for key, each in values.items()} or None,
            "multiValueQueryStringParameters": values or None,
            "pathParameters": parameters or None,
            "body": raw if raw is not None else None if body is None else json.dumps(body),
            "isBase64Encoded": base64,
        }
        del event["requestContext"]["authorizer"]
        return event

    def _in_calendar(self, path: str) -> str:
        concerns = path.split("?", maxsplit=1)[0].split("/")[1] in IN_CALENDARS
        return f"/calendars/{self.calendar}{path}" if self.calendar is not None and concerns else path

    def send(self, event: dict[str, Any], context: Context | None = None) -> Reply:
        """Sends a request to the function to which the template routes it, as this user, and returns the response."""
        event["requestContext"]["authorizer"] = {
            "principalId": self.user_id,
            "user_id": self.user_id,
            "username": self.username,
            "session": self.session,
            "exp": str(self.exp),
        }
        return served(event, context)

    @staticmethod
    def _match(method: str, path: str) -> tuple[str, dict[str, str]]:
        parts = path.split("/")
        candidates = []
        for known_method, resource in routes():
            pattern = resource.split("/")
            if known_method == method and len(pattern) == len(parts):
                pairs = list(zip(pattern, parts, strict=True))
                if all(p == q or (p.startswith("{") and q) for p, q in pairs):
                    candidates.append((resource, {p[1:-1]: q for p, q in pairs if p.startswith("{")}))
        if not candidates:
            raise LookupError(f"the template has no route {method} {path}")
        return min(candidates, key=lambda candidate: len(candidate[1]))
