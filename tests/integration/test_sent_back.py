"""What GET gave, sent back whole: read-only fields are taken where they are as stored, and guard what is stored."""

import json
from typing import Any

import pytest

from shared.http.read_only import READ_ONLY
from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.openapi_document import check
from tests.harness.payloads import ADA, LATER, REVIEW, created, tag
from tests.harness.samples import new_id

pytestmark = pytest.mark.usefixtures("deployment")

# Another value of the type that the field has.
ANOTHER = {
    "time_zone_given": "W. Europe Standard Time",
    "start_local": "2027-03-01T09:00:00+00:00",
    "id": new_id(),
    "calendar_id": new_id(),
    "created_by": new_id(),
    "uid": "4711@example.com",
    "version": 2,
    "history_id": "no id",
    "created_at": "2026-11-22T09:00:00.001Z",
    "updated_at": "2026-11-22T09:00:00.001Z",
    "updated_by": "external",
    "series_id": new_id(),
    "split_from": new_id(),
    "recurrence_id": "20270301T090000",
    "original_start": "2027-03-01T08:00:00Z",
    "changed_fields": [],
    "cancelled": True,
    "changed": "yes",
}


@pytest.fixture
def event() -> dict[str, Any]:
    """An event as GET gives it."""
    made = created({**REVIEW, "location": "Room 4", "time_zone": "Europe/Berlin"})
    got: dict[str, Any] = ADA("GET", f"/events/{made['id']}").body
    return got


def sent(method: str, event: dict[str, Any], document: dict[str, Any], query: str = "") -> Reply:
    reply = ADA(method, f"/events/{event['id']}{query}", document)
    check(method, "/events/{event_id}", reply)
    return reply


def test_every_read_only_field_is_tried_here() -> None:
    assert ANOTHER.keys() == READ_ONLY


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_get_gave_may_be_sent_back(deployment: Deployment, event: dict[str, Any], method: str) -> None:
    before = deployment.calendars()
    assert event.keys() > READ_ONLY - {"changed"}
    reply = sent(method, event, event)
    assert (reply.status, reply.body) == (200, event)
    assert deployment.calendars() == before
    for number, change in enumerate(({"title": "Renamed"}, LATER, {"transparency": "transparent"}), 2):
        reply = sent(method, event, {**event, **change, "reason": "why"})
        assert (reply.status, reply.body["version"]) == (200, number)
        assert reply.body == {**event, **change, **{name: reply.body[name] for name in READ_ONLY & event.keys()}}
        event = reply.body
    (item,) = deployment.events()
    assert item["reason"] == {"S": "why"}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_so_may_the_answer_of_a_rollback(event: dict[str, Any], method: str) -> None:
    back = ADA("POST", f"/events/{event['id']}/rollback", {"history_id": event["history_id"]}).body
    assert back == {**event, "changed": False}
    assert sent(method, event, {**back, "title": "Renamed"}).body["version"] == 2


@pytest.mark.parametrize("name", ["title", "location", "end"])
def test_a_patch_may_name_the_version_it_is_made_of(event: dict[str, Any], name: str) -> None:
    change = {name: LATER["end"] if name == "end" else "New"}
    reply = sent("PATCH", event, {**change, "history_id": event["history_id"]})
    assert (reply.status, reply.body[name], reply.body["version"]) == (200, change[name], 2)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("name", ANOTHER)
@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_a_read_only_field_that_differs_is_refused_by_name(
    deployment: Deployment, event: dict[str, Any], method: str, name: str, query: str
) -> None:
    before = deployment.calendars()
    reply = sent(method, event, {**event, "title": "New", name: ANOTHER[name]}, query)
    assert (reply.status, reply.fields) == (422, [name])
    (error,) = reply.body["errors"]
    shown = {"changed": "true or false"}.get(name, json.dumps(event.get(name)))
    assert error["message"] == f"is read-only: it is {shown}"
    assert deployment.calendars() == before


@pytest.mark.parametrize("value", [None, "1", 1.0, True, [1], {"version": 1}])
def test_a_value_of_another_type_differs(event: dict[str, Any], value: Any) -> None:
    assert sent("PUT", event, {**event, "version": value}).fields == ["version"]
    assert sent("PATCH", event, {"id": None, "version": value}).status == 422


def test_every_field_that_differs_is_named(event: dict[str, Any]) -> None:
    reply = sent("PUT", event, {**event, **ANOTHER})
    assert (reply.status, set(reply.fields)) == (422, {*READ_ONLY})
    assert set(sent("PATCH", event, {"colour": "red", "id": event["id"]}).fields) == {"colour"}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("change", [{"title": "Mine"}, LATER, {"end": LATER["end"]}, {}])
@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_what_somebody_has_changed_since_is_not_overwritten(
    deployment: Deployment, event: dict[str, Any], method: str, change: dict[str, str], query: str
) -> None:
    deployment.clock.forward(seconds=1)
    theirs = ADA("PATCH", f"/events/{event['id']}", {"title": "Theirs"}).body
    before = deployment.calendars()
    read_only = {name: event[name] for name in READ_ONLY & event.keys()}
    document = {**event, **change} if method == "PUT" else {**change, **read_only}
    reply = sent(method, event, document, query)
    assert (reply.status, reply.body["history_id"]) == (412, theirs["history_id"])
    assert deployment.calendars() == before
    assert sent(method, event, {**document, **{name: theirs[name] for name in read_only}}, query).status == 200


def test_an_event_that_is_gone_is_not_there(event: dict[str, Any]) -> None:
    assert ADA("DELETE", f"/events/{event['id']}", headers={"If-Match": tag(event)}).status == 204
    for method in ("PUT", "PATCH"):
        assert sent(method, event, event).status == 404


@pytest.mark.parametrize("name", sorted(READ_ONLY - {"uid"}))
def test_a_new_event_has_none_of_them_but_a_uid(event: dict[str, Any], name: str) -> None:
    given = {**REVIEW, **LATER, name: event.get(name)}
    assert ADA("POST", "/events", given).fields == [name]
    assert ADA("POST", "/events/bulk", {"events": [given]}).fields == [f"events[0].{name}"]
