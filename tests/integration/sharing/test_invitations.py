"""Invitations: made, used once, withdrawn, lapsed; and what becomes of who is a member already."""

from base64 import urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.errors import NotFound
from shared.ids import UserId
from shared.sharing.invitations import Invitations
from shared.wiring.invitations import invitations
from tests.harness.gateway import Api, Reply
from tests.integration.sharing.people import CLIENT, People

RACERS = 8


def invite(people: People, path: str, role: str = "viewer", by: str = "ada", **fields: Any) -> Any:
    made = people(by)("POST", f"{path}/invitations", {"role": role, **fields})
    assert made.status == 201, made
    return made.body


def accept(api: Api, code: Any) -> Reply:
    return api("POST", "/invitations/accept", {"code": code})


def test_a_code_makes_a_member_who_has_accepted(people: People) -> None:
    path = people.calendar("ada")
    made = invite(people, path, "editor", label="bob@example.com", days=3)
    assert {name: made[name] for name in ("role", "label", "expires_at", "made_by")} == {
        "role": "editor",
        "label": "bob@example.com",
        "expires_at": "2026-11-25T09:00:00Z",
        "made_by": people("ada").user_id,
    }
    people.deployment.clock.forward(seconds=1)
    accepted = accept(people("bob"), made["code"])
    assert (accepted.status, accepted.body["role"]) == (200, "editor")
    assert accepted.body == people("bob")("GET", path).body
    assert path.rpartition("/")[2] in people.listed("bob")
    own = people("bob")("GET", f"{path}/members/me").body
    assert (own["accepted"], own["granted_by"], own["username"]) == (True, people("ada").user_id, "bob")
    (latest, _) = people("ada")("GET", f"{path}/log").body["items"]
    assert (latest["by"], latest["user_id"]) == (people("ada").user_id, people("bob").user_id)
    assert (latest["before"], latest["after"]) == (None, "editor")


def test_a_code_is_good_once(people: People) -> None:
    path = people.calendar("ada")
    code = invite(people, path)["code"]
    assert accept(people("bob"), code).status == 200
    before = people.items()
    for user in ("bob", "carol"):
        assert accept(people(user), code).status == 404
    assert people.items() == before


def test_the_code_is_not_kept(people: People) -> None:
    path = people.calendar("ada")
    made = invite(people, path)
    secret = urlsafe_b64decode(made["code"])[16:]
    stored = str(people.items())
    assert made["code"] not in stored
    assert secret.hex() not in stored
    (listed,) = people("ada")("GET", f"{path}/invitations").body["items"]
    assert listed == people("ada")("GET", f"{path}/invitations/{made['id']}").body
    assert listed == {name: value for name, value in made.items() if name != "code"}


@pytest.mark.parametrize("role", ["free_busy", "viewer", "booker", "editor"])
def test_an_invitation_gives_any_role_but_that_of_an_owner(people: People, role: str) -> None:
    path = people.calendar("ada")
    assert accept(people("bob"), invite(people, path, role)["code"]).body["role"] == role


NOT_GOOD = ["", "x", "A" * 48, "ä" * 48, "A" * 47 + "=", "\x00" * 48, "A" * 49, "A" * 100_000]


def test_no_code_that_is_not_good_tells_why(people: People) -> None:
    path = people.calendar("ada")
    used, withdrawn, of_deleted = (invite(people, path) for _ in range(3))
    assert accept(people("carol"), used["code"]).status == 200
    assert people("ada")("DELETE", f"{path}/invitations/{withdrawn['id']}").status == 204
    other = of_deleted["code"][:-1] + ("A" if of_deleted["code"][-1] != "A" else "B")
    answers = {
        accept(people("bob"), code).text for code in (*NOT_GOOD, used["code"], withdrawn["code"], other, used["id"])
    }
    people.deployment.clock.forward(seconds=7 * 24 * 3600)
    answers.add(accept(people("bob"), of_deleted["code"]).text)
    assert len(answers) == 1
    assert "no such invitation" in answers.pop()


def test_an_invitation_that_has_lapsed_is_gone_before_the_database_removes_it(people: People) -> None:
    path = people.calendar("ada")
    made = invite(people, path, days=1)
    people.deployment.clock.forward(seconds=24 * 3600 - 1)
    assert people("ada")("GET", f"{path}/invitations/{made['id']}").status == 200
    people.deployment.clock.forward(seconds=1)
    assert people("ada")("GET", f"{path}/invitations/{made['id']}").status == 404
    assert people("ada")("GET", f"{path}/invitations").body["items"] == []
    assert accept(people("bob"), made["code"]).status == 404


