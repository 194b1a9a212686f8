"""A story over HTTP: a room for everyone, a shared calendar, a time for both, and a right that ends in a bulk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.e2e.user import User, eventually, problem

DAY = {"from": "2027-03-02T00:00:00Z", "to": "2027-03-03T00:00:00Z"}
INTERVIEW = {"title": "Interview", "start": "2027-03-02T09:00:00Z", "end": "2027-03-02T10:00:00Z"}
STANDUP = {"title": "Standup", "start": "2027-03-02T09:30:00Z", "end": "2027-03-02T10:00:00Z"}


@pytest.fixture
def ada(base_url: str) -> User:
    return User.register(base_url, requests.Session())


@pytest.fixture
def bob(base_url: str) -> User:
    return User.register(base_url, requests.Session())


def calendar_of(user: User) -> str:
    """The id of the default calendar of a user."""
    return str(user("GET", "/me").json()["id"])


def test_a_room_is_booked_once_and_tells_bookers_when_and_not_what(ada: User, bob: User) -> None:
    made = ada("POST", "/calendars", {"name": "Room 4", "kind": "room", "everyone": "booker"})
    assert made.status_code == 201
    room = made.json()["id"]
    events = f"/calendars/{room}/events"
    booked = ada("POST", events, INTERVIEW).json()
    refused = problem(bob("POST", events, STANDUP), 409, "event-conflict")
    taken = {"calendar_id": room, "id": None, "title": None, "start": INTERVIEW["start"], "end": INTERVIEW["end"]}
    assert refused["conflicts"] == [taken]
    assert refused["next_free"] == INTERVIEW["end"]
    later = {**STANDUP, "start": refused["next_free"], "end": "2027-03-02T10:30:00Z"}
    assert bob("POST", events, later).status_code == 201
    assert [each["title"] for each in bob("GET", events, query=DAY).json()["items"]] == ["Standup"]
    problem(bob("GET", f"{events}/{booked['id']}"), 404, "not-found")
    assert bob("GET", f"/calendars/{room}/free-busy", query=DAY).json()["busy"] == [
        {"start": INTERVIEW["start"], "end": "2027-03-02T10:30:00Z"}
    ]
    both = {"calendars": [room, calendar_of(bob)], **DAY, "slot_minutes": 60, "slots": 1}
    hours = {"between": ["09:00", "17:00"], "time_zone": "UTC"}
    found = bob("POST", "/free-busy", {**both, **hours}).json()
    assert found["free"] == [{"start": "2027-03-02T10:30:00Z", "end": "2027-03-02T17:00:00Z"}]


def test_nothing_is_written_once_the_end_of_a_right_is_answered(ada: User, bob: User) -> None:
    """Bob writes a thousand events, and Ada takes his role away in the middle."""
    mine = calendar_of(ada)
    assert ada("PUT", f"/calendars/{mine}/members/{bob.username}", {"role": "editor"}).status_code == 200
    many = {"events": [{**INTERVIEW, "title": f"Event {number}"} for number in range(1000)]}
    with ThreadPoolExecutor(1) as pool:
        bulk = pool.submit(bob, "POST", f"/calendars/{mine}/events/bulk", many)
        eventually(ada.events, bool)
        assert ada("DELETE", f"/calendars/{mine}/members/{bob.username}").status_code == 204
        at_once = {each["id"] for each in ada.events()}
        answer = bulk.result()
    assert {each["id"] for each in ada.events()} == at_once
    created = {each["id"] for each in answer.json()["items"] if each.get("status", 201) == 201}
    assert answer.status_code in {201, 207}
    assert created == at_once
    problem(bob("GET", f"/calendars/{mine}/events"), 404, "not-found")
