"""Transparent events of no length: listed where they lie, and in nobody's way."""

from typing import Any

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, REVIEW, created
from tests.harness.samples import END, START

pytestmark = pytest.mark.usefixtures("dynamodb_deployment")

HALF_PAST = "2027-03-01T09:30:00Z"
REMINDER = {"title": "Reminder", "start": HALF_PAST, "end": HALF_PAST, "transparency": "transparent"}


def listed(start: str, end: str, more: str = "") -> dict[str, Any]:
    """A page of the window."""
    reply = ADA("GET", f"/events?from={start}&to={end}{more}")
    assert reply.status == 200, reply
    page: dict[str, Any] = reply.body
    return page


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (HALF_PAST, "2027-03-01T09:30:01Z", True),
        ("2027-03-01T09:29:59Z", "2027-03-01T09:30:01Z", True),
        ("2027-03-01T09:29:59Z", HALF_PAST, False),
        ("2027-03-01T09:30:01Z", "2027-03-01T09:31:00Z", False),
    ],
)
def test_an_event_of_no_length_is_listed_where_it_lies(
    dynamodb_deployment: Deployment, start: str, end: str, shown: bool
) -> None:
    event = created(REMINDER)
    assert (event["start"], event["end"]) == (HALF_PAST, HALF_PAST)
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(seconds=10)
    for as_of in ("", f"&as_of={event['created_at']}"):
        assert [each["id"] for each in listed(start, end, as_of)["items"]] == ([event["id"]] if shown else [])


def test_an_event_of_no_length_is_in_nobodys_way() -> None:
    created(REMINDER)
    review = created()  # 9 to 10
    created({**REMINDER, "title": "Another"})
    taken = ADA("POST", "/events", REVIEW)
    assert [each["id"] for each in taken.body["conflicts"]] == [review["id"]]
    assert taken.body["next_free"] == END
    assert ADA("GET", f"/free-busy?from={START}&to={END}").body["busy"] == [{"start": START, "end": END}]


NO_LENGTH = "must be later than start (only a transparent event may have no length)"


@pytest.mark.parametrize("said", [{}, {"transparency": "opaque"}])
def test_an_opaque_event_has_a_length(said: dict[str, str]) -> None:
    body = {"title": "Reminder", "start": HALF_PAST, "end": HALF_PAST, **said}
    event = created()
    for reply in (
        ADA("POST", "/events", body),
        ADA("PUT", f"/events/{event['id']}", body),
        ADA("POST", "/events/bulk", {"events": [body]}),
    ):
        assert (reply.status, reply.body["errors"][0]["message"]) == (422, NO_LENGTH)
    assert ADA("GET", f"/events/{event['id']}").body == event


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"transparency": "opaque"}, "transparency"),
        ({"transparency": None}, "transparency"),
        ({"transparency": "opaque", "start": START, "end": START}, "end"),
        ({"transparency": None, "start": START, "end": START}, "end"),
        ({"start": END}, "start"),
        ({"end": START}, "end"),
    ],
)
def test_a_patch_makes_no_opaque_event_of_no_length(patch: dict[str, Any], field: str) -> None:
    event = created(REMINDER)
    reply = ADA("PATCH", f"/events/{event['id']}", patch)
    assert (reply.status, reply.fields) == (422, [field]), reply
    assert ADA("GET", f"/events/{event['id']}").body == event


def test_a_patch_takes_the_length_of_a_transparent_event_only() -> None:
    event = created()
    refused = ADA("PATCH", f"/events/{event['id']}", {"start": START, "end": START})
    assert (refused.status, refused.fields) == (422, ["end"])
    patch = {"start": START, "end": START, "transparency": "transparent"}
    changed = ADA("PATCH", f"/events/{event['id']}", patch)
    assert (changed.status, changed.body["end"]) == (200, START)
    moved = ADA("PATCH", f"/events/{event['id']}", {"start": END, "end": END})
    assert (moved.status, moved.body["start"]) == (200, END)
    longer = ADA("PATCH", f"/events/{event['id']}", {"end": "2027-03-01T11:00:00Z", "transparency": "opaque"})
    assert (longer.status, longer.body["version"]) == (200, 4)


def test_an_event_of_no_length_is_deleted_restored_and_gone_back_to(dynamodb_deployment: Deployment) -> None:
    event = created(REMINDER)
    path = f"/events/{event['id']}"
    back = {"history_id": event["history_id"]}
    dynamodb_deployment.record()
    dynamodb_deployment.clock.forward(seconds=1)
    assert ADA("PUT", path, REVIEW).status == 200
    rolled_back = ADA("POST", f"{path}/rollback", back)
    assert (rolled_back.status, rolled_back.body["start"], rolled_back.body["end"]) == (200, HALF_PAST, HALF_PAST)
    assert ADA("DELETE", path).status == 204
    assert [each["end"] for each in ADA("GET", "/events/deleted").body["items"]] == [HALF_PAST]
    assert listed(START, END)["items"] == []
    restored = ADA("POST", f"{path}/rollback", back)
    assert (restored.status, restored.body["end"]) == (200, HALF_PAST)
    assert [each["title"] for each in listed(START, END)["items"]] == ["Reminder"]


def test_many_events_of_no_length_are_created_and_paged_through() -> None:
    bulk = ADA("POST", "/events/bulk", {"events": [REMINDER] * 5})
    assert bulk.status == 201
    shown: list[str] = []
    cursor = ""
    for _ in range(10):
        page = listed(HALF_PAST, "2027-03-01T09:30:01Z", f"&limit=2{cursor}")
        shown += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(shown) == sorted(each["id"] for each in bulk.body["items"])