def test_a_code_ends_with_the_right_of_who_made_it(people: People) -> None:
    """Else who is removed could come back by a code of their own, or let others in."""
    path = people.calendar("ada")
    people.admitted(path, "bob", "owner")
    codes = [invite(people, path, "editor", by="bob")["code"] for _ in range(2)]
    people.put("ada", path, "bob", "viewer")
    assert accept(people("carol"), codes[0]).status == 404
    assert accept(people("bob"), codes[1]).status == 404
    people("ada")("DELETE", f"{path}/members/bob")
    assert accept(people("bob"), codes[1]).status == 404
    assert people("bob")("GET", path).status == 404


@pytest.mark.parametrize(
    ("before", "invited", "after"),
    [
        ("viewer", "free_busy", "viewer"),
        ("viewer", "viewer", "viewer"),
        ("viewer", "editor", "editor"),
        ("booker", "viewer", "booker"),  # neither includes the other
        ("viewer", "booker", "viewer"),
        ("free_busy", "booker", "booker"),
        ("editor", "viewer", "editor"),
        ("owner", "viewer", "owner"),
    ],
)
def test_a_member_keeps_a_role_that_the_invitation_does_not_include(
    people: People, before: str, invited: str, after: str
) -> None:
    path = people.calendar("ada")
    people.put("ada", path, "bob", before)
    code = invite(people, path, invited)["code"]
    assert accept(people("bob"), code).body["role"] == after
    own = people("bob")("GET", f"{path}/members/me").body
    assert (own["role"], own["accepted"]) == (after, True)
    assert path.rpartition("/")[2] in people.listed("bob")
    assert accept(people("carol"), code).status == 404
    assert people("bob").user_id in people.owners(path) or after != "owner"


def test_an_owner_who_takes_their_own_code_uses_it_up(people: People) -> None:
    path = people.calendar("ada")
    code = invite(people, path)["code"]
    assert accept(people("ada"), code).body["role"] == "owner"
    assert accept(people("bob"), code).status == 404


def test_an_invitation_to_a_default_calendar_stores_it(people: People) -> None:
    path = people.default("ada")
    made = invite(people, path)
    assert people.owners(path) == {people("ada").user_id}
    assert people.state(path) == {"strict": {"BOOL": False}}
    assert accept(people("bob"), made["code"]).body["name"] == "ada's calendar"
    assert invite(people, path)["id"] != made["id"]


def test_a_user_of_another_issuer_comes_in_by_a_code(people: People) -> None:
    """They have no name in the directory, and perhaps none at all."""
    path = people.calendar("ada")
    stranger = Api(UserId("5df41881-3aed-3515-88a7-2f4a814cf09e"), username="")
    assert accept(stranger, invite(people, path)["code"]).status == 200
    assert stranger("GET", path).body["role"] == "viewer"
    assert people("ada")("PUT", f"{path}/members/{stranger.user_id}", {"role": "editor"}).body["username"] == ""
    assert people("ada")("DELETE", f"{path}/members/{stranger.user_id}").status == 204


@pytest.mark.parametrize("_", range(5))
def test_of_eight_who_use_a_code_at_once_one_is_a_member(people: People, _: int) -> None:
    path = people.calendar("ada")
    code = invite(people, path)["code"]
    racers = [f"user{number}" for number in range(RACERS)]
    requests = [invitations(people.request(name), CLIENT) for name in racers]

    def use(racer: Invitations) -> bool:
        try:
            racer.accept(code)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(RACERS) as pool:
        assert sum(pool.map(use, requests)) == 1
    assert len(people("ada")("GET", f"{path}/members").body["items"]) == 2


def test_pages_of_invitations_together_are_all(people: People) -> None:
    path = people.calendar("ada")
    made = sorted(invite(people, path)["id"] for _ in range(5))
    first = people("ada")("GET", f"{path}/invitations", limit="3").body
    second = people("ada")("GET", f"{path}/invitations", limit="3", cursor=first["next_cursor"]).body
    assert [each["id"] for each in [*first["items"], *second["items"]]] == made
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "owner"}, "role"),
        ({}, "role"),
        ({"role": "viewer", "days": 0}, "days"),
        ({"role": "viewer", "days": 31}, "days"),
        ({"role": "viewer", "days": "7"}, "days"),
        ({"role": "viewer", "label": "x" * 255}, "label"),
        ({"role": "viewer", "label": "a\nb"}, "label"),
        ({"role": "viewer", "email": "bob@example.com"}, "email"),
    ],
)
def test_an_invitation_that_breaks_a_rule_is_refused(people: People, body: Any, field: str) -> None:
    path = people.calendar("ada")
    refused = people("ada")("POST", f"{path}/invitations", body)
    assert (refused.status, refused.fields) == (422, [field])


@pytest.mark.parametrize("invitation_id", ["x", "0" * 63, "G" * 64, "A" * 64])
def test_an_id_that_is_none_is_refused(people: People, invitation_id: str) -> None:
    path = people.calendar("ada")
    for method in ("GET", "DELETE"):
        assert people("ada")(method, f"{path}/invitations/{invitation_id}").fields == ["invitation_id"]
