"""Undo over its route, on a real DynamoDB and its stream: of every kind of operation, of an undo, and in part."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from botocore.awsrequest import AWSResponse

from shared import ids
from shared.retries import Deadline
from shared.runtime import use
from shared.scheduling.bulk_items import ANSWER_LOST
from shared.scheduling.calendar import Calendar
from shared.scheduling.events import Content
from shared.store.events import DynamoEventStore
from tests.harness.botocore_faults import refusal
from tests.harness.clock import Clock
from tests.harness.deployment import Deployment
from tests.harness.gateway import Context, Reply
from tests.harness.openapi_document import check
from tests.harness.payloads import ADA, GRACE, LATER, REVIEW, created
from tests.harness.samples import request

# On a busy machine as well: what time allows is looked at with a clock of its own.
LONG = Context(milliseconds=600_000)
CONTENT = ("title", "description", "location", "start", "end", "time_zone", "transparency")
Json = dict[str, Any]


def shifts(count: int, hours: int = 1) -> list[Json]:
    """Events that begin hour after hour, twenty a day from Monday, the first of March, on."""
    return [
        {
            "title": f"Shift {n}",
            "start": f"2027-03-{1 + n // 20:02d}T{n % 20:02d}:00:00Z",
            "end": f"2027-03-{1 + n // 20:02d}T{n % 20 + hours:02d}:00:00Z",
        }
        for n in range(count)
    ]


def bulk(events: list[Json]) -> Json:
    reply = ADA("POST", "/events/bulk", {"events": events}, context=LONG)
    assert reply.status == 201
    made: Json = reply.body
    return made


def ask(operation_id: str, body: Json | None = None, context: Context = LONG, **query: Any) -> Reply:
    written = "&".join(f"{name}={value}" for name, value in query.items())
    return ADA("POST", f"/operations/{operation_id}/undo?{written}", body, context=context)


def undo(operation_id: str, body: Json | None = None, **query: Any) -> Json:
    reply = ask(operation_id, body, LONG, **query)
    check("POST", "/operations/{operation_id}/undo", reply)
    assert reply.status == 200, reply
    undone: Json = reply.body
    return undone


def versions(event_id: str) -> list[Json]:
    """The versions of an event, newest first."""
    items: list[Json] = ADA("GET", f"/events/{event_id}/history").body["items"]
    return items


def state(event_id: str) -> Json | None:
    """What an event says now; None if it is not there."""
    reply = ADA("GET", f"/events/{event_id}")
    return {name: reply.body[name] for name in CONTENT} if reply.status == 200 else None


def moved(event_id: str) -> None:
    assert ADA("PATCH", f"/events/{event_id}", {**LATER, "description": "later"}).status == 200


def deleted(event_id: str) -> None:
    assert ADA("DELETE", f"/events/{event_id}").status == 204


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
    slots = [(f"2027-03-01T{hour:02d}:00:00Z", f"2027-03-01T{hour + 1:02d}:00:00Z") for hour in range(9, 13)]
    contents = [Content(title=str(number), start=slot[0], end=slot[1]) for number, slot in enumerate(slots)]
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
            made[0]["owner"], now_ns=dynamodb_deployment.clock(), operation_id=operation_id, deadline=deadline
        )
        return Calendar(store, asked, runtime.settings.deleted_seconds)

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


def test_an_operation_that_never_was_is_404_within_seconds(dynamodb_deployment: Deployment) -> None:
    clock = dynamodb_deployment.clock
    made_up = ids.new_id(clock())
    reply = ask(made_up)
    assert (reply.status, reply.body["type"]) == (503, "/problems/not-recorded-yet")
    clock.forward(seconds=10)
    reply = ask(made_up)
    assert reply.status == 404
    assert "one made a moment ago may still be on its way into the history" in reply.body["detail"]
    assert ask(ids.new_id(clock() + 60 * 1_000_000_000)).status == 404
    assert ask(str(uuid4())).status == 404
    not_of_version_7 = f"{ids.new_id(clock())[:14]}5{made_up[15:]}"
    assert ask(not_of_version_7).status == 404


def test_of_somebody_elses_operation_there_is_none(dynamodb_deployment: Deployment) -> None:
    made = bulk(shifts(2))
    dynamodb_deployment.record()
    path = f"/operations/{made['operation_id']}/undo"
    assert GRACE("POST", path).status == 503, "as for any id of this moment"
    dynamodb_deployment.clock.forward(seconds=10)
    assert GRACE("POST", path).status == 404
    assert all(state(item["id"]) for item in made["items"])


def test_an_operation_is_undone_when_all_of_it_is_recorded_or_never_will_be(dynamodb_deployment: Deployment) -> None:
    made = bulk(shifts(3))
    dynamodb_deployment.record()
    lost = dynamodb_deployment.versions()[1]
    settings = dynamodb_deployment.runtime.settings
    dynamodb_deployment.runtime.clients.dynamodb.delete_item(
        TableName=settings.history_table, Key={"pk": lost["pk"], "sk": lost["sk"]}
    )
    before = dynamodb_deployment.calendars()
    dynamodb_deployment.clock.forward(seconds=59)
    reply = ask(made["operation_id"])
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    assert dynamodb_deployment.calendars() == before
    dynamodb_deployment.clock.forward(seconds=1)
    answer = undo(made["operation_id"])
    assert (len(answer["undone"]), answer["left"], answer["missing"]) == (2, [], 1)


def test_a_version_before_that_is_not_recorded_is_waited_for(dynamodb_deployment: Deployment) -> None:
    event = created()
    ADA("PATCH", f"/events/{event['id']}", {"title": "Retro"})
    dynamodb_deployment.record()
    latest, first = versions(event["id"])
    dynamodb_deployment.runtime.clients.dynamodb.delete_item(
        TableName=dynamodb_deployment.runtime.settings.history_table,
        Key={"pk": {"S": f"CAL#{event['owner']}#EVENT#{event['id']}"}, "sk": {"S": first["history_id"]}},
    )
    assert ask(latest["operation_id"]).status == 503
    dynamodb_deployment.clock.forward(seconds=60)
    answer = undo(latest["operation_id"])
    assert answer["left"] == [{"id": event["id"], "detail": "its version before is not in the history"}]
    assert (answer["operation_id"], (state(event["id"]) or {})["title"]) == (None, "Retro")


def test_what_is_gone_is_left(dynamodb_deployment: Deployment) -> None:
    made = bulk(shifts(2))
    dynamodb_deployment.record()
    first = undo(made["operation_id"])
    dynamodb_deployment.record()
    removed = dynamodb_deployment.events()[0]
    dynamodb_deployment.runtime.clients.dynamodb.delete_item(
        TableName=dynamodb_deployment.runtime.settings.events_table, Key={"pk": removed["pk"], "sk": removed["sk"]}
    )
    dynamodb_deployment.clock.forward(days=30)
    answer = undo(first["operation_id"])
    assert {each["id"]: each["detail"] for each in answer["left"]} == {
        removed["id"]["S"]: "it is gone",
        dynamodb_deployment.events()[0]["id"]["S"]: "it was deleted too long ago to be restored",
    }


@pytest.mark.parametrize("query", [{}, {"on_conflict": "allow"}], ids=["checked", "allowed"])
def test_what_the_time_does_not_allow_is_left_for_another_undo(
    dynamodb_deployment: Deployment, query: dict[str, Any]
) -> None:
    operation_id = bulk(shifts(30))["operation_id"]
    dynamodb_deployment.record()
    first = undo(operation_id)
    dynamodb_deployment.record()
    clock = Clock(seconds_per_look=1.0)
    with use(replace(dynamodb_deployment.runtime, monotonic=clock.monotonic, sleep=clock.sleep)):
        reply = ask(first["operation_id"], None, Context(milliseconds=12_000), **query)
    assert reply.status == 200
    left = {each["id"]: each["detail"] for each in reply.body["left"]}
    assert 0 < len(left) < 30
    assert {*left.values()} == {"time was up: undo again"}
    assert all(state(each["id"]) for each in reply.body["undone"])
    assert not any(state(each) for each in left)
    assert reply.body["operation_id"] is not None
    again = undo(first["operation_id"], **query)
    assert {each["id"] for each in again["undone"]} == left.keys()


def test_no_time_at_all_undoes_nothing(dynamodb_deployment: Deployment) -> None:
    made = bulk(shifts(3))
    dynamodb_deployment.record()
    before = dynamodb_deployment.calendars()
    reply = ADA("POST", f"/operations/{made['operation_id']}/undo", context=Context(milliseconds=1_000))
    assert (reply.status, reply.body["operation_id"], len(reply.body["left"])) == (200, None, 3)
    assert dynamodb_deployment.calendars() == before


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


@contextmanager
def refused(deployment: Deployment, event_id: str, answer: Callable[[], AWSResponse]) -> Iterator[None]:
    """Let `answer` answer each UpdateItem of the event in the database's stead."""

    def hook(request: Any, **_: Any) -> AWSResponse | None:
        return answer() if event_id.encode() in request.body else None

    events: Any = deployment.runtime.clients.dynamodb.meta.events
    events.register("before-send.dynamodb.UpdateItem", hook)
    try:
        yield
    finally:
        events.unregister("before-send.dynamodb.UpdateItem", hook)


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("ThrottlingException", "nothing was written"),
        ("ItemCollectionSizeLimitExceededException", "the calendar is full"),
    ],
)
def test_one_that_the_database_refuses_does_not_hide_the_others(
    dynamodb_deployment: Deployment, code: str, detail: str
) -> None:
    made = bulk(shifts(4))
    dynamodb_deployment.record()
    one = made["items"][1]["id"]
    clock = Clock(seconds_per_look=1.0)
    runtime = replace(dynamodb_deployment.runtime, monotonic=clock.monotonic, sleep=clock.sleep)
    with use(runtime), refused(dynamodb_deployment, one, lambda: refusal(code)):
        answer = ask(made["operation_id"], context=Context(milliseconds=30_000)).body
    assert len(answer["undone"]) == 3
    (left,) = answer["left"]
    assert left["id"] == one
    assert detail in left["detail"]


