"""Routes by roles: who is served, who is told that a right is missing, and who is told that there is no calendar."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from shared.scheduling.roles import RIGHTS, Right
from tests.harness.gateway import Api, Reply
from tests.harness.openapi_document import check
from tests.integration.sharing.people import People

ROLES: Final = ("none", "free_busy", "viewer", "booker", "editor", "owner")
Ask = Callable[[Api, str], Reply]
C: Final = "/calendars/{calendar_id}"


def route(method: str, below: str = "", body: Any = None) -> Ask:
    return lambda api, path: api(method, path + below, body)


# The right that a route needs, and what who has it is answered.
NEEDS: dict[tuple[str, str], tuple[Right, int, Ask]] = {
    ("GET", C): ("busy", 200, route("GET")),
    ("PATCH", C): ("share", 200, route("PATCH", body={"name": "Room 5"})),
    ("GET", f"{C}/members"): ("write", 200, route("GET", "/members")),
    ("GET", f"{C}/members/me"): ("busy", 200, route("GET", "/members/me")),
    ("PATCH", f"{C}/members/me"): ("busy", 200, route("PATCH", "/members/me", {"hidden": True})),
    ("DELETE", f"{C}/members/me"): ("busy", 204, route("DELETE", "/members/me")),
    ("PUT", f"{C}/members/{{username}}"): ("share", 200, route("PUT", "/members/carol", {"role": "viewer"})),
    ("DELETE", f"{C}/members/{{username}}"): ("share", 204, route("DELETE", "/members/carol")),
    ("DELETE", C): ("share", 204, route("DELETE")),
    ("POST", f"{C}/restore"): ("share", 204, route("POST", "/restore")),
    ("POST", f"{C}/transfer"): ("share", 200, route("POST", "/transfer", {"to": "ada"})),
    ("GET", f"{C}/log"): ("share", 200, route("GET", "/log")),
    ("POST", f"{C}/invitations"): ("share", 201, route("POST", "/invitations", {"role": "viewer"})),
    ("GET", f"{C}/invitations"): ("write", 200, route("GET", "/invitations")),
    ("GET", f"{C}/invitations/{{invitation_id}}"): ("write", 404, route("GET", f"/invitations/{'0' * 64}")),
    ("DELETE", f"{C}/invitations/{{invitation_id}}"): ("share", 204, route("DELETE", f"/invitations/{'0' * 64}")),
}
CASES = [
    pytest.param(name, right, status, ask, role, id=f"{' '.join(name)} by {role}")
    for name, (right, status, ask) in NEEDS.items()
    for role in ROLES
]


@pytest.mark.parametrize(("name", "right", "status", "ask", "role"), CASES)
def test_a_role_is_answered_by_its_rights(
    people: People, name: tuple[str, str], right: Right, status: int, ask: Ask, role: Any
) -> None:
    path = people.calendar("ada")
    people("carol")
    caller = people("bob") if role == "none" else people.admitted(path, "bob", role)
    before = people.items()
    answered = ask(caller, path)
    check(*name, answered)
    if role == "none":
        missing = ask(caller, "/calendars/01998f00-0000-7000-8000-00000000000b")
        assert (answered.status, answered.text) == (404, missing.text)
        assert answered.body["detail"] == "no such calendar"
        assert people.items() == before
    elif right not in RIGHTS[role]:
        assert (answered.status, answered.body["role"], answered.body["needs"]) == (403, role, right)
        assert people.items() == before
    else:
        assert answered.status == status


@pytest.mark.parametrize(("everyone", "role", "status"), [("free_busy", None, 200), ("viewer", "free_busy", 200)])
def test_everyones_role_is_for_who_has_none_or_a_lesser_one(
    people: People, everyone: str, role: str | None, status: int
) -> None:
    path = people.calendar("ada", everyone=everyone)
    caller = people("bob") if role is None else people.admitted(path, "bob", role)
    assert caller("GET", path).status == status
    refused = caller("GET", f"{path}/members")
    assert (refused.status, refused.body["role"], refused.body["needs"]) == (403, role or everyone, "write")
    people("ada")("PATCH", path, {"everyone": None})
    assert caller("GET", path).status == (404 if role is None else 200)


def test_an_id_is_folded_before_it_is_compared(people: People) -> None:
    path = people.calendar("ada")
    upper = f"/calendars/{path.rpartition('/')[2].upper()}"
    assert people("ada")("GET", upper).body == people("ada")("GET", path).body
    own = f"/calendars/{people('ada').user_id.upper()}"
    assert people("ada")("GET", own).body["default"] is True
    assert people("ada")("DELETE", f"{own}/members/me").status == 403


@pytest.mark.parametrize("sort_key", ["MEMBER#", "CALENDAR", "STATE#"])
def test_a_role_that_is_no_role_gives_no_right(people: People, sort_key: str) -> None:
    """As an item may have it that was written by hand."""
    path = people.calendar("ada", everyone="viewer")
    bob = people("bob")
    if sort_key == "MEMBER#":
        people.admitted(path, "bob", "editor")
    table = people.deployment.runtime.settings.access_table
    for item in people.items(path):
        name = "role" if sort_key == "MEMBER#" else "everyone"
        if item["sk"]["S"].startswith(sort_key) and people("ada").user_id not in item["sk"]["S"]:
            changed = {**item, name: {"S": "god"}}
            people.deployment.runtime.clients.dynamodb.put_item(TableName=table, Item=changed)
    if sort_key == "CALENDAR":
        assert bob("GET", path).status == 404
    assert bob("GET", f"{path}/members").status in (403, 404)
    assert bob("PUT", f"{path}/members/carol", {"role": "owner"}).status in (403, 404)
