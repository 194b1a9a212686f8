"""What the edge knows of a caller: the source, the user and the session; and how log lines of a request are joined."""

import io
import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from shared.http import api
from shared.request import Client
from tests.harness.gateway import Context, payload, reply

Json = dict[str, Any]
USER = "01998f00-0000-7000-8000-000000000001"

pytestmark = pytest.mark.usefixtures("deployment")


@pytest.fixture
def event(monkeypatch: pytest.MonkeyPatch) -> Json:
    """An event that is being served, for tests to change."""
    served = payload("get_event")
    monkeypatch.setattr(api.app, "current_event", APIGatewayProxyEvent(served), raising=False)
    monkeypatch.setattr(api.app, "lambda_context", Context(), raising=False)
    return served


def test_the_client_is_as_the_gateway_saw_it(event: Json) -> None:
    # What the headers say does not count: a client may send any X-Forwarded-For.
    event["headers"]["X-Forwarded-For"] = "198.51.100.1"
    assert api.client() == Client(source="203.0.113.17", user_agent="curl/8.7.1")


@pytest.mark.parametrize("identity", [None, {}, {"sourceIp": None, "userAgent": None}, {"sourceIp": ""}, "text", []])
def test_a_client_that_the_gateway_does_not_name_is_unknown(event: Json, identity: Any) -> None:
    event["requestContext"]["identity"] = identity
    assert api.client() == Client(source="unknown", user_agent="unknown")


def test_a_client_names_itself_in_256_characters(event: Json) -> None:
    event["requestContext"]["identity"]["userAgent"] = "x" * 10_000
    assert api.client().user_agent == "x" * 256


def test_a_request_has_its_user_and_session(event: Json) -> None:
    event["requestContext"]["authorizer"]["session"] = "family-1"
    request = api.current_request()
    assert (request.actor, request.username, request.session) == (USER, "ada", "family-1")


@pytest.mark.parametrize("missing", [{}, {"username": None, "session": None}, {"username": "", "session": ""}])
def test_a_token_of_another_issuer_names_no_session(event: Json, missing: Json) -> None:
    context = event["requestContext"]["authorizer"]
    del context["username"]
    context |= missing
    request = api.current_request()
    assert (request.actor, request.username, request.session) == (USER, "", "")


def lines(log: io.StringIO) -> list[Json]:
    """Returns the lines that were written."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_all_lines_of_a_request_have_its_id_and_its_function(log: io.StringIO) -> None:
    event = payload("get_event")
    event["requestContext"]["requestId"] = "gateway-1"
    event["resource"] = "/operations/{operation_id}/undo"
    event |= {"httpMethod": "POST", "path": f"/operations/{USER}/undo", "pathParameters": {"operation_id": USER}}
    reply("undo", event, Context(aws_request_id="lambda-1", function_name="stack-UndoFunction-1"))
    (request,) = [line for line in lines(log) if line["message"] == "request"]
    assert (request["user_id"], request["request_id"]) == (USER, "lambda-1")
    for line in lines(log):
        assert (line["correlation_id"], line["FunctionName"]) == ("gateway-1", "stack-UndoFunction-1")


@pytest.mark.parametrize("context", [{}, {"requestId": None}])
def test_without_a_gateway_the_id_is_that_of_the_invocation(log: io.StringIO, context: Json) -> None:
    reply("events", {**payload("get_event"), "requestContext": context}, Context(aws_request_id="lambda-1"))
    assert {line["message"] for line in lines(log)} == {"security event", "request"}
    assert {line["correlation_id"] for line in lines(log)} == {"lambda-1"}


def test_a_malformed_event_has_no_id_of_the_request_before(log: io.StringIO) -> None:
    reply("events", payload("get_event"), Context(aws_request_id="lambda-1"))
    reply("events", {}, Context(aws_request_id="lambda-2"))
    assert lines(log)[-1]["message"] == "malformed event"
    assert lines(log)[-1]["correlation_id"] == "lambda-2"


def test_a_request_without_a_token_names_no_user(log: io.StringIO) -> None:
    reply("docs", {**payload("get_event"), "resource": "/docs", "path": "/docs", "requestContext": {}})
    (line,) = lines(log)
    assert (line["route"], line["status"]) == ("/docs", 200)
    assert line.get("user_id") is None
