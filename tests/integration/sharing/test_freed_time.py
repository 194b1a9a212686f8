"""What only frees time in another calendar needs no right there; anything else that is changed in it does."""

from typing import Any, Final

import pytest

from tests.harness.gateway import Reply
from tests.integration.sharing.people import People
from tests.integration.sharing.test_bookings import booked, room, there
from tests.integration.sharing.test_purged_bookings import gone

DAILY: Final[dict[str, Any]] = {
    "start": "2027-03-01T09:00:00Z",
    "end": "2027-03-01T10:00:00Z",
    "time_zone": "Europe/Berlin",
    "recurrence": {"rule": "FREQ=DAILY;COUNT=5"},
}
SECOND, THIRD, FOURTH = (f"2027030{day}T100000" for day in (2, 3, 4))
TRANSPARENT: Final = {"transparency": "transparent"}
WINDOW: Final[dict[str, Any]] = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-31T00:00:00Z"}


def lost(people: People, how: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    """An event of Bob's on a team's calendar of Ada's, in which he may not book any more."""
    team = room(people, kind="team", everyone=None)
    people.admitted(f"/calendars/{team}", "bob", "booker")
    made = booked(people, team, **fields)
    path = f"/calendars/{team}"
    if how == "free_busy":
        people.put("ada", path, "bob", "free_busy")
    elif how == "nothing":
        assert people("ada")("DELETE", f"{path}/members/bob").status == 204
    else:
        assert people("ada")("DELETE", path).status == 204
    return team, made


def busy(people: People, team: str) -> list[str]:
    """The days on which the team's calendar is taken."""
    if (found := people("ada")("GET", f"/calendars/{team}/free-busy", **WINDOW)).status == 404:
        assert people("ada")("POST", f"/calendars/{team}/restore").status == 204
        found = people("ada")("GET", f"/calendars/{team}/free-busy", **WINDOW)
    return [each["start"][8:10] for each in found.body["busy"]]


def refusal(reply: Reply) -> list[dict[str, str]]:
    assert reply.status == 422, reply
    found: list[dict[str, str]] = reply.body["errors"]
    return found


@pytest.mark.parametrize("how", ["free_busy", "nothing", "deleted"])
def test_occurrences_are_cancelled_without_a_right(people: People, how: str) -> None:
    team, made = lost(people, how, **DAILY)
    path, bob = f"/events/{made['id']}", people("bob")
    assert bob("DELETE", f"{path}_{SECOND}", dry_run="true").status == 200
    assert bob("DELETE", f"{path}_{SECOND}").status == 204
    assert bob("PATCH", f"{path}_{THIRD}", TRANSPARENT).status == 200
    assert bob("DELETE", f"{path}_{FOURTH}?scope=following").status == 204
    assert busy(people, team) == ["01"]
    copy = there(people, team, made["id"])
    assert copy is not None
    assert copy["recurrence"]["excluded"] == [SECOND]


@pytest.mark.parametrize("fields", [{}, DAILY], ids=["event", "series"])
@pytest.mark.parametrize("how", ["free_busy", "nothing", "deleted"])
def test_an_event_is_made_transparent_without_a_right(people: People, how: str, fields: dict[str, Any]) -> None:
    team, made = lost(people, how, **fields)
    path, bob = f"/events/{made['id']}", people("bob")
    assert bob("PATCH", path, TRANSPARENT).status == 200
    # It does not take the time again.
    named = [{"field": "calendars[0]", "message": "must be a calendar that you may book"}]
    assert refusal(bob("PATCH", path, {"transparency": "opaque"})) == named
    assert busy(people, team) == []


@pytest.mark.parametrize(
    ("at", "fields"),
    [
        ("", {"title": "Other"}),
        ("", {"title": "Other", **TRANSPARENT}),
        ("", {"end": "2027-03-01T09:30:00Z"}),
        ("", {"recurrence": {"rule": "FREQ=DAILY;COUNT=6"}}),
        ("", {"recurrence": {"excluded": []}}),
        ("", {"recurrence": None}),
        (f"_{THIRD}", {"title": "Other"}),
        (f"_{THIRD}", {"title": "Other", "cancelled": True}),
        (f"_{SECOND}", {"cancelled": False}),
        (f"_{FOURTH}", {"title": None, "location": None}),
        (f"_{THIRD}?scope=following", {"title": "Other"}),
        (f"_{THIRD}?scope=following", TRANSPARENT),
    ],
)
def test_what_changes_anything_else_needs_the_right(people: People, at: str, fields: dict[str, Any]) -> None:
    team = room(people, everyone=None)
    people.admitted(f"/calendars/{team}", "bob", "booker")
    made, bob = booked(people, team, **DAILY), people("bob")
    assert bob("DELETE", f"/events/{made['id']}_{SECOND}").status == 204
    assert bob("PATCH", f"/events/{made['id']}_{FOURTH}", {"title": "With guests"}).status == 200
    people.put("ada", f"/calendars/{team}", "bob", "free_busy")
    before = there(people, team, made["id"])
    assert refusal(bob("PATCH", f"/events/{made['id']}{at}", fields))[0]["field"] == "calendars[0]"
    assert there(people, team, made["id"]) == before


def test_others_keep_their_events(people: People) -> None:
    team, home = room(people, everyone=None), people.calendar("ada", kind="team")
    people.admitted(home, "bob", "booker")
    made = people("ada")("POST", f"{home}/events", {"title": "x", **DAILY, "calendars": [team]}).body
    assert people("bob")("DELETE", f"{home}/events/{made['id']}_{SECOND}").status == 404


def test_an_occurrence_is_cancelled_where_a_calendar_is_purged(people: People) -> None:
    team = room(people, kind="team")
    made = booked(people, team, **DAILY)
    people.deployment.record()
    gone(people, team, "ada")
    people.deployment.record()
    bob, before = people("bob"), len(people.deployment.events())
    assert bob("DELETE", f"/events/{made['id']}_{SECOND}").status == 204
    assert bob("PATCH", f"/events/{made['id']}", TRANSPARENT).status == 200
    # Nothing of it is written there.
    assert len(people.deployment.events()) == before
    assert bob("PATCH", f"/events/{made['id']}", {"calendars": []}).status == 200
