"""Bodies that are none, on every route that takes one: a new route is here as soon as the document has it."""

import json
from typing import Any

import pytest

from shared.http.bodies import MAX_BODY_BYTES
from tests.harness.gateway import Reply, reply
from tests.harness.openapi_document import operations, resolved
from tests.harness.template import routes
from tests.integration.bad_input.stored_calendar import StoredCalendar, shown
from tests.integration.bad_input.test_unknown import sample

ROUTES = sorted(route for route, operation in operations().items() if "requestBody" in operation)
every_route = pytest.mark.parametrize(("method", "resource"), ROUTES, ids=" ".join)
pytestmark = pytest.mark.usefixtures("calendar")

NO_JSON = ["{", "nonsense", '{"a": }', '{"a": NaN}', '{"a": 1, "a": 2}', "\ud800", "\0", '{"a":' * 100_000]
# The fields that are true or false.
TRUTHS = {"strict", "accepted", "hidden"}
NO_OBJECT = ["[]", "null", "1", '"text"', '[{"a": 1}]']


def sent(method: str, resource: str, body: str | None, **changes: Any) -> Reply:
    return reply(routes()[method, resource], {**sample(method, resource), "body": body, **changes})


def required(method: str, resource: str) -> bool:
    found: bool = operations()[method, resource]["requestBody"].get("required", False)
    return found


def fields_of(method: str, resource: str) -> list[str]:
    """The fields that a body may have."""
    content = next(iter(operations()[method, resource]["requestBody"]["content"].values()))
    schema = resolved(content["schema"])
    alternatives = [resolved(each) for each in schema.get("anyOf", [])]
    return sorted({name for each in (schema, *alternatives) for name in each.get("properties", {})})


@every_route
@pytest.mark.parametrize("body", NO_JSON + NO_OBJECT, ids=shown)
def test_what_is_no_json_object(calendar: StoredCalendar, method: str, resource: str, body: str) -> None:
    del calendar
    answered = sent(method, resource, body)
    if body == "null" and not required(method, resource):
        assert answered.status < 500
        return
    assert (answered.status, answered.fields) == (400, ["body"]), answered


@every_route
def test_a_body_over_the_limit(method: str, resource: str) -> None:
    answered = sent(method, resource, '{"a": "' + "x" * MAX_BODY_BYTES + '"}')
    assert (answered.status, answered.fields) == (413, ["body"])


@every_route
def test_another_content_type(method: str, resource: str) -> None:
    headers = {"Content-Type": "text/plain"}
    answered = sent(method, resource, "{}", headers=headers, multiValueHeaders=None)
    assert (answered.status, answered.fields) == (415, ["Content-Type"])


@every_route
def test_a_field_that_it_does_not_have(method: str, resource: str) -> None:
    answered = sent(method, resource, json.dumps({"colour": "red"}))
    assert answered.status == 422
    assert "colour" in answered.fields


@every_route
@pytest.mark.parametrize("value", [{"a": [1]}, [[1]], 1.5, True, "\0", "\ud800", "\u200b"], ids=shown)
def test_a_field_with_a_value_of_no_sense(method: str, resource: str, value: Any) -> None:
    """Each field alone and all of them: refused by name, or what they mean is missing elsewhere; never a 5xx."""
    names = fields_of(method, resource)
    assert names
    for body in (*({name: value} for name in names), dict.fromkeys(names, value)):
        answered = sent(method, resource, json.dumps(body))
        assert answered.status < 500, (body, answered)
        makes_sense = value is True and body.keys() <= TRUTHS
        # Without a token to end a logout has nothing left to do.
        if not makes_sense and (method, resource) != ("POST", "/auth/logout"):
            assert answered.status >= 400, (body, answered)


@every_route
def test_no_body(method: str, resource: str) -> None:
    if required(method, resource):
        for body in (None, ""):
            answered = sent(method, resource, body)
            assert (answered.status, answered.fields) == (422, ["body"])
