"""Bulk creation over its route: all that was asked for is written, or named as not written."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from unittest.mock import Mock

import pytest

from tests.harness.deployment import Deployment
from tests.harness.gateway import Context
from tests.harness.payloads import ADA, GRACE, REVIEW, created, send
from tests.harness.samples import OWNER

WRITE = "before-call.dynamodb.BatchWriteItem"
Answer = tuple[Any, dict[str, Any]]


def shifts(count: int) -> dict[str, Any]:
    return {"events": [{**REVIEW, "title": f"Shift {number}"} for number in range(count)]}


@contextmanager
def database_answers(deployment: Deployment, answer: Callable[[dict[str, Any]], Answer | None]) -> Iterator[None]:
    """Let `answer` answer each BatchWriteItem, given its request, in the database's stead; None lets it through."""

    def hook(params: dict[str, Any], **_: Any) -> Answer | None:
        return answer(params)

    hooks: Any = deployment.runtime.clients.dynamodb_once.meta.events
    hooks.register(WRITE, hook)
    try:
        yield
    finally:
        hooks.unregister(WRITE, hook)


def test_the_payload_creates_events(deployment: Deployment) -> None:
    reply = send("bulk_create")
    assert reply.status == 201
    body = reply.body
    assert body["created"] == 5
    assert [item["index"] for item in body["items"]] == [0, 1, 2, 3, 4]
    assert all(item.keys() == {"index", "id", "history_id"} for item in body["items"])
    stored = {item["id"]["S"]: item for item in deployment.events()}
    for number, item in enumerate(body["items"], 1):
        event = ADA("GET", f"/events/{item['id']}").body
        assert (event["title"], event["version"], event["history_id"]) == (f"Shift {number}", 1, item["history_id"])
        assert event["calendar_id"] == event["created_by"] == event["updated_by"] == OWNER
        assert stored[item["id"]]["operation_id"]["S"] == body["operation_id"]
        assert stored[item["id"]]["change_type"]["S"] == "create"


@pytest.mark.parametrize("count", [1, 25, 26, 1_000])
def test_each_event_is_created_once_and_answered_in_order(deployment: Deployment, count: int) -> None:
    reply = ADA("POST", "/events/bulk", shifts(count))
    assert (reply.status, reply.body["created"]) == (201, count)
    titles = {item["id"]["S"]: item["title"]["S"] for item in deployment.events()}
    assert [titles[item["id"]] for item in reply.body["items"]] == [f"Shift {number}" for number in range(count)]
    assert len({item["history_id"] for item in reply.body["items"]}) == count


def test_conflicts_are_not_looked_for_and_fences_stand_still(deployment: Deployment) -> None:
    created()
    before = [item for item in deployment.calendars() if item["sk"]["S"].startswith("FENCE#")]
    assert ADA("POST", "/events/bulk", shifts(3)).status == 201
    assert [item for item in deployment.calendars() if item["sk"]["S"].startswith("FENCE#")] == before
    assert len(ADA("POST", "/events", REVIEW).body["conflicts"]) == 4


def test_nobody_else_sees_them(deployment: Deployment) -> None:
    made = ADA("POST", "/events/bulk", shifts(1)).body["items"][0]
    assert GRACE("GET", f"/events/{made['id']}").status == 404
    assert {item["pk"]["S"] for item in deployment.events()} == {f"CAL#{OWNER}"}


def unprocessed(params: dict[str, Any]) -> Answer:
    """All that was asked for is refused for load."""
    return Mock(status_code=HTTPStatus.OK), {"UnprocessedItems": json.loads(params["body"])["RequestItems"]}


def test_what_the_database_refuses_for_load_is_put_again(deployment: Deployment) -> None:
    refused: list[int] = []

    def twice(params: dict[str, Any]) -> Answer | None:
        refused.append(1)
        return unprocessed(params) if len(refused) <= 2 else None

    with database_answers(deployment, twice):
        reply = ADA("POST", "/events/bulk", shifts(3))
    assert (reply.status, reply.body["created"], len(refused)) == (201, 3, 3)
    assert len(deployment.events()) == 3


def test_what_could_not_be_written_in_time_is_named_and_is_not_there(deployment: Deployment) -> None:
    def one_chunk(params: dict[str, Any]) -> Answer | None:
        return unprocessed(params) if b"Shift 30" in params["body"] else None

    with database_answers(deployment, one_chunk):
        reply = ADA("POST", "/events/bulk", shifts(60), context=Context(milliseconds=2_100))
    assert (reply.status, reply.body["created"]) == (207, 35)
    outcomes = {item["index"]: (item["status"], item["detail"]) for item in reply.body["items"]}
    late = range(25, 50)
    assert {index for index, (status, _) in outcomes.items() if status != 201} == set(late)
    assert outcomes[30] == (503, "not written: the database was too busy")
    assert outcomes[0] == (201, "created")
    titles = {item["title"]["S"] for item in deployment.events()}
    assert titles == {f"Shift {number}" for number in range(60) if number not in late}


@pytest.mark.parametrize("code", ["ThrottlingException", "ProvisionedThroughputExceededException"])
def test_a_call_that_is_throttled_is_made_again(deployment: Deployment, code: str) -> None:
    calls: list[int] = []

    def once(_: dict[str, Any]) -> Answer | None:
        calls.append(1)
        refusal = Mock(status_code=HTTPStatus.BAD_REQUEST), {"Error": {"Code": code, "Message": "slow down"}}
        return refusal if len(calls) == 1 else None

    with database_answers(deployment, once):
        reply = ADA("POST", "/events/bulk", shifts(2))
    assert (reply.status, len(calls), len(deployment.events())) == (201, 2, 2)
