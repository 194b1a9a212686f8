"""What requests cost in a calendar with series: DynamoDB calls, and how many of them wait for one another."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from shared.runtime import use
from shared.scheduling.series_conflicts import PAGE
from tests.harness.botocore_faults import COMMIT
from tests.harness.deployment import Deployment
from tests.harness.gateway import Api
from tests.harness.ledger import Ledger, recording

WINDOW: Final = {"from": "2027-03-01T00:00:00Z", "to": "2027-04-01T00:00:00Z"}
WEEKLY: Final = {
    "title": "Weekly",
    "start": "2027-03-01T09:00:00Z",
    "end": "2027-03-01T10:00:00Z",
    "time_zone": "Europe/Berlin",
    "recurrence": {"rule": "FREQ=WEEKLY"},
}
SINGLE: Final = {"title": "Single", "start": "2027-03-02T09:00:00Z", "end": "2027-03-02T10:00:00Z"}
LATER: Final = {"start": "2027-03-03T09:00:00Z", "end": "2027-03-03T10:00:00Z"}


class Owner:
    """A user with a calendar of their own."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.api = Api()

    def make(self, body: dict[str, Any]) -> str:
        """Creates an event, and returns its path."""
        made = self.api("POST", "/events", body)
        assert made.status == 201, made
        return f"/events/{made.body['id']}"

    def ledger(self, *sent: Any, **query: Any) -> Ledger:
        """Returns the calls of a request, which must be served."""
        self.deployment.clock.forward(1)  # two ids of one millisecond would be in any order
        with recording(self.deployment.runtime.clients) as ledger:
            reply = self.api(*sent, **query)
        assert reply.status in (200, 201, 204), reply
        return ledger

    def cost(self, *sent: Any, **query: Any) -> tuple[int, int]:
        """Returns how many calls a request makes, and how many of them one after another."""
        ledger = self.ledger(*sent, **query)
        return len(ledger.calls), ledger.depth


@pytest.fixture(params=[0, 3], ids=["without series", "with series"])
def owner(request: pytest.FixtureRequest, dynamodb_deployment: Deployment) -> Iterator[Owner]:
    stopped = replace(dynamodb_deployment, runtime=replace(dynamodb_deployment.runtime, monotonic=lambda: 0.0))
    with use(stopped.runtime):
        made = Owner(stopped)
        for hour in range(request.param):
            times = {"start": f"2027-03-01T{hour:02}:00:00Z", "end": f"2027-03-01T{hour:02}:30:00Z"}
            made.make({**WEEKLY, **times})
        yield made


def test_reads_of_a_window(owner: Owner) -> None:
    assert owner.cost("GET", "/events", **WINDOW) == (5, 1)
    assert owner.cost("GET", "/free-busy", **WINDOW) == (5, 1)


def test_checked_changes_of_an_event(owner: Owner) -> None:
    assert owner.cost("POST", "/events", SINGLE) == (7, 3)
    path = owner.make({**SINGLE, **LATER})
    assert owner.cost("PUT", path, {**SINGLE, "start": "2027-03-04T09:00:00Z", "end": "2027-03-04T10:00:00Z"}) == (7, 3)
    assert owner.cost("PATCH", path, {"start": "2027-03-05T09:00:00Z", "end": "2027-03-05T10:00:00Z"}) == (7, 3)
    assert owner.cost("PATCH", path, {"end": "2027-03-05T11:00:00Z"}) == (8, 4)


def test_a_series(owner: Owner) -> None:
    ledger = owner.ledger("POST", "/events", WEEKLY)
    assert (len(ledger.calls), ledger.depth) == (7, 3)
    assert [call.written for call in ledger.calls if call.operation == COMMIT] == [1 + 16]
    path = owner.make({**WEEKLY, **LATER})
    owner.api("PATCH", path, {"title": "First"})  # now the process knows that the calendar has room
    assert owner.cost("PATCH", path, {"title": "Another"}) == (1, 1)
    assert owner.cost("DELETE", path) == (1, 1)


def test_a_series_before_more_events_than_a_page(owner: Owner) -> None:
    # Half hours, day after day, at a time that nothing else takes.
    events = [
        {"title": "Busy", "start": f"{2028 + day // 300}-{1 + day % 300 // 28:02}-{1 + day % 28:02}T20:00:00Z"}
        for day in range(PAGE + 50)
    ]
    for each in events:
        each["end"] = each["start"].replace("T20:00", "T20:30")
    assert owner.api("POST", "/events/bulk", {"events": events}).status in (200, 201)
    ledger = owner.ledger("POST", "/events", {**WEEKLY, "recurrence": {"rule": "FREQ=MONTHLY"}})
    # One class has more than a page: what lies near the occurrences of two years, as far as it is behind that page,
    # and one page behind the last of them.
    assert 7 < len(ledger.calls) <= 7 + 25
    assert ledger.depth <= 5
