"""What every response has beside its body, whatever became of the request: CORS, caching, and one line in the log."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.runtime import use
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api, Reply
from tests.harness.payloads import ADA, REVIEW, created, tag

ORIGIN = "https://calendar.example.com"
EVENT = "/events/{event_id}"
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
    "not found": (lambda event: ADA("GET", f"/events/{event['owner']}"), 404, EVENT),
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
    assert line["user_id"] == event["owner"]
    assert not {event["id"], event["history_id"]} & {str(value) for value in line.values()}


@pytest.mark.parametrize("case", [case for case, (_, status, _) in RESPONSES.items() if status < 400])
def test_no_cache_keeps_what_is_somebodys(event: Json, case: str) -> None:
    assert RESPONSES[case][0](event).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("case", [case for case, (_, status, _) in RESPONSES.items() if status == 503])
def test_what_may_be_tried_again_is_logged_with_its_cause(
    event: Json, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    reply = RESPONSES[case][0](event)
    (line,) = [vars(record) for record in caplog.records if record.levelname == "WARNING"]
    assert (line["error"], line["why"]) == ("NotRecordedYet", reply.body["detail"])
    assert reply.headers["Retry-After"] == "1"
