"""Requests about one occurrence of a weekly series, for the tests of this package."""

from typing import Any

from shared.scheduling.fences import Fence
from shared.store.fence_items import fence_of
from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.payloads import ADA
from tests.integration.series.test_series import WINDOW, made, recurrence, single

__all__ = [
    "MOVED",
    "SECOND",
    "THIRD",
    "WINDOW",
    "cancel",
    "change",
    "fences",
    "made",
    "occurrences",
    "path",
    "problem",
    "recurrence",
    "single",
]

# The recurrence ids of the second and third occurrence: behind the third the clock is put forward.
SECOND, THIRD = "20270322T090000", "20270329T090000"
# Where the second one is moved.
MOVED = {"start": "2027-03-23T10:00:00Z", "end": "2027-03-23T11:00:00Z"}


def path(series: dict[str, Any], recurrence_id: str = SECOND) -> str:
    """Returns the path of an occurrence."""
    return f"/events/{series['id']}_{recurrence_id}"


def change(series: dict[str, Any], fields: dict[str, Any], recurrence_id: str = SECOND, **query: Any) -> Reply:
    """Changes an occurrence."""
    return ADA("PATCH", path(series, recurrence_id), fields, **query)


def cancel(series: dict[str, Any], recurrence_id: str = SECOND, **query: Any) -> Reply:
    """Cancels an occurrence."""
    return ADA("DELETE", path(series, recurrence_id), **query)


def problem(reply: Any, status: int = 422) -> list[tuple[str, str]]:
    """Returns the fields that a refusal names, and why."""
    assert reply.status == status, reply
    return [(each["field"], each["message"]) for each in reply.body["errors"]]


def occurrences(series: dict[str, Any], window: str = WINDOW, **query: Any) -> list[dict[str, Any]]:
    """Returns the occurrences of a series, from page to page."""
    found: list[dict[str, Any]] = []
    while True:
        reply = ADA("GET", f"/events/{series['id']}/occurrences?{window}", **query)
        assert reply.status == 200, reply
        found += reply.body["items"]
        if reply.body["next_cursor"] is None:
            return found
        query["cursor"] = reply.body["next_cursor"]


def fences(deployment: Deployment) -> dict[str, Fence]:
    """Returns the fences of the calendar, by name."""
    table = deployment.runtime.settings.events_table
    items = deployment.runtime.clients.dynamodb.scan(TableName=table, ConsistentRead=True)["Items"]
    names = {item["sk"]["S"].partition("#")[2]: item for item in items if item["sk"]["S"].startswith("FENCE#")}
    return {name: fence_of(name, item) for name, item in names.items()}
