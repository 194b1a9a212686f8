"""The history of an event on several calendars: each has one of its own, with the same id for the same change."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonpatch
import pytest

from shared.runtime import use
from shared.scheduling.quotas import NOTHING, Usage, bytes_of
from tests.integration.history.upkeep import DAY, check, sweep
from tests.integration.sharing.people import People
from tests.integration.sharing.test_bookings import HOUR, LATER, booked, room, there

ELSEWHERE = "it is managed from another calendar"
AROUND: dict[str, Any] = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-02T00:00:00Z"}


def change(people: People, method: str, path: str, body: dict[str, Any] | None = None, name: str = "bob") -> Any:
    """Makes a change, a second after the one before, and returns the event, unless it is deleted."""
    people.deployment.clock.forward(seconds=1)
    done = people(name)(method, path, body)
    assert done.status in (200, 204), done
    return done.body if done.status == 200 else None


def versions(people: People, calendar_id: str, event_id: str, name: str = "ada") -> list[tuple[int, str, str]]:
    """The number, the type and the id of each version in a calendar, oldest first."""
    people.deployment.record()
    found = people(name)("GET", f"/calendars/{calendar_id}/events/{event_id}/history")
    assert found.body["pending"] == []
    return [(each["version"], each["type"], each["history_id"]) for each in reversed(found.body["items"])]


def undo(people: People, name: str, operation_id: str, calendar_id: str | None = None) -> Any:
    """Undoes an operation in a calendar of the user's, and returns what was undone, and why what was left was."""
    people.deployment.record()
    under = "" if calendar_id is None else f"/calendars/{calendar_id}"
    done = people(name)("POST", f"{under}/operations/{operation_id}/undo")
    assert done.status == 200, done
    return [each["type"] for each in done.body["undone"]], [each["detail"] for each in done.body["left"]]


def operation_of(people: People, event_id: str, history_id: str, name: str = "bob") -> str:
    """The operation that made a version."""
    people.deployment.record()
    found = people(name)("GET", f"/events/{event_id}/history").body["items"]
    return next(str(each["operation_id"]) for each in found if each["history_id"] == history_id)


@pytest.fixture
def kept(people: People) -> Iterator[People]:
    """Users of a deployment that keeps superseded versions for ten days."""
    settings = replace(people.deployment.runtime.settings, history_retention_seconds=10 * DAY)
    people.deployment.runtime = replace(people.deployment.runtime, settings=settings)
    with use(people.deployment.runtime):
        yield people


def test_each_calendar_counts_its_versions_and_a_change_has_one_id_in_all(people: People) -> None:
    one, two, bob = room(people), room(people), people("bob").user_id
    made = booked(people, one, two)
    path = f"/events/{made['id']}"
    change(people, "PATCH", path, {"title": "Retrospective"})
    change(people, "PATCH", path, {"calendars": [two]})
    change(people, "PATCH", path, {"calendars": [two, one]})
    change(people, "DELETE", path)
    people.deployment.record()
    change(people, "POST", f"{path}/rollback", {"history_id": made["history_id"]})
    at_home = versions(people, bob, made["id"], "bob")
    types = ["create", "update", "update", "update", "delete", "restore"]
    assert [each[:2] for each in at_home] == [*enumerate(types, 1)]
    ids = [history_id for _, _, history_id in at_home]
    in_one = ["create", "update", "delete", "restore", "delete", "restore"]
    assert versions(people, one, made["id"]) == [*zip(range(1, 7), in_one, ids, strict=True)]
    in_two = ["create", "update", "delete", "restore"]
    assert versions(people, two, made["id"]) == [*zip(range(1, 5), in_two, [*ids[:2], *ids[4:]], strict=True)]
    people.deployment.clock.forward(seconds=3600)
    found = check()
    assert (found["versions"], found["events"], found["missing"], found["corrected"]) == (6 + 6 + 4, 3, 0, 0)


