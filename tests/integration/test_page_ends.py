"""Where a page ends: with as many items as it may have, with one more, and when the latest comes from elsewhere."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, created

Json = dict[str, Any]
COUNT = 5


def event(day: int) -> Json:
    return {"title": str(day), "start": f"2027-03-{day:02d}T09:00:00Z", "end": f"2027-03-{day:02d}T10:00:00Z"}


def live(_: Deployment) -> str:
    for day in range(1, COUNT + 1):
        created(event(day))
    return "/events?from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z"


def as_of(deployment: Deployment) -> str:
    path = live(deployment)
    deployment.record()
    return f"{path}&as_of=2026-11-22T09:00:00Z"


def deleted(_: Deployment) -> str:
    for day in range(1, COUNT + 1):
        assert ADA("DELETE", f"/events/{created(event(day))['id']}").status == 204
    return "/events/deleted?"


def versions(recorded: int) -> Callable[[Deployment], str]:
    """As many versions, of which so many are recorded and the latest ones are on their way."""

    def made(deployment: Deployment) -> str:
        event_id = created(event(1))["id"]
        for number in range(1, COUNT):
            if number == recorded:
                deployment.record()
            assert ADA("PATCH", f"/events/{event_id}", {"title": f"Retro {number}"}).status == 200
        if recorded == COUNT:
            deployment.record()
        return f"/events/{event_id}/history?"

    return made


LISTINGS: dict[str, Callable[[Deployment], str]] = {
    "window": live,
    "window as of a moment": as_of,
    "deleted": deleted,
    "history": versions(COUNT),
    "history, the latest on its way": versions(COUNT - 1),
}


@pytest.mark.parametrize("listing", LISTINGS)
def test_pages_hold_all_of_it_in_order_and_the_last_one_is_known_to_be(
    dynamodb_deployment: Deployment, listing: str
) -> None:
    path = LISTINGS[listing](dynamodb_deployment)
    whole = ADA("GET", path).body
    assert (len(whole["items"]), whole["next_cursor"]) == (COUNT, None)
    assert whole.get("pending", []) == []
    for limit in range(1, COUNT + 2):
        seen: list[Json] = []
        sizes: list[int] = []
        cursor = ""
        while not sizes or cursor:
            page = ADA("GET", f"{path}&limit={limit}{cursor}").body
            assert page.get("pending", []) == []
            seen += page["items"]
            sizes.append(len(page["items"]))
            cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        full, rest = divmod(COUNT, limit)
        assert sizes == [limit] * full + [rest] * (rest > 0), limit
        assert seen == whole["items"]


def test_versions_on_their_way_are_named_on_the_page_that_they_belong_to(dynamodb_deployment: Deployment) -> None:
    path = versions(2)(dynamodb_deployment)
    first = ADA("GET", f"{path}&limit=1").body
    assert ([each["version"] for each in first["items"]], first["pending"]) == ([5], [])
    second = ADA("GET", f"{path}&limit=1&cursor={first['next_cursor']}").body
    assert ([each["version"] for each in second["items"]], second["pending"]) == ([2], [4, 3])
    third = ADA("GET", f"{path}&limit=1&cursor={second['next_cursor']}").body
    assert ([each["version"] for each in third["items"]], third["pending"], third["next_cursor"]) == ([1], [], None)
