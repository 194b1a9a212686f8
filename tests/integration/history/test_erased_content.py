"""A deleted event that can no longer be restored: its versions keep stamps and ids, and nothing that the user wrote."""

import json
from typing import Any

import pytest

from tests.harness.botocore_faults import Wire, refused
from tests.harness.deployment import Item
from tests.harness.gateway import Api
from tests.harness.openapi_document import check as check_reply
from tests.harness.stream import Record
from tests.integration.history.history_deployment import HistoryDeployment
from tests.integration.history.upkeep import check, item_of, redrive, sweep

SECRET = "Zugspitze"
BODY = {
    "title": f"{SECRET} 1",
    "description": f"{SECRET} 2",
    "location": f"{SECRET} 3",
    "uid": f"{SECRET}-4",
    "reason": f"{SECRET} 5",
    "start": "2027-03-01T09:00:00Z",
    "end": "2027-03-01T10:00:00Z",
}
AGAIN = {**BODY, "title": "Again", "description": "", "location": "", "reason": "new"}
WINDOW = "/events?from=2027-03-01T00:00:00Z&to=2027-03-02T00:00:00Z"
DAYS = 30


def deleted(deployment: HistoryDeployment) -> tuple[str, list[Record]]:
    """A created, changed and deleted event, and the records of its changes, all recorded."""
    api = Api()
    event_id: str = api("POST", "/events", BODY).body["id"]
    deployment.clock.forward(1)
    assert api("PATCH", f"/events/{event_id}", {"title": f"{SECRET} 6", "reason": SECRET}).status == 200
    deployment.clock.forward(1)
    assert api("DELETE", f"/events/{event_id}", reason=SECRET).status == 204
    records = deployment.new_records()
    assert deployment.deliver(records) == []
    return event_id, records


