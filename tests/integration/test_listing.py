"""Windows of the calendar: listed, merged into busy time, and what is deleted in them."""

import pytest

from tests.harness.deployment import Deployment
from tests.harness.payloads import ADA, ALLOW, LATER, REVIEW, created, send
from tests.harness.samples import START

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
    for wanted in (2, 2, 1):
        page = ADA("GET", f"{window}{cursor}").body
        assert len(page["items"]) == wanted
        seen += [each["start"] for each in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert seen == sorted(each["start"] for each in made)


def test_a_window_shows_what_began_before_it_and_nothing_that_touches_it_only() -> None:
    long = created({**REVIEW, "start": "2027-01-01T00:00:00Z", "end": "2027-03-01T08:00:00Z"})
    created({**REVIEW, "start": "2027-02-28T00:00:00Z", "end": "2027-03-01T00:00:00Z"}, query=ALLOW)
    created({**REVIEW, "start": "2027-03-02T00:00:00Z", "end": "2027-03-02T01:00:00Z"})
    listed = ADA("GET", "/events?from=2027-03-01T00:00:00Z&to=2027-03-02T00:00:00Z")
    assert [each["id"] for each in listed.body["items"]] == [long["id"]]


@pytest.mark.parametrize("limit", [1, 2])
def test_a_page_is_not_empty_while_events_are_to_come(limit: int) -> None:
    for day in (24, 25, 26):  # over, and short enough ago to lie in the range of their length
        created({**REVIEW, "start": f"2027-02-{day}T00:00:00Z", "end": f"2027-02-{day}T23:00:00Z"})
    coming = [created(), created({**REVIEW, **LATER})]
    page = ADA("GET", f"/events?from=2027-02-27T00:00:00Z&limit={limit}").body
    assert page["items"] == coming[:limit]
    assert (page["next_cursor"] is None) is (limit == 2)


def test_an_empty_month_behind_a_thousand_stays_is_one_page() -> None:
    stay = {**REVIEW, "start": "2027-02-10T00:00:00Z", "end": "2027-02-25T00:00:00Z"}
    assert ADA("POST", "/events/bulk", {"events": [stay] * 1_000}).status == 201
    page = ADA("GET", "/events?from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z")
    assert page.body == {"items": [], "next_cursor": None}


def test_events_past_their_term_are_no_page_of_what_can_be_restored(deployment: Deployment) -> None:
    expired = [
        created({**REVIEW, "start": f"2027-04-{day:02d}T09:00:00Z", "end": f"2027-04-{day:02d}T10:00:00Z"})
        for day in range(1, 21)
    ]
    for each in expired:
        ADA("DELETE", f"/events/{each['id']}")
    deployment.clock.forward(days=30)
    kept = [created(), created({**REVIEW, **LATER})]
    for each in kept:
        deployment.clock.forward(seconds=1)
        ADA("DELETE", f"/events/{each['id']}")
    first = ADA("GET", "/events/deleted?limit=1").body
    second = ADA("GET", f"/events/deleted?limit=1&cursor={first['next_cursor']}").body
    assert [each["id"] for each in first["items"] + second["items"]] == [kept[1]["id"], kept[0]["id"]]
    assert second["next_cursor"] is None


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
        "next_cursor": None,
    }


def test_the_payload_lists_what_can_be_restored(deployment: Deployment) -> None:
    event = created()
    created({**REVIEW, **LATER})
    ADA("DELETE", f"/events/{event['id']}")
    reply = send("list_deleted")
    assert [each["id"] for each in reply.body["items"]] == [event["id"]]
    deployment.clock.forward(days=30)
    assert send("list_deleted").body["items"] == []
