"""Queries that break a rule: 422 that names the parameter, and nothing written."""

import json
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import pytest

from tests.harness.samples import OWNER, new_id
from tests.integration.bad_input.stored_calendar import FREE, StoredCalendar

LIMITED = ["/events", "/events/{id}/history", "/events/deleted"]
PAGED = [*LIMITED, "/free-busy"]
WINDOW = {"query": f"window in {OWNER}", "from": "2027-03-01T00:00:00Z", "to": "2027-04-01T00:00:00Z"}
BUSY = {**WINDOW, "query": f"free-busy in {OWNER}", "busy_from": "", "busy_to": ""}
POSITION = {"start": "2027-03-01T09:00:00Z", "id": new_id()}

NO_LIMIT = [
    "0",
    "101",
    "+5",
    " 5",
    "5 ",
    "5_0",
    "05",
    "5.0",
    "\u0665",
    "\n5",
    "100\n",
    "-1",
    "abc",
    "1e3",
    "1.5",
    "",
    " ",
    "0x10",
    "\uff11",
    "\0",
    "9" * 5_000,
    "true",
    "null",
    "NaN",
]
NO_INSTANT = [
    "",
    "now",
    "2027-03-01",
    "2027-03-01T09:00:00",
    "2027-03-01T09:00:00+01:00",  # a plus in a query is a space
    "1795338000",
    "1e999",
    "2027-03-01T24:00:00Z",
    "2027-03-01T09:00:60.5Z",
    "2027-03-01T09:00%2B01:00[Europe/Berlin]",
    "20270301T090000Z",
    "0001-01-01T00:00:00%2B14:00",
    "9999-12-31T23:59:59-01:00",
    "%00",
    "%F0%9F%98%80",
    "9" * 5_000,
]


def made_up(document: Any) -> str:
    return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@pytest.mark.parametrize("route", LIMITED)
@pytest.mark.parametrize("limit", NO_LIMIT, ids=lambda limit: ascii(limit)[:16])
def test_a_limit_is_a_whole_number_from_1_to_100(calendar: StoredCalendar, route: str, limit: str) -> None:
    calendar.refused(422, ["limit"], "GET", f"{route}?limit={quote(limit)}")


@pytest.mark.parametrize("route", ["/events", "/free-busy"])
@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("instant", NO_INSTANT, ids=lambda instant: instant[:16])
def test_a_window_is_of_instants(calendar: StoredCalendar, route: str, name: str, instant: str) -> None:
    calendar.refused(422, [name], "GET", f"{route}?{name}={instant}")


@pytest.mark.parametrize("route", ["/events", "/free-busy"])
@pytest.mark.parametrize(
    "window",
    [
        "from=2027-03-01T09:00:00Z&to=2027-03-01T09:00:00Z",
        "from=2027-03-01T09:00:00Z&to=2027-03-01T08:00:00Z",
        "to=1970-01-01T00:00:00Z",
        "from=9999-12-31T23:59:59Z",
    ],
)
def test_a_window_ends_after_it_begins(calendar: StoredCalendar, route: str, window: str) -> None:
    calendar.refused(422, ["to"], "GET", f"{route}?{window}")


def test_free_busy_is_for_at_most_62_days(calendar: StoredCalendar) -> None:
    calendar.refused(422, ["to"], "GET", "/free-busy?from=2027-01-01T00:00:00Z&to=2027-03-04T00:00:01Z")


@pytest.mark.parametrize("value", ["", "x", "REJECT", "true", "%00", "reject%20", "9" * 5_000])
def test_what_to_do_on_a_conflict_is_reject_or_allow(calendar: StoredCalendar, value: str) -> None:
    query = f"?on_conflict={value}"
    calendar.refused(422, ["on_conflict"], "POST", f"/events{query}", FREE)
    calendar.refused(422, ["on_conflict"], "PUT", f"/events/{{id}}{query}", FREE)
    calendar.refused(422, ["on_conflict"], "PATCH", f"/events/{{id}}{query}", {"title": "x"})
    body = {"history_id": calendar.event["history_id"]}
    calendar.refused(422, ["on_conflict"], "POST", f"/events/{{id}}/rollback{query}", body)


