"""A calendar that holds as much as the database allows: every write that reaches it is a 507, as the reference says."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.harness.botocore_faults import cancelled, refusal
from tests.harness.deployment import Deployment
from tests.harness.openapi_document import check, operations
from tests.harness.payloads import ADA, LATER, REVIEW, created

EVENT = "/events/{event_id}"
FULL = "ItemCollectionSizeLimitExceeded"
WRITES: dict[tuple[str, str], Any] = {
    ("POST", "/events"): {**REVIEW, **LATER},
    ("POST", "/events/bulk"): {"events": [REVIEW]},
    ("PUT", EVENT): {**REVIEW, **LATER},
    ("PATCH", EVENT): {"title": "New"},
    ("DELETE", EVENT): None,
    ("POST", f"{EVENT}/rollback"): None,  # to the first version
    ("POST", f"{EVENT}/move"): None,  # to another calendar of hers
}


def test_the_reference_names_it_where_it_can_happen() -> None:
    named = {route for route, operation in operations().items() if "507" in operation["responses"]}
    assert named == {
        (method, f"{prefix}{path}") for method, path in WRITES for prefix in ("", "/calendars/{calendar_id}")
    }


@contextmanager
def full(deployment: Deployment) -> Iterator[None]:
    """Let the database refuse every write in the block, as it does where a local index has no room left."""
    answers: dict[str, Any] = {
        "PutItem": lambda **_: refusal(f"{FULL}Exception"),
        "UpdateItem": lambda **_: refusal(f"{FULL}Exception"),
        "TransactWriteItems": lambda **_: cancelled(FULL, "None"),
    }
    events: Any = deployment.runtime.clients.dynamodb.meta.events
    for operation, answer in answers.items():
        events.register(f"before-send.dynamodb.{operation}", answer)
    try:
        yield
    finally:
        for operation, answer in answers.items():
            events.unregister(f"before-send.dynamodb.{operation}", answer)


@pytest.mark.parametrize(("method", "resource"), WRITES)
def test_a_write_into_a_full_calendar_is_a_507(dynamodb_deployment: Deployment, method: str, resource: str) -> None:
    event = created(REVIEW)
    ADA("PATCH", f"/events/{event['id']}", {"title": "Second"})
    dynamodb_deployment.record()
    body = WRITES[method, resource]
    if resource.endswith("/rollback"):
        body = {"history_id": event["history_id"]}
    if resource.endswith("/move"):
        body = {"to": ADA("POST", "/calendars", {"name": "Team", "kind": "team"}).body["id"]}
    # Under a key a bulk creation writes first of all that it is at work.
    headers = {"Idempotency-Key": '"one"'} if resource.endswith("/bulk") else None
    with full(dynamodb_deployment):
        reply = ADA(method, resource.replace("{event_id}", event["id"]), body, headers=headers)
    assert (reply.status, reply.body["type"]) == (507, "/problems/calendar-full")
    check(method, resource, reply)
