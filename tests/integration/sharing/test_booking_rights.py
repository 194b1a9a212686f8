"""What is told and written of calendars in which a right has ended, or which are deleted."""

import pytest

from shared.ids import CalendarId
from shared.store.bookings import DynamoBookingStore
from tests.integration.sharing.people import People
from tests.integration.sharing.test_bookings import HOUR, LATER, booked, conflict, room, there


def test_an_event_of_a_deleted_calendar_is_not_deleted(people: People) -> None:
    path = people.calendar("ada")
    people.admitted(path, "bob", "editor")
    made = people("ada")("POST", f"{path}/events", HOUR).body
    assert people("ada")("DELETE", path).status == 204
    for name in ("ada", "bob"):
        assert people(name)("DELETE", f"{path}/events/{made['id']}").status == 404
    assert people("ada")("POST", f"{path}/restore").status == 204
    assert there(people, path.rpartition("/")[2], made["id"]) is not None


@pytest.mark.parametrize("dry_run", ["false", "true"])
def test_the_next_free_time_says_nothing_of_a_calendar_that_cannot_be_seen(people: People, dry_run: str) -> None:
    secret, other = room(people, everyone=None), room(people)
    people.admitted(f"/calendars/{secret}", "bob", "booker")
    made = booked(people, secret)
    assert people("ada")("DELETE", f"/calendars/{secret}/members/bob").status == 204
    people("ada")("POST", f"/calendars/{secret}/events", {**LATER, "title": "Secret"})
    booked(people, other, name="carol")
    path = f"/events/{made['id']}"
    refused = people("bob")("PATCH", path, {"calendars": [secret, other]}, dry_run=dry_run)
    assert [each["calendar_id"] for each in refused.body["conflicts"]] == [other]
    assert (refused.body["next_free"], refused.body["next_free_search"]) == (None, "stopped")


def test_a_conflict_that_took_long_to_find_is_told_by_the_rights_as_they_are_then(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = room(people)
    booked(people, one, name="carol")
    monkeypatch.setattr(DynamoBookingStore, "fresh", property(lambda _: False))
    refused = people("bob")("POST", "/events", {**HOUR, "calendars": [one]})
    assert [each["calendar_id"] for each in conflict(refused)] == [one]


def test_a_right_that_ends_while_conflicts_are_looked_for_is_not_used(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = room(people, everyone=None)
    path = f"/calendars/{one}"
    people.admitted(path, "bob", "booker")
    people("ada")("POST", f"{path}/events", HOUR)

    def ended(_: DynamoBookingStore) -> bool:
        people.members("ada").remove(CalendarId(one), "bob")
        return False

    monkeypatch.setattr(DynamoBookingStore, "fresh", property(ended))
    refused = people("bob")("POST", "/events", {**HOUR, "calendars": [one]})
    assert refused.body["errors"] == [{"field": "calendars[0]", "message": "must be a calendar that you may book"}]


def test_a_stranger_is_not_told_that_a_calendar_would_be_the_same(people: People) -> None:
    one = room(people, everyone=None)
    moved = people("bob")("POST", f"/calendars/{one}/events/{people('bob').user_id}/move", {"to": one})
    assert moved.status == 404


def test_a_creation_is_known_after_a_move_away_and_back(people: People) -> None:
    bob, team, key = people("bob"), room(people), {"Idempotency-Key": "4711"}
    made = bob("POST", "/events", HOUR, headers=key).body
    assert bob("POST", f"/events/{made['id']}/move", {"to": team}).status == 200
    assert bob("POST", f"/calendars/{team}/events/{made['id']}/move", {"to": bob.user_id}).status == 200
    people.deployment.record()
    again = bob("POST", "/events", HOUR, headers=key)
    assert (again.status, again.body["id"], again.body["version"]) == (201, made["id"], 1)