def removal(deployment: HistoryDeployment, event_id: str, *, by_ttl: bool = True) -> list[Record]:
    """The record of the removal of an event's item, once TTL or somebody else has removed it."""
    item = item_of(deployment, event_id)
    deployment.clients.dynamodb.delete_item(
        TableName=deployment.runtime.settings.events_table, Key={"pk": item["pk"], "sk": item["sk"]}
    )
    records = deployment.new_records()
    if by_ttl:
        records[-1]["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    return records


def versions(deployment: HistoryDeployment, event_id: str) -> list[Item]:
    return [item for item in deployment.versions() if item["pk"]["S"].endswith(event_id)]


def told(deployment: HistoryDeployment) -> int:
    """In how many items of both tables the user's text is."""
    settings = deployment.runtime.settings
    items = deployment.scan(settings.events_table) + deployment.scan(settings.history_table)
    return sum(SECRET in json.dumps(item) for item in items)


def by_stream(deployment: HistoryDeployment, event_id: str) -> None:
    deployment.clock.forward(days=DAYS)
    assert deployment.deliver(removal(deployment, event_id)) == []


def by_hand(deployment: HistoryDeployment, event_id: str) -> None:
    assert deployment.deliver(removal(deployment, event_id, by_ttl=False)) == []


def by_sweep(deployment: HistoryDeployment, event_id: str) -> None:
    """Nobody has told of the removal: the stream has lost it."""
    deployment.clock.forward(days=DAYS)
    deployment.clock.forward(1)
    removal(deployment, event_id)
    assert sweep()["erased"] == 3


@pytest.mark.parametrize("erase", [by_stream, by_hand, by_sweep])
def test_its_versions_keep_stamp_and_ids_only(deployment: HistoryDeployment, erase: Any) -> None:
    event_id, _ = deleted(deployment)
    before = versions(deployment, event_id)
    assert told(deployment) == 4
    erase(deployment, event_id)
    assert told(deployment) == 0
    after = versions(deployment, event_id)
    stamp = ("pk", "sk", "id", "calendar_id", "calendar", "operation", "created_at", "change_type", "changed_by",
             "changed_at", "history_id", "version", "operation_id")  # fmt: skip
    assert [{name: item[name] for name in stamp} for item in after] == [
        {name: item[name] for name in stamp} for item in before
    ]
    for item in after:
        assert item.keys() - {*stamp} == {"span", "erased"}
        assert item["span"]["S"].startswith("deleted#")
    assert check() | {"corrected": 0} == {
        "versions": 3, "events": 0, "missing": 0, "corrected": 0, "gaps": [], "token": None, "complete": True,
    }  # fmt: skip
    assert sweep()["erased"] == 0


def test_it_is_not_erased_while_it_can_be_restored(deployment: HistoryDeployment) -> None:
    event_id, _ = deleted(deployment)
    first = versions(deployment, event_id)[0]["sk"]["S"]
    deployment.clock.forward(days=DAYS)
    deployment.clock.forward(-1)
    assert sweep()["erased"] == 0
    restored = Api()("POST", f"/events/{event_id}/rollback", {"history_id": first})
    assert restored.status == 200
    deployment.clock.forward(days=10 * DAYS)
    assert sweep()["erased"] == 0  # the restoration is not recorded yet
    deployment.record()
    assert sweep()["erased"] == 0
    assert restored.body["title"] == BODY["title"]


def test_what_expires_later_is_erased_later(deployment: HistoryDeployment) -> None:
    """Deleted while events could be restored for longer, it can be until then."""
    event_id, _ = deleted(deployment)
    item = item_of(deployment, event_id)
    expires_at = int(item["expires_at"]["N"]) + 5 * 86_400
    deployment.clients.dynamodb.put_item(
        TableName=deployment.runtime.settings.events_table, Item={**item, "expires_at": {"N": str(expires_at)}}
    )
    deployment.new_records()
    deployment.clock.forward(days=DAYS + 4)
    assert sweep()["erased"] == 0
    deployment.clock.forward(days=2)
    assert sweep()["erased"] == 3


def test_what_a_caller_sees_of_it(deployment: HistoryDeployment) -> None:
    event_id, _ = deleted(deployment)
    api, path = Api(), f"/events/{event_id}"
    ids = [item["history_id"] for item in api("GET", f"{path}/history").body["items"]]
    by_stream(deployment, event_id)
    page = api("GET", f"{path}/history")
    check_reply("GET", "/events/{event_id}/history", page)
    assert [(item["history_id"], item["type"], item["reason"]) for item in page.body["items"]] == [
        (ids[0], "delete", None), (ids[1], "update", None), (ids[2], "create", None),
    ]  # fmt: skip
    version = api("GET", f"{path}/history/{ids[1]}")
    check_reply("GET", "/events/{event_id}/history/{history_id}", version)
    assert (version.status, version.body["event"], version.body["changed_by"]) == (200, None, api.user_id)
    for query in ("", f"?from={ids[2]}", f"?from={ids[2]}&to={ids[1]}"):
        diff = api("GET", f"{path}/diff{query}")
        assert (diff.status, diff.body["type"]) == (410, "/problems/content-erased")
        check_reply("GET", "/events/{event_id}/diff", diff)
    for dry_run in ("true", "false"):
        back = api("POST", f"{path}/rollback", {"history_id": ids[2]}, dry_run=dry_run)
        assert (back.status, back.body["type"]) == (410, "/problems/content-erased")
        check_reply("POST", "/events/{event_id}/rollback", back)
    as_of = "2026-11-22T09:00:01.5Z"
    assert api("GET", path, as_of=as_of).status == 404
    assert api("GET", WINDOW, as_of=as_of).body["items"] == []
    operation = page.body["items"][1]["operation_id"]
    undone = api("POST", f"/operations/{operation}/undo").body
    assert (undone["undone"], undone["left"]) == ([], [{"id": event_id, "detail": "it is gone"}])


@pytest.mark.parametrize("recorded", [False, True])
def test_an_event_made_anew_under_its_uid_keeps_its_own_versions(
    deployment: HistoryDeployment, *, recorded: bool
) -> None:
    event_id, _ = deleted(deployment)
    deployment.clock.forward(days=DAYS)
    deployment.clock.forward(1)
    api, path = Api(), f"/events/{event_id}"
    again = api("POST", "/events", AGAIN)
    assert (again.status, again.body["id"], again.body["version"]) == (201, event_id, 4)
    deployment.clock.forward(1)
    assert api("PATCH", path, {"location": "Room 4"}).status == 200
    if recorded:
        deployment.record()
    assert sweep()["erased"] == 3
    if not recorded:
        deployment.record()
    assert sweep()["erased"] == 0
    assert [("title" in item, "erased" in item) for item in versions(deployment, event_id)] == (
        [(False, True)] * 3 + [(True, False)] * 2
    )
    listed = api("GET", f"{path}/history").body["items"]
    assert [item["type"] for item in listed] == ["update", "create", "delete", "update", "create"]
    assert api("GET", f"{path}/diff").status == 200
    assert api("GET", f"{path}/diff", to=listed[1]["history_id"]).status == 410
    assert api("POST", f"{path}/rollback", {"history_id": listed[1]["history_id"]}).status == 200
    refused = api("POST", f"{path}/rollback", {"history_id": listed[3]["history_id"]})
    assert (refused.status, refused.body["type"]) == (410, "/problems/content-erased")
    deployment.record()
    for as_of, found in (("2026-11-22T09:00:01.5Z", 0), ("2026-12-22T09:00:05Z", 1)):
        assert len(api("GET", WINDOW, as_of=as_of).body["items"]) == found
    undone = api("POST", f"/operations/{listed[1]['operation_id']}/undo").body
    assert undone["left"][0]["detail"] == "it has changed since"


def test_a_record_that_arrives_late_brings_nothing_back(deployment: HistoryDeployment) -> None:
    """From the bucket, after weeks: whether its version was recorded before, or was missing."""
    event_id, records = deleted(deployment)
    lost = versions(deployment, event_id)[1]
    deployment.forget([(lost["pk"]["S"], lost["sk"]["S"])])
    by_stream(deployment, event_id)
    assert told(deployment) == 0
    erased = versions(deployment, event_id)
    deployment.put_object("aws/lambda/late", {"Records": records})
    assert redrive()["replayed"] == 1
    assert told(deployment) == 0
    after = versions(deployment, event_id)
    assert [item for item in after if item["sk"] != lost["sk"]] == erased
    assert [int(item["version"]["N"]) for item in after] == [1, 2, 3]
    assert check()["missing"] == 0


def test_a_late_record_of_an_event_made_anew_keeps_its_content(deployment: HistoryDeployment) -> None:
    event_id, _ = deleted(deployment)
    by_stream(deployment, event_id)
    assert Api()("POST", "/events", AGAIN).status == 201
    records = deployment.new_records()
    deployment.clock.forward(days=2)
    assert deployment.deliver(records) == []
    assert versions(deployment, event_id)[-1]["title"] == {"S": "Again"}


def test_an_erasure_that_fails_is_delivered_again(history_wire: Wire, kept: HistoryDeployment) -> None:
    event_id, _ = deleted(kept)
    records = removal(kept, event_id)
    history_wire.always["PutItem"] = refused("ThrottlingException")
    assert kept.deliver(records, milliseconds=100) == [records[0]["dynamodb"]["SequenceNumber"]]
    assert told(kept) == 3
    del history_wire.always["PutItem"]
    assert kept.deliver(records) == []
    assert told(kept) == 0
