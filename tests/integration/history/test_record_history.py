"""What record_history makes of each kind of change, on the real stream."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from shared.runtime import use
from shared.store.codec import event_of
from tests.harness.gateway import Api, invoke, payload
from tests.integration.history.event_source_mapping import FaultyClients
from tests.integration.history.history_deployment import Item, Place

EVENT = {"title": "Review", "start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z"}


def create(**fields: str) -> str:
    """Create an event by way of the API."""
    reply = Api()("POST", "/events", EVENT | fields)
    assert reply.status == 201
    event_id: str = reply.body["id"]
    return event_id


def item_of(place: Place, event_id: str) -> Item:
    (found,) = [item for item in place.scan(place.runtime.settings.events_table) if item["sk"]["S"].endswith(event_id)]
    return found


def put(place: Place, item: Item) -> None:
    """Put an item around the API."""
    place.clients.dynamodb.put_item(TableName=place.runtime.settings.events_table, Item=item)


def remove(place: Place, event_id: str) -> None:
    """Remove an item around the API."""
    item = item_of(place, event_id)
    place.clients.dynamodb.delete_item(
        TableName=place.runtime.settings.events_table, Key={"pk": item["pk"], "sk": item["sk"]}
    )


def newest(place: Place) -> Item:
    return max(place.versions().values(), key=lambda item: str(item["sk"]["S"]))


class TestAChangeOfTheApi:
    def test_is_a_version_that_holds_all_of_the_item_but_its_place(self, place: Place) -> None:
        event_id = create()
        assert place.record() == []
        item = item_of(place, event_id)
        (version,) = place.versions().values()
        assert {
            name: value for name, value in version.items() if name not in {"pk", "sk", "calendar", "operation"}
        } == {name: value for name, value in item.items() if name not in {"pk", "sk"}}

    def test_each_kind_is_one_version(self, place: Place) -> None:
        api, event_id = Api(), create()
        assert api("PATCH", f"/events/{event_id}", {"title": "Retro"}).status == 200
        assert api("DELETE", f"/events/{event_id}").status == 204
        assert place.record() == []
        first = api("GET", f"/events/{event_id}/history").body["items"][-1]["history_id"]
        assert api("POST", f"/events/{event_id}/rollback", {"history_id": first}).status == 200
        assert place.record() == []
        versions = [item for _, item in sorted(place.versions().items())]
        assert [item["change_type"]["S"] for item in versions] == ["create", "update", "delete", "restore"]
        assert place.numbers(event_id) == [1, 2, 3, 4]


class TestAChangeAroundTheApi:
    def test_has_a_stamp_derived_from_its_record_the_same_each_time(self, place: Place) -> None:
        event_id = create()
        put(place, item_of(place, event_id) | {"title": {"S": "by a script"}})
        records = place.new_records()
        assert place.record(records) == []
        once = place.versions()
        assert place.record(list(reversed(records))) == []
        assert place.versions() == once
        version = newest(place)
        assert version["changed_by"] == {"S": "external"}
        assert version["change_type"] == {"S": "update"}
        assert version["title"] == {"S": "by a script"}
        assert version["history_id"] == version["sk"]
        assert place.numbers(event_id) == [1, 1]

    def test_comes_before_the_next_one_of_the_api(self, place: Place) -> None:
        event_id = create()
        put(place, item_of(place, event_id) | {"title": {"S": "by a script"}})
        place.clock.forward(3600 * 24 * 3650)  # the stream's clock is the machine's
        assert Api()("PATCH", f"/events/{event_id}", {"title": "Retro"}).status == 200
        assert place.record() == []
        assert [item["title"]["S"] for _, item in sorted(place.versions().items())] == [
            "Review", "by a script", "Retro",
        ]  # fmt: skip
        assert place.numbers(event_id) == [1, 1, 2]

    def test_has_nothing_of_the_operation_before_it(self, place: Place) -> None:
        events = [EVENT, EVENT]
        made = Api()("POST", "/events/bulk", {"events": events}).body
        event_id = made["items"][0]["id"]
        put(place, item_of(place, event_id) | {"title": {"S": "by a script"}})
        assert place.record() == []
        version = newest(place)
        assert version["title"] == {"S": "by a script"}
        assert version.keys().isdisjoint({"operation_id", "operation_size", "on_conflict", "reason", "rolled_back_to"})
        left = Api()("POST", f"/operations/{made['operation_id']}/undo")
        assert left.status == 200

    def test_may_remove_an_event(self, place: Place) -> None:
        event_id = create()
        remove(place, event_id)
        assert place.record() == []
        assert newest(place)["change_type"] == {"S": "delete"}
        assert place.numbers(event_id) == [1, 1]

    def test_may_bring_an_event_back_from_a_backup(self, place: Place) -> None:
        """As docs/operations.md has it: without its history_id."""
        event_id = create()
        backup = {name: value for name, value in item_of(place, event_id).items() if name != "history_id"}
        remove(place, event_id)
        put(place, backup)
        assert place.record() == []
        assert newest(place)["change_type"] == {"S": "create"}
        assert newest(place)["changed_by"] == {"S": "external"}
        place.clock.forward(3600 * 24 * 3650)
        assert Api()("PATCH", f"/events/{event_id}", {"title": "Retro"}).status == 200
        assert place.record() == []
        assert place.numbers(event_id) == [1, 1, 1, 2]
        assert newest(place)["title"] == {"S": "Retro"}

    def test_of_a_tombstone_leaves_it_deleted(self, place: Place) -> None:
        event_id = create()
        assert Api()("DELETE", f"/events/{event_id}").status == 204
        put(place, item_of(place, event_id) | {"expires_at": {"N": "4000000000"}})
        assert place.record() == []
        assert newest(place)["change_type"] == {"S": "delete"}
        assert newest(place)["changed_by"] == {"S": "external"}

    def test_may_put_an_item_that_no_function_has_ever_seen(self, place: Place) -> None:
        key = {"pk": {"S": "CAL#01998f00-0000-7000-8000-000000000001"}, "sk": {"S": "EVENT#by-hand"}}
        put(place, key | {"start": {"S": EVENT["start"]}, "end": {"S": EVENT["end"]}})
        assert place.record() == []
        version = event_of(newest(place))
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
    def test_keeps_what_a_script_has_added_of_any_type(self, place: Place, value: Any) -> None:
        event_id = create()
        put(place, item_of(place, event_id) | {"extra": value})
        assert place.record() == []
        assert newest(place)["extra"] == item_of(place, event_id)["extra"]


class TestNoChangeAtAll:
    def test_is_the_removal_of_a_tombstone(self, place: Place) -> None:
        event_id = create()
        assert Api()("DELETE", f"/events/{event_id}").status == 204
        assert place.record() == []
        before = place.versions()
        remove(place, event_id)
        assert place.record() == []
        assert place.versions() == before

    def test_is_a_removal_by_ttl(self, place: Place) -> None:
        event_id = create()
        assert place.record() == []
        before = place.versions()
        remove(place, event_id)
        (record,) = place.new_records()
        by_ttl = record | {"userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}
        assert place.record([by_ttl]) == []
        assert place.versions() == before
        assert place.record([record]) == []
        assert len(place.versions()) == len(before) + 1

    def test_is_the_move_of_a_fence(self, place: Place) -> None:
        create()
        fences = [each for each in place.stream.read() if each["dynamodb"]["Keys"]["sk"]["S"].startswith("FENCE#")]
        assert fences
        assert place.record(fences) == []
        assert place.versions() == {}


def test_a_batch_of_m_records_costs_a_call_for_each_25_that_wait_for_nothing(place: Place) -> None:
    events = [EVENT | {"title": str(number)} for number in range(230)]
    assert Api()("POST", "/events/bulk", {"events": events}).status == 201
    records = place.new_records()
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    place.clients.dynamodb_once.meta.events.register("before-call.dynamodb", note)
    try:
        assert place.record(records + records[:20]) == []
    finally:
        place.clients.dynamodb_once.meta.events.unregister("before-call.dynamodb", note)
    assert calls == ["BatchWriteItem"] * 10
    assert len(place.versions()) == 230


def test_the_payload_of_events_is_recorded(place: Place) -> None:
    assert invoke("record_history", payload("record_history")) == {"batchItemFailures": []}
    assert len(place.versions()) == 2


@pytest.mark.parametrize("kind", [kind for kind in FaultyClients.KINDS if kind != "crash"])
def test_what_goes_wrong_for_a_while_is_tried_again_and_not_reported(
    place: Place, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    events = [EVENT | {"title": str(number)} for number in range(100)]
    assert Api()("POST", "/events/bulk", {"events": events}).status == 201
    monkeypatch.setattr(FaultyClients, "KINDS", (kind,))
    clients = FaultyClients(place.clients, Random(4), rate=0.5)  # noqa: S311 the same each time
    with use(replace(place.runtime, clients=clients)):
        assert place.record() == []
    assert clients.seen[kind] > 0
    assert len(place.versions()) == 100
