"""Bookings with keys, uids, preconditions and dry runs; moves, and what a copy refuses."""

from typing import Any, Final

import pytest

from tests.harness.gateway import Reply
from tests.harness.openapi_document import check
from tests.integration.sharing.people import People
from tests.integration.sharing.test_booking_bad_input import BOOKABLE, DRY, NOBODYS, refused
from tests.integration.sharing.test_bookings import HOUR, LATER, booked, conflict, room, there
from tests.integration.sharing.test_deletion import KEPT

Json = dict[str, Any]
ELSEWHERE: Final = (403, "/problems/managed-elsewhere")
KEY: Final = {"Idempotency-Key": "4711"}
IN_C: Final = "/calendars/{calendar_id}/events/{event_id}"


def told(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body["type"]


def tag(event: Json) -> dict[str, str]:
    return {"If-Match": f'"{event["history_id"]}"'}


@pytest.mark.parametrize("name", ["ada", "bob"])
def test_a_copy_is_changed_rolled_back_and_moved_at_home_alone(people: People, name: str) -> None:
    one, two = room(people), room(people)
    made = booked(people, one)
    api, path, before = people(name), f"/calendars/{one}/events/{made['id']}", people.deployment.calendars()
    back = {"history_id": made["history_id"]}
    people.deployment.record()
    for query in ("", DRY):
        for method, body in (("PUT", HOUR), ("PUT", {**HOUR, **LATER}), ("PATCH", {"title": "x"}), ("PATCH", LATER)):
            reply = api(method, f"{path}{query}", {**body, "title": "Mine"})
            check(method, IN_C, reply)
            assert told(reply) == ELSEWHERE
        reply = api("PATCH", f"{path}{query}", {"calendars": [two]})
        assert told(reply) == ELSEWHERE
    reply = api("POST", f"{path}/move", {"to": people(name).user_id})
    check("POST", f"{IN_C}/move", reply)
    assert told(reply) == ELSEWHERE
    # As any event does that is as it was then.
    assert api("POST", f"{path}/rollback", back).body["changed"] is False
    assert people.deployment.calendars() == before
    people("bob")("PATCH", f"/events/{made['id']}", {"title": "Retrospective"})
    people.deployment.record()
    for query in ("", DRY):
        reply = api("POST", f"{path}/rollback{query}", back)
        check("POST", f"{IN_C}/rollback", reply)
        assert told(reply) == ELSEWHERE


def test_what_is_taken_off_is_restored_at_home_alone(people: People) -> None:
    one = room(people)
    made = booked(people, one)
    path = f"/calendars/{one}/events/{made['id']}"
    people.deployment.record()
    assert people("ada")("DELETE", path).status == 204
    assert people("ada")("GET", f"/calendars/{one}/events/deleted").body["items"] == []
    people.deployment.record()
    for name in ("ada", "bob"):
        assert told(people(name)("POST", f"{path}/rollback", {"history_id": made["history_id"]})) == ELSEWHERE
        assert told(people(name)("DELETE", path)) == (404, "/problems/not-found")
    back = people("bob")("POST", f"/events/{made['id']}/rollback", {"history_id": made["history_id"]})
    assert (back.status, back.body["calendars"]) == (200, [one])


def test_a_move_to_a_calendar_that_does_not_take_it(people: People) -> None:
    bob, one, closed = people("bob"), room(people), room(people, everyone=None)
    viewed = room(people, everyone="viewer")
    made = booked(people, one)
    path, before = f"/events/{made['id']}/move", people.deployment.calendars()
    for to in (bob.user_id, bob.user_id.upper()):
        refused(bob("POST", path, {"to": to}), "to", "must be another calendar than the event's own")
    for to in (NOBODYS, closed, viewed, people("carol").user_id):
        refused(bob("POST", path, {"to": to}), "to", BOOKABLE)
    for body in ({}, {"to": None}, {"to": "x"}, {"to": [one]}, {"to": 7}, {"to": f"{one}\x00"}):
        refused(bob("POST", path, body), "to")
    refused(bob("POST", path, {"to": one, "calendars": []}), "calendars")
    for query in ("dry_run=true", "on_conflict=allow"):
        refused(bob("POST", f"{path}?{query}", {"to": one}), query.partition("=")[0])
    assert [bob("POST", path, no_object).status for no_object in ([one], "x", 7)] == [400, 400, 400]
    missing = bob("POST", f"/events/{NOBODYS}/move", {"to": one})
    check("POST", "/events/{event_id}/move", missing)
    assert told(missing) == (404, "/problems/not-found")
    refused(bob("POST", "/events/x/move", {"to": one}), "event_id")
    assert people.deployment.calendars() == before


def test_a_move_finds_the_time_taken(people: People) -> None:
    bob, team = people("bob"), room(people, kind="team")
    made = booked(people)
    assert people("carol")("POST", f"/calendars/{team}/events", HOUR).status == 201
    reply = bob("POST", f"/events/{made['id']}/move", {"to": team})
    check("POST", "/events/{event_id}/move", reply)
    assert conflict(reply)[0]["calendar_id"] == team


def test_a_move_with_a_precondition_and_a_reason(people: People) -> None:
    bob, team = people("bob"), room(people, kind="team")
    made = booked(people)
    now = bob("PATCH", f"/events/{made['id']}", {"title": "Retrospective"}).body
    path = f"/events/{made['id']}/move"
    assert told(bob("POST", path, {"to": team}, headers=tag(made))) == (412, "/problems/precondition-failed")
    moved = bob("POST", path, {"to": team.upper(), "reason": "it is the team's"}, headers=tag(now))
    check("POST", "/events/{event_id}/move", moved)
    assert (moved.status, moved.body["calendar_id"], moved.headers["ETag"]) == (
        200,
        team,
        f'"{moved.body["history_id"]}"',
    )
    people.deployment.record()
    versions = bob("GET", f"/calendars/{team}/events/{made['id']}/history")
    check("GET", "/calendars/{calendar_id}/events/{event_id}/history", versions)
    (first,) = versions.body["items"]
    assert (first["type"], first["version"], first["reason"]) == ("move", 1, "it is the team's")


@pytest.mark.parametrize("field", ["calendars", "any_of"])
def test_the_same_key_with_the_same_calendars_is_the_same_booking(people: People, field: str) -> None:
    bob, one, two, three = people("bob"), room(people), room(people), room(people)
    body = {**HOUR, field: [one, two]}
    made = bob("POST", "/events", body, headers=KEY)
    assert made.status == 201, made
    before = people.deployment.calendars()
    again = bob("POST", "/events", {**body, field: [one.upper(), two]}, headers=KEY)
    assert (again.status, again.body, again.headers["Idempotent-Replay"]) == (201, made.body, "true")
    for other in ([two, one], [one], [one, two, three], [] if field == "calendars" else None):
        reply = bob("POST", "/events", {**body, field: other}, headers=KEY)
        assert told(reply) == (422, "/problems/idempotency-key-reused"), (other, reply)
    elsewhere = "any_of" if field == "calendars" else "calendars"
    reply = bob("POST", "/events", {**HOUR, elsewhere: [one, two]}, headers=KEY)
    assert told(reply) == (422, "/problems/idempotency-key-reused")
    assert people.deployment.calendars() == before


@pytest.mark.parametrize("field", ["calendars", "any_of"])
def test_the_same_uid_with_the_same_calendars_is_the_same_booking(people: People, field: str) -> None:
    bob, one, two = people("bob"), room(people), room(people)
    body = {**HOUR, "uid": "4711@example.com", field: [one]}
    made = bob("POST", "/events", body)
    assert made.status == 201, made
    before = people.deployment.calendars()
    again = bob("POST", "/events", body)
    assert (again.status, again.body, again.headers["Idempotent-Replay"]) == (201, made.body, "true")
    refused(bob("POST", "/events", {**body, field: [two]}), "uid")
    refused(bob("POST", "/events", {**HOUR, "uid": body["uid"]}), "uid")
    assert bob("POST", "/events", body, dry_run="true").status == 200
    assert people.deployment.calendars() == before
    # The uid is that of the event at home: the room's copy does not take it there.
    copy = there(people, one, made.body["id"])
    assert copy is not None
    assert copy["uid"] is None


@pytest.mark.parametrize("field", ["calendars", "any_of"])
def test_a_uid_used_again_does_not_take_the_copy_of_an_event_that_was_moved(people: People, field: str) -> None:
    """Its id is that of the event that has moved, once what the move has left is gone."""
    bob, one, team = people("bob"), room(people), room(people, kind="team")
    named = {**HOUR, "uid": "4711@example.com"}
    made = bob("POST", "/events", {**named, "calendars": [one]})
    assert bob("POST", f"/events/{made.body['id']}/move", {"to": team}).status == 200
    before = there(people, one, made.body["id"])
    people.deployment.clock.forward(seconds=KEPT)
    refused(bob("POST", "/events", {**named, **LATER, field: [one]}), "calendars[0]")
    again = bob("POST", "/events", {**named, **LATER})
    assert (again.status, again.body["id"]) == (201, made.body["id"])
    refused(bob("PATCH", f"/events/{again.body['id']}", {"calendars": [one]}), "calendars[0]")
    assert there(people, one, made.body["id"]) == before
    conflict(people("carol")("POST", "/events", {**HOUR, "calendars": [one]}))


def test_a_change_at_home_and_a_deletion_of_a_copy_have_preconditions(people: People) -> None:
    bob, ada, one = people("bob"), people("ada"), room(people)
    made = booked(people, one)
    home, copy = f"/events/{made['id']}", f"/calendars/{one}/events/{made['id']}"
    now = bob("PATCH", home, {"title": "Retrospective"}, headers=tag(made))
    assert now.status == 200
    failed = (412, "/problems/precondition-failed")
    for method, body in (("PATCH", {"calendars": []}), ("PUT", HOUR), ("DELETE", None)):
        assert told(bob(method, home, body, headers=tag(made))) == failed
    assert told(ada("DELETE", copy, headers=tag(made))) == failed
    assert there(people, one, made["id"]) is not None
    assert ada("DELETE", copy, headers=tag(now.body)).status == 204
    assert bob("GET", home).body["calendars"] == []


def test_a_dry_run_of_each_change_writes_nothing(people: People) -> None:
    bob, ada, one, two, three = people("bob"), people("ada"), room(people), room(people), room(people)
    booked(people, two, name="carol")
    made = booked(people, one)
    people.deployment.record()
    home, copy = f"/events/{made['id']}", f"/calendars/{one}/events/{made['id']}"
    before = people.deployment.calendars()
    back = {"history_id": made["history_id"]}
    for reply, changed, in_the_way in (
        (bob("POST", f"/events{DRY}", {**HOUR, **LATER, "calendars": [one, three]}), None, []),
        (bob("POST", f"/events{DRY}", {**HOUR, **LATER, "any_of": [one, three]}), None, []),
        (bob("PATCH", f"{home}{DRY}", {"calendars": [one, three]}), ["calendars"], []),
        (bob("PATCH", f"{home}{DRY}", {"calendars": [one, two]}), ["calendars"], [two]),
        (bob("PUT", f"{home}{DRY}", HOUR), ["calendars"], []),
        (bob("PATCH", f"{home}{DRY}", LATER), ["start", "end", "start_local"], []),
        (bob("POST", f"{home}/rollback{DRY}", {**back, "calendars": []}), ["calendars"], []),
        (bob("POST", f"{home}/rollback{DRY}", {**back, "calendars": [two]}), ["calendars"], [two]),
        (bob("DELETE", f"{home}{DRY}"), ["deleted"], []),
        (ada("DELETE", f"{copy}{DRY}"), ["deleted"], []),
    ):
        assert reply.status == 200, reply
        fields = [each["field"] for each in reply.body["changes"]]
        assert changed is None or fields == changed
        assert [each["calendar_id"] for each in reply.body["conflicts"]] == in_the_way
    assert told(bob("DELETE", f"{copy}{DRY}")) == (403, "/problems/not-allowed")
    assert people.deployment.calendars() == before
