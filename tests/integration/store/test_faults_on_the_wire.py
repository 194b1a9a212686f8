"""What a caller is answered when a call to the database fails: each fault of each call that the routes make."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from shared.ids import default_calendar
from shared.runtime import use
from shared.scheduling.fences import FENCES, fence_names
from shared.scheduling.instants import Instant
from shared.scheduling.intervals import Interval
from shared.store import keys
from shared.store.client import Clients
from tests.harness.botocore_faults import FAULTS, Document, Wire, document, refusal, refused, reply
from tests.harness.clock import Clock
from tests.harness.deployment import Deployment
from tests.harness.gateway import Context, Reply
from tests.harness.payloads import ADA, ALLOW, LATER, REVIEW, created
from tests.integration.store.stored import item_of

Call = Callable[[dict[str, Any]], Reply]

SOME_TRIES = 3  # those that the SDK makes of one call
LONG = Context(milliseconds=600_000)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's own pauses take no time."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def event(made: dict[str, Any]) -> str:
    return f"/events/{made['id']}"


def create(made: dict[str, Any]) -> Reply:
    """Another event, beside the one that is there."""
    del made
    return ADA("POST", "/events", {**REVIEW, **LATER}, context=LONG)


WRITES: dict[str, tuple[str, int, Call]] = {
    "create, fences": ("BatchGetItem", 201, create),
    "create, overlaps": ("Query", 201, create),
    "create, commit": ("TransactWriteItems", 201, create),
    "create beside": ("PutItem", 201, lambda _: ADA("POST", f"/events{ALLOW}", REVIEW, context=LONG)),
    "patch": ("UpdateItem", 200, lambda made: ADA("PATCH", event(made), {"title": "x"}, context=LONG)),
    "delete": ("UpdateItem", 204, lambda made: ADA("DELETE", event(made), context=LONG)),
    "move": ("TransactWriteItems", 200, lambda made: ADA("PATCH", event(made), LATER, context=LONG)),
    "bulk": ("BatchWriteItem", 201, lambda _: ADA("POST", "/events/bulk", {"events": [REVIEW]}, context=LONG)),
}


@pytest.mark.parametrize("route", WRITES)
def test_a_write_that_fails_for_a_while_is_made_once(dynamodb_deployment: Deployment, wire: Wire, route: str) -> None:
    operation, status, call = WRITES[route]
    for name, fault in FAULTS.items():
        before = {item["sk"]["S"] for item in dynamodb_deployment.events()}
        made = created({**REVIEW, "title": name}, ALLOW)
        dynamodb_deployment.clock.forward(seconds=1)
        for _ in range(1 if operation == "BatchWriteItem" else SOME_TRIES):
            wire.then(operation, fault)
        assert call(made).status == status, name
        new = [item for item in dynamodb_deployment.events() if item["sk"]["S"] not in before]
        versions = sorted(int(item["version"]["N"]) for item in new)
        assert versions == ([1, 1] if status == 201 else [2]), name
        for item in new:
            ADA("DELETE", f"/events/{item['id']['S']}")


def overtake(deployment: Deployment, wire: Wire, made: dict[str, Any], status: int) -> None:
    """Let the next revision end in a server error, and a rival's come before the SDK's repetition."""

    def failed_and_overtaken(_: AWSPreparedRequest) -> AWSResponse:
        deployment.clock.forward(seconds=1)
        assert ADA("PATCH", event(made), {"title": "theirs"}).status == 200
        return refusal("InternalServerError", status)

    wire.then("UpdateItem", failed_and_overtaken)


@pytest.mark.parametrize(
    "call",
    [
        lambda made: ADA("PATCH", event(made), {"title": "mine"}, context=LONG),
        lambda made: ADA("DELETE", event(made), context=LONG),
    ],
    ids=["patch", "delete"],
)
def test_a_server_error_that_is_followed_by_a_rival_leaves_the_outcome_unknown(
    dynamodb_deployment: Deployment, wire: Wire, call: Call
) -> None:
    """The write may have been made before the rival's, so it must not be made again behind it."""
    for status in (500, 502, 503, 504):
        made = created(query=ALLOW)
        overtake(dynamodb_deployment, wire, made, status)
        answer = call(made)
        assert (answer.status, answer.body["title"]) == (503, "Outcome unknown"), status
        item = item_of(dynamodb_deployment, made["id"])
        assert (item["title"], item["version"]) == ({"S": "theirs"}, {"N": "2"}), status


@pytest.mark.parametrize(
    ("known", "removed"),
    [(False, False), (True, False), (True, True)],
    ids=["a new fence, moved", "a fence, moved", "a fence, moved and removed"],
)
def test_a_fence_that_is_not_as_it_was_read_stops_the_write(
    dynamodb_deployment: Deployment, dynamodb_endpoint: str, wire: Wire, known: bool, removed: bool
) -> None:
    if known:
        assert ADA("DELETE", event(created())).status == 204
    rival = replace(dynamodb_deployment.runtime, clients=Clients(dynamodb_endpoint))  # not on the wire

    def take_the_time() -> None:
        with use(rival):
            created({**REVIEW, "title": "theirs"})
        if removed:
            (name,) = fence_names(Interval(Instant(REVIEW["start"]), Instant(REVIEW["end"])))
            key = keys.fence_key(default_calendar(ADA.user_id), name)
            rival.clients.dynamodb.delete_item(TableName=rival.settings.events_table, Key=key)

    wire.before("TransactWriteItems", take_the_time)
    answer = ADA("POST", "/events", REVIEW, context=LONG)
    assert answer.status == 409
    live = [item["title"]["S"] for item in dynamodb_deployment.events() if item["change_type"] != {"S": "delete"}]
    assert live == ["theirs"]


