"""The client's own name for an event: kept, found, and given once."""

from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, GRACE, REVIEW


@pytest.mark.parametrize("uid", ["a", "ä" * 127, "x" * 255, "{1} @ home", "\U0001f600"])
def test_a_uid_is_kept_as_it_is_and_found(dynamodb_deployment: Deployment, uid: str) -> None:
    made = ADA("POST", "/events", {**REVIEW, "uid": uid}).body
    assert made["uid"] == uid
    assert ADA("GET", f"/events/{made['id']}").body == made
    assert ADA("GET", "/events", uid=uid).body == {"items": [made], "next_cursor": None}
    assert ADA("GET", "/events", uid=f"{uid[:-1]}Z").body == {"items": [], "next_cursor": None}
    assert GRACE("GET", "/events", uid=uid).body["items"] == []
    dynamodb_deployment.clock.forward(seconds=1)
    ADA("PATCH", f"/events/{made['id']}", {"title": "Changed"})
    assert ADA("PUT", f"/events/{made['id']}", REVIEW).body["uid"] == uid
    dynamodb_deployment.record()
    (first, *_) = dynamodb_deployment.versions()
    path = f"/events/{made['id']}/history/{first['history_id']['S']}"
    assert ADA("GET", path).body["event"] == made
    ADA("DELETE", f"/events/{made['id']}")
    assert ADA("GET", "/events", uid=uid).body["items"] == []


@pytest.mark.parametrize("uid", ["", " ", "x" * 256, "ä" * 128, "a\nb", "a\x00", "\x85", "\x7f", 4711, ["a"], True])
def test_a_uid_that_is_none_is_refused(deployment: Deployment, uid: Any) -> None:
    assert ADA("POST", "/events", {**REVIEW, "uid": uid}).fields == ["uid"]
    assert ADA("POST", "/events/bulk", {"events": [{**REVIEW, "uid": uid}]}).fields == ["events[0].uid"]
    if isinstance(uid, str):
        assert ADA("GET", "/events", uid=uid).fields == ["uid"]
    assert deployment.calendars() == []


@pytest.mark.parametrize("name", ["from", "to", "limit", "cursor", "as_of"])
def test_a_uid_is_looked_up_alone(deployment: Deployment, name: str) -> None:
    made = ADA("POST", "/events", {**REVIEW, "uid": "1"})
    value = {"limit": "10", "cursor": "x"}.get(name, made.body["created_at"].replace(".000", ""))
    answer = ADA("GET", "/events", **{"uid": "1", name: value})
    assert (answer.status, answer.fields) == (422, [name])
    assert len(deployment.events()) == 1


def test_only_creations_take_a_uid(deployment: Deployment) -> None:
    made = ADA("POST", "/events", {**REVIEW, "uid": "1"}).body
    for method in ("PUT", "PATCH"):
        assert ADA(method, f"/events/{made['id']}", {**REVIEW, "uid": "2"}).status == 422
    assert [item["uid"]["S"] for item in deployment.events()] == ["1"]
