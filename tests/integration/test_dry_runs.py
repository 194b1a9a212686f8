"""Dry runs over every route that has them: they tell what the change would do, and write nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jsonpatch
import pytest

from shared.errors import COLLISIONS_SHOWN
from shared.scheduling.events import CONTENT_FIELDS
from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.openapi_document import check, operations
from tests.harness.payloads import ADA, LATER, REVIEW, created, tag
from tests.harness.samples import END, START, new_id

EVENT = "/events/{event_id}"
READS = {"GetItem", "BatchGetItem", "Query"}
# All zones here are called what IANA calls them, no event is of whole days, and none recurs.
UNSAID = {"time_zone_given", "start_date", "end_date", "recurrence"}
SAID = tuple(name for name in CONTENT_FIELDS if name not in UNSAID)
TIMES = ("start", "end", "start_local")


@dataclass(frozen=True)
class Change:
    """A change of the event of `stored`, which lies at START and was once an hour later."""

    method: str
    resource: str
    body: dict[str, Any] | None
    type: str
    fields: tuple[str, ...]
    reads: int
    moves: bool = False

    def __call__(self, event: dict[str, Any], query: str = "", headers: dict[str, str] | None = None) -> Reply:
        """Ask for it; the answer is held against the reference."""
        body = self.body
        if self.resource.endswith("/rollback"):
            body = {"history_id": event["before"]}
        path = self.resource.replace("{event_id}", event["id"])
        reply = ADA(self.method, path + query, body, headers=headers)
        check(self.method, self.resource, reply)
        return reply


CHANGES = {
    "create": Change("POST", "/events", {**REVIEW, **LATER}, "create", SAID, 5, moves=True),
    "replace": Change("PUT", EVENT, {"title": "New", **LATER}, "update", ("title", *TIMES), 6, moves=True),
    "replace no time": Change("PUT", EVENT, {**REVIEW, "title": "New"}, "update", ("title",), 1),
    "patch no time": Change("PATCH", EVENT, {"title": "New", "location": "Here"}, "update", ("title", "location"), 1),
    "patch one time": Change("PATCH", EVENT, {"end": LATER["end"]}, "update", ("end",), 7, moves=True),
    "patch both times": Change("PATCH", EVENT, LATER, "update", TIMES, 6, moves=True),
    "patch to transparent": Change("PATCH", EVENT, {"transparency": "transparent"}, "update", ("transparency",), 2),
    "delete": Change("DELETE", EVENT, None, "delete", ("deleted",), 1),
    "rollback": Change("POST", f"{EVENT}/rollback", None, "rollback", ("title", *TIMES), 7, moves=True),
}
OF_AN_EVENT = [name for name in CHANGES if name != "create"]
DRY = "?dry_run=true"


@pytest.fixture
def stored(dynamodb_deployment: Deployment) -> dict[str, Any]:
    """An event at its second version; `before` is the first one's history_id."""
    first = created({**REVIEW, **LATER, "title": "Before"})
    dynamodb_deployment.clock.forward(seconds=1)
    event: dict[str, Any] = ADA("PUT", f"/events/{first['id']}", REVIEW).body
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(seconds=1)
    return {**event, "before": first["history_id"]}


@contextmanager
def calls(deployment: Deployment) -> Iterator[list[str]]:
    """The calls to the database within the block."""
    made: list[str] = []
    clients = deployment.runtime.clients

    def hear(model: Any, **_: Any) -> None:
        made.append(model.name)

    for client in (clients.dynamodb, clients.dynamodb_once):
        client.meta.events.register("before-call.dynamodb", hear)
    try:
        yield made
    finally:
        for client in (clients.dynamodb, clients.dynamodb_once):
            client.meta.events.unregister("before-call.dynamodb", hear)


def test_every_route_that_has_them_is_here() -> None:
    documented = {
        route
        for route, operation in operations().items()
        if any(parameter["name"] == "dry_run" for parameter in operation["parameters"])
    }
    # An undo is many changes, and tells of them in its own way: test_undo.py.
    undo = ("POST", "/operations/{operation_id}/undo")
    # Those under a calendar: tests/integration/sharing.
    own = {(method, resource) for method, resource in documented if not resource.startswith("/calendars/")}
    assert {(change.method, change.resource) for change in CHANGES.values()} == own - {undo}


