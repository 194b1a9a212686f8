"""Events on several calendars: on all of them at once, or on none."""

from typing import Any, Final

import pytest

from tests.harness.gateway import Reply
from tests.integration.sharing.people import People

HOUR: Final = {"title": "Review", "start": "2027-03-01T08:00:00Z", "end": "2027-03-01T09:00:00Z"}
LATER: Final = {"start": "2027-03-01T10:00:00Z", "end": "2027-03-01T11:00:00Z"}
NINE: Final = "2027-03-01T09:00:00Z"
ELEVEN: Final = "2027-03-01T11:00:00Z"


def room(people: People, **fields: Any) -> str:
    """Makes a room that everyone may book, and returns its id."""
    return people.calendar("ada", **{"kind": "room", "everyone": "booker", **fields}).rpartition("/")[2]


def there(people: People, calendar_id: str, event_id: str, name: str = "ada") -> dict[str, Any] | None:
    """Returns the event in a calendar, as one may see it who may see all; None if it is not there."""
    found = people(name)("GET", f"/calendars/{calendar_id}/events/{event_id}")
    return found.body if found.status == 200 else None


def booked(people: People, *calendars: str, name: str = "bob", **fields: Any) -> dict[str, Any]:
    """Books calendars besides a user's own."""
    made = people(name)("POST", "/events", {**HOUR, **fields, "calendars": [*calendars]})
    assert made.status == 201, made
    body: dict[str, Any] = made.body
    return body


def conflict(reply: Reply) -> list[dict[str, Any]]:
    assert reply.status == 409, reply
    found: list[dict[str, Any]] = reply.body["conflicts"]
    return found


def test_an_event_is_made_on_all_calendars(people: People) -> None:
    one, two = room(people), room(people)
    made = booked(people, one, two)
    assert made["calendars"] == [one, two]
    assert made["calendar_id"] == people("bob").user_id
    for each in (one, two):
        copy = there(people, each, made["id"])
        assert copy is not None
        same = ("history_id", "title", "start", "end", "created_by", "created_at", "version", "updated_by")
        assert {name: copy[name] for name in same} == {name: made[name] for name in same}
        assert (copy["calendars"], copy["calendar_id"]) == ([], each)


def test_a_taken_room_refuses_all_of_it_and_says_when_all_are_free(people: People) -> None:
    one, two = room(people), room(people)
    booked(people, two, name="carol", title="Secret")
    people("bob")("POST", "/events", {**HOUR, **LATER})
    refused = people("bob")("POST", "/events", {**HOUR, "calendars": [one, two], "end": "2027-03-01T10:00:00Z"})
    assert conflict(refused) == [
        {"calendar_id": two, "id": None, "title": None, "start": HOUR["start"], "end": HOUR["end"]}
    ]
    assert refused.body["next_free"] == ELEVEN
    assert people("ada")("GET", f"/calendars/{one}/events?from={HOUR['start']}").body["items"] == []


def test_who_may_read_is_told_what_is_in_the_way(people: People) -> None:
    one = room(people)
    made = booked(people, one, name="carol", title="Secret")
    assert conflict(people("ada")("POST", "/events", {**HOUR, "calendars": [one]}))[0]["title"] == "Secret"
    assert conflict(people("carol")("POST", "/events", {**HOUR, "calendars": [one]}))[0]["id"] == made["id"]


def test_a_move_moves_all(people: People) -> None:
    one = room(people)
    made = booked(people, one)
    moved = people("bob")("PATCH", f"/events/{made['id']}", LATER)
    assert moved.status == 200, moved
    copy = there(people, one, made["id"])
    assert copy is not None
    assert (copy["start"], copy["history_id"], copy["version"]) == (LATER["start"], moved.body["history_id"], 2)
    booked(people, one, name="carol")
    back = people("bob")("PATCH", f"/events/{made['id']}", {"start": HOUR["start"], "end": HOUR["end"]})
    assert conflict(back)[0]["calendar_id"] == one


