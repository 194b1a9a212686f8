"""What every response has beside its body, whatever became of the request: CORS, caching, and one line in the log."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.http.response_headers import ALWAYS
from shared.runtime import use
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api, Reply, payload, reply
from tests.harness.payloads import ADA, REVIEW, created, tag
from tests.harness.template import routes

ORIGIN = "https://calendar.example.com"
EVENT = "/events/{event_id}"
# Documents that are the same for everybody, which caches may keep.
PUBLIC = {"/.well-known/jwks.json", "/docs", "/openapi.json"}
Json = dict[str, Any]
Ask = Callable[[Json], Reply]

# What is asked of an event, the status and the route of its response.
RESPONSES: dict[str, tuple[Ask, int, str]] = {
    "read": (lambda event: ADA("GET", f"/events/{event['id']}"), 200, EVENT),
    "created": (
        lambda _: ADA("POST", "/events", {**REVIEW, "start": "2027-04-01T09:00:00Z", "end": "2027-04-01T10:00:00Z"}),
        201,
        "/events",
    ),
    "deleted": (lambda event: ADA("DELETE", f"/events/{event['id']}"), 204, EVENT),
    "not modified": (
        lambda event: ADA("GET", f"/events/{event['id']}", headers={"If-None-Match": tag(event)}),
        304,
        EVENT,
    ),
    "malformed": (lambda _: ADA("POST", "/events", raw="{"), 400, "/events"),
    "past the token's end": (lambda event: Api(exp=1)("GET", f"/events/{event['id']}"), 401, EVENT),
    "not found": (lambda event: ADA("GET", f"/events/{event['created_by']}"), 404, EVENT),
    "conflict": (lambda _: ADA("POST", "/events", REVIEW), 409, "/events"),
    "another version": (
        lambda event: ADA("DELETE", f"/events/{event['id']}", headers={"If-Match": '"x"'}),
        412,
        EVENT,
    ),
    "too large": (lambda _: ADA("POST", "/events", raw='"' + "x" * 4_194_304), 413, "/events"),
    "media type": (
        lambda event: ADA("PUT", f"/events/{event['id']}", REVIEW, headers={"Content-Type": "text/plain"}),
        415,
        EVENT,
    ),
    "field": (lambda event: ADA("PATCH", f"/events/{event['id']}", {"title": ""}), 422, EVENT),
    "parameter": (lambda event: ADA("GET", f"/events/{event['id']}", other="x"), 422, EVENT),
    "on its way": (
        lambda event: ADA("POST", f"/operations/{event['history_id']}/undo"),
        503,
        "/operations/{operation_id}/undo",
    ),
}
responses = pytest.mark.parametrize("case", RESPONSES)


@pytest.fixture(params=[ORIGIN])
def event(deployment: Deployment, request: pytest.FixtureRequest) -> Iterator[Json]:
    """An event of a deployment that lets the pages of an origin read its responses."""
    settings = replace(deployment.runtime.settings, cors_origin=request.param)
    with use(replace(deployment.runtime, settings=settings)):
        yield created()


@responses
@pytest.mark.parametrize("event", [ORIGIN, "*"], indirect=True)
def test_a_page_of_the_origin_may_read_it(event: Json, case: str, request: pytest.FixtureRequest) -> None:
    ask, status, _ = RESPONSES[case]
    reply = ask(event)
    assert reply.status == status, reply
    assert reply.headers["Access-Control-Allow-Origin"] == request.node.callspec.params["event"]
    # What fetch() hides from a page unless it is named (Fetch Standard, section 3.2.3).
    assert reply.headers["Access-Control-Expose-Headers"].split(", ") == [
        "Device-Token",
        "ETag",
        "Idempotent-Replay",
        "Location",
        "Retry-After",
        "WWW-Authenticate",
    ]


@responses
def test_the_log_has_one_line_that_names_the_route_and_the_user_and_no_ids_of_events(
    event: Json, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    ask, status, route = RESPONSES[case]
    caplog.clear()
    ask(event)
    (line,) = [vars(record) for record in caplog.records if record.getMessage() == "request"]
    assert (line["route"], line["status"]) == (route, status)
    assert line["user_id"] == event["created_by"]
    assert not {event["id"], event["history_id"]} & {str(value) for value in line.values()}


@responses
def test_no_cache_keeps_it_and_no_browser_takes_it_for_anything_else(event: Json, case: str) -> None:
    headers = RESPONSES[case][0](event).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=63072000"


@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize(("method", "resource"), sorted(routes()))
def test_a_request_that_no_gateway_has_authorized_gets_them_too(method: str, resource: str) -> None:
    """Each route, with a request that has no token, no body and no parameters: most refuse it."""
    sent = {**payload("get_event"), "httpMethod": method, "resource": resource, "path": resource}
    del sent["requestContext"]["authorizer"]
    headers = reply(routes()[method, resource], sent).headers
    if resource in PUBLIC:
        assert re.fullmatch(r"public, max-age=[1-9]\d*", headers["Cache-Control"])
    else:
        assert headers["Cache-Control"] == ALWAYS["Cache-Control"]
    others = {name: value for name, value in ALWAYS.items() if name != "Cache-Control"}
    assert headers.items() >= others.items()


@pytest.mark.usefixtures("deployment")
def test_what_is_no_event_of_a_gateway_gets_them_too() -> None:
    answered = reply("events", {"httpMethod": "GET"})
    assert answered.status == 400
    assert answered.headers.items() >= ALWAYS.items()
    assert answered.headers["Access-Control-Allow-Origin"] == "*"


def test_an_expired_token_is_told_from_none(event: Json, caplog: pytest.LogCaptureFixture) -> None:
    caplog.clear()
    expired = RESPONSES["past the token's end"][0](event)
    assert expired.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    (denied,) = [vars(record) for record in caplog.records if record.getMessage() == "security event"]
    assert denied["security_event"] == "Denied"
    assert (denied["user_id"], denied["source"]) == (event["created_by"], "203.0.113.17")
    assert denied["why"] == "the access token has expired"


def test_a_request_around_the_gateway_has_no_token(event: Json, caplog: pytest.LogCaptureFixture) -> None:
    sent = payload("get_event")
    del sent["requestContext"]["authorizer"]
    sent["pathParameters"] = {"event_id": event["id"]}
    caplog.clear()
    refused = reply("events", sent)
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    (denied,) = [vars(record) for record in caplog.records if record.getMessage() == "security event"]
    assert (denied["security_event"], denied["why"]) == ("Denied", "no access token")


@pytest.mark.parametrize("case", [case for case, (_, status, _) in RESPONSES.items() if status == 503])
def test_what_may_be_tried_again_is_logged_with_its_cause(
    event: Json, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    reply = RESPONSES[case][0](event)
    (line,) = [vars(record) for record in caplog.records if record.levelname == "WARNING"]
    assert (line["error"], line["why"]) == ("NotRecordedYet", reply.body["detail"])
    assert reply.headers["Retry-After"] == "1"
