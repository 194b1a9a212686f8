"""An undo in a shared calendar deletes what an operation created in transactions of many, each event by itself."""

from dataclasses import replace
from typing import Any, Final

import pytest

from shared.ids import CalendarId
from shared.store import shared_bulk
from shared.store.events import DynamoEventStore
from tests.harness.samples import new_id
from tests.integration.sharing.people import People

EVENTS: Final = [
    {"title": str(hour), "start": f"2027-03-01T{hour:02d}:00:00Z", "end": f"2027-03-01T{hour:02d}:30:00Z"}
    for hour in range(10)
]


def made(people: People, **fields: Any) -> tuple[str, dict[str, Any]]:
    """The path of a calendar of Ada's, and a bulk creation in it by an editor, Bob."""
    path = people.calendar("ada", strict=False, **fields)
    bulk = people.admitted(path, "bob", "editor")("POST", f"{path}/events/bulk", {"events": EVENTS})
    assert bulk.status == 201, bulk
    people.deployment.record()
    return path, bulk.body


@pytest.mark.parametrize("strict", [False, True])
def test_what_has_changed_since_is_left_and_the_rest_is_deleted(
    people: People, monkeypatch: pytest.MonkeyPatch, strict: bool
) -> None:
    monkeypatch.setattr(shared_bulk, "TRANSACTION_EVENTS", 4)
    path, bulk = made(people)
    people("ada")("PATCH", path, {"strict": strict})
    ids = [each["id"] for each in bulk["items"]]
    assert people("ada")("PATCH", f"{path}/events/{ids[2]}", {"title": "Changed"}).status == 200
    assert people("ada")("DELETE", f"{path}/events/{ids[7]}").status == 204
    undone = people("bob")("POST", f"{path}/operations/{bulk['operation_id']}/undo", {"reason": "by mistake"})
    assert undone.status == 200, undone
    left = {each["id"]: each["detail"] for each in undone.body["left"]}
    assert left == {ids[2]: "it has changed since", ids[7]: "it was deleted since"}
    people.deployment.record()
    listed = people("ada")("GET", f"{path}/events?from=2027-03-01T00:00:00Z").body["items"]
    assert [each["title"] for each in listed] == ["Changed"]
    (last, _) = people("ada")("GET", f"{path}/events/{ids[0]}/history").body["items"]
    assert (last["type"], last["reason"], last["version"]) == ("delete", "by mistake", 2)


def test_what_changes_meanwhile_is_left(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    path, bulk = made(people)
    changed, together = bulk["items"][3]["id"], shared_bulk.SharedBulkStore.delete_each

    def beside(store: shared_bulk.SharedBulkStore, tombstones: Any, deadline: Any) -> Any:
        (event,) = (previous for _, previous in tombstones if previous.id == changed)
        newer = replace(event, stamp=event.stamp.numbered(new_id(), 2))
        DynamoEventStore(people.deployment.runtime.clients, store._table).put(newer, event)
        return together(store, tombstones, deadline)

    monkeypatch.setattr(shared_bulk.SharedBulkStore, "delete_each", beside)
    undone = people("bob")("POST", f"{path}/operations/{bulk['operation_id']}/undo", {})
    assert [(each["id"], each["detail"]) for each in undone.body["left"]] == [(changed, "it has changed since")]
    assert len(undone.body["undone"]) == len(EVENTS) - 1


def test_nothing_is_deleted_by_who_loses_the_right_meanwhile(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    path, bulk = made(people)
    together = shared_bulk.SharedBulkStore.delete_each

    def revoked(store: shared_bulk.SharedBulkStore, *arguments: Any) -> Any:
        people.members("ada").remove(CalendarId(path.rpartition("/")[2]), "bob")
        return together(store, *arguments)

    monkeypatch.setattr(shared_bulk.SharedBulkStore, "delete_each", revoked)
    undone = people("bob")("POST", f"{path}/operations/{bulk['operation_id']}/undo", {})
    assert {each["detail"] for each in undone.body["left"]} == {shared_bulk.REVOKED}
    assert len(people("ada")("GET", f"{path}/events?from=2027-03-01T00:00:00Z").body["items"]) == len(EVENTS)
