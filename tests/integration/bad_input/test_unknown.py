"""What a route does not take: 422 that names it, on every route, and nothing is done."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from shared.http.routes import GUARDS
from tests.harness.gateway import PAYLOADS, payload, reply
from tests.harness.openapi_document import operations
from tests.harness.samples import OWNER, new_id
from tests.harness.template import routes
from tests.integration.bad_input.stored_calendar import FREE, StoredCalendar

pytestmark = pytest.mark.usefixtures("calendar")

ROUTES = sorted(routes())
every_route = pytest.mark.parametrize(("method", "resource"), ROUTES, ids=" ".join)

PREFIX = "/calendars/{calendar_id}"
CONDITIONAL = {
    ("GET", "/events/{event_id}"),
    ("GET", "/events/{event_id}/history/{history_id}"),
    ("PUT", "/events/{event_id}"),
    ("PATCH", "/events/{event_id}"),
    ("DELETE", "/events/{event_id}"),
    ("POST", "/events/{event_id}/rollback"),
    ("POST", "/events/{event_id}/move"),
    # Of a calendar itself.
    ("GET", ""),
    ("PATCH", ""),
}
REPEATABLE = {("POST", "/events"), ("POST", "/events/bulk")}


def sample(method: str, resource: str) -> dict[str, Any]:
    """A good request to a route, as the gateway sends it: from events/, with no query.

    One under a calendar is about the caller's own.
    """
    if resource.startswith(PREFIX) and (method, resource.removeprefix(PREFIX)) in routes():
        own = sample(method, resource.removeprefix(PREFIX))
        parameters = {"calendar_id": OWNER, **(own["pathParameters"] or {})}
        return {**own, "resource": resource, "path": f"/calendars/{OWNER}{own['path']}", "pathParameters": parameters}
    nothing = {"queryStringParameters": None, "multiValueQueryStringParameters": None, "multiValueHeaders": None}
    for path in PAYLOADS.glob("*.json"):
        event = payload(path.stem)
        if (event.get("httpMethod"), event.get("resource")) == (method, resource):
            return {**event, **nothing}
    return {**payload("docs"), "resource": resource, "path": resource, **nothing}


def fields_refused(method: str, resource: str, **changes: Any) -> list[str]:
    """The fields that the answer to a sample with `changes` names; it is a 422."""
    answered = reply(routes()[method, resource], {**sample(method, resource), **changes})
    assert answered.status == 422, answered
    return answered.fields


def query(**values: str) -> dict[str, Any]:
    """A query as the gateway sends it."""
    return {
        "queryStringParameters": values,
        "multiValueQueryStringParameters": {name: [value] for name, value in values.items()},
    }


@every_route
@pytest.mark.parametrize(
    "name",
    [
        "calendar",
        "dryRun",
        "DRY_RUN",
        "Limit",
        " limit",
        "limit ",
        "start",
        "timeZone",
        "",
        "\0",
        "\ud800",
        "access_token",
    ],
    ids=ascii,
)
def test_an_unknown_parameter_is_refused(method: str, resource: str, name: str) -> None:
    assert fields_refused(method, resource, **query(**{name: "true"})) == [name]


@every_route
def test_all_unknown_parameters_are_named_the_first_fifty(method: str, resource: str) -> None:
    names = [f"unknown {number}" for number in range(60)]
    assert fields_refused(method, resource, **query(**dict.fromkeys(names, "x"))) == names[:50]


@every_route
def test_a_parameter_is_found_wherever_a_caller_of_a_function_puts_it(method: str, resource: str) -> None:
    for where in ({"queryStringParameters": {"a": "x"}}, {"multiValueQueryStringParameters": {"a": ["x"]}}):
        assert fields_refused(method, resource, **where) == ["a"]
    both = {"queryStringParameters": {"a": "x"}, "multiValueQueryStringParameters": {"b": ["x"]}}
    assert sorted(fields_refused(method, resource, **both)) == ["a", "b"]


def test_what_the_route_has_is_named(calendar: StoredCalendar) -> None:
    refused = calendar.refused(422, ["calendar"], "GET", "/events?calendar=x&limit=1")
    assert refused.body["errors"][0]["message"] == (
        "is no parameter of this route; it has: from, to, limit, cursor, as_of, expand, uid"
    )
    refused = calendar.refused(422, ["limit"], "GET", "/events/{id}/history/" + new_id() + "?limit=1")
    assert refused.body["errors"][0]["message"] == "is no parameter of this route; it has: none"


@pytest.mark.parametrize(
    ("method", "route", "body"),
    [
        ("POST", f"/operations/{new_id()}/undo?dryRun=true", None),
        ("POST", "/events/{id}/rollback?dryRun=true", {"history_id": new_id()}),
        ("DELETE", "/events/{id}?dryRun=true", None),
        ("POST", "/events?calendar=01998f00-0000-7000-8000-000000000002", FREE),
        ("GET", "/events?start=2027-03-01T00:00:00Z&end=2027-03-02T00:00:00Z&timeZone=UTC", None),
        ("GET", "/free-busy?as_of=2026-11-01T00:00:00Z", None),
    ],
)
def test_what_was_sent_in_real_use(calendar: StoredCalendar, method: str, route: str, body: Any) -> None:
    names = [pair.partition("=")[0] for pair in route.partition("?")[2].split("&")]
    calendar.refused(422, names, method, route, body)


@pytest.mark.parametrize(
    "where",
    [
        {"multiValueQueryStringParameters": {"dry_run": []}},
        {"multiValueQueryStringParameters": {"dry_run": ["true", "true"]}},
        {"queryStringParameters": {"dry_run": "false"}, "multiValueQueryStringParameters": {"dry_run": ["true"]}},
    ],
    ids=str,
)
def test_a_parameter_has_one_value(where: Mapping[str, Any]) -> None:
    assert fields_refused("POST", "/events/{event_id}/rollback", **where) == ["dry_run"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("queryStringParameters", {"dry_run": None}),
        ("queryStringParameters", {"dry_run": True}),
        ("multiValueQueryStringParameters", {"dry_run": None}),
        ("multiValueQueryStringParameters", {"dry_run": [None]}),
    ],
)
def test_a_parameter_that_no_gateway_would_hand_over(name: str, values: Mapping[str, Any]) -> None:
    event = {**payload("rollback"), name: values}
    refused = reply("rollback", event)
    assert (refused.status, refused.fields) == (400, [name])


def test_a_flag_is_true_or_false() -> None:
    flags = [
        (method, resource, parameter["name"])
        for (method, resource), operation in operations().items()
        for parameter in operation["parameters"]
        if parameter["schema"].get("type") == "boolean"
    ]
    assert ("POST", "/events/{event_id}/rollback", "dry_run") in flags
    for method, resource, name in flags:
        for value in (
            "1",
            "0",
            "yes",
            "no",
            "on",
            "off",
            "t",
            "f",
            "True",
            "TRUE",
            "False",
            "",
            " true",
            "true ",
            "\0",
        ):
            assert fields_refused(method, resource, **query(**{name: value})) == [name], (resource, value)


@pytest.mark.parametrize(("method", "resource"), [route for route in ROUTES if sample(*route)["body"] is None])
def test_a_body_where_none_belongs(method: str, resource: str) -> None:
    for body in ("{}", json.dumps(FREE), "x", " ", "\0"):
        assert fields_refused(method, resource, body=body) == ["body"]


@every_route
@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_that_a_route_does_not_look_at(method: str, resource: str, name: str) -> None:
    taken = name in ("If-Match", "If-None-Match") and (method, resource.removeprefix(PREFIX)) in CONDITIONAL
    if name == "Idempotency-Key" and (method, resource.removeprefix(PREFIX)) in REPEATABLE:
        assert fields_refused(method, resource, headers={name: ""}) == [name], "it is looked at"
        return
    if taken or (method == "GET" and name != "If-Match"):
        answered = reply(routes()[method, resource], {**sample(method, resource), "headers": {name: '"x"'}})
        assert answered.status not in (422, 500), answered
        return
    for value in ("*", '"x"', "", "Wed, 25 Nov 2026 09:00:00 GMT"):
        for spelt in (name, name.lower(), name.upper()):
            assert fields_refused(method, resource, headers={spelt: value}) == [name]
            assert fields_refused(method, resource, headers=None, multiValueHeaders={spelt: [value, value]}) == [name]


def test_all_that_is_not_taken_is_named_at_once(calendar: StoredCalendar) -> None:
    headers = {"If-Unmodified-Since": "Wed, 25 Nov 2026 09:00:00 GMT", "Idempotency-Key": "x"}
    fields = ["force", "If-Unmodified-Since", "Idempotency-Key", "body"]
    calendar.refused(422, fields, "DELETE", "/events/{id}?force=true", {}, headers=headers)
