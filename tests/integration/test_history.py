"""Versions over their routes, on a real DynamoDB and its stream: listed, read, compared, of deleted events too."""

import time
from typing import Any

import jsonpatch
import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import (
    ADA,
    EVENT_ID,
    FIRST_VERSION,
    GRACE,
    OPERATION,
    REVIEW,
    SECOND_VERSION,
    created,
    send,
)
from tests.harness.samples import OWNER

TITLES = ["Review", "Second", "Third", "Fourth"]


@pytest.fixture
def changed(dynamodb_deployment: Deployment) -> list[dict[str, Any]]:
    """An event at each of its four versions, a minute apart, as its changes were answered; none recorded yet."""
    made = [created({**REVIEW, "title": TITLES[0]})]
    for title in TITLES[1:]:
        dynamodb_deployment.clock.forward(seconds=60)
        made.append(ADA("PATCH", f"/events/{made[0]['id']}", {"title": title}).body)
    return made


def listed(event_id: str, query: str = "") -> Any:
    reply = ADA("GET", f"/events/{event_id}/history{query}")
    assert reply.status == 200, reply
    return reply.body


def test_the_payload_lists_versions_newest_first(
    dynamodb_deployment: Deployment, changed: list[dict[str, Any]]
) -> None:
    dynamodb_deployment.record()
    body = send("list_versions", {EVENT_ID: changed[0]["id"]}).body
    assert (body["pending"], body["next_cursor"]) == ([], None)
    assert [item["history_id"] for item in body["items"]] == [each["history_id"] for each in reversed(changed)]
    assert [item["type"] for item in body["items"]] == ["update", "update", "update", "create"]
    assert body["items"][-1] == {
        "history_id": changed[0]["history_id"],
        "version": 1,
        "type": "create",
        "changed_at": "2026-11-22T09:00:00.000Z",
        "changed_by": OWNER,
        "reason": None,
        "operation_id": body["items"][-1]["operation_id"],
        "on_conflict": "reject",
    }
    assert len({item["operation_id"] for item in body["items"]}) == 4


def test_the_payload_reads_a_version(dynamodb_deployment: Deployment, changed: list[dict[str, Any]]) -> None:
    dynamodb_deployment.record()
    reply = send("get_version", {EVENT_ID: changed[1]["id"], FIRST_VERSION: changed[1]["history_id"]})
    assert reply.status == 200
    assert reply.headers["ETag"] == f'"{changed[1]["history_id"]}"'
    assert (reply.body["version"], reply.body["type"], reply.body["event"]) == (2, "update", changed[1])


def test_every_version_is_the_event_as_its_change_was_answered(
    dynamodb_deployment: Deployment, changed: list[dict[str, Any]]
) -> None:
    dynamodb_deployment.record()
    for event in changed:
        assert ADA("GET", f"/events/{event['id']}/history/{event['history_id']}").body["event"] == event


def test_the_payload_compares_two_versions(dynamodb_deployment: Deployment, changed: list[dict[str, Any]]) -> None:
    dynamodb_deployment.record()
    old, new = changed[0], changed[2]
    known = {EVENT_ID: old["id"], FIRST_VERSION: old["history_id"], SECOND_VERSION: new["history_id"]}
    body = send("diff_versions", known).body
    assert (body["from"], body["to"]) == (old["history_id"], new["history_id"])
    assert body["changes"] == [{"field": "title", "old": "Review", "new": "Third"}]
    assert jsonpatch.JsonPatch(body["patch"]).apply(old) == new


def test_the_latest_can_be_read_before_the_stream_has_brought_anything(changed: list[dict[str, Any]]) -> None:
    latest = changed[-1]
    body = listed(latest["id"])
    assert ([item["version"] for item in body["items"]], body["pending"]) == ([4], [3, 2, 1])
    assert ADA("GET", f"/events/{latest['id']}/history/{latest['history_id']}").body["event"] == latest


def test_a_version_on_its_way_may_be_asked_for_again(
    dynamodb_deployment: Deployment, changed: list[dict[str, Any]]
) -> None:
    path = f"/events/{changed[0]['id']}/history/{changed[1]['history_id']}"
    reply = ADA("GET", path)
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    assert reply.body["type"] == "/problems/not-recorded-yet"
    dynamodb_deployment.record()
    assert ADA("GET", path).status == 200


