"""What is wrong with the calendars of an event is refused at its place, and nothing is written."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.harness.gateway import Reply
from tests.harness.openapi_document import check
from tests.harness.payloads import ALLOW
from tests.integration.sharing.people import People
from tests.integration.sharing.test_bookings import HOUR, LATER, booked, room
from tests.integration.test_quotas import limited

Json = dict[str, Any]
NOBODYS: Final = "01998f00-0000-7000-8000-00000000000d"
DRY: Final = "?dry_run=true"
BOOKABLE: Final = "must be a calendar that you may book"
MONDAY: Final = "2027-03-01T00:00:00Z"
# The ends of events from that Monday on that touch so many weeks. Sixteen and more have the same sixteen fences.
ENDS: Final = {
    8: "2027-04-26T00:00:00Z",
    9: "2027-05-03T00:00:00Z",
    18: "2027-07-05T00:00:00Z",
    50: "2028-02-14T00:00:00Z",
}


def refused(reply: Reply, field: str, message: str | None = None) -> None:
    """Asserts that a request is refused for a field."""
    assert (reply.status, reply.fields) == (422, [field]), reply
    if message is not None:
        assert [each["message"] for each in reply.body["errors"]] == [message]


@pytest.fixture
def unchanged(people: People) -> Iterator[None]:
    """A test that writes nothing but calendars."""
    yield
    assert people.deployment.calendars() == []


CREATIONS: Final = {
    "one's own": "/events",
    "under one's own": "/calendars/{own}/events",
    "under it in upper case": "/calendars/{upper}/events",
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("path", CREATIONS.values(), ids=CREATIONS)
@pytest.mark.parametrize("field", ["calendars", "any_of"])
def test_a_list_that_breaks_a_rule(people: People, path: str, field: str) -> None:
    bob, one = people("bob"), room(people)
    own = bob.user_id
    path = path.format(own=own, upper=own.upper())

    def create(value: Any, **fields: Any) -> Reply:
        reply = bob("POST", path, {**HOUR, field: value, **fields})
        check("POST", "/events" if path == "/events" else "/calendars/{calendar_id}/events", reply)
        return reply

    most = 9 if field == "calendars" else 10
    for no_id in ("x", "", "me", 7, None, [one], {"id": one}, f"{one} ", one.replace("-", ""), f"{one}\x00"):
        refused(create([one, no_id]), f"{field}[1]")
    for no_list in ("x", one, 7, {}, True, {"0": one}):
        refused(create(no_list), field)
    refused(create([one, one]), field)
    refused(create([one, one.upper()]), field)
    refused(create([f"01998f00-0000-7000-8000-{n:012}" for n in range(most + 1)]), field)
    for home in (own, own.upper()):
        refused(create([one, home]), f"{field}[1]")
        refused(create([home]), f"{field}[0]")


@pytest.mark.usefixtures("unchanged")
def test_one_of_several(people: People) -> None:
    bob, one, two = people("bob"), room(people), room(people)

    def create(calendars: list[str], any_of: list[str], query: str = "") -> Reply:
        return bob("POST", f"/events{query}", {**HOUR, "calendars": calendars, "any_of": any_of})

    refused(create([], []), "any_of")
    refused(create([one], [two, one]), "any_of[1]")
    refused(create([one], [two, one.upper()]), "any_of[1]")
    refused(create([f"01998f00-0000-7000-8000-{n:012}" for n in range(9)], [two]), "any_of")
    for query in (ALLOW, f"{ALLOW}&dry_run=true"):
        refused(create([], [two], query), "any_of")


def test_what_is_fine(people: People) -> None:
    bob, one = people("bob"), room(people)
    alone = bob("POST", "/events", {**HOUR, "calendars": []})
    assert (alone.status, alone.body["calendars"]) == (201, [])
    of_one = bob("POST", "/events", {**HOUR, **LATER, "any_of": [one.upper()]})
    assert (of_one.status, of_one.body["calendars"]) == (201, [one])
    friday = {"start": "2027-03-05T08:00:00Z", "end": "2027-03-05T09:00:00Z"}
    none = bob("POST", "/events", {**HOUR, **friday, "any_of": None})
    assert (none.status, none.body["calendars"]) == (201, [])
    rooms = [room(people) for _ in range(9)]
    saturday = {"start": "2027-03-06T08:00:00Z", "end": "2027-03-06T09:00:00Z"}
    ten = bob("POST", "/events", {**HOUR, **saturday, "calendars": [each.upper() for each in rooms]})
    assert (ten.status, ten.body["calendars"]) == (201, rooms)
    check("POST", "/events", ten)


def test_the_calendars_of_a_change(people: People) -> None:
    bob, one = people("bob"), room(people)
    made = booked(people, one)
    path, before = f"/events/{made['id']}", people.deployment.calendars()
    own = bob.user_id
    for value, field in (
        ([one, own], "calendars[1]"),
        ([own.upper()], "calendars[0]"),
        ([one, one.upper()], "calendars"),
        ([one, NOBODYS], "calendars[1]"),
        ([one, "x"], "calendars[1]"),
        ("x", "calendars"),
    ):
        refused(bob("PATCH", path, {"calendars": value}), field)
        refused(bob("PUT", path, {**HOUR, "calendars": value}), field)
        refused(bob("POST", f"{path}/rollback", {"history_id": made["history_id"], "calendars": value}), field)
    refused(bob("PUT", path, {**HOUR, "calendars": None}), "calendars")
    for method in ("PUT", "PATCH"):
        refused(bob(method, path, {**HOUR, "any_of": [one]}), "any_of")
    refused(bob("POST", "/events/bulk", {"events": [{**HOUR, "calendars": []}]}), "events[0].calendars")
    refused(bob("POST", "/events/bulk", {"events": [{**HOUR, "any_of": [one]}]}), "events[0].any_of")
    assert people.deployment.calendars() == before


def test_a_patch_leaves_them_and_null_and_a_put_release_them(people: People) -> None:
    bob, one = people("bob"), room(people)
    path = f"/events/{booked(people, one)['id']}"
    assert bob("PATCH", path, {"location": "4"}).body["calendars"] == [one]
    assert bob("PATCH", path, LATER).body["calendars"] == [one]
    assert bob("PATCH", path, {"calendars": None}).body["calendars"] == []
    assert bob("PATCH", path, {"calendars": [one]}).body["calendars"] == [one]
    assert bob("PUT", path, {**HOUR, "calendars": [one]}).body["calendars"] == [one]
    sent_back = bob("GET", path).body
    assert bob("PUT", path, sent_back).body == sent_back
    assert bob("PUT", path, HOUR).body["calendars"] == []


@pytest.mark.usefixtures("unchanged")
def test_a_calendar_that_one_may_not_book(people: People) -> None:
    """None and too little are one answer: that of a calendar that does not exist."""
    bob, good = people("bob"), room(people)
    closed = room(people, everyone=None)
    deleted = room(people)
    assert people("ada")("DELETE", f"/calendars/{deleted}").status == 204
    too_little = []
    for role in ("free_busy", "viewer"):
        too_little.append(room(people, everyone=None))
        people.admitted(f"/calendars/{too_little[-1]}", "bob", role)
    for calendar_id in (NOBODYS, closed, deleted, *too_little, people("carol").user_id):
        for query in ("", DRY):
            sent = bob("POST", f"/events{query}", {**HOUR, "calendars": [good, calendar_id]})
            refused(sent, "calendars[1]", BOOKABLE)
            sent = bob("POST", f"/events{query}", {**HOUR, "calendars": [good], "any_of": [calendar_id]})
            refused(sent, "any_of[0]", BOOKABLE)


@pytest.mark.usefixtures("unchanged")
def test_conflicts_are_not_allowed_where_one_may_only_book_nor_in_a_strict_room(people: People) -> None:
    strict, lenient = room(people), room(people, kind="team")
    body = {**HOUR, "calendars": [lenient, strict]}
    why = "must be a calendar in which you may allow conflicts"
    refused(people("bob")("POST", f"/events{ALLOW}", body), "calendars[0]", why)
    why = "must be reject: this calendar is strict, and allows no conflicts"
    refused(people("ada")("POST", f"/events{ALLOW}", body), "calendars[1]", why)


def test_a_room_that_is_full(people: People) -> None:
    one = room(people)
    booked(people, one, name="carol")
    people.deployment.record()
    people.deployment.clock.forward(1)
    before = people.deployment.calendars()
    with limited(people.deployment, events=1):
        why = "must be a calendar with room: this one holds all that it may"
        sent = {**HOUR, **LATER, "calendars": [one]}
        refused(people("bob")("POST", "/events", sent), "calendars[0]", why)
        full = people("carol")("POST", "/events", sent)
        assert (full.status, full.body["type"]) == (409, "/problems/quota-exceeded")
    assert people.deployment.calendars() == before


def fair(weeks: int, *calendars: str) -> Json:
    """Returns an event that touches so many weeks."""
    return {"title": "Fair", "start": MONDAY, "end": ENDS[weeks], "calendars": [*calendars]}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("weeks", "most"), [(9, 8), (18, 4), (50, 4)])
def test_more_calendars_than_the_weeks_of_an_event_allow(people: People, weeks: int, most: int) -> None:
    bob, rooms = people("bob"), [room(people) for _ in range(most + 1)]
    why = f"must be at most {most} for an event that touches {weeks} weeks"
    for query in ("", DRY):
        refused(bob("POST", f"/events{query}", fair(weeks, *rooms)), "calendars", why)
        with_any = {**fair(weeks, *rooms[:most]), "any_of": rooms[most:]}
        refused(bob("POST", f"/events{query}", with_any), "calendars", why)
    # One less is not too many.
    assert bob("POST", "/events", fair(weeks, *rooms[:most]), dry_run="true").status == 200
    # Nor are they for one that takes no time.
    free = {**fair(weeks, *rooms), "transparency": "transparent"}
    assert bob("POST", "/events", free, dry_run="true").status == 200


@pytest.mark.parametrize(("weeks", "most"), [(8, 9), (50, 4)])
def test_as_many_calendars_as_the_weeks_of_an_event_allow(people: People, weeks: int, most: int) -> None:
    bob, rooms = people("bob"), [room(people) for _ in range(most)]
    made = bob("POST", "/events", fair(weeks, *rooms))
    assert (made.status, made.body["calendars"]) == (201, rooms), made
    path = f"/events/{made.body['id']}"
    moved = bob("PATCH", path, {"start": "2027-03-01T01:00:00Z"})
    assert moved.status == 200, moved
    assert bob("DELETE", path).status == 204
    people.deployment.record()
    assert bob("POST", f"{path}/rollback", {"history_id": moved.body["history_id"]}).body["calendars"] == rooms


def test_an_event_cannot_grow_beyond_that_in_steps(people: People) -> None:
    """Else it could be neither moved nor restored."""
    bob, rooms = people("bob"), [room(people) for _ in range(9)]
    made = bob("POST", "/events", fair(8, *rooms)).body
    path, why = f"/events/{made['id']}", "must be at most {} for an event that touches {} weeks"
    refused(bob("PATCH", path, {"end": ENDS[9]}), "calendars", why.format(8, 9))
    assert bob("PATCH", path, {"calendars": rooms[:4]}).status == 200
    assert bob("PATCH", path, {"end": ENDS[50]}).status == 200
    refused(bob("PATCH", path, {"calendars": rooms[:5]}), "calendars", why.format(4, 50))


def test_other_calendars_than_before_in_two_steps(people: People) -> None:
    bob, rooms = people("bob"), [room(people) for _ in range(18)]
    path = f"/events/{bob('POST', '/events', fair(8, *rooms[:9])).body['id']}"
    why = "must be changed in two steps: these, and those that it is to leave, are too many at once"
    refused(bob("PATCH", path, {"start": "2027-03-01T01:00:00Z", "calendars": rooms[9:]}), "calendars", why)
    assert bob("PATCH", path, {"calendars": []}).status == 200
    assert bob("PATCH", path, {"calendars": rooms[9:]}).body["calendars"] == rooms[9:]