@pytest.mark.parametrize("name", CHANGES)
def test_a_dry_run_writes_nothing_and_tells_what_the_change_then_does(
    dynamodb_deployment: Deployment, stored: dict[str, Any], name: str
) -> None:
    change, before = CHANGES[name], dynamodb_deployment.calendars()
    with calls(dynamodb_deployment) as made:
        reply = change(stored, DRY)
        assert READS.issuperset(made)
        assert len(made) == change.reads
        preview = reply.body
        new = name == "create"
        assert (reply.status, reply.headers.get("ETag")) == (200, None if new else tag(stored))
        assert preview["from"] == (None if new else stored["history_id"])
        assert preview["to"] == (stored["before"] if name == "rollback" else None)
        assert preview["type"] == change.type
        assert tuple(each["field"] for each in preview["changes"]) == tuple(
            field for field in (*SAID, "deleted") if field in change.fields
        )
        assert (preview["conflicts"], preview["next_free"]) == ([], None)

        assert dynamodb_deployment.calendars() == before
        made.clear()
        done = change(stored)
        assert len([call for call in made if call not in READS]) == 1
    (item,) = (each for each in dynamodb_deployment.events() if each["version"]["N"] == ("1" if new else "3"))
    assert item["change_type"]["S"] == preview["type"]
    after: dict[str, Any] = {field: item[field]["S"] for field in SAID if field != "calendars"}
    after["calendars"] = [each["S"] for each in item.get("calendars", {"L": []})["L"]]
    told = {**after, "deleted": preview["type"] == "delete"}
    assert all(each["new"] == told[each["field"]] for each in preview["changes"])
    assert all(
        each["old"] == (None if new else {**stored, "deleted": False}[each["field"]]) for each in preview["changes"]
    )
    if new or name == "delete":
        assert preview["patch"] == []
    else:
        patched = jsonpatch.JsonPatch(preview["patch"]).apply(stored)
        assert {field: patched[field] for field in SAID} == after
        assert {field: done.body[field] for field in SAID} == after


@pytest.mark.parametrize("name", [name for name, change in CHANGES.items() if change.moves])
def test_a_dry_run_tells_what_the_change_would_be_refused_for(
    dynamodb_deployment: Deployment, stored: dict[str, Any], name: str
) -> None:
    for _ in range(COLLISIONS_SHOWN + 1):
        created({"title": "In the way", "start": END, "end": "2027-03-01T10:30:00Z"}, "?on_conflict=allow")
    change, before = CHANGES[name], dynamodb_deployment.calendars()
    with calls(dynamodb_deployment) as made:
        preview, refused = change(stored, DRY), change(stored)
    assert (preview.status, refused.status) == (200, 409)
    assert READS.issuperset(made)
    assert preview.body["type"] == change.type
    assert len(preview.body["conflicts"]) == COLLISIONS_SHOWN
    for fact in ("conflicts", "next_free", "next_free_search"):
        assert preview.body[fact] == refused.body[fact]
    assert preview.body["next_free"] is not None
    allowed = change(stored, f"{DRY}&on_conflict=allow").body
    assert (allowed["type"], allowed["conflicts"], allowed["next_free"]) == (change.type, [], None)
    assert dynamodb_deployment.calendars() == before


@pytest.mark.parametrize("name", ["replace no time", "patch no time", "patch to transparent", "delete"])
def test_what_takes_no_new_time_has_nothing_in_its_way(stored: dict[str, Any], name: str) -> None:
    created(REVIEW, "?on_conflict=allow")
    assert CHANGES[name](stored, DRY).body["conflicts"] == []


@pytest.mark.parametrize("name", OF_AN_EVENT)
def test_a_dry_run_fails_as_the_change_would(
    dynamodb_deployment: Deployment, stored: dict[str, Any], name: str
) -> None:
    change, before = CHANGES[name], dynamodb_deployment.calendars()
    other = {"If-Match": f'"{new_id()}"'}
    dry, real = (change(stored, query, other) for query in (DRY, ""))
    assert (dry.status, dry.body) == (412, real.body)
    assert dynamodb_deployment.calendars() == before
    assert change(stored, DRY, {"If-Match": tag(stored)}).status == 200

    nowhere = {**stored, "id": new_id()}
    dry, real = (change(nowhere, query) for query in (DRY, ""))
    assert (dry.status, dry.body) == (404, real.body)
    assert ADA("DELETE", f"/events/{stored['id']}").status == 204
    if name != "rollback":
        dry, real = (change(stored, query) for query in (DRY, ""))
        assert (dry.status, dry.body) == (404, real.body)


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("POST", {**REVIEW, "end": START}),
        ("PUT", {**REVIEW, "title": ""}),
        ("PATCH", {"title": ""}),
        ("PATCH", {"end": START}),
        ("PATCH", {"start": END}),
    ],
)
def test_a_dry_run_refuses_what_the_change_would(stored: dict[str, Any], method: str, body: dict[str, Any]) -> None:
    path = "/events" if method == "POST" else f"/events/{stored['id']}"
    dry, real = (ADA(method, path + query, body) for query in (DRY, ""))
    assert (dry.status, dry.body) == (422, real.body)


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("PUT", REVIEW),
        ("PATCH", {}),
        ("PATCH", {"title": "Review"}),
        ("PATCH", {"end": END}),
        ("PATCH", {"start": START, "end": END, "reason": "why"}),
    ],
)
def test_a_dry_run_tells_of_nothing_to_do(stored: dict[str, Any], method: str, body: dict[str, Any]) -> None:
    created({**REVIEW, **LATER}, "?on_conflict=allow")
    reply = ADA(method, f"/events/{stored['id']}{DRY}", body)
    check(method, EVENT, reply)
    preview = reply.body
    assert (reply.status, preview["from"], preview["type"]) == (200, stored["history_id"], None)
    assert (preview["changes"], preview["patch"], preview["conflicts"]) == ([], [], [])


def test_false_is_no_dry_run(stored: dict[str, Any]) -> None:
    assert ADA("DELETE", f"/events/{stored['id']}?dry_run=false").status == 204
    assert ADA("POST", "/events?dry_run=false", REVIEW).status == 201
