"""What is erased with a calendar of its events on others, and what a calendar that is gone leaves of others' events."""

from collections import Counter
from typing import Any

import pytest

from shared.ids import CalendarId
from shared.store import erasing
from shared.store.erasing import CalendarEraser
from tests.harness.deployment import Item
from tests.harness.gateway import Reply
from tests.integration.history.upkeep import check
from tests.integration.sharing.people import People
from tests.integration.sharing.test_bookings import HOUR, LATER, booked, conflict, room, there
from tests.integration.sharing.test_deletion import KEPT, Interrupted, everything, killed_at, purge

SECRET = "Ada's secret"


def team(people: People, owner: str = "bob") -> str:
    """Makes a calendar that is a home of events, and returns its id."""
    return people.calendar(owner, kind="team", name="Team").rpartition("/")[2]


def on(people: People, home: str, *calendars: str, name: str = "bob", **fields: Any) -> dict[str, Any]:
    """Makes an event at home in a calendar, and on others."""
    made = people(name)("POST", f"/calendars/{home}/events", {**HOUR, **fields, "calendars": [*calendars]})
    assert made.status == 201, made
    assert isinstance(made.body, dict)
    return made.body


def of(people: People, calendar_id: str) -> list[Item]:
    """What the tables of events and of versions hold of a calendar, but fences and counts."""
    found = [*people.deployment.events(), *people.deployment.versions()]
    return [item for item in found if f"CAL#{calendar_id}" in item["pk"]["S"]]


def erase(people: People, calendar_id: str) -> Counter[str]:
    """Erases the events and the versions of a calendar, as the erasure of its user does."""
    runtime = people.deployment.runtime
    tables = runtime.settings.events_table, runtime.settings.history_table
    eraser = CalendarEraser(runtime.clients, *tables, lambda: runtime.deadline(20.0))
    home = CalendarId(calendar_id)
    return sum(eraser.erase_events(home, runtime.now()), Counter()) + sum(eraser.erase_versions(home), Counter())


def gone(people: People, calendar_id: str, owner: str = "bob") -> None:
    """Deletes a calendar, and purges it when it cannot be restored any more."""
    assert people(owner)("DELETE", f"/calendars/{calendar_id}").status == 204
    people.deployment.clock.forward(seconds=KEPT)
    assert purge()["purged"] == 1


def left_by(people: People, home: str, *rooms: str) -> None:
    """Events at home in a calendar, each with something else in the rooms: all of it is recorded."""
    first, second = rooms
    on(people, home, first, second, title=SECRET)
    moved = on(people, home, first, title=SECRET, **LATER)
    path = f"/calendars/{home}/events"
    moves = {"start": "2027-03-01T12:00:00Z", "end": "2027-03-01T13:00:00Z"}
    changes: list[dict[str, Any]] = [{"title": f"{SECRET}!"}, {"calendars": [second]}, {"calendars": [first], **moves}]
    for body in (*changes, {"calendars": []}):
        people.deployment.clock.forward(seconds=1)
        assert people("bob")("PATCH", f"{path}/{moved['id']}", body).status == 200
    cancelled = on(people, home, first, title=SECRET, **LATER)
    assert people("bob")("DELETE", f"{path}/{cancelled['id']}").status == 204
    off = on(people, home, first, title=SECRET, **LATER)
    assert people("ada")("DELETE", f"/calendars/{first}/events/{off['id']}", reason=SECRET).status == 204
    people.deployment.record()


def test_copies_and_what_was_taken_off_are_erased_with_their_home(people: People) -> None:
    one, two, home = room(people), room(people), team(people)
    booked(people, one, name="carol", start="2027-03-05T08:00:00Z", end="2027-03-05T09:00:00Z")
    people.deployment.record()
    before = [of(people, each) for each in (one, two)]
    left_by(people, home, one, two)
    assert len(of(people, one)) > len(before[0]) + 10
    counts = erase(people, home)
    assert counts["events"] == 4 + 4 + 2
    assert [of(people, each) for each in (home, one, two)] == [[], *before]
    # Nothing comes back.
    people.deployment.record()
    assert SECRET not in str([*people.deployment.events(), *people.deployment.versions()])
    assert erase(people, home) == Counter()
    # The rooms are free again, and their histories whole.
    booked(people, one, two, name="carol")
    people.deployment.record()
    people.deployment.clock.forward(seconds=3600)
    assert check()["missing"] == 0