def test_a_new_title_is_everywhere(people: People) -> None:
    one = room(people)
    made = booked(people, one)
    assert people("bob")("PATCH", f"/events/{made['id']}", {"title": "Retrospective"}).status == 200
    copy = there(people, one, made["id"])
    assert copy is not None
    assert copy["title"] == "Retrospective"


def test_calendars_come_and_go(people: People) -> None:
    one, two = room(people), room(people)
    made = booked(people, one)
    changed = people("bob")("PATCH", f"/events/{made['id']}", {"calendars": [two]})
    assert (changed.status, changed.body["calendars"]) == (200, [two]), changed
    assert there(people, one, made["id"]) is None
    assert there(people, two, made["id"]) is not None
    booked(people, one, name="carol")
    refused = people("bob")("PATCH", f"/events/{made['id']}", {"calendars": [two, one]})
    assert conflict(refused)[0]["calendar_id"] == one
    alone = people("bob")("PUT", f"/events/{made['id']}", HOUR)
    assert (alone.status, alone.body["calendars"]) == (200, [])
    assert there(people, two, made["id"]) is None
    again = people("bob")("PATCH", f"/events/{made['id']}", {"calendars": [two]})
    copy = there(people, two, made["id"])
    assert copy is not None
    assert (copy["version"], copy["history_id"]) == (3, again.body["history_id"])


def test_a_cancelled_event_frees_all_and_is_restored_on_all(people: People) -> None:
    one, two = room(people), room(people)
    made = booked(people, one, two)
    path = f"/events/{made['id']}"
    assert people("bob")("DELETE", path).status == 204
    people.deployment.record()
    assert people("ada")("GET", f"/calendars/{one}/events/deleted").body["items"] == []
    assert [each["id"] for each in people("bob")("GET", "/events/deleted").body["items"]] == [made["id"]]
    assert [there(people, each, made["id"]) for each in (one, two)] == [None, None]
    other = booked(people, one, name="carol")
    back = {"history_id": made["history_id"]}
    refused = people("bob")("POST", f"{path}/rollback", back)
    assert conflict(refused)[0]["calendar_id"] == one
    assert people("bob")("POST", f"{path}/rollback", {**back, "calendars": []}).body["calendars"] == []
    assert people("carol")("DELETE", f"/events/{other['id']}").status == 204
    restored = people("bob")("POST", f"{path}/rollback", back)
    assert (restored.status, restored.body["calendars"]) == (200, [one, two])
    assert there(people, two, made["id"]) is not None


def test_a_rooms_editor_takes_it_off(people: People) -> None:
    one, two = room(people), room(people)
    made = booked(people, one, two)
    assert people("bob")("DELETE", f"/calendars/{one}/events/{made['id']}").status == 403
    assert people("carol")("DELETE", f"/calendars/{one}/events/{made['id']}").status == 404
    assert people("ada")("DELETE", f"/calendars/{one}/events/{made['id']}", reason="closed").status == 204
    left = people("bob")("GET", f"/events/{made['id']}").body
    assert (left["calendars"], left["version"], left["updated_by"]) == ([two], 2, people("ada").user_id)
    assert there(people, one, made["id"]) is None
    copy = there(people, two, made["id"])
    assert copy is not None
    assert copy["version"] == 1
    booked(people, one, name="carol")


@pytest.mark.parametrize("name", ["ada", "bob"])
def test_a_copy_is_changed_at_home(people: People, name: str) -> None:
    one = room(people)
    made = booked(people, one)
    people.deployment.record()
    path = f"/calendars/{one}/events/{made['id']}"
    back = {"history_id": made["history_id"]}
    refused = [
        people(name)("PUT", path, {**HOUR, "title": "Mine"}),
        people(name)("PATCH", path, {"title": "Mine"}),
        people(name)("POST", f"{path}/move", {"to": people(name).user_id}),
    ]
    assert people("ada")("DELETE", path).status == 204
    refused.append(people(name)("POST", f"{path}/rollback", back))
    for each in refused:
        assert (each.status, each.body["type"]) == (403, "/problems/managed-elsewhere")