@pytest.mark.parametrize("value", ["", "x", "2", "-1", "maybe", "%00", "9" * 5_000, "true%20", "NaN"])
def test_a_dry_run_is_one_or_is_none(calendar: StoredCalendar, value: str) -> None:
    body = {"history_id": calendar.event["history_id"]}
    calendar.refused(422, ["dry_run"], "POST", f"/events/{{id}}/rollback?dry_run={value}", body)
    calendar.refused(422, ["dry_run"], "POST", f"/events?dry_run={value}", FREE)
    calendar.refused(422, ["dry_run"], "PUT", f"/events/{{id}}?dry_run={value}", FREE)
    calendar.refused(422, ["dry_run"], "PATCH", f"/events/{{id}}?dry_run={value}", {"title": "x"})
    calendar.refused(422, ["dry_run"], "DELETE", f"/events/{{id}}?dry_run={value}")


@pytest.mark.parametrize("value", ["", "x", "%00", "0" * 32, "{" + new_id() + "}", "9" * 5_000])
@pytest.mark.parametrize("name", ["from", "to"])
def test_a_comparison_names_versions_by_their_uuids(calendar: StoredCalendar, name: str, value: str) -> None:
    other = "to" if name == "from" else "from"
    known = calendar.event["history_id"]
    calendar.refused(422, [name], "GET", f"/events/{{id}}/diff?{name}={value}&{other}={known}")


@pytest.mark.parametrize(
    ("method", "route", "name", "values", "body"),
    [
        ("GET", "/events", "limit", ("1", "2"), None),
        ("GET", "/events", "from", ("2027-03-01T00:00:00Z", "2027-03-02T00:00:00Z"), None),
        ("GET", "/events", "cursor", ("a", "b"), None),
        ("GET", "/events/{id}/history", "limit", ("1", "1"), None),
        ("GET", "/free-busy", "to", ("2027-03-01T00:00:00Z", "2027-03-02T00:00:00Z"), None),
        ("POST", "/events", "on_conflict", ("allow", "reject"), FREE),
        ("PATCH", "/events/{id}", "on_conflict", ("allow", "allow"), {"title": "x"}),
        ("POST", "/events/{id}/rollback", "dry_run", ("true", "false"), {"history_id": new_id()}),
        ("DELETE", "/events/{id}", "dry_run", ("true", "true"), None),
        ("DELETE", "/events/{id}", "reason", ("a", "b"), None),
    ],
)
def test_a_parameter_is_given_once(
    calendar: StoredCalendar, method: str, route: str, name: str, values: tuple[str, str], body: Any
) -> None:
    query = "&".join(f"{name}={value}" for value in values)
    calendar.refused(422, [name], method, f"{route}?{query}", body)


@pytest.mark.parametrize("route", PAGED)
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "=",
        "%00",
        "%F0%9F%98%80",
        "x" * 1_000,
        "x" * 1_001,
        made_up([]),
        made_up(None),
        made_up({}),
        made_up({"query": "window"}),
        made_up({"query": 1}),
        made_up({"query": "\ud800"}),
        made_up({"query": "history", "event": new_id(), "before": new_id(), "version": "1", "more": "x"}),
        urlsafe_b64encode(b"[" * 700).decode(),
        urlsafe_b64encode(b'{"query":' * 70).decode(),
        urlsafe_b64encode(b"9" * 700).decode(),
        urlsafe_b64encode(b'{"query": NaN}').decode(),
        urlsafe_b64encode(b"\xff\xfe").decode(),
        f"{made_up({**WINDOW, **POSITION})[:8]}!!!!{made_up({**WINDOW, **POSITION})[8:]}",
        f" {made_up({**WINDOW, **POSITION})}",
    ],
    ids=lambda cursor: cursor[:24],
)
def test_what_is_no_cursor(calendar: StoredCalendar, route: str, cursor: str) -> None:
    calendar.refused(422, ["cursor"], "GET", f"{route}?cursor={cursor}")


