"""Members: given a role, listed, removed, and what they decide for themselves."""

import io
import json

import pytest

from tests.integration.sharing.people import People


def test_a_role_holds_at_once_and_is_offered_until_it_is_accepted(people: People) -> None:
    path = people.calendar("ada", kind="room")
    calendar_id = path.rpartition("/")[2]
    given = people.put("ada", path, "bob", "viewer")
    assert given.status == 200
    assert given.body == {
        "user_id": people("bob").user_id,
        "username": "bob",
        "role": "viewer",
        "accepted": False,
        "granted_by": people("ada").user_id,
        "granted_at": "2026-11-22T09:00:00Z",
    }
    assert people("bob")("GET", path).body["role"] == "viewer"
    assert calendar_id not in people.listed("bob")
    (offered,) = people("bob")("GET", "/calendars", accepted="false").body["items"]
    assert (offered["id"], offered["role"], offered["accepted"]) == (calendar_id, "viewer", False)
    accepted = people("bob")("PATCH", f"{path}/members/me", {"accepted": True})
    assert (accepted.status, accepted.body["accepted"]) == (200, True)
    assert people.listed("bob") == [people("bob").user_id, calendar_id]
    assert people.listed("bob", accepted="false") == []
    (member,) = [each for each in members(people, path) if each["username"] == "bob"]
    assert member["accepted"] is True


def members(people: People, path: str, owner: str = "ada") -> list[dict[str, object]]:
    found: list[dict[str, object]] = people(owner)("GET", f"{path}/members").body["items"]
    return found


@pytest.mark.parametrize("name", ["nobody", "x" * 64, "01998f00-0000-7000-8000-00000000000a"])
def test_a_name_that_nobody_has_is_told_at_once(people: People, name: str) -> None:
    path = people.calendar("ada")
    refused = people("ada")("PUT", f"{path}/members/{name}", {"role": "viewer"})
    assert (refused.status, refused.body["errors"]) == (422, [{"field": "username", "message": "no such user"}])


@pytest.mark.parametrize("name", ["BOB", "Bob", "bob"])
def test_a_name_is_found_in_any_case(people: People, name: str) -> None:
    people("bob")
    path = people.calendar("ada")
    given = people("ada")("PUT", f"{path}/members/{name}", {"role": "viewer"})
    assert (given.status, given.body["username"]) == (200, "bob")
    assert people("ada")("DELETE", f"{path}/members/{name}").status == 204
    assert people("bob")("GET", path).status == 404


def test_another_role_takes_the_place_of_the_one_before(people: People) -> None:
    path = people.calendar("ada")
    bob = people.admitted(path, "bob", "viewer")
    people.deployment.clock.forward(seconds=60)
    for role in ("editor", "owner", "free_busy", "owner", "booker"):
        changed = people.put("ada", path, "bob", role)
        assert (changed.status, changed.body["role"], changed.body["accepted"]) == (200, role, True)
        assert bob("GET", path).body["role"] == role
        assert changed.body["granted_at"] == "2026-11-22T09:01:00Z"
        owners = {people("ada").user_id, *([bob.user_id] if role == "owner" else [])}
        assert people.owners(path) == owners
        # The list says the same, and is still accepted.
        assert [each["role"] for each in bob("GET", "/calendars").body["items"]] == ["owner", role]


def test_the_same_role_again_changes_nothing(people: People) -> None:
    path = people.calendar("ada")
    people.admitted(path, "bob", "editor")
    before = people.items()
    for name in ("bob", people("bob").user_id):
        again = people("ada")("PUT", f"{path}/members/{name}", {"role": "editor"})
        assert (again.status, again.body["accepted"]) == (200, True)
    assert people.items() == before


def test_a_member_may_be_named_by_id(people: People) -> None:
    path = people.calendar("ada")
    bob = people.admitted(path, "bob", "viewer")
    upper = f"{path}/members/{bob.user_id.upper()}"
    assert people("ada")("PUT", upper, {"role": "editor"}).body["username"] == "bob"
    assert people("ada")("DELETE", upper).status == 204
    assert bob("GET", path).status == 404


