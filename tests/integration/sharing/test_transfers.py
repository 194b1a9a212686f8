"""A calendar given away, and the log of who had which role."""

from typing import Any

import pytest

from tests.integration.sharing.people import People


@pytest.mark.parametrize("role", ["free_busy", "viewer", "booker", "editor"])
@pytest.mark.parametrize("before", ["viewer", "editor"])
def test_another_member_is_the_owner_in_place_of_the_caller(people: People, role: str, before: str) -> None:
    path = people.calendar("ada")
    bob = people.admitted(path, "bob", before)
    given = people("ada")("POST", f"{path}/transfer", {"to": "bob", "role": role})
    assert (given.status, given.body["role"], given.body["username"]) == (200, "owner", "bob")
    assert people.owners(path) == {bob.user_id}
    assert people("ada")("GET", path).body["role"] == role
    assert [each["role"] for each in people("ada")("GET", "/calendars").body["items"]] == ["owner", role]
    assert people("ada")("PATCH", path, {"name": "x"}).status == 403
    assert bob("PATCH", path, {"name": "x"}).status == 200


def test_the_role_is_that_of_an_editor_unless_told(people: People) -> None:
    path = people.calendar("ada")
    bob = people.admitted(path, "bob", "viewer")
    assert people("ada")("POST", f"{path}/transfer", {"to": bob.user_id}).status == 200
    assert people("ada")("GET", path).body["role"] == "editor"


def test_other_owners_stay(people: People) -> None:
    path = people.calendar("ada")
    carol, bob = (people.admitted(path, name, role) for name, role in (("carol", "owner"), ("bob", "booker")))
    assert people("ada")("POST", f"{path}/transfer", {"to": "bob"}).status == 200
    assert people.owners(path) == {bob.user_id, carol.user_id}
    assert bob("POST", f"{path}/transfer", {"to": "carol", "role": "viewer"}).status == 200
    assert people.owners(path) == {carol.user_id}


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("nobody", "no such user"),
        ("carol", "must be a member who has accepted the calendar"),  # no member
        ("dave", "must be a member who has accepted the calendar"),  # offered
        ("ada", "must be somebody else"),
    ],
)
def test_nobody_is_given_a_calendar_that_they_do_not_want(people: People, to: str, message: str) -> None:
    path = people.calendar("ada")
    people("carol")
    people.put("ada", path, "dave", "editor")
    before = people.items()
    refused = people("ada")("POST", f"{path}/transfer", {"to": to})
    assert (refused.status, refused.body["errors"]) == (422, [{"field": "to", "message": message}])
    assert people.items() == before


def test_a_default_calendar_cannot_be_given_away(people: People) -> None:
    path = people.default("ada")
    bob = people.admitted(path, "bob", "owner")
    carol = people.admitted(path, "carol", "editor")
    for giver in (people("ada"), bob):
        refused = giver("POST", f"{path}/transfer", {"to": carol.username})
        assert (refused.status, refused.body["type"]) == (403, "/problems/default-calendar")
    assert people.owners(path) == {people("ada").user_id, bob.user_id}


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "to"), ({"to": "x"}, "to"), ({"to": "a b c"}, "to"), ({"to": "bob", "role": "owner"}, "role")],
)
def test_a_transfer_that_breaks_a_rule_is_refused(people: People, body: Any, field: str) -> None:
    path = people.calendar("ada")
    refused = people("ada")("POST", f"{path}/transfer", body)
    assert (refused.status, refused.fields) == (422, [field])


def test_the_log_tells_the_latest_first_page_by_page(people: People) -> None:
    path = people.calendar("ada")
    ada, bob = people("ada").user_id, people("bob").user_id
    roles = ["viewer", "editor", "booker", "free_busy"]
    for role in roles:
        people.deployment.clock.forward(seconds=1)
        people.put("ada", path, "bob", role)
    people.deployment.clock.forward(seconds=1)
    people("ada")("DELETE", f"{path}/members/bob")
    changes = [*zip([None, *roles], [*roles, None], strict=True)]
    expected = [(ada, ada, None, "owner"), *((ada, bob, *change) for change in changes)]
    found, cursor = [], ""
    while True:
        page = people("ada")("GET", f"{path}/log?limit=2{cursor}").body
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [(each["by"], each["user_id"], each["before"], each["after"]) for each in found] == expected[::-1]
    assert found[0]["at"] == "2026-11-22T09:00:05.000Z"
    assert people("ada")("GET", f"{people.default('ada')}/log").body == {"items": [], "next_cursor": None}
