"""Removing an event on several calendars tells nothing of it to those who may not see it."""

from typing import Final

import pytest

from tests.integration.sharing.people import People

REVIEW: Final = {"title": "Review", "start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z"}
OTHER_VERSION: Final = {"If-Match": '"01998f00-0000-7000-8000-000000000001"'}


@pytest.fixture
def paths(people: People) -> tuple[str, str]:
    """A team's calendar and a room, both of Ada's; Bob and Carol are bookers of the team's."""
    team = people.calendar("ada", kind="team")
    for name in ("bob", "carol"):
        people.put("ada", team, name, "booker")
    return team, people.calendar("ada", kind="room", everyone="booker")


def test_a_version_named_wrongly_is_told_to_who_may_remove_it_alone(people: People, paths: tuple[str, str]) -> None:
    team, room = paths
    made = people("bob")("POST", f"{team}/events", {**REVIEW, "calendars": [room.rpartition("/")[2]]})
    assert made.status == 201, made
    path = f"{team}/events/{made.body['id']}"
    found = {name: people(name)("DELETE", path, headers=OTHER_VERSION).status for name in ("bob", "carol", "erin")}
    assert found == {"bob": 412, "carol": 404, "erin": 404}
    assert people("ada")("DELETE", f"{team}/members/bob").status == 204
    assert people("bob")("DELETE", path, headers=OTHER_VERSION).status == 404
    assert people("ada")("GET", path).status == 200


def test_a_booker_removes_their_own_and_no_others(people: People, paths: tuple[str, str]) -> None:
    team, room = paths
    made = people("bob")("POST", f"{team}/events", {**REVIEW, "calendars": [room.rpartition("/")[2]]}).body
    assert people("carol")("DELETE", f"{team}/events/{made['id']}").status == 404
    assert people("bob")("DELETE", f"{team}/events/{made['id']}").status == 204
    assert people("ada")("GET", f"{room}/events/{made['id']}").status == 404
    assert people("bob")("DELETE", f"{team}/events/{made['id']}").status == 404