def test_a_diff_shows_the_calendars_and_its_patch_applies(people: People) -> None:
    one, two = room(people), room(people)
    first = booked(people, one)
    path = f"/events/{first['id']}"
    second = change(people, "PATCH", path, {"calendars": [two], "reason": "it is larger"})
    people.deployment.record()
    for old, new in ((first, second), (second, first)):
        told = people("bob")("GET", f"{path}/diff", **{"from": old["history_id"], "to": new["history_id"]}).body
        assert told["changes"] == [{"field": "calendars", "old": old["calendars"], "new": new["calendars"]}]
        assert jsonpatch.apply_patch(old, told["patch"]) == new
    # In a room it tells that the event came and went, and no other calendar.
    taken_off = people("ada")("GET", f"/calendars/{one}/events/{first['id']}/diff").body
    assert (taken_off["type"], [each["field"] for each in taken_off["changes"]]) == ("delete", ["deleted"])
    assert two not in str(taken_off)


def test_as_of_tells_where_an_event_was(people: People) -> None:
    one, two = room(people), room(people)
    first = booked(people, one)
    path = f"/events/{first['id']}"
    second = change(people, "PATCH", path, {"calendars": [two], **LATER})
    people.deployment.clock.forward(seconds=1)
    people.deployment.record()
    bob = people("bob")
    for then in (first, second):
        moment = then["updated_at"]
        assert bob("GET", path, as_of=moment).body == then
        assert bob("GET", "/events", **AROUND, as_of=moment).body["items"] == [then]
        for each in (one, two):
            listed = people("ada")("GET", f"/calendars/{each}/events", **AROUND, as_of=moment).body["items"]
            read = people("ada")("GET", f"/calendars/{each}/events/{first['id']}", as_of=moment)
            if each in then["calendars"]:
                assert listed == [read.body]
                assert (read.body["start"], read.body["calendars"]) == (then["start"], [])
            else:
                assert (listed, read.status) == ([], 404)


def test_a_rollback_brings_it_back_to_the_calendars_of_then(people: People) -> None:
    one, two = room(people), room(people)
    first = booked(people, one)
    path = f"/events/{first['id']}"
    change(people, "PATCH", path, {"calendars": [two], "title": "In the other room"})
    people.deployment.record()
    back = {"history_id": first["history_id"]}
    would = people("bob")("POST", f"{path}/rollback", back, dry_run="true").body
    assert {"field": "calendars", "old": [two], "new": [one]} in would["changes"]
    assert there(people, one, first["id"]) is None
    done = change(people, "POST", f"{path}/rollback", back)
    assert (done["calendars"], done["title"], done["version"]) == ([one], HOUR["title"], 3)
    assert there(people, two, first["id"]) is None
    copy = there(people, one, first["id"])
    assert copy is not None
    assert (copy["version"], copy["history_id"]) == (3, done["history_id"])


def test_the_undo_of_a_booking_takes_it_off_all_and_can_be_undone(people: People) -> None:
    one, two = room(people), room(people)
    made = booked(people, one, two)
    operation = operation_of(people, made["id"], made["history_id"])
    assert undo(people, "ada", operation, one) == ([], [ELSEWHERE])
    assert undo(people, "bob", operation) == (["delete"], [])
    assert [there(people, each, made["id"]) for each in (one, two)] == [None, None]
    people.deployment.record()
    deletion = people("bob")("GET", f"/events/{made['id']}/history").body["items"][0]
    assert undo(people, "ada", deletion["operation_id"], one) == ([], [ELSEWHERE])
    assert undo(people, "bob", deletion["operation_id"]) == (["restore"], [])
    assert None not in [there(people, each, made["id"]) for each in (one, two)]


def test_the_undo_of_a_change_concerns_all_calendars(people: People) -> None:
    one, two = room(people), room(people)
    made = booked(people, one)
    changed = change(people, "PATCH", f"/events/{made['id']}", {"title": "x", "calendars": [two]})
    operation = operation_of(people, made["id"], changed["history_id"])
    other = booked(people, one, name="carol")
    undone, left = undo(people, "bob", operation)
    assert undone == []
    assert left[0].startswith("its time is taken by another event")
    assert people("carol")("DELETE", f"/events/{other['id']}").status == 204
    assert undo(people, "bob", operation) == (["rollback"], [])
    copy = there(people, one, made["id"])
    assert copy is not None
    assert (copy["title"], there(people, two, made["id"])) == (HOUR["title"], None)


