"""Calendars: made, read, changed and listed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.ids import CalendarId
from shared.scheduling.preconditions import UNCONDITIONAL
from shared.wiring.sharing import catalogue
from tests.integration.sharing.people import CLIENT, People


def test_who_makes_a_calendar_is_its_owner(people: People) -> None:
    ada = people("ada")
    made = ada("POST", "/calendars", {"name": "Room 4", "kind": "room", "time_zone": "Europe/Berlin"})
    assert made.status == 201
    document = made.body
    assert document == {
        "id": document["id"],
        "name": "Room 4",
        "kind": "room",
        "time_zone": "Europe/Berlin",
        "description": "",
        "everyone": None,
        "strict": True,
        "role": "owner",
        "default": False,
        "version": 1,
        "created_at": "2026-11-22T09:00:00Z",
        "changed_at": "2026-11-22T09:00:00Z",
        "deleted_at": None,
    }
    assert made.headers["Location"] == f"calendars/{document['id']}"
    read = ada("GET", f"/calendars/{document['id']}")
    assert (read.status, read.body) == (200, document)
    assert read.headers["ETag"] == made.headers["ETag"]
    assert people.owners(f"/calendars/{document['id']}") == {ada.user_id}


def test_a_default_calendar_is_not_strict(people: People) -> None:
    """Its owner's requests look nothing up, so nothing could hold them to it."""
    ada = people("ada")
    path = f"/calendars/{ada.user_id}"
    assert ada("PATCH", path, {"strict": True}).fields == ["strict"]
    assert ada("PATCH", path, {"kind": "room", "strict": None}).fields == ["strict"]
    assert ada("PATCH", path, {"kind": "room"}).body["strict"] is False


@pytest.mark.parametrize(("kind", "strict"), [("calendar", False), ("team", False), ("room", True), ("resource", True)])
def test_rooms_and_resources_are_strict_unless_they_say_otherwise(people: People, kind: str, strict: bool) -> None:
    for said, expected in (({}, strict), ({"strict": not strict}, not strict), ({"strict": None}, strict)):
        path = people.calendar("ada", kind=kind, **said)
        assert people("ada")("GET", path).body["strict"] is expected
        assert people.state(path)["strict"] == {"BOOL": expected}


def test_a_default_calendar_needs_no_items(people: People) -> None:
    path = people.default("ada")
    read = people("ada")("GET", path)
    assert read.status == 200
    assert read.body == {
        "id": people("ada").user_id,
        "name": "ada's calendar",
        "kind": "calendar",
        "time_zone": "UTC",
        "description": "",
        "everyone": None,
        "strict": False,
        "role": "owner",
        "default": True,
        "version": 0,
        "created_at": None,
        "changed_at": None,
        "deleted_at": None,
    }
    assert people.items() == []
    assert people("bob")("GET", path).status == 404


def test_a_change_of_a_default_calendar_stores_all_of_it(people: People) -> None:
    path = people.default("ada")
    patched = people("ada")("PATCH", path, {"name": "Ada", "everyone": "free_busy"})
    assert patched.status == 200
    assert (patched.body["name"], patched.body["everyone"], patched.body["version"]) == ("Ada", "free_busy", 1)
    assert people.owners(path) == {people("ada").user_id}
    assert people.state(path)["everyone"] == {"S": "free_busy"}
    assert people("bob")("GET", path).body["role"] == "free_busy"


def test_a_patch_changes_what_it_names_and_null_is_the_default(people: People) -> None:
    path = people.calendar("ada", kind="room", description="Twelve seats", everyone="viewer", strict=False)
    before = people("ada")("GET", path).body
    people.deployment.clock.forward(seconds=60)
    after = people("ada")("PATCH", path, {"name": "Room 5"}).body
    assert after == {**before, "name": "Room 5", "version": 2, "changed_at": "2026-11-22T09:01:00Z"}
    reset = people("ada")("PATCH", path, dict.fromkeys(("description", "everyone", "strict", "kind", "time_zone")))
    assert reset.status == 200
    assert {name: reset.body[name] for name in ("description", "everyone", "strict", "kind", "time_zone", "name")} == {
        "description": "",
        "everyone": None,
        "strict": False,  # that is the default of the default kind
        "kind": "calendar",
        "time_zone": "UTC",
        "name": "Room 5",
    }
    assert people("ada")("GET", path).body == reset.body
    assert "everyone" not in people.state(path)