def test_fences_are_read_on_as_long_as_each_answer_brings_one(dynamodb_deployment: Deployment, wire: Wire) -> None:
    year = {"start": "2027-03-07T23:59:59Z", "end": "2028-03-07T23:59:59Z"}

    def one_key(request: AWSPreparedRequest) -> AWSResponse:
        wanted = document(request.body)["RequestItems"]
        table, asked = next(iter(wanted.items()))
        body = json.dumps({"RequestItems": {table: {**asked, "Keys": asked["Keys"][:1]}}}).encode()
        request.body = body
        request.headers["Content-Length"] = str(len(body))
        answer: Document = document(wire.send(request).content)
        left = {**wanted, table: {**asked, "Keys": asked["Keys"][1:]}}
        return reply(200, {**answer, "UnprocessedKeys": {name: each for name, each in left.items() if each["Keys"]}})

    wire.always["BatchGetItem"] = one_key
    wire.calls.clear()
    assert ADA("POST", "/events", {**REVIEW, **year}).status == 201
    # The fences, and what the calendar holds.
    assert (wire.calls["BatchGetItem"], wire.calls["TransactWriteItems"]) == (FENCES + 1, 1)
    assert len(dynamodb_deployment.events()) == 1


@pytest.mark.parametrize("fault", ["500", "503", "lost", "cut short"])
def test_a_batch_of_new_events_is_not_sent_again_as_it_was(
    dynamodb_deployment: Deployment, wire: Wire, fault: str
) -> None:
    """It carries no condition: arriving late, it would overwrite what came after it."""
    wire.then("BatchWriteItem", FAULTS[fault])
    wire.order.clear()
    assert ADA("POST", "/events/bulk", {"events": [REVIEW]}).status == 201
    counting = {"GetItem", "UpdateItem"}  # what the calendar holds, and the user's bulk requests
    assert [call for call in wire.order if call not in counting] == ["BatchWriteItem", "BatchGetItem", "PutItem"]
    assert len(dynamodb_deployment.events()) == 1


@pytest.mark.parametrize("full", [1, 2], ids=["for some", "for all"])
def test_a_bulk_that_fills_a_calendar_tells_what_is_written(
    dynamodb_deployment: Deployment, wire: Wire, full: int
) -> None:
    for _ in range(full):
        wire.then("BatchWriteItem", refused("ItemCollectionSizeLimitExceededException"))
    answer = ADA("POST", "/events/bulk", {"events": [REVIEW] * 30}, context=LONG)
    assert answer.status == 207
    stored = {item["id"]["S"] for item in dynamodb_deployment.events()}
    items = answer.body["items"]
    assert {each["id"] for each in items if each["status"] == 201} == stored
    left = [each for each in items if each["status"] != 201]
    assert len(left) == 30 - len(stored)
    assert len(stored) in ({5, 25} if full == 1 else {0})
    assert all("full" in json.dumps(each) for each in left)


def test_an_event_of_a_bulk_that_is_not_written_is_told_with_its_reason(
    dynamodb_deployment: Deployment, wire: Wire
) -> None:
    """An event with a uid is written by itself, under a condition; its repetition under the same key completes it."""
    key = {"Idempotency-Key": "4711"}
    body = {"events": [REVIEW, {**REVIEW, "title": "by itself", "uid": "4711@example.com"}]}

    def refuse(request: AWSPreparedRequest) -> AWSResponse | None:
        return refusal("ThrottlingException") if "by itself" in json.dumps(document(request.body)) else None

    wire.always["PutItem"] = refuse
    clock = Clock()
    with use(replace(dynamodb_deployment.runtime, monotonic=clock.monotonic, sleep=clock.sleep)):
        answer = ADA("POST", "/events/bulk", body, headers=key, context=LONG)
    assert answer.status == 207
    assert [each["status"] for each in answer.body["items"]] == [201, 503]
    assert answer.body["items"][1]["detail"] == "not written: the database was too busy"
    assert [item["title"] for item in dynamodb_deployment.events()] == [{"S": "Review"}]
    wire.always.clear()
    dynamodb_deployment.clock.forward(seconds=900)
    assert ADA("POST", "/events/bulk", body, headers=key, context=LONG).status == 201
    assert sorted(item["title"]["S"] for item in dynamodb_deployment.events()) == ["Review", "by itself"]


def test_an_operation_is_undone_beyond_the_first_page_of_its_versions(
    dynamodb_deployment: Deployment, wire: Wire
) -> None:
    made = ADA("POST", "/events/bulk", {"events": [REVIEW] * 5}).body
    dynamodb_deployment.record()

    def two_of_an_operation(request: Document) -> None:
        if request.get("IndexName") == "by_operation":
            request["Limit"] = 2

    wire.rewrite("Query", two_of_an_operation)
    answer = ADA("POST", f"/operations/{made['operation_id']}/undo", context=LONG).body
    assert (len(answer["undone"]), answer["left"], answer["missing"]) == (5, [], 0)
    assert all(item["change_type"] == {"S": "delete"} for item in dynamodb_deployment.events())