def test_who_takes_it_off_a_room_is_undone_at_home(people: People) -> None:
    one = room(people)
    made = booked(people, one)
    change(people, "DELETE", f"/calendars/{one}/events/{made['id']}", name="ada")
    off = people("bob")("GET", f"/events/{made['id']}").body
    operation = operation_of(people, made["id"], off["history_id"])
    assert undo(people, "ada", operation, one) == ([], [ELSEWHERE])
    assert undo(people, "bob", operation) == (["rollback"], [])
    assert there(people, one, made["id"]) is not None


def test_the_undo_of_a_move_leaves_it(people: People) -> None:
    one, team = room(people), room(people, kind="team")
    made = booked(people, one)
    moved = change(people, "POST", f"/events/{made['id']}/move", {"to": team})
    operation = operation_of(people, made["id"], moved["history_id"])
    assert undo(people, "bob", operation) == ([], [ELSEWHERE])
    assert undo(people, "ada", operation, team) == ([], ["it was moved here from another calendar: move it back"])
    assert [each[:2] for each in versions(people, team, made["id"])] == [(1, "move")]


def test_a_version_that_is_missing_in_a_room_is_a_gap_there_alone(people: People) -> None:
    one = room(people)
    made = booked(people, one)
    for number in range(3):
        change(people, "PATCH", f"/events/{made['id']}", {"title": f"Review {number}"})
    history = versions(people, one, made["id"])
    table, clients = people.deployment.runtime.settings.history_table, people.deployment.runtime.clients
    key = {"pk": {"S": f"CAL#{one}#EVENT#{made['id']}"}, "sk": {"S": history[1][2]}}
    clients.dynamodb.delete_item(TableName=table, Key=key)
    people.deployment.clock.forward(seconds=3600)
    found = check()
    assert found["missing"] == 1
    (gap,) = found["gaps"]
    assert (gap["calendar_id"], gap["event_id"]) == (one, made["id"])


def test_a_sweep_keeps_what_is_not_superseded_in_each_calendar(kept: People) -> None:
    one, two, bob = room(kept), room(kept), kept("bob").user_id
    made = booked(kept, one, two)
    path = f"/events/{made['id']}"
    change(kept, "PATCH", path, {"calendars": [two]})
    change(kept, "PATCH", path, {"title": "Retrospective"})
    assert len(versions(kept, bob, made["id"], "bob")) == 3
    kept.deployment.clock.forward(seconds=10 * DAY + 60)
    assert sweep()["swept"] == 2 + 1 + 1
    assert [each[:2] for each in versions(kept, bob, made["id"], "bob")] == [(3, "update")]
    assert [each[:2] for each in versions(kept, one, made["id"])] == [(2, "delete")]
    assert [each[:2] for each in versions(kept, two, made["id"])] == [(2, "update")]
    assert check()["missing"] == 0


def test_a_sweep_erases_a_cancelled_event_in_each_calendar(kept: People) -> None:
    one = room(kept)
    made = booked(kept, one, title="Secret")
    change(kept, "DELETE", f"/events/{made['id']}")
    kept.deployment.record()
    kept.deployment.clock.forward(seconds=31 * DAY)
    sweep()
    left = [item for item in kept.deployment.versions() if item["pk"]["S"] != "SWEPT"]
    assert sorted(item["pk"]["S"].split("#")[1] for item in left) == sorted([one, kept("bob").user_id])
    assert all("erased" in item for item in left)
    assert "Secret" not in str(left)


def test_each_calendar_counts_what_it_holds(people: People) -> None:
    one, two, bob = room(people), room(people), people("bob").user_id
    made = booked(people, one, two)
    people.deployment.record()
    held = Usage(1, bytes_of(HOUR["title"]))
    assert people.deployment.usage() == dict.fromkeys((one, two, bob), held)
    change(people, "PATCH", f"/events/{made['id']}", {"title": "Retrospective", "calendars": [two]})
    people.deployment.record()
    held = Usage(1, bytes_of("Retrospective"))
    assert people.deployment.usage() == {one: NOTHING, two: held, bob: held}
    change(people, "DELETE", f"/events/{made['id']}")
    people.deployment.record()
    assert people.deployment.usage() == dict.fromkeys((one, two, bob), NOTHING)
    people.deployment.clock.forward(seconds=3600)
    assert check()["corrected"] == 0
