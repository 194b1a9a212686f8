"""What record_history makes of each kind of change, on the real stream."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from shared.runtime import use
from shared.store.codec import event_of
from tests.harness.deployment import Item
from tests.harness.gateway import Api, invoke, payload
from tests.integration.history.event_source_mapping import FaultyClients
from tests.integration.history.history_deployment import HistoryDeployment

EVENT = {"title": "Review", "start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z"}


def create(**fields: str) -> str:
    """Create an event by way of the API."""
    reply = Api()("POST", "/events", EVENT | fields)
    assert reply.status == 201
    event_id: str = reply.body["id"]
    return event_id


def item_of(deployment: HistoryDeployment, event_id: str) -> Item:
    (found,) = [
        item for item in deployment.scan(deployment.runtime.settings.events_table) if item["sk"]["S"].endswith(event_id)
    ]
    return found


def put(deployment: HistoryDeployment, item: Item) -> None:
    """Put an item around the API."""
    deployment.clients.dynamodb.put_item(TableName=deployment.runtime.settings.events_table, Item=item)


def remove(deployment: HistoryDeployment, event_id: str) -> None:
    """Remove an item around the API."""
    item = item_of(deployment, event_id)
    deployment.clients.dynamodb.delete_item(
        TableName=deployment.runtime.settings.events_table, Key={"pk": item["pk"], "sk": item["sk"]}
    )


def newest(deployment: HistoryDeployment) -> Item:
    return max(deployment.versions_by_key().values(), key=lambda item: str(item["sk"]["S"]))


class TestAChangeOfTheApi:
    def test_is_a_version_that_holds_all_of_the_item_but_its_place(self, deployment: HistoryDeployment) -> None:
        event_id = create()
        assert deployment.deliver() == []
        item = item_of(deployment, event_id)
        (version,) = deployment.versions_by_key().values()
        assert {
            name: value for name, value in version.items() if name not in {"pk", "sk", "calendar", "operation"}
        } == {name: value for name, value in item.items() if name not in {"pk", "sk"}}

    def test_each_kind_is_one_version(self, deployment: HistoryDeployment) -> None:
        api, event_id = Api(), create()
        assert api("PATCH", f"/events/{event_id}", {"title": "Retro"}).status == 200
        assert api("DELETE", f"/events/{event_id}").status == 204
        assert deployment.deliver() == []
        first = api("GET", f"/events/{event_id}/history").body["items"][-1]["history_id"]
        assert api("POST", f"/events/{event_id}/rollback", {"history_id": first}).status == 200
        assert deployment.deliver() == []
        versions = [item for _, item in sorted(deployment.versions_by_key().items())]
        assert [item["change_type"]["S"] for item in versions] == ["create", "update", "delete", "restore"]
        assert deployment.numbers(event_id) == [1, 2, 3, 4]


class TestAChangeAroundTheApi:
    def test_has_a_stamp_derived_from_its_record_the_same_each_time(self, deployment: HistoryDeployment) -> None:
        event_id = create()
        put(deployment, item_of(deployment, event_id) | {"title": {"S": "by a script"}})
        records = deployment.new_records()
        assert deployment.deliver(records) == []
        once = deployment.versions_by_key()
        assert deployment.deliver(list(reversed(records))) == []
        assert deployment.versions_by_key() == once
        version = newest(deployment)
        assert version["changed_by"] == {"S": "external"}
        assert version["change_type"] == {"S": "update"}
        assert version["title"] == {"S": "by a script"}
        assert version["history_id"] == version["sk"]
        assert deployment.numbers(event_id) == [1, 1]

    def test_comes_before_the_next_one_of_the_api(self, deployment: HistoryDeployment) -> None:
        event_id = create()
        put(deployment, item_of(deployment, event_id) | {"title": {"S": "by a script"}})
        deployment.clock.forward(3600 * 24 * 3650)  # the stream's clock is the machine's
        assert Api()("PATCH", f"/events/{event_id}", {"title": "Retro"}).status == 200
        assert deployment.deliver() == []
        assert [item["title"]["S"] for _, item in sorted(deployment.versions_by_key().items())] == [
            "Review", "by a script", "Retro",
        ]  # fmt: skip
        assert deployment.numbers(event_id) == [1, 1, 2]

    def test_has_nothing_of_the_operation_before_it(self, deployment: HistoryDeployment) -> None:
        events = [EVENT, EVENT]
        made = Api()("POST", "/events/bulk", {"events": events}).body
        event_id = made["items"][0]["id"]
        put(deployment, item_of(deployment, event_id) | {"title": {"S": "by a script"}})
        assert deployment.deliver() == []
        version = newest(deployment)
        assert version["title"] == {"S": "by a script"}
        assert version.keys().isdisjoint({"operation_id", "operation_size", "on_conflict", "reason", "rolled_back_to"})
        left = Api()("POST", f"/operations/{made['operation_id']}/undo")
        assert left.status == 200

    def test_may_remove_an_event(self, deployment: HistoryDeployment) -> None:
        event_id = create()
        remove(deployment, event_id)
        assert deployment.deliver() == []
        assert newest(deployment)["change_type"] == {"S": "delete"}
        assert deployment.numbers(event_id) == [1, 1]

    def test_may_bring_an_event_back_from_a_backup(self, deployment: HistoryDeployment) -> None:
        """As docs/operations.md has it: without its history_id."""
        event_id = create()
        backup = {name: value for name, value in item_of(deployment, event_id).items() if name != "history_id"}
        remove(deployment, event_id)
        put(deployment, backup)
        assert deployment.deliver() == []
        assert newest(deployment)["change_type"] == {"S": "create"}
        assert newest(deployment)["changed_by"] == {"S": "external"}
        deployment.clock.forward(3600 * 24 * 3650)
        assert Api()("PATCH", f"/events/{event_id}", {"title": "Retro"}).status == 200
        assert deployment.deliver() == []
        assert deployment.numbers(event_id) == [1, 1, 1, 2]
        assert newest(deployment)["title"] == {"S": "Retro"}

    def test_of_a_tombstone_leaves_it_deleted(self, deployment: HistoryDeployment) -> None:
        event_id = create()
        assert Api()("DELETE", f"/events/{event_id}").status == 204
        put(deployment, item_of(deployment, event_id) | {"expires_at": {"N": "4000000000"}})
        assert deployment.deliver() == []
        assert newest(deployment)["change_type"] == {"S": "delete"}
        assert newest(deployment)["changed_by"] == {"S": "external"}

    def test_may_put_an_item_that_no_function_has_ever_seen(self, deployment: HistoryDeployment) -> None:
        key = {"pk": {"S": "CAL#01998f00-0000-7000-8000-000000000001"}, "sk": {"S": "EVENT#by-hand"}}
        put(deployment, key | {"start": {"S": EVENT["start"]}, "end": {"S": EVENT["end"]}})
        assert deployment.deliver() == []
        version = event_of(newest(deployment))
        assert (version.id, version.stamp.type, version.stamp.changed_by) == ("by-hand", "create", "external")

    @pytest.mark.parametrize(
        "value",
        [
            {"B": "AP8="},
            {"BS": ["AA==", "/w=="]},
            {"L": [{"B": "AP8="}, {"M": {"deep": {"B": "MQ=="}}}]},
            {"M": {"deep": {"NULL": True}, "other": {"BOOL": False}}},
            {"SS": ["a", "b"]},
            {"NS": ["1", "2.5"]},
            {"N": "12345678901234567890123456789012345678"},
        ],
        ids=lambda value: next(iter(value)),
    )
    def test_keeps_what_a_script_has_added_of_any_type(self, deployment: HistoryDeployment, value: Any) -> None:
        event_id = create()
        put(deployment, item_of(deployment, event_id) | {"extra": value})
        assert deployment.deliver() == []
        assert newest(deployment)["extra"] == item_of(deployment, event_id)["extra"]


class TestNoChangeAtAll:
    def test_is_the_removal_of_a_tombstone(self, deployment: HistoryDeployment) -> None:
        event_id = create()
        assert Api()("DELETE", f"/events/{event_id}").status == 204
        assert deployment.deliver() == []
        before = deployment.versions_by_key()
        remove(deployment, event_id)
        assert deployment.deliver() == []
        assert deployment.versions_by_key().keys() == before.keys()  # it erases them: test_erased_content.py

    def test_is_a_removal_by_ttl(self, deployment: HistoryDeployment) -> None:
        event_id = create()
        assert deployment.deliver() == []
        before = deployment.versions_by_key()
        remove(deployment, event_id)
        (record,) = deployment.new_records()
        by_ttl = record | {"userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}
        assert deployment.deliver([by_ttl]) == []
        assert deployment.versions_by_key() == before
        assert deployment.deliver([record]) == []
        assert len(deployment.versions_by_key()) == len(before) + 1

    def test_is_the_move_of_a_fence(self, deployment: HistoryDeployment) -> None:
        create()
        fences = [each for each in deployment.stream.read() if each["dynamodb"]["Keys"]["sk"]["S"].startswith("FENCE#")]
        assert fences
        assert deployment.deliver(fences) == []
        assert deployment.versions_by_key() == {}


def test_a_batch_of_m_records_costs_a_call_for_each_25_that_wait_for_nothing(deployment: HistoryDeployment) -> None:
    events = [EVENT | {"title": str(number)} for number in range(230)]
    assert Api()("POST", "/events/bulk", {"events": events}).status == 201
    records = deployment.new_records()
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    deployment.clients.dynamodb_once.meta.events.register("before-call.dynamodb", note)
    try:
        assert deployment.deliver(records + records[:20]) == []
    finally:
        deployment.clients.dynamodb_once.meta.events.unregister("before-call.dynamodb", note)
    assert sorted(calls) == ["BatchWriteItem"] * 10 + ["UpdateItem"]  # which counts them, for quotas
    assert len(deployment.versions_by_key()) == 230


def test_the_payload_of_events_is_recorded(deployment: HistoryDeployment) -> None:
    assert invoke("record_history", payload("record_history")) == {"batchItemFailures": []}
    assert len(deployment.versions_by_key()) == 2


@pytest.mark.parametrize("kind", [kind for kind in FaultyClients.KINDS if kind != "crash"])
def test_what_goes_wrong_for_a_while_is_tried_again_and_not_reported(
    deployment: HistoryDeployment, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    events = [EVENT | {"title": str(number)} for number in range(100)]
    assert Api()("POST", "/events/bulk", {"events": events}).status == 201
    monkeypatch.setattr(FaultyClients, "KINDS", (kind,))
    clients = FaultyClients(deployment.clients, Random(4), rate=0.5)  # noqa: S311 the same each time
    with use(replace(deployment.runtime, clients=clients)):
        assert deployment.deliver() == []
    assert clients.seen[kind] > 0
    assert len(deployment.versions_by_key()) == 100
