"""Time zones by the names that other programs have for them, through the functions."""

from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, REVIEW, created, tag

pytestmark = pytest.mark.usefixtures("dynamodb_deployment")

BERLIN = "Europe/Berlin"
WINDOWS = "W. Europe Standard Time"
MOZILLA = "/mozilla.org/20050126_1/Europe/Berlin"


def zone(event: dict[str, Any]) -> tuple[str, str | None]:
    return event["time_zone"], event["time_zone_given"]


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        (BERLIN, (BERLIN, None)),
        (WINDOWS, (BERLIN, WINDOWS)),
        (MOZILLA, (BERLIN, MOZILLA)),
        ("America-New_York", ("America/New_York", "America-New_York")),
        ("GMT+0100", ("Etc/GMT-1", "GMT+0100")),
        ("GMT", ("GMT", None)),
    ],
)
def test_a_zone_is_answered_as_ianas_and_kept_as_given(given: str, answered: tuple[str, str | None]) -> None:
    event = created({**REVIEW, "time_zone": given})
    assert zone(event) == answered
    assert ADA("GET", f"/events/{event['id']}").body == event
    bulk = ADA("POST", "/events/bulk", {"events": [{**REVIEW, "time_zone": given}]})
    assert zone(ADA("GET", f"/events/{bulk.body['items'][0]['id']}").body) == answered


def test_without_a_zone_none_was_given() -> None:
    assert zone(created()) == ("UTC", None)


def test_each_change_of_the_zone_says_what_it_was_called() -> None:
    event = created({**REVIEW, "time_zone": WINDOWS})
    path = f"/events/{event['id']}"

    def patched(patch: dict[str, Any]) -> tuple[str, str | None, int]:
        reply = ADA("PATCH", path, patch)
        assert reply.status == 200, reply
        return (*zone(reply.body), reply.body["version"])

    assert patched({"title": "Another"}) == (BERLIN, WINDOWS, 2)
    assert patched({"time_zone": MOZILLA}) == (BERLIN, MOZILLA, 3)
    assert patched({"time_zone": "Asia/Tokyo"}) == ("Asia/Tokyo", None, 4)
    assert patched({"time_zone": WINDOWS, "location": "Room 4"}) == (BERLIN, WINDOWS, 5)
    assert patched({"time_zone": WINDOWS}) == (BERLIN, WINDOWS, 5)
    assert patched({"time_zone": None}) == ("UTC", None, 6)
    replaced = ADA("PUT", path, {**REVIEW, "time_zone": MOZILLA})
    assert (replaced.status, zone(replaced.body)) == (200, (BERLIN, MOZILLA))
    assert zone(ADA("PUT", path, REVIEW).body) == ("UTC", None)


def test_a_change_that_names_the_zone_as_it_was_answered_keeps_what_it_was_called() -> None:
    event = created({**REVIEW, "time_zone": WINDOWS})
    path = f"/events/{event['id']}"
    assert ADA("PUT", path, {**REVIEW, "time_zone": BERLIN}).body == event
    assert ADA("PATCH", path, {"time_zone": BERLIN}).body == event
    changed = ADA("PATCH", path, {"time_zone": BERLIN, "title": "Another"}, headers={"If-Match": tag(event)})
    assert (changed.status, zone(changed.body), changed.body["version"]) == (200, (BERLIN, WINDOWS), 2)
    stale = ADA("PATCH", path, {"time_zone": "Asia/Tokyo"}, headers={"If-Match": tag(event)})
    assert stale.status == 412


def test_a_document_is_taken_back_with_the_name_given_in_it() -> None:
    event = created({**REVIEW, "time_zone": WINDOWS})
    path = f"/events/{event['id']}"
    assert ADA("PUT", path, event).body == event
    assert ADA("PATCH", path, event).body == event
    moved = ADA("PUT", path, {**event, "time_zone": "Asia/Tokyo"})
    assert (moved.status, zone(moved.body)) == (200, ("Asia/Tokyo", None))
    other = ADA("PUT", path, {**moved.body, "time_zone_given": "Tokyo Standard Time"})
    assert (other.status, other.fields) == (422, ["time_zone_given"])


def test_a_dry_run_shows_what_a_zone_was_called() -> None:
    shown = ADA("POST", "/events?dry_run=true", {**REVIEW, "time_zone": WINDOWS}).body["changes"]
    assert {"field": "time_zone_given", "old": None, "new": WINDOWS} in shown
    shown = ADA("POST", "/events?dry_run=true", REVIEW).body["changes"]
    assert [each for each in shown if each["field"] == "time_zone_given"] == []


def test_what_a_zone_was_called_is_in_versions_diffs_and_rollbacks(dynamodb_deployment: Deployment) -> None:
    event = created({**REVIEW, "time_zone": WINDOWS})
    path = f"/events/{event['id']}"
    dynamodb_deployment.clock.forward(seconds=1)
    moved = ADA("PATCH", path, {"time_zone": MOZILLA}).body
    dynamodb_deployment.clock.forward(seconds=1)
    ADA("PATCH", path, {"time_zone": "Asia/Tokyo"})
    dynamodb_deployment.record()

    assert zone(ADA("GET", f"{path}/history/{event['history_id']}").body["event"]) == (BERLIN, WINDOWS)
    assert zone(ADA("GET", f"{path}?as_of={event['created_at']}").body) == (BERLIN, WINDOWS)
    renamed = ADA("GET", f"{path}/diff?from={event['history_id']}&to={moved['history_id']}").body
    assert renamed["changes"] == [{"field": "time_zone_given", "old": WINDOWS, "new": MOZILLA}]
    diff = ADA("GET", f"{path}/diff").body
    assert diff["changes"] == [
        {"field": "time_zone", "old": BERLIN, "new": "Asia/Tokyo"},
        {"field": "time_zone_given", "old": MOZILLA, "new": None},
        {"field": "start_local", "old": "2027-03-01T10:00:00+01:00", "new": "2027-03-01T18:00:00+09:00"},
    ]
    assert {"op": "replace", "path": "/time_zone_given", "value": None} in diff["patch"]

    back = ADA("POST", f"{path}/rollback", {"history_id": event["history_id"]})
    assert (back.status, zone(back.body)) == (200, (BERLIN, WINDOWS))
    ADA("DELETE", path)
    restored = ADA("POST", f"{path}/rollback", {"history_id": event["history_id"]})
    assert zone(restored.body) == (BERLIN, WINDOWS)


def test_only_what_is_given_is_stored(dynamodb_deployment: Deployment) -> None:
    created()
    (item,) = dynamodb_deployment.events()
    assert "time_zone_given" not in item


def test_the_name_given_is_no_field_of_a_request() -> None:
    reply = ADA("POST", "/events", {**REVIEW, "time_zone": BERLIN, "time_zone_given": WINDOWS})
    assert (reply.status, reply.fields) == (422, ["time_zone_given"])
