"""Bulk creations of events with uids: each event is created once."""

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, REVIEW
from tests.integration.bulk_requests import bulk, named, statuses


def test_an_event_with_a_uid_is_created_once(deployment: Deployment) -> None:
    first = bulk(named("1"), REVIEW, named("2"))
    assert (first.status, first.body["created"]) == (201, 3)
    again = bulk(named("1"), named("3"), named("2", title="Another"))
    assert statuses(again) == [200, 201, 422]
    items = again.body["items"]
    made = first.body["items"]
    assert items[0] == {**made[0], "status": 200, "detail": "was there before"}
    assert items[2]["errors"][0]["field"] == "uid"
    assert made[2]["id"] in items[2]["errors"][0]["message"]
    titles = sorted(item["title"]["S"] for item in deployment.events())
    assert titles == ["Review"] * 4
    sizes = {
        item["uid"]["S"]: item.get("operation_size", {"N": "1"})["N"] for item in deployment.events() if "uid" in item
    }
    assert sizes == {"1": "3", "2": "3", "3": "1"}


def test_if_all_were_there_nothing_is_an_operation(deployment: Deployment) -> None:
    made = ADA("POST", "/events", named("1")).body
    before = deployment.calendars()
    answer = bulk(named("1"))
    assert (statuses(answer), answer.body["operation_id"]) == ([200], None)
    assert answer.body["items"][0]["id"] == made["id"]
    assert deployment.calendars() == before


def test_an_event_that_has_changed_since_is_not_written_over(deployment: Deployment) -> None:
    made = bulk(named("1")).body["items"][0]
    deployment.clock.forward(seconds=1)
    changed = ADA("PATCH", f"/events/{made['id']}", {"title": "Changed"}).body
    again = bulk(named("1"))
    assert statuses(again) == [200]
    assert again.body["items"][0]["history_id"] == changed["history_id"]
    assert ADA("GET", f"/events/{made['id']}").body == changed


def test_a_deleted_event_is_not_brought_back_until_it_is_gone(deployment: Deployment) -> None:
    made = bulk(named("1")).body["items"][0]
    ADA("DELETE", f"/events/{made['id']}")
    refused = bulk(named("1"))
    assert statuses(refused) == [422]
    assert "restore" in refused.text
    deployment.clock.forward(days=31)
    again = bulk(named("1"))
    assert again.status == 201
    event = ADA("GET", f"/events/{made['id']}").body
    assert (event["version"], event["history_id"]) == (3, again.body["items"][0]["history_id"])


def test_of_two_with_the_same_uid_nobody_can_tell_which_is_meant(deployment: Deployment) -> None:
    refused = bulk(named("1"), REVIEW, named("1", title="Another"))
    assert (refused.status, refused.fields) == (422, ["events[0].uid", "events[2].uid"])
    assert [
        "events[2]" in refused.body["errors"][0]["message"],
        "events[0]" in refused.body["errors"][1]["message"],
    ] == [
        True,
        True,
    ]
    assert deployment.calendars() == []
    assert statuses(bulk(named("1"), REVIEW, named("1"), query="?on_invalid=skip")) == [422, 201, 422]
