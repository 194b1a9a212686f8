"""Ids that are none, what belongs to somebody else, tokens that have expired, headers: 4xx, and nothing written."""

import json
from typing import Any

import pytest

from tests.harness.gateway import payload, reply
from tests.harness.samples import NOW_NS, new_id
from tests.harness.template import routes
from tests.integration.bad_input.stored_calendar import FREE, StoredCalendar

ABOUT_AN_EVENT: list[tuple[str, str, Any]] = [
    ("GET", "/events/{id}", None),
    ("PUT", "/events/{id}", FREE),
    ("PATCH", "/events/{id}", {"title": "x"}),
    ("PATCH", "/events/{id}", {"start": FREE["start"]}),
    ("PATCH", "/events/{id}", {"start": FREE["start"], "end": FREE["end"]}),
    ("PATCH", "/events/{id}", {}),
    ("DELETE", "/events/{id}", None),
    ("PUT", "/events/{id}", {**FREE, "version": 7}),
    ("PATCH", "/events/{id}", {"version": 7}),
    ("PUT", "/events/{id}?dry_run=true", FREE),
    ("PATCH", "/events/{id}?dry_run=true", {"title": "x"}),
    ("DELETE", "/events/{id}?dry_run=true", None),
    ("GET", "/events/{id}/history", None),
    ("GET", f"/events/{{id}}/history/{new_id()}", None),
    ("GET", f"/events/{{id}}/diff?from={new_id()}&to={new_id()}", None),
    ("POST", "/events/{id}/rollback", {"history_id": new_id()}),
    ("POST", "/events/{id}/rollback?dry_run=true", {"history_id": new_id()}),
]
about_an_event = pytest.mark.parametrize(
    ("method", "route", "body"),
    ABOUT_AN_EVENT,
    ids=[f"{each[0]} {each[1][:30]} {each[2]}"[:60] for each in ABOUT_AN_EVENT],
)
EVERY_ROUTE: list[tuple[str, str, Any]] = [
    *ABOUT_AN_EVENT,
    ("POST", "/events", FREE),
    ("GET", "/events", None),
    ("GET", "/events/deleted", None),
    ("GET", "/free-busy", None),
    ("POST", "/events/bulk", {"events": [FREE]}),
    ("POST", f"/operations/{new_id()}/undo", None),
]
NO_ID = [
    "x",
    "1",
    "0" * 32,
    "01998f00-0000-7000-8000-00000000000",
    "01998f00-0000-7000-8000-0000000000011",
    "01998f00_0000_7000_8000_000000000001",
    "{01998f00-0000-7000-8000-000000000001}",
    "%00",
    "..",
    "EVENT%23x",
    " ",
    "a" * 5_000,
    "\uff10" * 32,
    "null",
]


@pytest.mark.parametrize("no_id", NO_ID, ids=lambda no_id: ascii(no_id)[:20])
def test_an_id_that_is_no_uuid(calendar: StoredCalendar, no_id: str) -> None:
    for method, route, body in ABOUT_AN_EVENT:
        calendar.refused(422, ["event_id"], method, route.replace("{id}", no_id), body)


@pytest.mark.parametrize("no_id", ["\ud800", "\0", "\u2028", "\U0001f600", "\\", "#", "FENCE#c09"], ids=ascii)
@about_an_event
def test_an_id_that_no_path_can_have(calendar: StoredCalendar, method: str, route: str, body: Any, no_id: str) -> None:
    sent = calendar.api(method, route.replace("{id}", no_id), body)
    assert sent.status in (404, 422)
    assert sent.headers["Content-Type"] == "application/problem+json"


@about_an_event
def test_a_line_feed_behind_an_id(calendar: StoredCalendar, method: str, route: str, body: Any) -> None:
    sent = calendar.api(method, route.replace("{id}", f"{calendar.event['id']}\n"), body)
    assert sent.status in (404, 422), sent


@pytest.mark.parametrize("no_id", NO_ID, ids=lambda no_id: ascii(no_id)[:20])
def test_a_version_or_an_operation_that_is_no_uuid(calendar: StoredCalendar, no_id: str) -> None:
    calendar.refused(422, ["history_id"], "GET", f"/events/{{id}}/history/{no_id}")
    calendar.refused(422, ["operation_id"], "POST", f"/operations/{no_id}/undo")


@about_an_event
def test_an_event_of_somebody_else_is_not_there(calendar: StoredCalendar, method: str, route: str, body: Any) -> None:
    theirs = calendar.others
    route = route.replace("{id}", str(theirs["id"]))
    if "history_id" in (body or {}):
        body = {"history_id": theirs["history_id"]}
    refused = calendar.refused(404, [], method, route, body)
    # The same answer as for an event that nobody has.
    assert calendar.refused(404, [], method, route.replace(theirs["id"], new_id()), body).text == refused.text