@pytest.mark.parametrize("role", ["free_busy", "viewer", "booker", "editor", "owner"])
def test_who_is_removed_has_no_calendar_any_more(people: People, role: str) -> None:
    path = people.calendar("ada")
    for by in ("bob", people("bob").user_id):
        people.admitted(path, "bob", role)
        assert people("ada")("DELETE", f"{path}/members/{by}").status == 204
        assert people("bob")("GET", path).status == 404
        assert people.listed("bob") == [people("bob").user_id]
        assert people.owners(path) == {people("ada").user_id}
        assert people("ada")("DELETE", f"{path}/members/{by}").status == 204
    assert not [item for item in people.items() if "USER#" in item["pk"]["S"] and people("bob").user_id in str(item)]


def test_removing_who_is_no_member_is_done_already(people: People) -> None:
    path = people.calendar("ada")
    people("bob")
    before = people.items()
    for where in (path, people.default("ada")):
        for name in ("bob", "nobody", people("bob").user_id):
            assert people("ada")("DELETE", f"{where}/members/{name}").status == 204
    assert people.items() == before


@pytest.mark.parametrize("role", ["free_busy", "viewer", "booker", "editor", "owner"])
def test_a_member_leaves(people: People, role: str) -> None:
    path = people.calendar("ada", everyone="free_busy")
    bob = people.admitted(path, "bob", role)
    assert bob("DELETE", f"{path}/members/me").status == 204
    assert bob("GET", path).body["role"] == "free_busy"
    assert bob("GET", f"{path}/members/me").status == 404
    assert bob("DELETE", f"{path}/members/me").status == 204
    assert people.listed("bob") == [bob.user_id]


def test_the_last_owner_stays_one(people: People) -> None:
    path = people.calendar("ada")
    ada = people("ada")
    people.admitted(path, "bob", "editor")
    before = people.items()
    for refused in (
        ada("DELETE", f"{path}/members/me"),
        ada("DELETE", f"{path}/members/ada"),
        ada("DELETE", f"{path}/members/{ada.user_id}"),
        ada("PUT", f"{path}/members/ada", {"role": "editor"}),
    ):
        assert (refused.status, refused.body["type"]) == (409, "/problems/last-owner")
    assert people.items() == before
    people.put("ada", path, "bob", "owner")
    assert ada("PUT", f"{path}/members/ada", {"role": "viewer"}).status == 200
    assert ada("GET", path).body["role"] == "viewer"
    assert people.owners(path) == {people("bob").user_id}


def test_a_default_calendar_is_its_users_for_ever(people: People) -> None:
    path = people.default("ada")
    ada = people("ada")
    bob = people.admitted(path, "bob", "owner")
    before = people.items()
    for refused in (
        ada("DELETE", f"{path}/members/me"),
        ada("DELETE", f"{path}/members/ada"),
        ada("PUT", f"{path}/members/ada", {"role": "editor"}),
        bob("DELETE", f"{path}/members/ada"),
        bob("DELETE", f"{path}/members/{ada.user_id}"),
        bob("PUT", f"{path}/members/ada", {"role": "editor"}),
    ):
        assert (refused.status, refused.body["type"]) == (403, "/problems/default-calendar")
    assert bob("PUT", f"{path}/members/ada", {"role": "owner"}).status == 200
    assert people.items() == before
    assert bob("DELETE", f"{path}/members/me").status == 204
    assert people.owners(path) == {ada.user_id}


def test_a_default_calendar_is_stored_when_it_is_first_shared(people: People) -> None:
    path = people.default("ada")
    assert people("ada")("GET", f"{path}/members").body["items"][0]["username"] == "ada"
    assert people("ada")("GET", f"{path}/members/me").body["role"] == "owner"
    assert people.items() == []
    assert people.put("ada", path, "bob", "viewer").status == 200
    assert people.owners(path) == {people("ada").user_id}
    assert people.state(path) == {"strict": {"BOOL": False}}
    assert {each["username"]: each["role"] for each in members(people, path)} == {"ada": "owner", "bob": "viewer"}
    assert people("bob")("GET", path).body["name"] == "ada's calendar"