@pytest.mark.parametrize(
    ("failure", "named"), [("not written: the database was too busy", False), (ANSWER_LOST, True)], ids=["not", "lost"]
)
def test_a_bulk_that_wrote_nothing_names_no_operation(
    dynamodb_deployment: Deployment, monkeypatch: pytest.MonkeyPatch, failure: str, named: bool
) -> None:
    def fail(_: object, events: list[Any], *_more: object) -> dict[str, str]:
        return {event.id: failure for event in events}

    monkeypatch.setattr("shared.store.bulk.DynamoBulkStore.put_all", fail)
    reply = ADA("POST", "/events/bulk", {"events": shifts(3)})
    check("POST", "/events/bulk", reply)
    assert (reply.status, reply.body["created"]) == (207, 0)
    assert (reply.body["operation_id"] is not None) is named
    assert dynamodb_deployment.events() == []


@pytest.mark.parametrize(
    ("body", "query", "field"),
    [
        ({"why": "x"}, {}, "why"),
        ({"reason": "\x00"}, {}, "reason"),
        ({"reason": 1}, {}, "reason"),
        ({}, {"on_conflict": "replace"}, "on_conflict"),
        ({}, {"dry_run": "perhaps"}, "dry_run"),
    ],
)
def test_what_is_not_understood_is_refused(
    dynamodb_deployment: Deployment, body: Json, query: dict[str, Any], field: str
) -> None:
    made = bulk(shifts(1))
    dynamodb_deployment.record()
    reply = ask(made["operation_id"], body, LONG, **query)
    assert (reply.status, reply.fields) == (422, [field])
    assert state(made["items"][0]["id"]) is not None


def test_a_body_without_a_reason_is_as_good_as_none(dynamodb_deployment: Deployment) -> None:
    made = bulk(shifts(1))
    dynamodb_deployment.record()
    assert len(undo(made["operation_id"], {}, dry_run="true")["undone"]) == 1
    assert len(undo(made["operation_id"], {"reason": None})["undone"]) == 1
