"""Why a change was made: said with every change, and kept with the version that it made, and with no other."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.http.fields import MAX_REASON
from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.payloads import ADA, EVENT_ID, LATER, REVIEW, created, send

WHY = "caf\u00e9 & co: 100 % + 1"
Change = Callable[[Deployment, dict[str, Any], dict[str, Any]], Reply]


def body(method: str, path: str, fields: dict[str, Any]) -> Change:
    """A change of an event that takes its reason in the body."""
    return lambda _, event, why: ADA(method, path.format(**event), {**fields, **why})


def rollback(deployment: Deployment, event: dict[str, Any], why: dict[str, Any]) -> Reply:
    assert ADA("PATCH", f"/events/{event['id']}", {"title": "Between"}).status == 200
    deployment.record()
    return ADA("POST", f"/events/{event['id']}/rollback", {"history_id": event["history_id"], **why})


def restore(deployment: Deployment, event: dict[str, Any], why: dict[str, Any]) -> Reply:
    assert ADA("DELETE", f"/events/{event['id']}").status == 204
    deployment.record()
    return ADA("POST", f"/events/{event['id']}/rollback", {"history_id": event["history_id"], **why})


CHANGES: dict[str, Change] = {
    "create": body("POST", "/events", {**REVIEW, **LATER}),
    "bulk": lambda _, __, why: ADA("POST", "/events/bulk", {"events": [REVIEW, REVIEW], **why}),
    "replace": body("PUT", "/events/{id}", {**REVIEW, **LATER}),
    "replace no time": body("PUT", "/events/{id}", {**REVIEW, "title": "Renamed"}),
    "patch no time": body("PATCH", "/events/{id}", {"title": "Renamed"}),
    "patch one time": body("PATCH", "/events/{id}", {"end": LATER["end"]}),
    "patch both times": body("PATCH", "/events/{id}", LATER),
    "patch to transparent": body("PATCH", "/events/{id}", {"transparency": "transparent"}),
    "delete": lambda _, event, why: ADA("DELETE", f"/events/{event['id']}", **why),
    "rollback": rollback,
    "restore": restore,
}


def reasons(deployment: Deployment) -> list[Any]:
    """The reason of each version of each event, the oldest first, as the list of versions and the version tell it."""
    deployment.record()
    found = []
    for item in deployment.versions():
        event_id, history_id = item["id"]["S"], item["history_id"]["S"]
        listed = ADA("GET", f"/events/{event_id}/history").body["items"]
        (reason,) = (each["reason"] for each in listed if each["history_id"] == history_id)
        assert ADA("GET", f"/events/{event_id}/history/{history_id}").body["reason"] == reason
        found.append(reason)
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_kept_with_its_reason(dynamodb_deployment: Deployment, change: str) -> None:
    event = created()
    dynamodb_deployment.clock.forward(seconds=1)
    assert CHANGES[change](dynamodb_deployment, event, {"reason": WHY}).status in (200, 201, 204)
    first, *between = reasons(dynamodb_deployment)
    made = [WHY, WHY] if change == "bulk" else [WHY]
    assert (first, between) == (None, [None] * (len(between) - len(made)) + made)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("why", [{}, {"reason": ""}, {"reason": None}], ids=["absent", "empty", "null"])
def test_no_reason_is_none(dynamodb_deployment: Deployment, change: str, why: dict[str, Any]) -> None:
    if change == "delete":
        why = {name: value for name, value in why.items() if value is not None}  # a query has no null
    assert CHANGES[change](dynamodb_deployment, created(), why).status in (200, 201, 204)
    assert all("reason" not in item for item in dynamodb_deployment.events())


def test_the_next_change_does_not_take_the_reason_over(dynamodb_deployment: Deployment) -> None:
    event = created({**REVIEW, "reason": "0"})
    path = f"/events/{event['id']}"
    steps: list[tuple[str, str, dict[str, Any] | None]] = [
        ("PATCH", path, {"title": "1"}),
        ("PATCH", path, {"title": "2", "reason": "2"}),
        ("PUT", path, {**REVIEW, "title": "3"}),
        ("PUT", path, {**REVIEW, "title": "4", "reason": "4"}),
        ("PATCH", path, LATER),
        ("PATCH", path, {"title": "6", "reason": "6"}),
        ("DELETE", path, None),
        ("POST", f"{path}/rollback", {"history_id": event["history_id"], "reason": "8"}),
        ("DELETE", f"{path}?reason=9", None),
    ]
    for method, route, sent in steps:
        dynamodb_deployment.record()
        dynamodb_deployment.clock.forward(seconds=1)
        assert ADA(method, route, sent).status in (200, 204)
    assert reasons(dynamodb_deployment) == ["0", None, "2", None, "4", None, "6", None, "8", "9"]


def test_a_reason_alone_changes_nothing(deployment: Deployment) -> None:
    event = created()
    before = deployment.calendars()
    for method, sent in (
        ("PATCH", {}),
        ("PATCH", {"title": "Review"}),
        ("PATCH", {"end": event["end"]}),
        ("PUT", REVIEW),
    ):
        reply = ADA(method, f"/events/{event['id']}", {**sent, "reason": WHY})
        assert (reply.status, reply.body) == (200, event)
    back = {"history_id": event["history_id"], "reason": WHY}
    assert ADA("POST", f"/events/{event['id']}/rollback", back).body == {**event, "changed": False}
    assert deployment.calendars() == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_reason_is_as_long_everywhere(dynamodb_deployment: Deployment, change: str) -> None:
    why = "x" * MAX_REASON
    assert CHANGES[change](dynamodb_deployment, created(), {"reason": why}).status in (200, 201, 204)
    assert any(item.get("reason") == {"S": why} for item in dynamodb_deployment.events())


def test_the_payloads_say_why(deployment: Deployment) -> None:
    event = created()
    for name, why in (("patch_event", "room 4 has no screen"), ("delete_event", "cancelled")):
        assert send(name, {EVENT_ID: event["id"]}).status in (200, 204)
        (item,) = deployment.events()
        assert item["reason"] == {"S": why}
