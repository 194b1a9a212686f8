"""What a fence remembers of the writes of its weeks, when no Query shows them yet; and what became of them since."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.botocore_faults import QUERY, Document, Wire
from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, REVIEW, created

Json = dict[str, Any]


def at(hour: int) -> Json:
    return {**REVIEW, "start": f"2027-03-01T{hour:02d}:00:00Z", "end": f"2027-03-01T{hour + 1:02d}:00:00Z"}


def nothing_shown(answer: Document) -> None:
    answer["Items"] = []


@pytest.mark.usefixtures("dynamodb_deployment")
def test_the_last_12_checked_writes_of_a_week_are_seen_though_no_query_shows_them(wire: Wire) -> None:
    made = [created(at(hour)) for hour in range(12)]
    wire.edit(QUERY, nothing_shown, always=True)
    for hour, event in enumerate(made):
        refused = ADA("POST", "/events", at(hour))
        assert (refused.status, [each["id"] for each in refused.body["conflicts"]]) == (409, [event["id"]])


@pytest.mark.usefixtures("dynamodb_deployment")
def test_what_is_seen_in_both_ways_is_named_by_start_and_once(wire: Wire) -> None:
    late, early = created(at(11)), created(at(9))
    created({**REVIEW, "start": "2027-03-15T09:00:00Z", "end": "2027-03-15T10:00:00Z"})
    middle = created(at(10))

    def hide(answer: Document) -> None:
        answer["Items"] = [item for item in answer["Items"] if item["id"]["S"] == late["id"]]

    wire.edit(QUERY, hide, always=True)
    refused = ADA("POST", "/events", {**REVIEW, "start": early["start"], "end": late["end"]})
    assert [each["id"] for each in refused.body["conflicts"]] == [early["id"], middle["id"], late["id"]]


def send(method: str, body: Json | None = None, **query: Any) -> Callable[[Json], None]:
    def change(event: Json) -> None:
        assert ADA(method, f"/events/{event['id']}", body, **query).status in (200, 204)

    return change


SINCE: dict[str, Callable[[Json], None]] = {
    "made transparent": send("PATCH", {"transparency": "transparent"}),
    "made transparent with leave": send("PATCH", {"transparency": "transparent"}, on_conflict="allow"),
    "moved": send("PATCH", {"start": at(12)["start"], "end": at(12)["end"]}),
    "moved with leave": send("PATCH", {"start": at(12)["start"], "end": at(12)["end"]}, on_conflict="allow"),
    "cut": send("PATCH", {"start": "2027-03-01T08:00:00Z", "end": "2027-03-01T09:00:00Z"}, on_conflict="allow"),
    "deleted": send("DELETE"),
}


@pytest.mark.parametrize("since", SINCE)
@pytest.mark.parametrize("shown", [True, False], ids=["shown", "hidden"])
def test_a_write_that_the_fence_remembers_and_that_takes_the_time_no_more_is_in_nobodys_way(
    dynamodb_deployment: Deployment, wire: Wire, since: str, shown: bool
) -> None:
    del dynamodb_deployment
    event = created()
    SINCE[since](event)
    if not shown:
        wire.edit(QUERY, nothing_shown, always=True)
    assert ADA("POST", "/events", REVIEW).status == 201


@pytest.mark.parametrize("shown", [True, False], ids=["shown", "hidden"])
def test_one_that_has_come_back_since_is(dynamodb_deployment: Deployment, wire: Wire, shown: bool) -> None:
    event = created()
    for change in (
        SINCE["made transparent"],
        send("PATCH", {"transparency": "opaque"}),
        send("PATCH", {"title": "Retro"}),
    ):
        dynamodb_deployment.clock.forward(seconds=1)
        change(event)
    if not shown:
        wire.edit(QUERY, nothing_shown, always=True)
    refused = ADA("POST", "/events", REVIEW)
    assert [(each["id"], each["title"]) for each in refused.body["conflicts"]] == [(event["id"], "Retro")]