def test_a_patch_that_changes_nothing_makes_no_version(people: People) -> None:
    path = people.calendar("ada")
    before = people.items()
    for patch in ({}, {"name": "Room 4"}, {"everyone": None}):
        assert people("ada")("PATCH", path, patch).body["version"] == 1
    assert people.items() == before


def test_if_match_keeps_a_patch_from_what_it_does_not_know(people: People) -> None:
    path = people.calendar("ada")
    etag = people("ada")("GET", path).headers["ETag"]
    first = people("ada")("PATCH", path, {"name": "Room 5"}, headers={"If-Match": etag})
    assert first.status == 200
    late = people("ada")("PATCH", path, {"name": "Room 6"}, headers={"If-Match": etag})
    assert (late.status, late.body["detail"]) == (412, "the calendar has changed since")
    assert f'"{late.body["history_id"]}"' == first.headers["ETag"] != etag
    assert people("ada")("GET", path, headers={"If-None-Match": first.headers["ETag"]}).status == 304
    assert people("ada")("GET", path, headers={"If-None-Match": etag}).status == 200


def test_the_tag_is_another_one_for_another_role(people: People) -> None:
    path = people.calendar("ada", everyone="viewer")
    assert people("ada")("GET", path).headers["ETag"] != people("bob")("GET", path).headers["ETag"]


def test_a_race_of_patches_loses_none(people: People) -> None:
    path = people.calendar("ada")
    calendar_id = CalendarId(path.rpartition("/")[2])
    fields: list[dict[str, Any]] = [
        {"name": "Room 5"}, {"kind": "team"}, {"time_zone": "Europe/Berlin"}, {"description": "new"},
        {"everyone": "viewer"}, {"strict": True},
    ]  # fmt: skip
    catalogues = [(catalogue(people.request("ada"), CLIENT), patch) for patch in fields]
    with ThreadPoolExecutor(len(fields)) as pool:
        for _ in pool.map(lambda each: each[0].patch(calendar_id, each[1], UNCONDITIONAL), catalogues):
            pass
    after = people("ada")("GET", path).body
    for patch in fields:
        assert after.items() >= patch.items()
    assert after["version"] == 1 + len(fields)
    assert people.state(path) == {"everyone": {"S": "viewer"}, "strict": {"BOOL": True}}


def test_the_list_begins_with_the_default_calendar(people: People) -> None:
    own = people("ada").user_id
    assert people.listed("ada") == [own]
    paths = [people.calendar("ada", name=f"Room {number}") for number in range(3)]
    made = sorted(path.rpartition("/")[2] for path in paths)
    assert people.listed("ada") == [own, *made]
    first, *others = people("ada")("GET", "/calendars").body["items"]
    assert (first["default"], first["name"], first["role"]) == (True, "ada's calendar", "owner")
    assert [(each["default"], each["role"], each["accepted"]) for each in others] == [(False, "owner", True)] * 3
    # It is listed once when it is stored as well.
    people.put("ada", people.default("ada"), "bob", "viewer")
    assert people.listed("ada") == [own, *made]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_together_are_the_list(people: People, limit: int) -> None:
    for number in range(5):
        people.calendar("ada", name=f"Room {number}")
    found: list[str] = []
    cursor = ""
    for _ in range(20):
        page = people("ada")("GET", f"/calendars?limit={limit}{cursor}").body
        assert len(page["items"]) <= limit
        found += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    else:
        pytest.fail("the list has no end")
    assert found == people.listed("ada")
    assert len(found) == 6


def test_more_calendars_than_one_read_returns_are_listed(people: People) -> None:
    for number in range(120):
        people.calendar("ada", name=f"Room {number}")
    page = people("ada")("GET", "/calendars", limit="100").body
    assert len(page["items"]) == 99
    rest = people("ada")("GET", "/calendars", limit="100", cursor=page["next_cursor"]).body
    assert rest["next_cursor"] is None
    assert len({each["id"] for each in [*page["items"], *rest["items"]]}) == 121


def test_a_cursor_belongs_to_its_list(people: People) -> None:
    for _ in range(3):
        people.calendar("ada")
    cursor = people("ada")("GET", "/calendars", limit="2").body["next_cursor"]
    refused = people("ada")("GET", "/calendars", accepted="false", cursor=cursor)
    assert (refused.status, refused.fields) == (422, ["cursor"])
