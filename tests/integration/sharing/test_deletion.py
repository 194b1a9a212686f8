"""Calendars deleted and restored; what nobody can restore is purged, in pages that can be interrupted anywhere."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.errors import InvalidCursor
from shared.sharing import purging
from shared.store import access_erasing, erasing
from tests.harness.gateway import Context, invoke, payload
from tests.harness.payloads import REVIEW
from tests.integration.sharing.people import People

DAY = 24 * 3600
KEPT = 30 * DAY


def purge(token: str | None = None, milliseconds: int = 900_000) -> Any:
    event = payload("purge_calendars") if token is None else {"token": token}
    return invoke("purge_calendars", event, Context(milliseconds=milliseconds))


def test_a_deleted_calendar_is_there_for_its_owners_alone(people: People) -> None:
    path = people.calendar("ada", everyone="viewer")
    ada, bob, carol = people("ada"), people.admitted(path, "bob", "editor"), people.admitted(path, "carol", "owner")
    calendar_id = path.rpartition("/")[2]
    before = ada("GET", path).body
    people.deployment.clock.forward(seconds=60)
    assert ada("DELETE", path).status == 204
    for owner in (ada, carol):
        read = owner("GET", path)
        assert (read.status, read.body["deleted_at"], read.body["version"]) == (200, "2026-11-22T09:01:00Z", 2)
    assert people.state(path)["deleted_at"]
    missing = people("dave")("GET", "/calendars/01998f00-0000-7000-8000-00000000000b").text
    for reader in (bob, people("dave")):
        assert reader("GET", path).text == missing
    for method, below, body in (
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("GET", "/members", None),
        ("GET", "/members/me", None),
        ("PATCH", "/members/me", {"hidden": True}),
        ("DELETE", "/members/me", None),
        ("PUT", "/members/dave", {"role": "viewer"}),
        ("DELETE", "/members/bob", None),
        ("DELETE", f"/members/{bob.user_id}", None),
        ("POST", "/transfer", {"to": "carol"}),
        ("GET", "/log", None),
        ("POST", "/invitations", {"role": "viewer"}),
        ("GET", "/invitations", None),
    ):
        assert ada(method, path + below, body).text == missing, (method, below)
    assert calendar_id in people.listed("ada")
    assert calendar_id not in people.listed("bob")
    assert ada("POST", f"{path}/restore").status == 204
    after = carol("GET", path).body
    assert after == {**before, "version": 3, "changed_at": "2026-11-22T09:01:00Z"}
    assert "deleted_at" not in people.state(path)
    assert bob("GET", path).body["role"] == "editor"
    assert calendar_id in people.listed("bob")
    assert people("dave")("GET", path).body["role"] == "viewer"


def test_it_can_be_restored_as_long_as_a_deleted_event(people: People) -> None:
    path = people.calendar("ada")
    assert people("ada")("DELETE", path).status == 204
    people.deployment.clock.forward(seconds=KEPT - 1)
    assert purge()["purged"] == 0
    assert people("ada")("POST", f"{path}/restore").status == 204
    assert people("ada")("DELETE", path).status == 204
    people.deployment.clock.forward(seconds=KEPT)
    assert people("ada")("POST", f"{path}/restore").status == 404


def test_a_calendar_that_is_not_deleted_stays_as_it_is(people: People) -> None:
    path = people.calendar("ada")
    before = people.items()
    assert people("ada")("POST", f"{path}/restore").status == 204
    assert people.items() == before


def test_a_default_calendar_is_never_deleted(people: People) -> None:
    path = people.default("ada")
    for _ in range(2):
        for refused in (people("ada")("DELETE", path), people("ada")("POST", f"{path}/restore")):
            assert (refused.status, refused.body["type"]) == (403, "/problems/default-calendar")
        bob = people.admitted(path, "bob", "owner")
        assert bob("DELETE", path).status == 403
    assert people("ada")("GET", path).body["deleted_at"] is None


def everything(people: People) -> list[Any]:
    """All items of the tables of events, of versions and of calendars."""
    settings = people.deployment.runtime.settings
    tables = (settings.events_table, settings.history_table, settings.access_table)
    return [(table, item["pk"]["S"], item["sk"]["S"]) for table in tables for item in people.deployment.scan(table)]


def filled(people: People) -> tuple[str, list[Any]]:
    """A calendar with members, an invitation, and events that have versions; and all items of others."""
    kept = people.calendar("bob")
    assert people("ada")("POST", f"{people.default('ada')}/events", REVIEW).status == 201
    people.deployment.record()
    others = everything(people)
    path = people.calendar("ada", name="gone")
    for number in range(7):
        people.put("ada", path, f"user{number}", "viewer")
    people("ada")("POST", f"{path}/invitations", {"role": "viewer"})
    key = {"Idempotency-Key": "4711"}
    for number in range(3):
        event = {**REVIEW, "title": f"Review {number}", "transparency": "transparent"}
        made = people("ada")("POST", f"{path}/events", event, headers=key if number == 0 else None)
        assert made.status == 201, made
        people.deployment.clock.forward(seconds=1)
        assert people("ada")("PATCH", f"{path}/events/{made.body['id']}", {"title": "x"}).status == 200
    people.deployment.record()
    assert people("ada")("DELETE", path).status == 204
    people.deployment.clock.forward(seconds=KEPT)
    assert kept
    return path, others


def test_a_purge_deletes_all_that_belonged_to_it_and_nothing_else(people: People) -> None:
    path, others = filled(people)
    done = purge()
    assert (done["purged"], done["complete"], done["token"]) == (1, True, None)
    assert done["items"] > 20
    assert everything(people) == others
    assert people("ada")("GET", path).status == 404
    assert people("ada")("POST", f"{path}/restore").status == 404
    assert purge() == {"purged": 0, "items": 0, "token": None, "complete": True}
    # What is deleted makes no versions.
    people.deployment.record()
    assert everything(people) == others


class Interrupted(Exception):
    """The function was killed."""


@contextmanager
def killed_at(people: People, call: int) -> Iterator[None]:
    """Kills the function at its call of that number."""
    # Several threads make calls: each gets a number of its own.
    numbers = itertools.count(1)

    def count(**_: Any) -> None:
        if next(numbers) == call:
            raise Interrupted

    clients = people.deployment.runtime.clients
    emitters = [client.meta.events for client in (clients.dynamodb, clients.dynamodb_once)]
    for emitter in emitters:
        emitter.register("before-call.dynamodb", count)
    try:
        yield
    finally:
        for emitter in emitters:
            emitter.unregister("before-call.dynamodb", count)


def test_a_purge_that_is_killed_at_any_call_is_completed_by_the_next(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (erasing, access_erasing):
        monkeypatch.setattr(module, "PAGE_ITEMS", 3)
    path, others = filled(people)
    calendar_key = f"CAL#{path.rpartition('/')[2]}"
    for call in range(1, 200):
        try:
            with killed_at(people, call):
                done = purge()
        except Interrupted:
            # As long as anything is left, so is that by which it is found.
            left = {*everything(people)} - {*others}
            assert not left or any(pk == calendar_key and sk == "CALENDAR" for _, pk, sk in left)
            # And nobody brings back what is in part gone.
            assert call < 2 or people("ada")("POST", f"{path}/restore").status == 404
        else:
            assert done["complete"]
            break
    else:
        pytest.fail("the purge was never complete")
    # While one thread is killed, others go on: how often it takes depends on how far they come.
    assert call > 2
    assert everything(people) == others


def test_a_purge_whose_time_is_up_goes_on_where_it_was(people: People) -> None:
    filled(people)
    done = purge(milliseconds=1_000)
    assert (done["purged"], done["complete"]) == (0, False)
    assert purge(done["token"])["purged"] == 1


def test_a_token_of_something_else_is_refused() -> None:
    class Nothing:
        def due(self, *_: Any) -> Any:
            raise AssertionError

        claim = erase = due

    for token in ("x", "eyJxdWVyeSI6InN3ZWVwIn0", "eyJxdWVyeSI6InB1cmdlIiwicGsiOiIiLCJzayI6IngifQ"):
        with pytest.raises(InvalidCursor):
            purging.purge(Nothing(), 0, lambda: False, token)
