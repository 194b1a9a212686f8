"""Rollback over its route, on a real DynamoDB and its stream: back to a version, or back from deletion."""

from typing import Any

import jsonpatch
import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import (
    ADA,
    ALLOW,
    EVENT_ID,
    FIRST_VERSION,
    LATER,
    REVIEW,
    created,
    send,
    tag,
)
from tests.harness.samples import START, new_id


@pytest.fixture
def moved(dynamodb_deployment: Deployment) -> list[dict[str, Any]]:
    """An event as created and as moved an hour later, both recorded."""
    first = created({**REVIEW, "description": "one\ntwo"})
    dynamodb_deployment.clock.forward(seconds=60)
    second = ADA("PUT", f"/events/{first['id']}", {"title": "Moved", **LATER}).body
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(seconds=60)
    return [first, second]


def path(event: dict[str, Any]) -> str:
    return f"/events/{event['id']}/rollback"


def to(event: dict[str, Any]) -> dict[str, str]:
    return {"history_id": event["history_id"]}


def content(event: dict[str, Any]) -> dict[str, Any]:
    stamps = ("version", "history_id", "updated_at", "updated_by", "changed")
    return {name: value for name, value in event.items() if name not in stamps}


def test_the_payload_brings_an_event_back(dynamodb_deployment: Deployment, moved: list[dict[str, Any]]) -> None:
    first, second = moved
    reply = send("rollback", {EVENT_ID: first["id"], FIRST_VERSION: first["history_id"]})
    assert reply.status == 200
    assert content(reply.body) == content(first)
    assert (reply.body["version"], reply.body["changed"]) == (3, True)
    assert reply.body["history_id"] > second["history_id"]
    assert reply.headers["ETag"] == tag(reply.body)
    dynamodb_deployment.record()
    newest = ADA("GET", f"/events/{first['id']}/history").body["items"][0]
    assert (newest["type"], newest["reason"]) == ("rollback", "moved by mistake")
    assert newest["rolled_back_to"] == first["history_id"]


def test_the_next_change_forgets_the_reason(dynamodb_deployment: Deployment, moved: list[dict[str, Any]]) -> None:
    first, _ = moved
    ADA("POST", path(first), {**to(first), "reason": "by mistake"})
    for body in ({"title": "Another"}, LATER):
        assert ADA("PATCH", f"/events/{first['id']}", body).status == 200
    dynamodb_deployment.record()
    items = ADA("GET", f"/events/{first['id']}/history").body["items"]
    assert [item["reason"] for item in items] == [None, None, "by mistake", None, None]
    assert ["rolled_back_to" in item for item in items] == [False, False, True, False, False]


def test_going_back_to_what_an_event_is_makes_no_version(
    dynamodb_deployment: Deployment, moved: list[dict[str, Any]]
) -> None:
    _, second = moved
    before = dynamodb_deployment.calendars()
    reply = ADA("POST", path(second), to(second))
    assert (reply.status, reply.body) == (200, {**second, "changed": False})
    assert dynamodb_deployment.calendars() == before


def test_a_rollback_onto_time_that_is_taken_is_refused(
    dynamodb_deployment: Deployment, moved: list[dict[str, Any]]
) -> None:
    first, _ = moved
    other = created()
    before = dynamodb_deployment.calendars()
    reply = ADA("POST", path(first), to(first))
    assert reply.status == 409
    assert [each["id"] for each in reply.body["conflicts"]] == [other["id"]]
    assert dynamodb_deployment.calendars() == before
    assert ADA("POST", path(first) + ALLOW, to(first)).body["start"] == START


@pytest.mark.parametrize("target", [0, 1])
def test_a_deleted_event_is_restored(dynamodb_deployment: Deployment, moved: list[dict[str, Any]], target: int) -> None:
    event = moved[target]
    ADA("DELETE", f"/events/{event['id']}")
    reply = ADA("POST", path(event), to(event))
    assert (reply.status, reply.body["version"], content(reply.body)) == (200, 4, content(event))
    assert ADA("GET", f"/events/{event['id']}").body == {k: v for k, v in reply.body.items() if k != "changed"}
    (item,) = dynamodb_deployment.events()
    assert "expires_at" not in item
    assert item["change_type"]["S"] == "restore"
    assert ADA("POST", "/events", {"title": "x", "start": event["start"], "end": event["end"]}).status == 409


def test_a_deleted_event_is_not_restored_onto_time_taken_since(moved: list[dict[str, Any]]) -> None:
    _, second = moved
    ADA("DELETE", f"/events/{second['id']}")
    other = created({**REVIEW, **LATER})
    reply = ADA("POST", path(second), to(second))
    assert (reply.status, [each["id"] for each in reply.body["conflicts"]]) == (409, [other["id"]])