def test_the_versions_of_somebody_elses_event_are_not_there(calendar: StoredCalendar) -> None:
    theirs = calendar.others
    for event in (theirs["id"], calendar.event["id"]):
        calendar.refused(404, [], "GET", f"/events/{event}/history/{theirs['history_id']}")
        diff = f"/events/{event}/diff?from={theirs['history_id']}&to={theirs['history_id']}"
        calendar.refused(404, [], "GET", diff)
        calendar.refused(404, [], "POST", f"/events/{event}/rollback", {"history_id": theirs["history_id"]})


def test_an_owner_is_not_asked_for(calendar: StoredCalendar) -> None:
    calendar.refused(422, ["calendar_id"], "POST", "/events", {**FREE, "calendar_id": calendar.others["calendar_id"]})


def sent_as(calendar: StoredCalendar, method: str, route: str, body: Any, authorizer: Any) -> tuple[int, str]:
    """The status and the content type of the answer to a request that the gateway has made out this way."""
    path, _, query = calendar.path(route).partition("?")
    resource, parameters = calendar.api._match(method, path)
    event = payload("get_event") | {
        "httpMethod": method,
        "resource": resource,
        "path": path,
        "pathParameters": parameters,
        "queryStringParameters": dict(pair.split("=") for pair in query.split("&") if pair) or None,
        "multiValueQueryStringParameters": None,
        "body": None if body is None else json.dumps(body),
    }
    event["requestContext"]["authorizer"] = authorizer
    answer = reply(routes()[method, resource], event)
    return answer.status, answer.headers["Content-Type"]


@pytest.mark.parametrize(
    "change",
    [
        {"exp": str(NOW_NS // 1_000_000_000)},
        {"exp": str(NOW_NS // 1_000_000_000 - 1)},
        {"exp": "0"},
        {"exp": "-1"},
        {"exp": ""},
        {"exp": "x"},
        {"exp": "1e12"},
        {"exp": "9" * 5_000},
        {"exp": None},
        {"exp": []},
        {"exp": {}},
    ],
    ids=lambda change: str(change)[:24],
)
def test_a_token_past_its_end(calendar: StoredCalendar, change: Any) -> None:
    authorizer = {"user_id": calendar.api.user_id, "username": "ada", "exp": "32503680000", **change}
    for method, route, body in EVERY_ROUTE:
        assert sent_as(calendar, method, route, body, authorizer) == (401, "application/problem+json"), route


@pytest.mark.parametrize("authorizer", [None, {}, {"exp": "32503680000"}, {"user_id": "x", "username": "x"}], ids=str)
def test_no_word_of_the_authorizer(calendar: StoredCalendar, authorizer: Any) -> None:
    for method, route, body in EVERY_ROUTE:
        assert sent_as(calendar, method, route, body, authorizer) == (401, "application/problem+json"), route


@pytest.mark.parametrize(
    "tags",
    [
        "",
        " ",
        '"x"',
        "x",
        '""',
        ",",
        ",,,,",
        '"',
        "W/",
        '"\0"',
        '"\ud800"',
        "\u00e9",
        "**",
        '*, "x"',
        '"' + "x" * 10_000 + '"',
        ",".join(f'"{number}"' for number in range(5_000)),
        ",".join(f'"{new_id()}"' for _ in range(100)),
    ],
    ids=lambda tags: ascii(tags)[:16],
)
@pytest.mark.parametrize(
    ("method", "body"),
    [("PUT", FREE), ("PATCH", {"title": "x"}), ("PATCH", {"start": FREE["start"]}), ("DELETE", None)],
)
def test_a_tag_that_matches_nothing(calendar: StoredCalendar, method: str, body: Any, tags: str) -> None:
    calendar.refused(412, [], method, "/events/{id}", body, headers={"If-Match": tags})
    body = {"history_id": calendar.event["history_id"]}
    calendar.refused(412, [], "POST", "/events/{id}/rollback", body, headers={"If-Match": tags})
    calendar.refused(412, [], "GET", "/events/{id}", headers={"If-Match": tags})
    read = calendar.api("GET", calendar.path("/events/{id}"), headers={"If-None-Match": tags})
    assert (read.status, read.body) == (200, calendar.event)


@pytest.mark.parametrize(("method", "body"), [("PUT", FREE), ("PATCH", {"title": "x"}), ("DELETE", None)])
def test_more_tags_than_a_condition_takes(calendar: StoredCalendar, method: str, body: Any) -> None:
    tags = ",".join(f'"{new_id()}"' for _ in range(262))  # as many as the gateway's 10,240 bytes of headers hold
    refused = calendar.refused(412, [], method, "/events/{id}", body, headers={"If-Match": tags})
    assert "at most 100 versions" in refused.body["detail"]
    calendar.refused(412, [], method, "/events/{id}", body, headers={"If-None-Match": tags})
