"""Which reads are strongly consistent: no local database serves a stale read, so the requests themselves are looked at.

For each route all reads that it sends, by operation, table and index. Guarantees rest on the strong ones: no double
booking, no lost update, and that a caller reads what was just written. The two global indexes cannot be read so.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.botocore_faults import Wire
from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.payloads import ADA, ALLOW, LATER, REVIEW, created
from tests.integration.reads import Read, reads

Call = Callable[[dict[str, Any]], Reply]

EVENT: Read = ("GetItem", "events", None, True)
EVENTS: Read = ("BatchGetItem", "events", None, True)
SPANS: Read = ("Query", "events", "by_span", True)
VERSIONS: Read = ("Query", "history", None, True)
SOME_VERSIONS: Read = ("BatchGetItem", "history", None, True)
CALENDAR_OF_VERSIONS: Read = ("Query", "history", "by_calendar", False)
OPERATION: Read = ("Query", "history", "by_operation", False)


def event(made: dict[str, Any]) -> str:
    return f"/events/{made['id']}"


def as_of(made: dict[str, Any]) -> str:
    """The moment in which the event was made."""
    return f"as_of={made['created_at']}"


def roll_back_a_move(made: dict[str, Any]) -> Reply:
    """Roll back to a version of another time; the move itself reads nothing."""
    assert ADA("PATCH", f"{event(made)}{ALLOW}", LATER).status == 200
    return ADA("POST", f"{event(made)}/rollback", {"history_id": made["history_id"]})


def operation_of(made: dict[str, Any]) -> str:
    """The operation that made the latest version of the event."""
    operation_id: str = ADA("GET", f"{event(made)}/history").body["items"][0]["operation_id"]
    return operation_id


WINDOW = f"from={REVIEW['start']}&to={LATER['end']}"
VERSION: Call = lambda made: ADA("GET", f"{event(made)}/history/{made['history_id']}")  # noqa: E731 a table's entry

ROUTES: dict[str, tuple[int, set[Read], Call]] = {
    "get": (200, {EVENT}, lambda made: ADA("GET", event(made))),
    "list": (200, {SPANS}, lambda _: ADA("GET", f"/events?{WINDOW}")),
    "list deleted": (200, {SPANS}, lambda _: ADA("GET", "/events/deleted")),
    "free-busy": (200, {SPANS}, lambda _: ADA("GET", f"/free-busy?{WINDOW}")),
    "create": (201, {EVENTS, SPANS}, lambda _: ADA("POST", "/events", {**REVIEW, **LATER})),
    "create, refused": (409, {EVENTS, SPANS}, lambda _: ADA("POST", "/events", REVIEW)),
    "create beside": (201, set(), lambda _: ADA("POST", f"/events{ALLOW}", REVIEW)),
    "preview a creation": (200, {SPANS}, lambda _: ADA("POST", "/events?dry_run=true", REVIEW)),
    "replace": (200, {EVENTS, SPANS}, lambda made: ADA("PUT", event(made), {**REVIEW, **LATER})),
    "patch": (200, set(), lambda made: ADA("PATCH", event(made), {"title": "Retro"})),
    "move": (200, {EVENTS, SPANS}, lambda made: ADA("PATCH", event(made), LATER)),
    "move an end": (200, {EVENT, EVENTS, SPANS}, lambda made: ADA("PATCH", event(made), {"end": LATER["end"]})),
    "delete": (204, set(), lambda made: ADA("DELETE", event(made))),
    "history": (200, {VERSIONS, EVENT}, lambda made: ADA("GET", f"{event(made)}/history")),
    "version": (200, {SOME_VERSIONS, EVENTS}, VERSION),
    "no version": (
        404,
        {SOME_VERSIONS, EVENTS, VERSIONS},
        lambda made: ADA("GET", f"{event(made)}/history/{made['id']}"),
    ),
    "diff": (
        200,
        {SOME_VERSIONS, EVENTS},
        lambda made: ADA("GET", f"{event(made)}/diff?from={made['history_id']}&to={made['history_id']}"),
    ),
    "diff to the latest": (200, {VERSIONS, EVENT}, lambda made: ADA("GET", f"{event(made)}/diff")),
    "as of": (200, {VERSIONS, EVENT}, lambda made: ADA("GET", f"{event(made)}?{as_of(made)}")),
    "list as of": (
        200,
        {CALENDAR_OF_VERSIONS, EVENTS, EVENT, VERSIONS},
        lambda made: ADA("GET", f"/events?{WINDOW}&{as_of(made)}"),
    ),
    "rollback": (
        200,
        {SOME_VERSIONS, EVENTS},
        lambda made: ADA("POST", f"{event(made)}/rollback", {"history_id": made["history_id"]}),
    ),
    "rollback of a move": (200, {SOME_VERSIONS, EVENTS, SPANS}, roll_back_a_move),
    "undo": (
        200,
        {OPERATION, EVENTS, EVENT, VERSIONS},
        lambda made: ADA("POST", f"/operations/{operation_of(made)}/undo"),
    ),
    "bulk": (201, set(), lambda _: ADA("POST", "/events/bulk", {"events": [REVIEW]})),
    "bulk with ids": (
        201,
        {EVENTS},
        lambda _: ADA("POST", "/events/bulk", {"events": [{**REVIEW, "uid": "4711@example.com"}]}),
    ),
    "bulk with a report": (
        201,
        {SPANS},
        lambda _: ADA("POST", "/events/bulk?conflicts=report", {"events": [REVIEW]}),
    ),
}


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_reads_just_so(dynamodb_deployment: Deployment, wire: Wire, route: str) -> None:
    status, expected, call = ROUTES[route]
    made = created()
    dynamodb_deployment.clock.forward(seconds=1)
    assert ADA("PATCH", event(made), {"location": "Room 4"}).status == 200
    dynamodb_deployment.record()
    wire.requests.clear()
    assert call(made).status == status
    assert reads(wire, dynamodb_deployment.runtime.settings) == expected
