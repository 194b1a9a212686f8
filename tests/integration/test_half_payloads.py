"""Functions that are invoked with less than they take say what is missing: none ends with a KeyError."""

import contextlib
import importlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.errors import InvalidRequest, MalformedEvent
from shared.runtime import Runtime
from tests.harness.gateway import PAYLOADS, Context, invoke, payload
from tests.harness.template import resources, routes

FUNCTIONS = sorted(each["Handler"].split(".")[0] for each in resources("AWS::Serverless::Function").values())
BEHIND_THE_GATEWAY = sorted({*routes().values()})
OTHERS = sorted({*FUNCTIONS} - {*BEHIND_THE_GATEWAY})
NO_OBJECTS: list[Any] = [[], None, "", "x", 7, True, [{}]]
WRONG: list[Any] = [None, [], "x", 7, {"x": None}, {"x": [7]}]
# What {} means where it means something: everything, or now. The response says in this member that it was done.
MEANS_ALL = {
    "check_history": "complete",
    "erase": "complete",
    "purge_calendars": "complete",
    "redrive_history": "complete",
    "rotate_keys": "changed",
    "sweep_history": "complete",
}


def payloads_of(function: str) -> Iterator[dict[str, Any]]:
    """The payloads of events/ that `function` takes."""
    for path in sorted(PAYLOADS.glob("*.json")):
        event = payload(path.stem)
        serves = routes().get((event.get("httpMethod", ""), event.get("resource", "")), path.stem)
        if serves == function:
            yield event


def halves(event: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    """`event` without each of its members, or with another value for it, `depth` levels down."""
    for name, value in event.items():
        yield {key: each for key, each in event.items() if key != name}
        yield from ({**event, name: wrong} for wrong in WRONG)
        if depth > 1 and isinstance(value, dict):
            yield from ({**event, name: half} for half in halves(value, depth - 1))
        if depth > 1 and isinstance(value, list) and value and isinstance(value[0], dict):
            yield from ({**event, name: [half, *value[1:]]} for half in halves(value[0], depth - 1))


def test_every_function_of_the_template_has_payloads() -> None:
    assert [function for function in FUNCTIONS if not list(payloads_of(function))] == []
    assert len(OTHERS) == 10


@pytest.mark.parametrize("function", BEHIND_THE_GATEWAY)
@pytest.mark.parametrize("event", [{}, *NO_OBJECTS], ids=repr)
def test_what_is_no_event_of_the_gateway_is_a_400_that_says_what_is_missing(
    runtime: Runtime, function: str, event: Any
) -> None:
    del runtime
    answer = invoke(function, event)
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (400, "application/problem+json")
    problem = json.loads(answer["body"])
    assert problem["type"] == "/problems/malformed-event"
    missing = ["httpMethod", "requestContext", "path"] if event == {} else ["event"]
    assert [error["field"] for error in problem["errors"]] == missing
    assert missing[0] in problem["detail"]


@pytest.mark.parametrize("function", BEHIND_THE_GATEWAY)
def test_half_an_event_of_the_gateway_is_answered(runtime: Runtime, function: str) -> None:
    del runtime
    named = set()
    whole = next(payloads_of(function))
    context = {"requestContext": {"authorizer": whole["requestContext"].get("authorizer")}}
    for event in [*halves(whole, 1), *({**whole, **half} for half in halves(context, 3))]:
        answer = invoke(function, json.loads(json.dumps(event)))
        assert answer["statusCode"] < 500, (event, answer)
        if answer["statusCode"] == 400:
            named |= {error["field"] for error in json.loads(answer["body"])["errors"]}
    assert named >= {"httpMethod", "requestContext", "headers", "pathParameters", "queryStringParameters", "body"}


@pytest.mark.parametrize("function", OTHERS)
@pytest.mark.parametrize("event", [{}, *NO_OBJECTS], ids=repr)
def test_what_is_no_object_is_refused_by_name(runtime: Runtime, function: str, event: Any) -> None:
    del runtime
    handler = importlib.import_module(f"functions.{function}").handler
    context = Context(milliseconds=900_000)
    if event == {} and function in MEANS_ALL:
        assert handler(event, context)[MEANS_ALL[function]] is True
    else:
        needed = {"authorize": "methodArn", "admin": "action"}.get(function, "Records")
        missing = f"^{needed}: is missing$" if event == {} else "^event: must be an object$"
        with pytest.raises(MalformedEvent, match=missing):
            handler(event, context)


@pytest.mark.parametrize("function", OTHERS)
def test_half_an_event_of_another_service_is_served_or_refused_by_name(runtime: Runtime, function: str) -> None:
    del runtime
    handler = importlib.import_module(f"functions.{function}").handler
    for whole in payloads_of(function):
        for event in halves(whole, 3):
            with contextlib.suppress(InvalidRequest):  # which names it; anything else fails this test
                handler(json.loads(json.dumps(event)), Context(milliseconds=900_000))


@pytest.mark.parametrize(
    ("function", "event", "why"),
    [
        ("check_history", {"event_id": "x"}, "calendar_id: is missing"),
        ("check_history", {"calendar_id": "x"}, "event_id: is missing"),  # not a check of all
        ("check_history", {"token": 7}, "token: must be a text"),
        ("sweep_history", {"token": []}, "token: must be a text"),
        ("redrive_history", {"source": "aws.s3"}, "detail: is missing"),
        ("redrive_history", {"source": "aws.s3", "detail": {}}, "detail.object: is missing"),
        ("redrive_history", {"Records": [{}]}, "s3: is missing"),
        ("redrive_history", {"Records": None}, "Records: is missing"),
        ("redrive_history", {"keys": "unreadable/x.json"}, "keys: must be a list of texts, and not empty"),
        ("redrive_history", {"keys": []}, "keys: must be a list of texts, and not empty"),  # not a redrive of all
        ("admin", {"action": 7}, "action: must be a text"),
        ("erase", {"erasure": "x"}, "erasure: is not known here"),  # not all that is due
        ("erase", {"erasure_id": 7}, "erasure_id: must be a text"),
        ("rotate_keys", {"revok": True}, "revok: is not known here"),  # not a rotation
        ("rotate_keys", {"revoke": "yes"}, "revoke: must be true or false"),
        ("rotate_keys", {"RequestType": "Make"}, "RequestType: must be one of Create, Update, Delete"),
        ("rotate_keys", {"RequestType": "Create"}, "ResponseURL: is missing"),
        ("rotate_keys", {"RequestType": "Create", "ResponseURL": "https://x"}, "StackId: is missing"),
        ("record_history", {"Records": {}}, "Records: must be a list of objects"),
        ("record_history", {"Records": [None]}, "Records: must be a list of objects"),
    ],
    ids=str,
)
def test_what_is_missing_is_named(runtime: Runtime, function: str, event: dict[str, Any], why: str) -> None:
    del runtime
    with pytest.raises(MalformedEvent) as refused:
        invoke(function, event, Context(milliseconds=900_000))
    assert str(refused.value) == why


def test_no_records_told_of_are_not_all_that_there_are(runtime: Runtime) -> None:
    runtime.clients.s3.put_object(Bucket="unreadable", Key="unreadable/x.json", Body=b"{}")
    assert invoke("redrive_history", {"Records": []}, Context(milliseconds=900_000))["objects"] == 0
    assert invoke("redrive_history", {}, Context(milliseconds=900_000))["objects"] == 1
