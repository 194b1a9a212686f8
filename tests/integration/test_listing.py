"""Windows of the calendar: listed, merged into busy time, and what is deleted in them."""

import pytest

from tests.deployment import Deployment
from tests.integration.payloads import ADA, ALLOW, LATER, REVIEW, created, send
from tests.samples import START

pytestmark = pytest.mark.usefixtures("deployment")


def test_the_payload_lists_a_window() -> None:
    inside = created()
    created({**REVIEW, "start": "2027-05-01T09:00:00Z", "end": "2027-05-01T10:00:00Z"})
    assert send("list_events").body == {"items": [inside], "next_cursor": None}


def test_a_window_is_listed_page_by_page_in_order_of_start() -> None:
    made = [
        created({**REVIEW, "start": f"2027-03-0{day}T09:00:00Z", "end": f"2027-03-0{day + 1}T09:00:00Z"})
        for day in (3, 1, 5, 4, 2)
    ]
    window = "/events?from=2027-03-01T00:00:00Z&to=2027-03-31T00:00:00Z&limit=2"
    seen: list[str] = []
    cursor = ""
    for _ in range(10):
        page = ADA("GET", f"{window}{cursor}").body
        assert len(page["items"]) <= 2
        seen += [each["start"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == sorted(each["start"] for each in made)


def test_a_window_shows_what_began_before_it_and_nothing_that_touches_it_only() -> None:
    long = created({**REVIEW, "start": "2027-01-01T00:00:00Z", "end": "2027-03-01T08:00:00Z"})
    created({**REVIEW, "start": "2027-02-28T00:00:00Z", "end": "2027-03-01T00:00:00Z"}, query=ALLOW)
    created({**REVIEW, "start": "2027-03-02T00:00:00Z", "end": "2027-03-02T01:00:00Z"})
    listed = ADA("GET", "/events?from=2027-03-01T00:00:00Z&to=2027-03-02T00:00:00Z")
    assert [each["id"] for each in listed.body["items"]] == [long["id"]]


def test_the_payload_answers_when_the_caller_is_busy() -> None:
    created()
    created({**REVIEW, **LATER})
    created({**REVIEW, "start": "2027-03-02T09:00:00Z", "end": "2027-03-02T10:00:00Z", "transparency": "transparent"})
    reply = send("free_busy")
    assert reply.status == 200
    assert reply.body == {
        "from": "2027-03-01T00:00:00Z",
        "to": "2027-04-01T00:00:00Z",
        "busy": [{"start": START, "end": LATER["end"]}],
    }


def test_the_payload_lists_what_can_be_restored(deployment: Deployment) -> None:
    event = created()
    created({**REVIEW, **LATER})
    ADA("DELETE", f"/events/{event['id']}")
    reply = send("list_deleted")
    assert [each["id"] for each in reply.body["items"]] == [event["id"]]
    deployment.clock.forward(days=30)
    assert send("list_deleted").body["items"] == []