def test_what_the_recorder_brings_late_is_erased_by_a_second_pass(people: People) -> None:
    one, home = room(people), team(people)
    made = on(people, home, one, title=SECRET)
    people.deployment.record()
    assert people("bob")("PATCH", f"/calendars/{home}/events/{made['id']}", {"title": f"{SECRET}!"}).status == 200
    late = people.deployment.new_records()
    erase(people, home)
    assert people.deployment.deliver(late) == []
    assert SECRET in str(people.deployment.versions())
    assert erase(people, home) == Counter(versions=2, usages=1)
    assert of(people, one) == []


def test_versions_that_have_lost_their_content_are_found(people: People) -> None:
    """As those of a deleted event have once it cannot be restored any more."""
    one, home = room(people), team(people)
    made = on(people, home, one)
    assert people("bob")("DELETE", f"/calendars/{home}/events/{made['id']}").status == 204
    people.deployment.record()
    table, clients = people.deployment.runtime.settings.events_table, people.deployment.runtime.clients
    for item in people.deployment.events():
        clients.dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    people.deployment.record()
    assert [item["erased"] for item in of(people, one)] == [{"BOOL": True}] * 2
    assert erase(people, home)["versions"] == 4
    assert of(people, one) == []


def test_an_event_that_was_moved_is_its_new_homes(people: People) -> None:
    """With what its copies have been; and its old home keeps what it has been there."""
    one, home, other = room(people), team(people), team(people)
    made = on(people, home, one, title=SECRET)
    moved = people("bob")("POST", f"/calendars/{home}/events/{made['id']}/move", {"to": other})
    assert moved.status == 200, moved
    people.deployment.record()
    before = [of(people, each) for each in (one, home)]
    assert len(before[1]) == 3
    erase(people, home)
    assert [of(people, each) for each in (one, home)] == [before[0], []]
    copy = there(people, one, made["id"])
    assert copy is not None
    again = on(people, home, title="Kept")
    assert people("bob")("POST", f"/calendars/{home}/events/{again['id']}/move", {"to": other}).status == 409
    back = people("bob")("PATCH", f"/calendars/{other}/events/{made['id']}", {"calendars": [home]})
    assert conflict(back)[0]["calendar_id"] == home


@pytest.mark.parametrize("to_room", [False, True])
def test_an_event_that_is_moved_while_its_copy_is_erased_keeps_it(
    people: People, monkeypatch: pytest.MonkeyPatch, to_room: bool
) -> None:
    one, home, other = room(people), team(people), team(people)
    made = on(people, home, one)
    people.deployment.record()
    to, find = one if to_room else other, CalendarEraser._copy
    moves: list[Reply] = []

    def moved_meanwhile(eraser: CalendarEraser, partition: str, of_home: CalendarId) -> list[Item] | None:
        found = find(eraser, partition, of_home)
        if not moves:
            moves.append(people("bob")("POST", f"/calendars/{home}/events/{made['id']}/move", {"to": to}))
        return found

    monkeypatch.setattr(CalendarEraser, "_copy", moved_meanwhile)
    erase(people, home)
    assert [each.status for each in moves] == [200]
    assert there(people, one, made["id"]) is not None
    refused = people("carol")("POST", "/events", {**HOUR, "calendars": [one]})
    assert conflict(refused)[0]["calendar_id"] == one


def test_a_calendar_keeps_what_it_has_moved_away(people: People) -> None:
    home, other = team(people), team(people)
    made = on(people, home, title=SECRET)
    assert people("bob")("POST", f"/calendars/{home}/events/{made['id']}/move", {"to": other}).status == 200
    people.deployment.record()
    before = of(people, home)
    booked_back = people("bob")("PATCH", f"/calendars/{other}/events/{made['id']}", {"calendars": [home]})
    assert booked_back.status == 200, booked_back
    people.deployment.record()
    assert len(of(people, home)) == len(before) + 1
    erase(people, other)
    assert there(people, home, made["id"], "bob") is None
    assert of(people, home) == [item for item in before if "change_type" in item and item["pk"]["S"].count("#") > 1]
    # As long as nothing of it has come back, the deletion stays.
    assert [item["change_type"]["S"] for item in of(people, home)] == ["create", "delete"]


