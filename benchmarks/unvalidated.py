"""A peer: the same handlers on the same domain and store, with a resolver that validates nothing."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from shared.http.documents import event_document, version_document
from shared.scheduling.calendar import Calendar
from shared.scheduling.caller import Caller
from shared.scheduling.events import Content
from shared.wiring import calendar as scheduling_wiring
from shared.wiring import versions as versions_wiring

app = APIGatewayRestResolver()


def _caller() -> Caller:
    context = app.current_event.raw_event["requestContext"]["authorizer"]
    return Caller(context["user_id"], context["username"])


def _calendar() -> Calendar:
    return scheduling_wiring.calendar(_caller(), 20.0)


def _answer(document: Any, status: int = 200) -> Response[str]:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(status, "application/json", text)


def _body() -> Any:
    return json.loads(app.current_event.body or "")


@app.post("/events")
def create() -> Response[str]:
    """Create an event."""
    query = app.current_event.query_string_parameters or {}
    allowed = query.get("on_conflict") == "allow"
    event = _calendar().create(Content(**_body()), "allow" if allowed else "reject")
    return _answer(event_document(event), 201)


@app.get("/events")
def listing() -> Response[str]:
    """List a window."""
    query = app.current_event.query_string_parameters
    calendar = _calendar()
    events, cursor = calendar.page(calendar.window(query["from"], query["to"], None), 50)
    return _answer({"items": [event_document(event) for event in events], "next_cursor": cursor})


@app.get("/events/<event_id>")
def get(event_id: str) -> Response[str]:
    """Read an event."""
    return _answer(event_document(_calendar().get(event_id)))


@app.patch("/events/<event_id>")
def patch(event_id: str) -> Response[str]:
    """Change an event."""
    return _answer(event_document(_calendar().patch(event_id, _body())))


@app.delete("/events/<event_id>")
def delete(event_id: str) -> Response[str]:
    """Delete an event."""
    _calendar().delete(event_id)
    return Response(204)


@app.get("/events/<event_id>/history")
def versions(event_id: str) -> Response[str]:
    """List versions."""
    page = versions_wiring.history(_caller()).page(event_id, 50, None)
    return _answer({"items": [version_document(version) for version in page.versions]})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