def test_a_calendar_has_20_owners_at_most(people: People) -> None:
    path = people.calendar("ada")
    for number in range(19):
        assert people.put("ada", path, f"user{number}", "owner").status == 200
    refused = people.put("ada", path, "bob", "owner")
    assert (refused.status, refused.fields) == (422, ["role"])
    assert len(people.owners(path)) == 20
    assert people("ada")("DELETE", f"{path}/members/me").status == 204
    assert people.put("user0", path, "bob", "owner").status == 200


def test_pages_of_members_together_are_all(people: People) -> None:
    path = people.calendar("ada")
    for number in range(7):
        people.put("ada", path, f"user{number}", "viewer")
    found, cursor = [], ""
    while True:
        page = people("ada")("GET", f"{path}/members?limit=3{cursor}").body
        assert len(page["items"]) <= 3
        found += [each["user_id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == sorted(each.user_id for each in people.apis.values())
    other = people.calendar("ada")
    assert people("ada")("GET", f"{other}/members?limit=3{cursor}").fields == ["cursor"]


def test_what_a_member_decides_changes_no_right(people: People) -> None:
    path = people.calendar("ada")
    bob = people.admitted(path, "bob", "viewer")
    decided = bob("PATCH", f"{path}/members/me", {"hidden": True, "colour": "#336699"})
    assert (decided.status, decided.body) == (200, bob("GET", f"{path}/members/me").body)
    assert (decided.body["hidden"], decided.body["colour"], decided.body["role"]) == (True, "#336699", "viewer")
    (_, listed) = bob("GET", "/calendars").body["items"]
    assert (listed["hidden"], listed["colour"]) == (True, "#336699")
    reset = bob("PATCH", f"{path}/members/me", {"hidden": None, "colour": None, "accepted": None}).body
    assert (reset["hidden"], reset["colour"], reset["accepted"]) == (False, None, False)
    assert bob("GET", path).body["role"] == "viewer"


def test_a_user_shows_the_default_calendar_as_they_like(people: People) -> None:
    path = people.default("ada")
    ada = people("ada")
    assert ada("PATCH", f"{path}/members/me", {"colour": "#336699", "hidden": True}).status == 200
    (own,) = ada("GET", "/calendars").body["items"]
    assert (own["colour"], own["hidden"], own["accepted"]) == ("#336699", True, True)
    refused = ada("PATCH", f"{path}/members/me", {"accepted": False})
    assert (refused.status, refused.fields) == (422, ["accepted"])
    # It is still so when the calendar is shared.
    people.put("ada", path, "bob", "viewer")
    assert ada("GET", f"{path}/members/me").body["colour"] == "#336699"


def test_each_change_of_a_role_is_a_security_event_and_in_the_log(people: People, log: io.StringIO) -> None:
    path = people.calendar("ada", everyone="viewer")
    people.put("ada", path, "bob", "viewer")
    people.put("ada", path, "bob", "editor")
    people.put("ada", path, "bob", "editor")
    people("ada")("PATCH", path, {"everyone": None})
    people("bob")("DELETE", f"{path}/members/me")
    ada, bob = people("ada").user_id, people("bob").user_id
    expected = [
        (ada, ada, None, "owner"),
        (ada, None, None, "viewer"),
        (ada, bob, None, "viewer"),
        (ada, bob, "viewer", "editor"),
        (ada, None, "viewer", None),
        (bob, bob, "editor", None),
    ]
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    events = [line for line in lines if line.get("security_event") == "GrantsChanged"]
    assert [(each["by"], each.get("user_id"), each.get("before"), each.get("after")) for each in events] == expected
    assert {each["source"] for each in events} == {"203.0.113.17"}
    assert {each["calendar_id"] for each in events} == {path.rpartition("/")[2]}
    names = ("by", "user_id", "before", "after")
    stored = [
        tuple(item.get(name, {}).get("S") for name in names)
        for item in people.items(path)
        if item["sk"]["S"].startswith("LOG#")
    ]
    assert sorted(stored, key=str) == sorted(expected, key=str)