def test_a_purge_that_is_killed_at_any_call_leaves_no_copy(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "PAGE_ITEMS", 3)
    one, two = room(people), room(people)
    others = everything(people)
    home = team(people)
    left_by(people, home, one, two)
    assert people("bob")("DELETE", f"/calendars/{home}").status == 204
    people.deployment.clock.forward(seconds=KEPT)
    for call in range(1, 300):
        try:
            with killed_at(people, call):
                done = purge()
        except Interrupted:
            continue
        break
    assert done["complete"]
    # While one thread is killed, others go on: how often it takes depends on how far they come.
    assert call > 2
    # The rooms keep their fences, and counts of what they hold.
    kept = [key for key in everything(people) if not key[2].startswith(("FENCE#", "USAGE"))]
    assert kept == others


@pytest.fixture
def named(people: People) -> tuple[str, str]:
    """An event of Bob's on two rooms, one of which is gone: the path of the event, and that room."""
    one, two = room(people), room(people)
    made = booked(people, one, two)
    people.deployment.record()
    gone(people, one, "ada")
    assert of(people, one) == []
    return f"/events/{made['id']}", one


def test_an_event_still_names_a_room_that_is_gone(people: People, named: tuple[str, str]) -> None:
    path, one = named
    event = people("bob")("GET", path).body
    assert event["calendars"][0] == one
    refusal = [{"field": "calendars[0]", "message": "must be a calendar that you may book"}]
    back = {"history_id": event["history_id"]}
    for body in ({"title": "x"}, LATER, {"calendars": [one]}):
        refused = people("bob")("PATCH", path, body)
        assert (refused.status, refused.body["errors"]) == (422, refusal), body
    # What only frees time needs nothing of it.
    assert people("bob")("PATCH", path, {"transparency": "transparent"}).status == 200
    assert people("bob")("PATCH", path, {"transparency": "opaque"}).body["errors"] == refusal
    assert people("bob")("POST", f"{path}/move", {"to": team(people)}).body["errors"] == refusal
    # Without it everything is as ever.
    dropped = people("bob")("PATCH", path, {"calendars": event["calendars"][1:], "title": "Without it"})
    assert (dropped.status, dropped.body["calendars"]) == (200, event["calendars"][1:]), dropped
    assert people("bob")("PATCH", path, LATER).status == 200
    people.deployment.record()
    assert people("bob")("POST", f"{path}/rollback", back).body["errors"] == refusal
    assert people("bob")("POST", f"{path}/rollback", {**back, "calendars": []}).body["title"] == HOUR["title"]
    copy = there(people, event["calendars"][1], event["id"])
    assert copy is None
    assert of(people, one) == []


def test_an_event_on_a_room_that_is_gone_can_be_cancelled_and_replaced(people: People, named: tuple[str, str]) -> None:
    path, one = named
    event = people("bob")("GET", path).body
    assert people("bob")("DELETE", path).status == 204
    assert there(people, event["calendars"][1], event["id"]) is None
    people.deployment.record()
    back = {"history_id": event["history_id"]}
    assert people("bob")("POST", f"{path}/rollback", back).status == 422
    restored = people("bob")("POST", f"{path}/rollback", {**back, "calendars": event["calendars"][1:]})
    assert (restored.status, restored.body["calendars"]) == (200, event["calendars"][1:]), restored
    assert people("bob")("PUT", path, HOUR).body["calendars"] == []
    assert of(people, one) == []


def test_the_copies_of_a_deleted_home_can_be_taken_off(people: People) -> None:
    """As long as the home may be restored they block the room: it is then as its editor left it."""
    one, two, home = room(people), room(people), team(people)
    made = on(people, home, one, two)
    assert people("bob")("DELETE", f"/calendars/{home}").status == 204
    assert conflict(people("carol")("POST", "/events", {**HOUR, "calendars": [one]}))[0]["calendar_id"] == one
    assert people("ada")("DELETE", f"/calendars/{one}/events/{made['id']}", reason="closed").status == 204
    booked(people, one, name="carol")
    assert people("bob")("POST", f"/calendars/{home}/restore").status == 204
    event = people("bob")("GET", f"/calendars/{home}/events/{made['id']}").body
    assert (event["calendars"], event["updated_by"]) == ([two], people("ada").user_id)
