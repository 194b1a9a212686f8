"""A bulk creation under a key is done once."""

from dataclasses import replace
from typing import Any

import pytest

from shared.runtime import use
from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.payloads import ADA, ALLOW, GRACE, LATER, REVIEW
from tests.harness.samples import END, START
from tests.integration.bulk_requests import BAD, KEY, bulk, named


def test_without_a_key_a_request_is_another_one(deployment: Deployment) -> None:
    assert bulk(REVIEW).body["items"] != bulk(REVIEW).body["items"]
    assert len(deployment.events()) == 2


@pytest.mark.parametrize("query", ["", "?on_invalid=skip", "?conflicts=report"])
def test_under_a_key_the_answer_is_the_same(deployment: Deployment, query: str) -> None:
    events = [REVIEW, named("1"), {**REVIEW, **LATER}]
    if "skip" in query:
        events.append(BAD)
    first = bulk(*events, query=query, headers=KEY)
    assert "Idempotent-Replay" not in first.headers
    deployment.clock.forward(seconds=1)
    for item in first.body["items"][:2]:
        assert ADA("PATCH", f"/events/{item['id']}", {"location": "Room 5"}).status == 200
    assert ADA("DELETE", f"/events/{first.body['items'][2]['id']}").status == 204
    before = deployment.calendars()
    again = bulk(*events, query=query, headers=KEY)
    assert (again.status, again.headers["Idempotent-Replay"]) == (first.status, "true")
    assert again.body == first.body
    assert deployment.calendars() == before


@pytest.mark.parametrize(
    ("events", "query"),
    [
        ([REVIEW], ""),
        ([{**REVIEW, "title": "x"}, REVIEW], ""),
        ([REVIEW, named("1")], ""),
        ([REVIEW] * 2, "?on_invalid=skip"),
    ],
)
def test_another_request_of_the_same_key_is_refused(deployment: Deployment, events: list[Any], query: str) -> None:
    first = bulk(REVIEW, REVIEW, headers=KEY)
    before = deployment.calendars()
    refused = bulk(*events, query=query, headers=KEY)
    assert (refused.status, refused.body["type"]) == (422, "/problems/idempotency-key-reused")
    assert first.body["operation_id"] in refused.text
    assert deployment.calendars() == before
    assert GRACE("POST", "/events/bulk", {"events": events}, headers=KEY).status == 201


def test_a_reason_is_part_of_a_request(deployment: Deployment) -> None:
    def send_for(reason: str) -> Reply:
        return ADA("POST", "/events/bulk", {"events": [REVIEW], "reason": reason}, headers=KEY)

    first = send_for("the rota")
    assert send_for("the rota").body == first.body
    assert send_for("another rota").status == 422
    assert [item["reason"]["S"] for item in deployment.events()] == ["the rota"]


def test_a_key_is_of_one_route(deployment: Deployment) -> None:
    single = ADA("POST", f"/events{ALLOW}", REVIEW, headers=KEY).body
    many = bulk(REVIEW, headers=KEY)
    assert (many.status, "Idempotent-Replay" in many.headers) == (201, False)
    assert ADA("GET", f"/events/{single['id']}").body == single
    assert len(deployment.events()) == 2


def test_a_key_ends_before_an_event_that_it_made_can_be_gone(deployment: Deployment) -> None:
    first = bulk(REVIEW, REVIEW, headers=KEY)
    (claim,) = [item for item in deployment.calendars() if item["sk"]["S"].startswith("KEY#")]
    now = deployment.clock() // 1_000_000_000
    assert int(claim["expires_at"]["N"]) == now + 14 * 86_400
    ADA("DELETE", f"/events/{first.body['items'][0]['id']}")
    deployment.clock.forward(days=13)
    assert bulk(REVIEW, REVIEW, headers=KEY).body == first.body
    deployment.clock.forward(days=1)
    anew = bulk(REVIEW, REVIEW, headers=KEY)
    assert "Idempotent-Replay" not in anew.headers
    ids = {item["id"] for answer in (first, anew) for item in answer.body["items"]}
    assert len(ids) == 4, "the events of before are not written over"
    assert {item["id"]["S"] for item in deployment.events()} == ids


def test_where_deleted_events_are_kept_for_a_day_so_is_a_key(deployment: Deployment) -> None:
    runtime = deployment.runtime
    with use(replace(runtime, settings=replace(runtime.settings, deleted_seconds=86_400))):
        bulk(REVIEW, headers=KEY)
    (claim,) = [item for item in deployment.calendars() if item["sk"]["S"].startswith("KEY#")]
    assert int(claim["expires_at"]["N"]) == deployment.clock() // 1_000_000_000 + 86_400


def test_a_bulk_undone_is_not_done_again_under_its_key(dynamodb_deployment: Deployment) -> None:
    first = bulk(REVIEW, REVIEW, headers=KEY)
    dynamodb_deployment.record()
    undone = ADA("POST", f"/operations/{first.body['operation_id']}/undo").body
    assert len(undone["undone"]) == 2
    assert bulk(REVIEW, REVIEW, headers=KEY).body == first.body
    assert ADA("GET", f"/events?from={START}&to={END}").body["items"] == []
