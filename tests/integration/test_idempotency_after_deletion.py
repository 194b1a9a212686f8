"""What becomes of a creation's key or uid when its event is deleted, and when it is gone."""

from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, LATER, REVIEW
from tests.integration.creation_requests import REPLAY, named, same_answer, send


def test_a_key_is_answered_after_the_event_was_deleted_and_a_uid_is_refused(dynamodb_deployment: Deployment) -> None:
    for how in ("key", "uid"):
        first = send(REVIEW, how)
        assert ADA("DELETE", f"/events/{first.body['id']}").status == 204
        dynamodb_deployment.record()
        again = send(REVIEW, how)
        if how == "key":
            same_answer(first, again)
        else:
            assert (again.status, again.fields) == (422, ["uid"])
            assert first.body["id"] in again.text
            assert "restore" in again.text
        assert ADA("GET", f"/events/{first.body['id']}").status == 404


@named
def test_when_a_deleted_event_is_gone_its_name_is_free_and_its_versions_go_on(
    dynamodb_deployment: Deployment, how: str
) -> None:
    first = send(REVIEW, how)
    ADA("DELETE", f"/events/{first.body['id']}")
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(days=31)
    other = {**REVIEW, "title": "Anew"}
    again = send(other, how)
    assert (again.status, again.body["id"], again.body["version"]) == (201, first.body["id"], 3)
    assert REPLAY not in again.headers
    (item,) = dynamodb_deployment.events()
    assert "expires_at" not in item
    dynamodb_deployment.clock.forward(seconds=1)
    ADA("PATCH", f"/events/{first.body['id']}", {"title": "Changed"})
    dynamodb_deployment.record()
    same_answer(again, send(other, how))
    history = ADA("GET", f"/events/{first.body['id']}/history").body
    assert [version["version"] for version in history["items"]] == [4, 3, 2, 1]
    assert history["pending"] == []


@named
@pytest.mark.parametrize("removed", [False, True], ids=["tombstone", "removed"])
@pytest.mark.parametrize("times", [{}, LATER], ids=["same time", "later"])
def test_a_calendar_as_of_shows_the_first_event_of_a_name_until_it_is_erased(
    dynamodb_deployment: Deployment, how: str, removed: bool, times: dict[str, str]
) -> None:
    first = send(REVIEW, how).body
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(seconds=10)
    ADA("DELETE", f"/events/{first['id']}")
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(days=31)
    runtime = dynamodb_deployment.runtime
    if removed:
        (item,) = dynamodb_deployment.events()
        key = {name: item[name] for name in ("pk", "sk")}
        runtime.clients.dynamodb.delete_item(TableName=runtime.settings.events_table, Key=key)

    def listed(as_of: str) -> list[Any]:
        items: list[Any] = ADA("GET", f"/events?from=2027-03-01T00:00:00Z&as_of={as_of}").body["items"]
        assert [ADA("GET", f"/events/{each['id']}", as_of=as_of).body for each in items] == items
        return items

    assert listed(first["created_at"]) == [first]
    again = send({**REVIEW, "title": "Anew", **times}, how).body
    assert again["id"] == first["id"]
    dynamodb_deployment.record()
    # The versions of the first event are erased with what was left of it.
    assert listed(first["created_at"]) == ([] if removed else [first])
    assert listed(again["created_at"]) == [again]


def test_when_the_database_has_removed_it_the_first_of_the_new_versions_is_answered(
    dynamodb_deployment: Deployment,
) -> None:
    first = send(REVIEW)
    ADA("DELETE", f"/events/{first.body['id']}")
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(days=31)
    (item,) = dynamodb_deployment.events()
    key = {name: item[name] for name in ("pk", "sk")}
    dynamodb_deployment.runtime.clients.dynamodb.delete_item(
        TableName=dynamodb_deployment.runtime.settings.events_table, Key=key
    )
    again = send(REVIEW)
    assert again.body["version"] == 1
    dynamodb_deployment.clock.forward(seconds=1)
    ADA("PATCH", f"/events/{first.body['id']}", {"title": "Changed"})
    dynamodb_deployment.record()
    same_answer(again, send(REVIEW))
