"""What breaks a rule is refused by the name of the field, and nothing is stored."""

from typing import Any

import pytest

from shared import cursors
from shared.http.identity_models import Registration
from tests.integration.sharing.people import People

NO_UUIDS = ["x", "1", "01998f00-0000-7000-8000-00000000000", "01998f0000007000800000000000000a", "me"]
GOOD = {"name": "Room 4"}


@pytest.mark.parametrize("calendar_id", NO_UUIDS)
@pytest.mark.parametrize(
    ("method", "below", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/restore", None),
        ("GET", "/members", None),
        ("GET", "/members/me", None),
        ("PUT", "/members/bob", {"role": "viewer"}),
        ("POST", "/transfer", {"to": "bob"}),
        ("GET", "/log", None),
        ("POST", "/invitations", {"role": "viewer"}),
    ],
)
def test_an_id_that_is_no_uuid_is_refused(people: People, calendar_id: str, method: str, below: str, body: Any) -> None:
    refused = people("ada")(method, f"/calendars/{calendar_id}{below}", body)
    assert (refused.status, refused.fields) == (422, ["calendar_id"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": " \u200b"}, "name"),
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({**GOOD, "kind": "zoo"}, "kind"),
        ({**GOOD, "kind": None}, "kind"),
        ({**GOOD, "time_zone": "Mars/Olympus"}, "time_zone"),
        ({**GOOD, "description": "x" * 2001}, "description"),
        ({**GOOD, "description": "a\x00b"}, "description"),
        ({**GOOD, "everyone": "editor"}, "everyone"),
        ({**GOOD, "everyone": "owner"}, "everyone"),
        ({**GOOD, "strict": "true"}, "strict"),
        ({**GOOD, "owners": []}, "owners"),
        ({**GOOD, "id": "01998f00-0000-7000-8000-000000000001"}, "id"),
        ({**GOOD, "deleted_at": None}, "deleted_at"),
    ],
)
def test_a_calendar_that_breaks_a_rule_is_not_made(people: People, body: Any, field: str) -> None:
    refused = people("ada")("POST", "/calendars", body)
    assert (refused.status, refused.fields) == (422, [field])
    assert people.items() == []
    if body.get(field) is not None or field in ("name", "deleted_at"):
        patched = people("ada")("PATCH", people.default("ada"), {field: body.get(field)})
        assert (patched.status, patched.fields) == (422, [field])
    assert people.items() == []


@pytest.mark.parametrize("text", ["x" * 100, "ä" * 100, "\U0001f37b" * 100, "#role", "#name :owner"])
def test_any_text_of_the_length_is_kept(people: People, text: str) -> None:
    path = people.calendar("ada", name=text, description=text * 20)
    read = people("ada")("GET", path).body
    assert (read["name"], read["description"]) == (text, text * 20)
    assert people("ada")("PATCH", path, {"name": f"#{text}"[:100]}).body["name"] == f"#{text}"[:100]


@pytest.mark.parametrize("role", ["god", "", None, 7, ["owner"]])
def test_what_is_no_role_is_not_given(people: People, role: Any) -> None:
    path = people.calendar("ada")
    people("bob")
    refused = people("ada")("PUT", f"{path}/members/bob", {"role": role})
    assert (refused.status, refused.fields) == (422, ["role"])
    assert people("ada")("PUT", f"{path}/members/bob", {"role": "viewer", "until": "2027"}).fields == ["until"]


@pytest.mark.parametrize("name", ["a", "ab", "x" * 65, "-ab", "a b", "a@b", "ädä", "a%2Fb"])
def test_what_is_no_name_is_refused(people: People, name: str) -> None:
    path = people.calendar("ada")
    for method, body in (("PUT", {"role": "viewer"}), ("DELETE", None)):
        refused = people("ada")(method, f"{path}/members/{name}", body)
        assert (refused.status, refused.fields) == (422, ["username"]), (method, refused)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"colour": "#33669"}, "colour"),
        ({"colour": "#33669G"}, "colour"),
        ({"colour": "#336699\n"}, "colour"),
        ({"accepted": "true"}, "accepted"),
        ({"hidden": 1}, "hidden"),
        ({"role": "owner"}, "role"),
    ],
)
def test_a_member_decides_nothing_else(people: People, body: Any, field: str) -> None:
    path = people.calendar("ada")
    bob = people.admitted(path, "bob", "viewer")
    before = people.items()
    refused = bob("PATCH", f"{path}/members/me", body)
    assert (refused.status, refused.fields) == (422, [field])
    assert people.items() == before


@pytest.mark.parametrize("below", ["", "/members", "/log", "/invitations"])
@pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=x", "cursor=eyJxdWVyeSI6IngifQ", "until=2027"])
def test_a_parameter_that_is_none_is_refused(people: People, below: str, query: str) -> None:
    path = f"{people.default('ada')}{below}" if below else "/calendars"
    refused = people("ada")("GET", f"{path}?{query}")
    assert (refused.status, refused.fields) == (422, [query.partition("=")[0]])


@pytest.mark.parametrize("after", ["", "\x00", "z" * 900, "01998F00-0000-7000-8000-000000000001", "x"])
@pytest.mark.parametrize(
    ("below", "query", "fact"),
    [
        ("", "calendars accepted=true", "after"),
        ("/members", "members {}", "after"),
        ("/invitations", "invitations {}", "after"),
        ("/log", "log {}", "before"),
    ],
)
def test_a_forged_cursor_is_no_fault_of_the_database(
    people: People, after: str, below: str, query: str, fact: str
) -> None:
    path = f"{people.default('ada')}{below}" if below else "/calendars"
    cursor = cursors.encode(query.format(people("ada").user_id), {fact: after})
    answered = people("ada")("GET", path, cursor=cursor)
    assert answered.status == (200 if not below and not after else 422), answered


def test_a_user_name_of_the_form_of_an_id_is_reserved(people: People) -> None:
    del people
    body = {"username": "01998F00-0000-7000-8000-000000000001", "password": "correct horse", "email": "a@example.com"}
    with pytest.raises(ValueError, match="is reserved"):
        Registration.model_validate(body)
