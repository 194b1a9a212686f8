"""What an undo leaves and refuses, and why: what is gone, changed, unknown, not recorded yet, or out of time."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from shared import ids
from shared.runtime import use
from shared.scheduling.bulk_items import ANSWER_LOST
from tests.harness.botocore_faults import Wire, document, refusal
from tests.harness.clock import Clock
from tests.harness.deployment import Deployment
from tests.harness.gateway import Context
from tests.harness.openapi_document import check
from tests.harness.payloads import ADA, GRACE, REVIEW, created
from tests.integration.undo_requests import LONG, Json, ask, bulk, shifts, state, undo, versions


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
        Key={"pk": {"S": f"CAL#{event['calendar_id']}#EVENT#{event['id']}"}, "sk": {"S": first["history_id"]}},
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


def test_one_that_cannot_be_looked_at_does_not_hide_the_others(
    dynamodb_deployment: Deployment, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dry run reads what would be in the way, and repeats no read that fails."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    march, june = bulk([REVIEW, {**REVIEW, "start": "2027-06-01T09:00:00Z", "end": "2027-06-01T10:00:00Z"}])["items"]
    dynamodb_deployment.record()
    operation_id = undo(versions(march["id"])[0]["operation_id"])["operation_id"]
    dynamodb_deployment.record()
    before = dynamodb_deployment.calendars()

    def refuse(request: AWSPreparedRequest) -> AWSResponse | None:
        return refusal("ThrottlingException") if "2027-06-01T" in json.dumps(document(request.body)) else None

    wire.always["Query"] = refuse
    answer = undo(operation_id, dry_run="true")
    assert [each["id"] for each in answer["undone"]] == [march["id"]]
    assert answer["left"] == [{"id": june["id"], "detail": "the database could not serve this request now: try again"}]
    assert dynamodb_deployment.calendars() == before


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
