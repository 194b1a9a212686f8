"""An event and a calendar as of each moment, some versions still on their way: the right one, or 503, never another."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from shared.runtime import use
from shared.store.client import Clients
from tests.harness.deployment import Deployment
from tests.harness.gateway import Context
from tests.harness.payloads import ADA, REVIEW, created
from tests.harness.samples import OWNER

Json = dict[str, Any]
DAY = "from=2027-03-01T00:00:00Z&to=2027-03-02T00:00:00Z"


def as_of(path: str, moment: str, window: str = "") -> Any:
    reply = ADA("GET", f"{path}?as_of={moment}{'&' if window else ''}{window}")
    assert reply.status == 200, reply
    return reply.body


def seconds_on(count: int, fraction: str = "") -> str:
    """A moment so many seconds after 09:00."""
    return f"2026-11-22T09:00:{count:02d}{fraction}Z"


def test_it_is_the_version_of_that_moment_or_not_known_yet(dynamodb_deployment: Deployment) -> None:
    """Four versions ten seconds apart; each subset of them recorded; each moment between them, before and after."""
    clock = dynamodb_deployment.clock
    clock.forward(seconds=10)
    made = [created()]
    for title in ("Second", "Third", "Fourth"):
        clock.forward(seconds=10)
        made.append(ADA("PATCH", f"/events/{made[0]['id']}", {"title": title}).body)
    records = dynamodb_deployment.new_records()
    path = f"/events/{made[0]['id']}"
    settings = dynamodb_deployment.runtime.settings
    asked = 0
    for recorded in product([False, True], repeat=4):
        for item in dynamodb_deployment.versions():
            dynamodb_deployment.runtime.clients.dynamodb.delete_item(
                TableName=settings.history_table, Key={"pk": item["pk"], "sk": item["sk"]}
            )
        batch = [record for record, there in zip(records, recorded, strict=True) if there]
        assert dynamodb_deployment.deliver(batch) == []
        # The latest is always known; version 0 is that there is none.
        known = {0, 4, *(number for number, there in enumerate(recorded, 1) if there)}
        for number in range(5):
            reply = ADA("GET", f"{path}?as_of={seconds_on(10 * number + 5)}")
            # Another version may lie between the moment and the next one that is known.
            if number == 4 or {number, number + 1} <= known:
                right = (200, made[number - 1]["history_id"]) if number else (404, None)
                assert (reply.status, reply.body.get("history_id")) == right, (recorded, number)
            else:
                assert reply.status == 503, (recorded, number)
            asked += 1
    assert asked == 80


@pytest.mark.parametrize(
    ("fraction", "there"),
    [(".5", True), (".25", True), (".250", True), (".3", True), (".2", False), (".2499", False), (".249999999", False),
     (".05", False), (".025", False), ("", False)],
)  # fmt: skip
def test_a_fraction_is_of_a_second(dynamodb_deployment: Deployment, fraction: str, there: bool) -> None:
    dynamodb_deployment.clock.nanoseconds += 250_000_000
    event = created()
    dynamodb_deployment.record()
    assert event["created_at"] == "2026-11-22T09:00:00.250Z"
    reply = ADA("GET", f"/events/{event['id']}?as_of={seconds_on(0, fraction)}")
    assert reply.status == (200 if there else 404)


def test_a_change_around_the_api_is_not_what_the_api_had_written(dynamodb_deployment: Deployment) -> None:
    runtime, event = dynamodb_deployment.runtime, created()
    dynamodb_deployment.record()
    runtime.clients.dynamodb.update_item(
        TableName=runtime.settings.events_table,
        Key={"pk": {"S": f"CAL#{OWNER}"}, "sk": {"S": f"EVENT#{event['id']}"}},
        UpdateExpression="SET title = :title",
        ExpressionAttributeValues={":title": {"S": "By hand"}},
    )
    dynamodb_deployment.record()
    newest = ADA("GET", f"/events/{event['id']}/history").body["items"][0]
    assert newest["changed_by"] == "external"
    # Before it the event was as the API had written it, whatever the item says now; after it, by nobody known.
    path = f"/events/{event['id']}"
    assert as_of(path, seconds_on(0)) == event
    later = as_of(path, "2099-01-01T00:00:00Z")
    assert (later["title"], later["history_id"], later["updated_by"]) == ("By hand", newest["history_id"], "external")


def test_an_event_is_listed_where_it_lay_and_nowhere_else(dynamodb_deployment: Deployment) -> None:
    clock, event = dynamodb_deployment.clock, created()
    dynamodb_deployment.record()
    clock.forward(seconds=10)
    moved = ADA(
        "PATCH", f"/events/{event['id']}", {"start": "2027-03-01T13:00:00Z", "end": "2027-03-01T14:00:00Z"}
    ).body
    dynamodb_deployment.record()
    clock.forward(seconds=10)
    back = ADA("PATCH", f"/events/{event['id']}", {"start": event["start"], "end": event["end"]}).body
    dynamodb_deployment.record()
    clock.forward(seconds=10)
    assert as_of("/events", seconds_on(5), DAY)["items"] == [event]
    assert as_of("/events", seconds_on(15), DAY)["items"] == [moved]
    assert as_of("/events", seconds_on(25), DAY)["items"] == [back]


def test_an_event_is_as_long_as_it_was(dynamodb_deployment: Deployment) -> None:
    clock, event = dynamodb_deployment.clock, created()
    dynamodb_deployment.record()
    clock.forward(seconds=10)
    longer = ADA("PATCH", f"/events/{event['id']}", {"end": "2027-03-01T12:00:00Z"}).body
    dynamodb_deployment.record()
    clock.forward(seconds=10)
    shorter = ADA("PATCH", f"/events/{event['id']}", {"end": "2027-03-01T09:30:00Z"}).body
    dynamodb_deployment.record()
    eleven = "from=2027-03-01T11:00:00Z&to=2027-03-01T12:00:00Z"
    nine = "from=2027-03-01T09:00:00Z&to=2027-03-01T09:30:00Z"
    for second, there in ((5, event), (15, longer), (25, shorter)):
        assert as_of("/events", seconds_on(second), nine)["items"] == [there]
        assert as_of("/events", seconds_on(second), eleven)["items"] == ([there] if there is longer else [])


@pytest.fixture
def own_threads(dynamodb_deployment: Deployment, dynamodb_endpoint: str) -> Iterator[Clients]:
    """Clients whose threads no other test waits for."""
    clients = Clients(dynamodb_endpoint)
    with use(replace(dynamodb_deployment.runtime, clients=clients)):
        yield clients


@pytest.mark.parametrize("work", ["as of", "undo"])
def test_work_side_by_side_never_waits_for_itself(
    dynamodb_deployment: Deployment, own_threads: Clients, work: str
) -> None:
    """More at once than there are threads, and each calls the database side by side; in weeks of their own."""
    mondays = [date(2027, 3, 1) + timedelta(weeks=week) for week in range(40)]
    events = [{**REVIEW, "start": f"{day}T09:00:00Z", "end": f"{day}T10:00:00Z"} for day in mondays]
    made = ADA("POST", "/events/bulk", {"events": events}).body
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(seconds=10)
    operation_id = made["operation_id"]
    if work == "as of":
        for item in made["items"]:
            ADA("PATCH", f"/events/{item['id']}", {"title": "Retro"})
    else:
        operation_id = ADA("POST", f"/operations/{operation_id}/undo").body["operation_id"]
    dynamodb_deployment.record()

    def request() -> int:
        if work == "as of":
            return len(
                as_of("/events", seconds_on(5), "from=2027-03-01T00:00:00Z&to=2028-03-01T00:00:00Z&limit=100")["items"]
            )
        return len(ADA("POST", f"/operations/{operation_id}/undo", context=Context(milliseconds=60_000)).body["undone"])

    with ThreadPoolExecutor(1) as caller:
        done = caller.submit(request)
        try:
            assert done.result(timeout=30) == 40
        finally:
            # Threads that wait for one another are let go, so that a failure ends.
            own_threads.pool.shutdown(wait=False, cancel_futures=True)
            own_threads.outer_pool.shutdown(wait=False, cancel_futures=True)
