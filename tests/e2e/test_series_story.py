"""A story over HTTP: a weekly booking of a room over a change of the clock, its exceptions, its split and its past."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.e2e.user import User, eventually, problem

WINDOW = {"from": "2027-03-15T00:00:00Z", "to": "2027-04-19T00:00:00Z"}
# Nine o'clock on Mondays in Berlin, where the clock is put forward on 28 March 2027.
PLANNING: dict[str, Any] = {
    "title": "Planning",
    "start": "2027-03-15T09:00:00",
    "end": "2027-03-15T10:00:00",
    "time_zone": "Europe/Berlin",
    "recurrence": {"rule": "FREQ=WEEKLY"},
}
SECOND, THIRD, FOURTH = (f"2027{day}T090000" for day in ("0322", "0329", "0405"))


@pytest.fixture
def ada(base_url: str) -> User:
    return User.register(base_url, requests.Session())


@pytest.fixture
def bob(base_url: str) -> User:
    return User.register(base_url, requests.Session())


def starts(user: User, events: str = "/events", **query: str) -> list[str]:
    """When what is listed begins."""
    page = user("GET", events, query={**WINDOW, **query})
    assert page.status_code == 200, page.text
    return [each["start"] for each in page.json()["items"]]


def now() -> str:
    """The present moment, and a little later."""
    moment = datetime.now(UTC)
    time.sleep(0.01)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_weekly_booking_of_a_room(ada: User, bob: User) -> None:
    room = ada("POST", "/calendars", {"name": "Room 4", "kind": "room", "everyone": "booker"}).json()["id"]
    made = ada("POST", "/events", {**PLANNING, "calendars": [room]})
    assert made.status_code == 201, made.text
    series = made.json()
    assert series["recurrence"]["checked_until"] == "9999-12-31T23:59:59Z"
    path = f"/events/{series['id']}"
    # By the clock of its zone it is always at nine.
    mondays = [f"2027-{day}:00:00Z" for day in ("03-15T08", "03-22T08", "03-29T07", "04-05T07", "04-12T07")]
    assert starts(ada) == starts(ada, f"/calendars/{room}/events") == mondays

    moved = ada("PATCH", f"{path}_{SECOND}", {"start": "2027-03-23T10:00:00Z", "end": "2027-03-23T11:00:00Z"})
    assert (moved.status_code, moved.json()["original_start"]) == (200, mondays[1]), moved.text
    assert ada("DELETE", f"{path}_{FOURTH}").status_code == 204
    left = [mondays[0], "2027-03-23T10:00:00Z", mondays[2], mondays[4]]
    assert starts(ada) == starts(ada, f"/calendars/{room}/events") == left

    # What collides is the occurrence, and what is cancelled is free.
    single = {"title": "Interview", "start": mondays[2], "end": "2027-03-29T07:30:00Z"}
    refused = problem(bob("POST", f"/calendars/{room}/events", single), 409, "event-conflict")
    assert [(each["id"], each["start"]) for each in refused["conflicts"]] == [(None, mondays[2])]
    assert refused["next_free"] == "2027-03-29T08:00:00Z"
    refused = problem(ada("POST", "/events", single), 409, "event-conflict")
    assert [(each["id"], each["title"]) for each in refused["conflicts"]] == [(f"{series['id']}_{THIRD}", "Planning")]
    assert bob("POST", f"/calendars/{room}/events", {**single, "start": mondays[3], "end": "2027-04-05T08:00:00Z"}).ok

    before = now()
    # From the third one on, on Tuesdays.
    tuesday = {"start": "2027-03-30T07:00:00Z", "end": "2027-03-30T08:00:00Z"}
    split = ada("PATCH", f"{path}_{THIRD}", tuesday, query={"scope": "following"})
    assert (split.status_code, split.json()["split_from"]) == (200, series["id"]), split.text
    tail = split.json()
    after = [*left[:2], "2027-03-30T07:00:00Z", "2027-04-13T07:00:00Z"]
    assert starts(ada)[:3] == after[:3]
    assert starts(ada, f"/calendars/{room}/events")[:3] == after[:3]
    assert tail["id"] != series["id"]

    # One occurrence goes back to what it was at first.
    versions = eventually(lambda: ada("GET", f"{path}/history").json(), lambda page: page["pending"] == [])
    first = versions["items"][-1]
    assert first["history_id"] == series["history_id"]
    back = ada("POST", f"{path}/rollback", {"history_id": series["history_id"]}, query={"occurrence": SECOND})
    assert back.status_code == 200, back.text
    assert starts(ada)[:3] == [*mondays[:2], "2027-03-30T07:00:00Z"]

    # And the calendar is told as it was before the split.
    past = eventually(lambda: ada("GET", "/events", query={**WINDOW, "as_of": before}), lambda page: page.ok)
    assert [each["start"] for each in past.json()["items"]] == left
