"""Bulk creation while something happens between it and the database."""

import time
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from shared.store import keys
from tests.harness.botocore_faults import Wire, refusal
from tests.harness.deployment import Deployment
from tests.harness.gateway import Context, Reply
from tests.harness.openapi_document import check
from tests.harness.payloads import ADA, REVIEW
from tests.harness.samples import OWNER

NAMED = {**REVIEW, "uid": "4711@example.com"}


def bulk(*events: dict[str, Any], query: str = "", **more: Any) -> Reply:
    answer = ADA("POST", f"/events/bulk{query}", {"events": list(events)}, **more)
    check("POST", "/events/bulk", answer)
    return answer


def test_a_tombstone_that_is_removed_meanwhile_is_in_nobodys_way(dynamodb_deployment: Deployment, wire: Wire) -> None:
    made = bulk(NAMED).body["items"][0]["id"]
    assert ADA("DELETE", f"/events/{made}").status == 204
    dynamodb_deployment.clock.forward(days=31)
    table = dynamodb_deployment.runtime.settings.events_table

    def remove() -> None:
        dynamodb_deployment.runtime.clients.dynamodb.delete_item(TableName=table, Key=keys.event_key(OWNER, made))

    wire.before("PutItem", remove)
    wire.calls.clear()
    again = bulk(NAMED)
    assert (again.status, again.body["items"][0]["id"]) == (201, made)
    assert wire.calls["PutItem"] == 2
    assert ADA("GET", f"/events/{made}").body["history_id"] == again.body["items"][0]["history_id"]


def test_a_slow_look_at_conflicts_leaves_time_for_the_writes(dynamodb_deployment: Deployment, wire: Wire) -> None:
    apart = [
        {"title": "Shift", "start": f"2027-{month:02d}-01T08:00:00Z", "end": f"2027-{month:02d}-01T09:00:00Z"}
        for month in range(1, 9)
    ]

    def slow(_: AWSPreparedRequest) -> None:
        time.sleep(0.1)

    wire.always["Query"] = slow
    answer = bulk(*apart, query="?conflicts=report", context=Context(milliseconds=3_500))
    wire.always.clear()
    assert (answer.status, answer.body["created"]) == (201, 8)
    assert answer.body["conflicts"] == {"within": [], "calendar": [], "complete": False}
    assert len(dynamodb_deployment.events()) == 8
    assert bulk(*apart, query="?conflicts=report").body["conflicts"]["complete"]


def test_a_preview_of_an_undo_tells_of_a_busy_database_in_plain_words(
    dynamodb_deployment: Deployment, wire: Wire
) -> None:
    made = bulk({**REVIEW, "uid": "1"}).body
    assert ADA("DELETE", f"/events/{made['items'][0]['id']}").status == 204
    records = dynamodb_deployment.record()
    operation = records[-1]["dynamodb"]["NewImage"]["operation_id"]["S"]
    wire.always["Query"] = wire.always["BatchGetItem"] = lambda _: None
    seen = ADA("POST", f"/operations/{operation}/undo?dry_run=true")
    assert (seen.status, len(seen.body["undone"])) == (200, 1)
    wire.always = {"GetItem": lambda _: refusal("ThrottlingException")}
    left = ADA("POST", f"/operations/{operation}/undo?dry_run=true").body["left"]
    assert [each["detail"] for each in left] == ["the database could not serve this request now: try again"]
