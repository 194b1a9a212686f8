"""Cursors are opaque and unsigned: a forged one is refused or shows a page of the caller's own, and nothing else."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from shared import cursors
from tests.harness.deployment import Deployment
from tests.harness.gateway import Reply
from tests.harness.payloads import ADA, ALLOW, GRACE, REVIEW, created
from tests.harness.samples import OWNER

START, END = "2027-03-01T00:00:00Z", "2027-03-02T00:00:00Z"
AS_OF = "2026-11-22T09:00:30Z"


@dataclass
class Listings:
    """The listings of a calendar with a few events, and a cursor of each."""

    paths: dict[str, str]
    cursors: dict[str, str]
    ids: set[str]

    def page(self, listing: str, cursor: str) -> Reply:
        """Returns a page of a listing; the cursor is sent as it is, without its window."""
        return ADA("GET", self.paths[listing], cursor=cursor)


@pytest.fixture
def listings(deployment: Deployment) -> Listings:
    """Four events of Ada, one of them with four versions, three more that she deleted, and one of Grace."""
    events = [created(query=ALLOW) for _ in range(4)]
    for number in range(3):
        deployment.clock.forward(seconds=1)
        assert ADA("PATCH", f"/events/{events[0]['id']}", {"title": f"Review {number}"}).status == 200
    for _ in range(3):
        deployment.clock.forward(seconds=1)
        gone = created(query=ALLOW)
        events.append(gone)
        assert ADA("DELETE", f"/events/{gone['id']}").status == 204
    assert GRACE("POST", "/events", REVIEW).status == 201
    deployment.record()
    deployment.clock.forward(seconds=60)
    paths = {
        "window": f"/events?limit=1&from={START}&to={END}",
        "window as of": f"/events?limit=1&from={START}&to={END}&as_of={AS_OF}",
        "deleted": "/events/deleted?limit=1",
        "history": f"/events/{events[0]['id']}/history?limit=1",
        "free-busy": f"/free-busy?from={START}&to={END}",
    }
    found = {
        name: ADA("GET", path).body["next_cursor"]
        for name, path in paths.items()
        if name != "free-busy"  # it has more than one page only after thousands of events
    }
    facts = {"from": START, "to": END, "start": REVIEW["start"], "id": events[0]["id"], "busy_from": "", "busy_to": ""}
    found["free-busy"] = cursors.encode(f"free-busy in {OWNER}", facts)
    versions = [version["history_id"] for version in ADA("GET", f"/events/{events[0]['id']}/history").body["items"]]
    return Listings(paths, found, {event["id"] for event in events} | {*versions})


def is_own(listings: Listings, reply: Reply) -> None:
    """Asserts that a page shows what is in the caller's calendar, or is refused by name."""
    if reply.status == 422:
        assert reply.fields == ["cursor"]
        return
    assert reply.status == 200, reply
    for item in reply.body.get("items", []):
        assert {item.get("id"), item.get("history_id")} & listings.ids, item


def test_the_cursors_are_of_pages(listings: Listings) -> None:
    """Or the refusals below would prove nothing."""
    for name, cursor in listings.cursors.items():
        reply = listings.page(name, cursor)
        assert reply.status == 200, (name, reply)
        is_own(listings, reply)


def test_a_cursor_is_refused_by_every_other_listing(listings: Listings) -> None:
    for name, cursor in listings.cursors.items():
        for other in listings.paths.keys() - {name}:
            reply = listings.page(other, cursor)
            assert (reply.status, reply.fields) == (422, ["cursor"]), (name, other, reply)


def test_a_cursor_is_refused_by_the_listing_of_another_event(listings: Listings) -> None:
    other = min(each for each in listings.ids if each not in listings.paths["history"])
    reply = ADA("GET", f"/events/{other}/history", cursor=listings.cursors["history"])
    assert (reply.status, reply.fields) == (422, ["cursor"])


names = st.sampled_from(["window", "window as of", "deleted", "history", "free-busy"])
characters = st.sampled_from("ABab01-_.=+/ \n\0é")
LIKELY: Final = ["", START, END, "9999-12-31T23:59:59Z", "0", "-1", "9" * 5_000, "01998f3a-5c00-7a10-8b20-3c4d5e6f7081"]
forged = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@forged
@given(name=names, at=st.integers(0, 10_000), length=st.integers(0, 4), text=st.text(characters, max_size=4))
def test_a_cursor_with_another_text(listings: Listings, name: str, at: int, length: int, text: str) -> None:
    cursor = listings.cursors[name]
    at %= len(cursor) + 1
    changed = cursor[:at] + text + cursor[at + length :]
    assume(changed not in (cursor, ""))
    is_own(listings, listings.page(name, changed))


@forged
@given(name=names, data=st.data())
def test_a_cursor_with_other_facts(listings: Listings, name: str, data: st.DataObject) -> None:
    cursor = listings.cursors[name]
    facts: dict[str, Any] = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for fact in data.draw(st.lists(st.sampled_from([*facts, "more"]), min_size=1, max_size=3)):
        facts[fact] = data.draw(st.text(max_size=30) | st.sampled_from(LIKELY) | st.none() | st.integers())
    changed = urlsafe_b64encode(json.dumps(facts).encode()).decode().rstrip("=")
    is_own(listings, listings.page(name, changed))
