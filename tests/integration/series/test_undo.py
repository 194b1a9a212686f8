"""Undo of what an operation did to series, and of many of them at once."""

from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA
from tests.integration.series.test_series import WEEKLY, listed, made

Json = dict[str, Any]
ONE = "20270322T090000"
NOON = {"start": "2027-03-22T11:00:00Z", "end": "2027-03-22T12:00:00Z"}


def times() -> list[tuple[str, str, str]]:
    """When what takes place, by start."""
    return [(each["start"], each["end"], each["title"]) for each in listed()]


def operation_of(event_id: str) -> str:
    """The operation that changed an event last."""
    newest = ADA("GET", f"/events/{event_id}/history").body["items"][0]
    return str(newest["operation_id"])


def undo(operation_id: str, query: str = "") -> Json:
    reply = ADA("POST", f"/operations/{operation_id}/undo{query}")
    assert reply.status == 200, reply
    assert isinstance(reply.body, dict)
    return reply.body


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"title": "Renamed"}),
        ("PATCH", "", {"start": "2027-03-15T10:00:00Z", "end": "2027-03-15T11:00:00Z"}),
        ("PATCH", "", {"recurrence": {"rule": "FREQ=DAILY"}}),
        ("PATCH", "", {"recurrence": {"excluded": [ONE]}}),
        ("PATCH", "", {"recurrence": None}),
        ("PATCH", f"_{ONE}", NOON),
        ("PATCH", f"_{ONE}", {"title": "Guests", "transparency": "transparent"}),
        ("DELETE", f"_{ONE}", None),
        ("DELETE", "", None),
    ],
)
def test_a_change_of_a_series_is_undone_and_done_again(
    deployment: Deployment, method: str, path: str, body: Json | None
) -> None:
    series = made()
    deployment.record()
    before = times()
    deployment.clock.forward(seconds=1)
    assert ADA(method, f"/events/{series['id']}{path}", body).status < 300
    deployment.record()
    after = times()
    operation_id = operation_of(series["id"])
    deployment.clock.forward(seconds=1)
    planned = undo(operation_id, "?dry_run=true")
    done = undo(operation_id)
    assert [each["id"] for each in done["undone"]] == [each["id"] for each in planned["undone"]] == [series["id"]]
    assert times() == before
    assert ADA("GET", f"/events/{series['id']}").body["recurrence"]["changed"] == {}
    deployment.record()
    deployment.clock.forward(seconds=1)
    assert undo(done["operation_id"])["left"] == []
    assert times() == after
    assert after != before


def test_the_creation_of_a_series_is_undone(deployment: Deployment) -> None:
    series = made()
    deployment.record()
    deployment.clock.forward(seconds=1)
    done = undo(operation_of(series["id"]))
    assert (times(), [each["type"] for each in done["undone"]]) == ([], ["delete"])
    deployment.record()
    deployment.clock.forward(seconds=1)
    assert [each["type"] for each in undo(done["operation_id"])["undone"]] == ["restore"]
    assert len(times()) == 4


def test_a_change_whose_time_is_taken_meanwhile_is_left(deployment: Deployment) -> None:
    series = made()
    deployment.clock.forward(seconds=1)
    ADA("PATCH", f"/events/{series['id']}_{ONE}", NOON)
    ADA("POST", "/events", {"title": "Single", "start": "2027-03-22T08:30:00Z", "end": "2027-03-22T08:45:00Z"})
    deployment.record()
    operation_id = operation_of(series["id"])
    deployment.clock.forward(seconds=1)
    before = times()
    for query in ("?dry_run=true", ""):
        result = undo(operation_id, query)
        assert result["undone"] == []
        assert "its time is taken by event" in result["left"][0]["detail"]
    assert times() == before
    assert undo(operation_id, "?on_conflict=allow")["left"] == []


def two_deleted(deployment: Deployment, hour: int) -> str:
    """An operation that deleted two weekly series and an event: the second one from that hour on, in Berlin."""
    second = {"start": f"2027-03-15T{hour:02d}:00:00Z", "end": f"2027-03-15T{hour + 1:02d}:00:00Z"}
    between = {"title": "Between", "start": "2027-03-23T08:00:00Z", "end": "2027-03-23T09:00:00Z"}
    series = [{**WEEKLY, "title": "First"}, {**WEEKLY, "title": "Second", **second}]
    events = ADA("POST", "/events/bulk", {"events": [*series, between]})
    assert events.status == 201, events
    deployment.record()
    deployment.clock.forward(seconds=1)
    done = undo(events.body["operation_id"])
    assert (len(done["undone"]), times()) == (3, [])
    deployment.record()
    deployment.clock.forward(seconds=1)
    return str(done["operation_id"])


def test_series_apart_are_restored_together(deployment: Deployment) -> None:
    operation_id = two_deleted(deployment, 10)
    planned = undo(operation_id, "?dry_run=true")
    assert len(planned["undone"]) == 3
    done = undo(operation_id)
    assert done["undone"] == [
        {**each, "history_id": now["history_id"]} for each, now in zip(planned["undone"], done["undone"], strict=True)
    ]
    assert len(times()) == 9


def test_of_series_that_meet_one_is_restored(deployment: Deployment) -> None:
    operation_id = two_deleted(deployment, 8)
    planned = undo(operation_id, "?dry_run=true")
    done = undo(operation_id)
    for result in (planned, done):
        assert (len(result["undone"]), len(result["left"])) == (2, 1)
        assert "its time is taken by event" in result["left"][0]["detail"]
    assert planned["left"][0]["id"] == done["left"][0]["id"]
    assert len(undo(operation_id, "?on_conflict=allow")["undone"]) == 1
    assert len(times()) == 9