@pytest.mark.parametrize(
    "change",
    [
        {"from": "x"},
        {"to": ""},
        {"start": "\0"},
        {"id": "\ud800"},
        {"from": 1},
        {"id": None},
        {"id": ["x"]},
        {"start": {"S": "x"}},
        {"more": "x"},
    ],
    ids=str,
)
def test_a_cursor_of_a_window_that_somebody_made_up(calendar: StoredCalendar, change: dict[str, Any]) -> None:
    calendar.refused(422, ["cursor"], "GET", f"/events?cursor={made_up({**WINDOW, **POSITION, **change})}")


@pytest.mark.parametrize(
    "change",
    [
        {"to": "2026-01-01T00:00:00Z"},
        {"start": "9999-12-31T23:59:59Z"},
        {"start": "1970-01-01T00:00:00Z"},
        {"id": ""},
        {"id": "\0" * 80},
        {"id": "~" * 500},
        {"id": "#" * 500},
        {"from": "1970-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"},
    ],
    ids=str,
)
def test_a_cursor_that_could_be_one_lists_at_most_the_callers_own(
    calendar: StoredCalendar, change: dict[str, Any]
) -> None:
    reply = calendar.api("GET", f"/events?cursor={made_up({**WINDOW, **POSITION, **change})}")
    assert reply.status == 200
    assert {each["id"] for each in reply.body["items"]} <= {calendar.event["id"]}


@pytest.mark.parametrize(
    "change",
    [
        {"event": new_id()},
        {"event": "x"},
        {"before": ""},
        {"before": "x"},
        {"before": "\0"},
        {"before": "\ud800"},
        {"version": ""},
        {"version": "-1"},
        {"version": "9" * 100},
        {"version": 1},
        {"query": f"window in {OWNER}"},
        {"query": "history"},
        {"query": f"history in {new_id()}"},
    ],
    ids=str,
)
def test_a_cursor_of_a_history_that_somebody_made_up(calendar: StoredCalendar, change: dict[str, Any]) -> None:
    facts = {"event": calendar.event["id"], "before": new_id(), "version": "3"}
    document = {"query": f"history in {OWNER}", **facts, **change}
    calendar.refused(422, ["cursor"], "GET", f"/events/{{id}}/history?cursor={made_up(document)}")


def test_a_cursor_of_another_query(calendar: StoredCalendar) -> None:
    cursor = made_up({**WINDOW, **POSITION})
    for other in (
        "from=2027-03-02T00:00:00Z",
        "to=2027-03-02T00:00:00Z",
        "from=2027-03-01T00:00:00Z&to=2028-01-01T00:00:00Z",
    ):
        calendar.refused(422, ["cursor"], "GET", f"/events?{other}&cursor={cursor}")
    for route in ("/events/{id}/history", "/events/deleted", "/free-busy"):
        calendar.refused(422, ["cursor"], "GET", f"{route}?cursor={cursor}")
    busy = made_up({**BUSY, **POSITION})
    calendar.refused(422, ["cursor"], "GET", f"/events?cursor={busy}")
    calendar.refused(422, ["cursor"], "GET", f"/free-busy?from=2027-03-02T00:00:00Z&cursor={busy}")
    assert calendar.api("GET", f"/free-busy?cursor={busy}").status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"from": "x"},
        {"to": "2026-01-01T00:00:00Z"},
        {"to": "2027-06-01T00:00:00Z"},
        {"start": "\0"},
        {"id": "\ud800"},
        {"busy_from": 1},
        {"busy_from": "2027-03-01T09:00:00Z"},
        {"busy_from": "2027-03-01T09:00:00Z", "busy_to": "2027-03-01T09:00:00Z"},
        {"busy_from": "2027-02-01T09:00:00Z", "busy_to": "2027-03-01T10:00:00Z"},
        {"busy_from": "9" * 500, "busy_to": "9" * 100},
        {"more": "x"},
    ],
    ids=str,
)
def test_a_cursor_of_free_busy_that_somebody_made_up(calendar: StoredCalendar, change: dict[str, Any]) -> None:
    calendar.refused(422, ["cursor"], "GET", f"/free-busy?cursor={made_up({**BUSY, **POSITION, **change})}")