def test_what_was_deleted_too_long_ago_cannot_be_restored(
    dynamodb_deployment: Deployment, moved: list[dict[str, Any]]
) -> None:
    first, _ = moved
    ADA("DELETE", f"/events/{first['id']}")
    dynamodb_deployment.clock.forward(days=30, seconds=-1)
    assert ADA("POST", path(first) + "?dry_run=true", to(first)).status == 200
    dynamodb_deployment.clock.forward(seconds=1)
    for query in ("", "?dry_run=true"):
        assert ADA("POST", path(first) + query, to(first)).status == 404


def test_every_deleted_event_that_is_listed_can_be_restored_by_the_id_that_the_list_names(
    dynamodb_deployment: Deployment, moved: list[dict[str, Any]]
) -> None:
    _, second = moved
    ADA("DELETE", f"/events/{second['id']}")
    (listed,) = ADA("GET", "/events/deleted").body["items"]
    preview = ADA("POST", path(second) + "?dry_run=true", {**to(listed), "reason": "it takes place after all"}).body
    assert (preview["type"], preview["reason"]) == ("restore", "it takes place after all")
    assert (preview["to"], preview["patch"]) == (listed["history_id"], [])
    assert preview["changes"] == [{"field": "deleted", "old": True, "new": False}]
    reply = ADA("POST", path(second), to(listed))
    assert (reply.status, reply.body["version"], reply.body["changed"]) == (200, 4, True)
    assert content(reply.body) == content(second)
    assert ADA("GET", "/events/deleted").body["items"] == []
    dynamodb_deployment.record()
    newest, *_ = ADA("GET", f"/events/{second['id']}/history").body["items"]
    assert (newest["type"], newest["rolled_back_to"]) == ("restore", listed["history_id"])
    # It is as it was before that deletion: there is nothing to do, until it changes again.
    again = ADA("POST", path(second), to(listed)).body
    assert (again["version"], again["changed"]) == (4, False)
    ADA("PATCH", f"/events/{second['id']}", {"title": "Another"})
    assert content(ADA("POST", path(second), to(listed)).body) == content(second)


def test_what_was_there_before_a_deletion_is_not_restored_onto_time_taken_since(
    moved: list[dict[str, Any]],
) -> None:
    _, second = moved
    ADA("DELETE", f"/events/{second['id']}")
    (listed,) = ADA("GET", "/events/deleted").body["items"]
    other = created({**REVIEW, **LATER})
    preview = ADA("POST", path(second) + "?dry_run=true", to(listed)).body
    reply = ADA("POST", path(second), to(listed))
    assert (reply.status, [each["id"] for each in reply.body["conflicts"]]) == (409, [other["id"]])
    assert [each["id"] for each in preview["conflicts"]] == [other["id"]]


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(
    dynamodb_deployment: Deployment, moved: list[dict[str, Any]]
) -> None:
    first, second = moved
    before = dynamodb_deployment.calendars()
    reply = ADA("POST", path(first) + "?dry_run=true", to(first))
    assert (reply.status, reply.headers["ETag"]) == (200, tag(second))
    body = reply.body
    assert (body["from"], body["to"], body["type"]) == (second["history_id"], first["history_id"], "rollback")
    assert {change["field"] for change in body["changes"]} == {"title", "start", "start_local", "end", "description"}
    assert content(jsonpatch.JsonPatch(body["patch"]).apply(second)) == content(first)
    assert body["conflicts"] == []
    assert dynamodb_deployment.calendars() == before


def test_a_dry_run_tells_of_conflicts_and_of_nothing_to_do(moved: list[dict[str, Any]]) -> None:
    first, second = moved
    other = created()
    body = ADA("POST", path(first) + "?dry_run=true", to(first)).body
    assert [each["id"] for each in body["conflicts"]] == [other["id"]]
    assert ADA("POST", path(first) + "?dry_run=true&on_conflict=allow", to(first)).body["conflicts"] == []
    nothing = ADA("POST", path(first) + "?dry_run=true", to(second)).body
    assert (nothing["type"], nothing["changes"], nothing["patch"]) == (None, [], [])


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_a_rollback_of_another_version_than_expected_fails(
    dynamodb_deployment: Deployment, moved: list[dict[str, Any]], query: str
) -> None:
    first, second = moved
    before = dynamodb_deployment.calendars()
    reply = ADA("POST", path(first) + query, to(first), headers={"If-Match": tag(first)})
    assert (reply.status, reply.body["history_id"]) == (412, second["history_id"])
    assert dynamodb_deployment.calendars() == before
    assert ADA("POST", path(first) + query, to(first), headers={"If-Match": tag(second)}).status == 200


def test_a_version_that_is_on_its_way_can_be_gone_back_to_later(dynamodb_deployment: Deployment) -> None:
    first = created()
    ADA("PATCH", f"/events/{first['id']}", {"title": "Another"})
    reply = ADA("POST", path(first), to(first))
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    dynamodb_deployment.record()
    assert ADA("POST", path(first), to(first)).body["title"] == "Review"


def test_there_is_no_going_back_to_a_version_that_never_was(moved: list[dict[str, Any]]) -> None:
    other = created()
    for history_id in (new_id(), other["history_id"]):
        assert ADA("POST", path(moved[0]), {"history_id": history_id}).status == 404