def test_any_of_several_takes_one_that_is_free(people: People) -> None:
    rooms = [room(people) for _ in range(3)]
    names = ("bob", "carol", "dave")
    taken = set()
    for name in names:
        made = people(name)("POST", "/events", {**HOUR, "any_of": rooms})
        assert made.status == 201, made
        taken.update(made.body["calendars"])
    assert taken == {*rooms}
    refused = people("erin")("POST", "/events", {**HOUR, "any_of": rooms})
    assert {each["calendar_id"] for each in conflict(refused)} == {*rooms}
    assert refused.body["next_free"] == NINE


def test_an_event_is_moved_to_another_home(people: People) -> None:
    one, team = room(people), room(people, kind="team")
    made = booked(people, one)
    moved = people("bob")("POST", f"/events/{made['id']}/move", {"to": team})
    assert moved.status == 200, moved
    assert (moved.body["id"], moved.body["calendar_id"], moved.body["calendars"]) == (made["id"], team, [one])
    assert people("bob")("GET", f"/events/{made['id']}").status == 404
    path = f"/calendars/{team}/events/{made['id']}"
    assert people("bob")("PATCH", path, {"title": "Moved"}).status == 200
    copy = there(people, one, made["id"])
    assert copy is not None
    assert copy["title"] == "Moved"
    people.deployment.record()
    refused = people("bob")("POST", f"/events/{made['id']}/rollback", {"history_id": made["history_id"]})
    assert (refused.status, refused.body["type"]) == (403, "/problems/managed-elsewhere")
    home = people("bob")("POST", f"{path}/move", {"to": people("bob").user_id})
    assert home.status == 200, home
    assert people("bob")("GET", f"/events/{made['id']}").body["title"] == "Moved"
    assert there(people, team, made["id"]) is None


def test_a_dry_run_says_what_it_would_do_on_all(people: People) -> None:
    one = room(people)
    would = people("bob")("POST", "/events", {**HOUR, "calendars": [one]}, dry_run="true")
    assert (would.status, would.body["conflicts"]) == (200, [])
    booked(people, one, name="carol")
    would = people("bob")("POST", "/events", {**HOUR, "calendars": [one]}, dry_run="true")
    assert (would.status, would.body["conflicts"][0]["calendar_id"]) == (200, one)
    # Neither dry run has written anything: the room has Carol's booking alone.
    listed = people("ada")("GET", f"/calendars/{one}/events?from={HOUR['start']}").body["items"]
    assert [each["created_by"] for each in listed] == [people("carol").user_id]
    assert people("bob")("GET", f"/events?from={HOUR['start']}").body["items"] == []


def test_who_may_not_book_a_room_any_more_changes_nothing_there(people: People) -> None:
    one = room(people, everyone=None)
    path = f"/calendars/{one}"
    people.admitted(path, "bob", "booker")
    made = booked(people, one)
    assert people("ada")("DELETE", f"{path}/members/bob").status == 204
    refused = people("bob")("PATCH", f"/events/{made['id']}", {"title": "Still here"})
    assert refused.body["errors"] == [{"field": "calendars[0]", "message": "must be a calendar that you may book"}]
    copy = there(people, one, made["id"])
    assert copy is not None
    assert copy["title"] == "Review"
    assert people("bob")("PATCH", f"/events/{made['id']}", {"title": "Away", "calendars": None}).status == 200
    assert there(people, one, made["id"]) is None


@pytest.mark.parametrize("bulk", [False, True])
def test_the_uid_of_an_event_that_was_moved_away_says_so(people: People, bulk: bool) -> None:
    bob, named = people("bob"), {**HOUR, "uid": "standup@example.com"}
    made = bob("POST", "/events", named)
    assert bob("POST", f"/events/{made.body['id']}/move", {"to": room(people)}).status == 200
    again = bob("POST", "/events/bulk", {"events": [named]}) if bulk else bob("POST", "/events", named)
    why = f"is that of event {made.body['id']}, which was moved to another calendar"
    refused = again.body["items"][0] if bulk else again.body
    assert (refused["status"], refused["errors"][0]["message"]) == (422, why)
