"""A story over HTTP: rooms for everyone, booked with one's own time at once, and a right that ends in a bulk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import requests

from tests.e2e.user import User, eventually, problem

DAY = {"from": "2027-03-02T00:00:00Z", "to": "2027-03-03T00:00:00Z"}
INTERVIEW = {"title": "Interview", "start": "2027-03-02T09:00:00Z", "end": "2027-03-02T10:00:00Z"}
# How often a right is taken away while a bulk is at work, until it is in the middle.
TRIES = 8
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


def test_a_meeting_takes_its_time_in_all_its_calendars_or_in_none(ada: User, bob: User) -> None:
    """Ada shares her calendar and books a room with it; Bob is refused, and takes any of two rooms."""
    rooms = [
        ada("POST", "/calendars", {"name": name, "kind": "room", "everyone": "booker"}).json()["id"]
        for name in ("Room 4", "Room 5")
    ]
    mine = calendar_of(ada)
    assert ada("PUT", f"/calendars/{mine}/members/{bob.username}", {"role": "viewer"}).status_code == 200
    booked = ada("POST", "/events", {**INTERVIEW, "calendars": rooms[:1]})
    assert (booked.status_code, booked.json()["calendars"]) == (201, rooms[:1])
    event = booked.json()
    for calendar_id in (mine, rooms[0]):
        busy = bob("GET", f"/calendars/{calendar_id}/free-busy", query=DAY).json()["busy"]
        assert busy == [{"start": INTERVIEW["start"], "end": INTERVIEW["end"]}]
    assert bob("GET", f"/calendars/{mine}/events/{event['id']}").json() == event

    refused = problem(bob("POST", "/events", {**STANDUP, "calendars": rooms[:1]}), 409, "event-conflict")
    assert [(each["calendar_id"], each["title"]) for each in refused["conflicts"]] == [(rooms[0], None)]
    assert refused["next_free"] == INTERVIEW["end"]
    assert bob.events() == []

    found = bob("POST", "/events", {**STANDUP, "any_of": rooms})
    assert (found.status_code, found.json()["calendars"]) == (201, rooms[1:])
    path = f"/events/{event['id']}"
    refused = problem(ada("PATCH", path, {"calendars": rooms[1:]}), 409, "event-conflict")
    assert [each["title"] for each in refused["conflicts"]] == ["Standup"]
    assert ada("DELETE", f"/calendars/{rooms[1]}/events/{found.json()['id']}").status_code == 204
    assert bob("GET", f"/events/{found.json()['id']}").json()["calendars"] == []
    moved = ada("PATCH", path, {"calendars": rooms[1:]})
    assert (moved.status_code, moved.json()["calendars"]) == (200, rooms[1:])
    problem(ada("GET", f"/calendars/{rooms[0]}/events/{event['id']}"), 404, "not-found")
    copy = ada("GET", f"/calendars/{rooms[1]}/events/{event['id']}").json()
    assert (copy["title"], copy["history_id"]) == (INTERVIEW["title"], moved.json()["history_id"])

    assert ada("DELETE", path).status_code == 204
    assert bob("GET", f"/calendars/{rooms[1]}/free-busy", query=DAY).json()["busy"] == []
    assert [version["type"] for version in ada.versions(event["id"])] == ["delete", "update", "create"]


def test_nothing_is_written_once_the_end_of_a_right_is_answered(ada: User, bob: User) -> None:
    """Bob writes a thousand events, and Ada takes his role away in the middle; again, until it was the middle."""
    mine = calendar_of(ada)
    member, here = f"/calendars/{mine}/members/{bob.username}", f"/calendars/{mine}/events"
    kept: set[str] = set()
    for day in range(1, TRIES + 1):
        assert ada("PUT", member, {"role": "editor"}).status_code == 200
        start = f"2027-04-{day:02}T09:00:00Z"
        window = {"from": start, "to": f"2027-04-{day:02}T10:00:00Z", "limit": "1"}
        many = {"events": [{**INTERVIEW, "start": start, "end": window["to"]} for _ in range(1000)]}
        with ThreadPoolExecutor(1) as pool:
            bulk = pool.submit(bob, "POST", f"{here}/bulk", many)
            eventually(partial(ada, "GET", "/events", query=window), lambda answer: bool(answer.json()["items"]))
            assert ada("DELETE", member).status_code == 204
            at_once = {each["id"] for each in ada.events()}
            answer = bulk.result()
        assert {each["id"] for each in ada.events()} == at_once
        items = answer.json()["items"]
        assert {each["id"] for each in items if each.get("status", 201) == 201} == at_once - kept
        problem(bob("GET", here), 404, "not-found")
        kept = at_once
        if answer.status_code == 207:
            left = {each["detail"] for each in items if each["status"] != 201}
            assert left == {"not written: you may not write in this calendar any more"}
            return
        assert answer.status_code == 201
    pytest.fail("every bulk was over before the right was taken away")
