"""Undo on a real DynamoDB and its stream: of every kind of operation, and of an undo."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest

from shared import ids
from shared.retries import Deadline
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant
from shared.store.events import DynamoEventStore
from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, LATER, REVIEW, created
from tests.harness.samples import no_bookings, request
from tests.integration.undo_requests import Json, bulk, deleted, moved, shifts, state, undo, versions


def rolled_back(event_id: str) -> None:
    first = versions(event_id)[-1]["history_id"]
    assert ADA("POST", f"/events/{event_id}/rollback", {"history_id": first}).status == 200


def nothing(event_id: str) -> None:
    del event_id


OPERATIONS: dict[str, tuple[Callable[[str], None], Callable[[str], Any], str]] = {
    "create": (nothing, nothing, "delete"),
    "patch": (nothing, lambda each: ADA("PATCH", f"/events/{each}", {"title": "Retro", "location": "4"}), "rollback"),
    "move": (nothing, moved, "rollback"),
    "replace": (nothing, lambda each: ADA("PUT", f"/events/{each}", {"title": "Other", **LATER}), "rollback"),
    "free its time": (
        nothing,
        lambda each: ADA("PATCH", f"/events/{each}", {"transparency": "transparent"}),
        "rollback",
    ),
    "delete": (moved, deleted, "restore"),
    "roll back": (moved, rolled_back, "rollback"),
    "restore": (deleted, rolled_back, "delete"),
}


@pytest.mark.parametrize("kind", OPERATIONS)
def test_every_operation_is_undone_and_so_is_its_undo(dynamodb_deployment: Deployment, kind: str) -> None:
    prepare, operate, type_ = OPERATIONS[kind]
    event_id = created()["id"]
    dynamodb_deployment.record()
    prepare(event_id)
    dynamodb_deployment.record()
    before = None if kind == "create" else state(event_id)
    operate(event_id)
    after = state(event_id)
    assert before != after
    dynamodb_deployment.record()
    latest = versions(event_id)[0]

    first = undo(latest["operation_id"], {"reason": "by mistake"})

    assert first["left"] == []
    assert state(event_id) == before
    dynamodb_deployment.record()
    newest = versions(event_id)[0]
    assert first["undone"] == [{"id": event_id, "type": type_, "history_id": newest["history_id"]}]
    assert (newest["type"], newest["reason"], newest["version"]) == (type_, "by mistake", latest["version"] + 1)
    assert first["operation_id"] == newest["operation_id"]

    second = undo(first["operation_id"])

    assert [each["id"] for each in second["undone"]] == [event_id]
    assert state(event_id) == after
    dynamodb_deployment.record()
    assert versions(event_id)[0]["reason"] is None


def test_a_bulk_creation_its_undo_and_the_undo_of_that(dynamodb_deployment: Deployment) -> None:
    made = bulk(shifts(60))
    all_ids = [item["id"] for item in made["items"]]
    changed, gone = all_ids[3], all_ids[4]
    dynamodb_deployment.record()
    assert ADA("PATCH", f"/events/{changed}", {"title": "Kept"}).status == 200
    deleted(gone)

    first = undo(made["operation_id"])
    assert {each["id"]: each["detail"] for each in first["left"]} == {
        changed: "it has changed since",
        gone: "it was deleted since",
    }
    others = [each for each in all_ids if each not in {changed, gone}]
    assert sorted(each["id"] for each in first["undone"]) == sorted(others)
    assert first["missing"] == 0
    assert all(state(each) is None for each in others)

    # It tells itself how many changes it has made, so nobody waits for those that it has left.
    dynamodb_deployment.record()
    second = undo(first["operation_id"])
    assert sorted(each["id"] for each in second["undone"]) == sorted(others)
    assert {each["type"] for each in second["undone"]} == {"restore"}
    assert [(state(each) or {})["title"] for each in others] == [
        f"Shift {n}" for n, each in enumerate(all_ids) if each in others
    ]
    dynamodb_deployment.record()
    third = undo(second["operation_id"])
    assert (len(third["undone"]), third["left"]) == (58, [])
    again = undo(second["operation_id"])
    assert (again["operation_id"], again["undone"], len(again["left"])) == (None, [], 58)


def test_restores_in_one_week_are_not_in_each_others_way(dynamodb_deployment: Deployment) -> None:
    made = bulk(shifts(12))
    dynamodb_deployment.record()
    first = undo(made["operation_id"])
    dynamodb_deployment.record()
    with counted(dynamodb_deployment, "TransactWriteItems") as calls:
        second = undo(first["operation_id"])
    assert (len(second["undone"]), second["left"]) == (12, [])
    assert len(calls) == 12, "a transaction was tried again"


def test_events_that_overlap_one_another_come_back_when_that_is_allowed(dynamodb_deployment: Deployment) -> None:
    made = bulk(shifts(3, hours=2))
    one, two, three = sorted(item["history_id"] for item in made["items"])
    names = {item["history_id"]: item["id"] for item in made["items"]}
    dynamodb_deployment.record()
    first = undo(made["operation_id"])
    dynamodb_deployment.record()
    order = [each["id"] for each in sorted(first["undone"], key=lambda each: str(each["history_id"]))]
    assert {*order} == {names[one], names[two], names[three]}
    planned = undo(first["operation_id"], dry_run="true")
    second = undo(first["operation_id"])
    back = {each["id"] for each in second["undone"]}
    assert {each["id"] for each in planned["undone"]} == back
    assert [each["id"] for each in planned["left"]] == [each["id"] for each in second["left"]]
    assert 1 <= len(back) <= 2, "the second overlaps both of the others"
    for left in second["left"]:
        assert left["detail"].endswith("undo with on_conflict=allow to have both all the same")
        assert any(each in left["detail"] for each in back)
    third = undo(first["operation_id"], on_conflict="allow")
    assert {each["id"] for each in third["undone"]} == {each["id"] for each in second["left"]}
    assert all(state(each) for each in names.values())


def test_events_that_made_room_for_one_another_go_back_in_the_opposite_order(dynamodb_deployment: Deployment) -> None:
    hours = [Instant(f"2027-03-01T{hour:02d}:00:00Z") for hour in range(9, 14)]
    contents = [Content(title=str(number), start=start, end=end) for number, (start, end) in enumerate(pairwise(hours))]
    made = [created({"title": each.title, "start": each.start, "end": each.end}) for each in contents]
    before = [state(each["id"]) for each in made]
    dynamodb_deployment.record()
    # No route moves several events in one operation. What will does it by way of the calendar, too.
    runtime, operation_id = dynamodb_deployment.runtime, ids.new_id(dynamodb_deployment.clock())
    store = DynamoEventStore(runtime.clients, runtime.settings.events_table)
    deadline = Deadline(60.0, runtime.monotonic, runtime.sleep, runtime.jitter)

    def calendar() -> Calendar:
        dynamodb_deployment.clock.forward(seconds=1)
        asked = request(
            made[0]["calendar_id"], now_ns=dynamodb_deployment.clock(), operation_id=operation_id, deadline=deadline
        )
        return Calendar(store, asked, runtime.settings.deleted_seconds, no_bookings)

    calendar().delete(made[0]["id"])
    calendar().replace(made[1]["id"], contents[0])
    calendar().replace(made[2]["id"], contents[1])
    calendar().delete(made[3]["id"])
    new = calendar().create(contents[3])
    dynamodb_deployment.record()
    planned = undo(operation_id, dry_run="true")
    done = undo(operation_id)
    assert planned["left"] == done["left"] == []
    kinds = ["restore", "rollback", "rollback", "restore", "delete"]
    for answer in (planned, done):
        assert [each["id"] for each in answer["undone"]] == [*(each["id"] for each in made), new.id]
        assert [each["type"] for each in answer["undone"]] == kinds
    assert [state(each["id"]) for each in made] == before
    assert state(new.id) is None


@pytest.mark.parametrize("operate", [moved, deleted], ids=["move", "delete"])
def test_nothing_goes_back_to_time_that_is_taken(
    dynamodb_deployment: Deployment, operate: Callable[[str], None]
) -> None:
    event_id = created()["id"]
    dynamodb_deployment.record()
    operate(event_id)
    dynamodb_deployment.record()
    operation_id = versions(event_id)[0]["operation_id"]
    other = created({**REVIEW, "title": "In the way"})
    before = dynamodb_deployment.calendars()
    asked: list[dict[str, Any]] = [{"dry_run": "true"}, {}]
    for query in asked:
        answer = undo(operation_id, **query)
        assert (answer["operation_id"], answer["undone"]) == (None, [])
        assert answer["left"] == [
            {
                "id": event_id,
                "detail": f"its time is taken by event {other['id']}: "
                "undo with on_conflict=allow to have both all the same",
            }
        ]
        assert dynamodb_deployment.calendars() == before
    allowed = undo(operation_id, on_conflict="allow")
    assert [each["id"] for each in allowed["undone"]] == [event_id]
    assert (state(event_id) or {})["start"] == REVIEW["start"]


def test_a_dry_run_tells_what_would_be_undone_and_writes_nothing(dynamodb_deployment: Deployment) -> None:
    made = bulk(shifts(5))
    all_ids = [item["id"] for item in made["items"]]
    dynamodb_deployment.record()
    ADA("PATCH", f"/events/{all_ids[2]}", {"title": "Kept"})
    before = dynamodb_deployment.calendars()
    planned = undo(made["operation_id"], {"reason": "only asking"}, dry_run="true")
    assert dynamodb_deployment.calendars() == before
    assert planned["operation_id"] is None
    assert {each["id"] for each in planned["undone"]} == {*all_ids} - {all_ids[2]}
    assert all(each.keys() == {"id", "type"} and each["type"] == "delete" for each in planned["undone"])
    assert planned["left"] == [{"id": all_ids[2], "detail": "it has changed since"}]
    done = undo(made["operation_id"])
    assert [each["id"] for each in done["undone"]] == [each["id"] for each in planned["undone"]]


@contextmanager
def counted(deployment: Deployment, operation: str) -> Iterator[list[Json]]:
    """The bodies of the calls of `operation` in the block."""
    calls: list[Json] = []

    def hook(params: Json, **_: Any) -> None:
        calls.append(params)

    events: Any = deployment.runtime.clients.dynamodb.meta.events
    events.register(f"before-call.dynamodb.{operation}", hook)
    try:
        yield calls
    finally:
        events.unregister(f"before-call.dynamodb.{operation}", hook)