@pytest.mark.parametrize("recorded", [True, False])
def test_versions_are_listed_page_by_page(
    dynamodb_deployment: Deployment, changed: list[dict[str, Any]], recorded: bool
) -> None:
    dynamodb_deployment.record()
    event_id, expected = changed[0]["id"], [4, 3, 2, 1]
    if not recorded:
        ADA("PATCH", f"/events/{event_id}", {"title": "Fifth"})
        expected = [5, *expected]
    seen: list[int] = []
    cursor = ""
    for wanted in (2, 2, 1)[: len(expected) - 2]:
        page = listed(event_id, f"?limit=2{cursor}")
        assert len(page["items"]) == wanted, "none is empty, and the last one is known to be"
        assert page["pending"] == []
        seen += [item["version"] for item in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert seen == expected


def test_a_deleted_event_keeps_its_history(dynamodb_deployment: Deployment, changed: list[dict[str, Any]]) -> None:
    event_id = changed[0]["id"]
    dynamodb_deployment.clock.forward(seconds=60)
    ADA("DELETE", f"/events/{event_id}")
    dynamodb_deployment.record()
    body = listed(event_id)
    assert [item["type"] for item in body["items"]] == ["delete", "update", "update", "update", "create"]
    deletion = ADA("GET", f"/events/{event_id}/history/{body['items'][0]['history_id']}").body
    assert (deletion["event"]["title"], deletion["version"]) == ("Fourth", 5)
    diff = ADA("GET", f"/events/{event_id}/diff").body
    assert (diff["to"], diff["type"], diff["reason"]) == (deletion["history_id"], "delete", None)
    assert diff["changes"] == [{"field": "deleted", "old": False, "new": True}]
    assert {step["path"] for step in diff["patch"]} == {"/version", "/history_id", "/updated_at"}
    back: dict[str, Any] = {"from": deletion["history_id"], "to": changed[2]["history_id"]}
    diff = ADA("GET", f"/events/{event_id}/diff", **back).body
    assert diff["type"] == "update"
    assert [change["field"] for change in diff["changes"]] == ["title", "deleted"]
    assert diff["changes"][1] == {"field": "deleted", "old": True, "new": False}
    dynamodb_deployment.clock.forward(days=31)
    assert listed(event_id)["items"] == body["items"]


def test_nobody_else_has_a_history_of_it(dynamodb_deployment: Deployment, changed: list[dict[str, Any]]) -> None:
    dynamodb_deployment.record()
    path, versions = f"/events/{changed[0]['id']}", [each["history_id"] for each in changed]
    assert GRACE("GET", f"{path}/history").status == 404
    assert GRACE("GET", f"{path}/history/{versions[0]}").status == 404
    assert GRACE("GET", f"{path}/diff?from={versions[0]}&to={versions[1]}").status == 404


def test_a_version_of_another_event_is_none_of_this_one(
    dynamodb_deployment: Deployment, changed: list[dict[str, Any]]
) -> None:
    other = created({**REVIEW, "start": "2027-04-01T09:00:00Z", "end": "2027-04-01T10:00:00Z"})
    dynamodb_deployment.record()
    assert ADA("GET", f"/events/{changed[0]['id']}/history/{other['history_id']}").status == 404


def test_the_stream_delivered_twice_and_backwards_makes_the_same_history(
    dynamodb_deployment: Deployment, changed: list[dict[str, Any]]
) -> None:
    records = dynamodb_deployment.record()
    before = dynamodb_deployment.versions()
    assert len(before) == len(changed)
    assert dynamodb_deployment.deliver([*reversed(records), *records]) == []
    assert dynamodb_deployment.versions() == before


def test_each_event_of_a_bulk_has_its_first_version_with_the_operation(dynamodb_deployment: Deployment) -> None:
    body = ADA("POST", "/events/bulk", {"events": [REVIEW] * 60}).body
    dynamodb_deployment.record()
    stored = {item["sk"]["S"]: item for item in dynamodb_deployment.versions()}
    assert {item["history_id"] for item in body["items"]} == set(stored)
    for item in body["items"]:
        version = stored[item["history_id"]]
        assert version["pk"]["S"] == f"CAL#{OWNER}#EVENT#{item['id']}"
        assert (version["version"]["N"], version["operation_id"]["S"]) == ("1", body["operation_id"])


def test_the_payload_takes_a_bulk_creation_back(dynamodb_deployment: Deployment) -> None:
    body = ADA("POST", "/events/bulk", {"events": [REVIEW] * 30}).body
    kept = ADA("PATCH", f"/events/{body['items'][7]['id']}", {"title": "Kept"}).body
    dynamodb_deployment.record()
    reply = send("undo", {OPERATION: body["operation_id"]})
    assert reply.status == 200
    assert {each["id"] for each in reply.body["undone"]} == {each["id"] for each in body["items"]} - {kept["id"]}
    assert reply.body["left"] == [{"id": kept["id"], "detail": "it has changed since"}]
    assert [each["id"] for each in ADA("GET", "/events?from=2027-03-01T00:00:00Z").body["items"]] == [kept["id"]]


def test_a_change_around_the_api_is_a_version_of_somebody_external(
    dynamodb_deployment: Deployment, changed: list[dict[str, Any]]
) -> None:
    runtime, event_id = dynamodb_deployment.runtime, changed[0]["id"]
    runtime.clients.dynamodb.update_item(
        TableName=runtime.settings.events_table,
        Key={"pk": {"S": f"CAL#{OWNER}"}, "sk": {"S": f"EVENT#{event_id}"}},
        UpdateExpression="SET title = :title",
        ExpressionAttributeValues={":title": {"S": "By hand"}},
    )
    dynamodb_deployment.record()
    newest, *rest = listed(event_id)["items"]
    assert (newest["changed_by"], newest["type"], newest["version"]) == ("external", "update", 4)
    assert [item["version"] for item in rest] == [4, 3, 2, 1]
    assert newest["history_id"] > rest[0]["history_id"]
    assert listed(event_id, "?limit=1")["items"] == [newest]
    # The record says when it was made by the clock of the database.
    clock = dynamodb_deployment.clock
    clock.nanoseconds = max(clock.nanoseconds, time.time_ns() + 60_000_000_000)
    after = ADA("PATCH", f"/events/{event_id}", {"title": "Over the API"}).body
    dynamodb_deployment.record()
    assert [item["changed_by"] for item in listed(event_id)["items"]] == [OWNER, "external", *[OWNER] * 4]
    assert listed(event_id)["items"][0]["history_id"] == after["history_id"]
