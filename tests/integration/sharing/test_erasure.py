"""What an erasure of a user leaves of their name, their memberships, and the calendars that they owned."""

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

from shared.identity.erasures import Subject
from shared.store import access_erasing, erasing, membership_erasing
from shared.store.membership_erasing import MembershipEraser
from tests.integration.sharing.people import People
from tests.integration.sharing.test_deletion import Interrupted, everything, killed_at, purge


def erase(people: People, name: str, username: str | None = None) -> Counter[str]:
    runtime = people.deployment.runtime
    tables = (runtime.settings.access_table, runtime.settings.directory_table)
    eraser = MembershipEraser(runtime.clients, tables, lambda: runtime.deadline(20.0), runtime.now)
    subject = Subject(people(name).user_id, username)
    return sum(eraser.erase(subject), Counter())


def names(people: People) -> set[str]:
    table = people.deployment.runtime.settings.directory_table
    return {item["username"]["S"] for item in people.deployment.runtime.clients.dynamodb.scan(TableName=table)["Items"]}


def traces(people: People, name: str) -> list[Any]:
    """Items that are the user's, or say that the user is a member; but not who gave a role, which an id tells."""
    user_id = people(name).user_id
    return [
        (item["pk"]["S"], item["sk"]["S"]) for item in people.items() if user_id in item["pk"]["S"] + item["sk"]["S"]
    ]


def test_a_user_is_no_member_any_more_and_has_no_name(people: People) -> None:
    for role in ("free_busy", "viewer", "booker", "editor", "owner"):
        people.admitted(people.calendar("ada", name=role), "bob", role)
    offered = people.calendar("ada")
    people.put("ada", offered, "bob", "viewer")
    before = {path: people("ada")("GET", path).body for path in (offered,)}
    counts = erase(people, "bob", "bob")
    assert counts == {"names": 1, "listed_calendars": 6, "members": 6}
    assert traces(people, "bob") == []
    assert names(people) == {"ada"}
    assert {path: people("ada")("GET", path).body for path in (offered,)} == before
    for each in people.listed("ada")[1:]:
        assert people.owners(f"/calendars/{each}") == {people("ada").user_id}
    refused = people("ada")("PUT", f"{offered}/members/bob", {"role": "viewer"})
    assert (refused.status, refused.fields) == (422, ["username"])
    assert erase(people, "bob", "bob") == Counter()


def test_a_calendar_that_loses_its_last_owner_is_deleted_and_purged(people: People) -> None:
    kept = everything(people)
    path = people.calendar("bob")
    carol = people.admitted(path, "carol", "editor", owner="bob")
    erase(people, "bob", "bob")
    assert carol("GET", path).status == 404
    assert carol("PATCH", path, {"name": "x"}).status == 404
    assert people.state(path)["deleted_at"]
    assert purge()["purged"] == 1
    assert everything(people) == kept
    assert people.listed("carol") == [carol.user_id]


def test_the_default_calendar_goes_with_all_its_members(people: People) -> None:
    path = people.default("bob")
    carol = people.admitted(path, "carol", "owner", owner="bob")
    people("bob")("PATCH", f"{path}/members/me", {"colour": "#336699"})
    people("bob")("POST", f"{path}/invitations", {"role": "viewer"})
    erase(people, "bob", "bob")
    assert people.items() == []
    assert carol("GET", path).status == 404


def test_what_a_user_has_decided_of_an_unshared_default_calendar_goes(people: People) -> None:
    people("bob")("PATCH", f"{people.default('bob')}/members/me", {"colour": "#336699"})
    assert erase(people, "bob", "bob") == {"names": 1, "listed_calendars": 1}
    assert people.items() == []


def test_a_deleted_calendar_loses_its_last_owner(people: People) -> None:
    path = people.calendar("bob")
    assert people("bob")("DELETE", path).status == 204
    erase(people, "bob", "bob")
    assert purge()["purged"] == 1
    assert people.items() == []


def test_a_membership_in_no_calendar_is_no_obstacle(people: People) -> None:
    """As another hand may leave it."""
    path = people.calendar("bob")
    table = people.deployment.runtime.settings.access_table
    key = {"pk": {"S": f"CAL#{path.rpartition('/')[2]}"}, "sk": {"S": "CALENDAR"}}
    people.deployment.runtime.clients.dynamodb.delete_item(TableName=table, Key=key)
    erase(people, "bob", "bob")
    assert traces(people, "bob") == []


def test_a_name_that_is_another_users_by_now_stays(people: People) -> None:
    people("bob")
    assert erase(people, "ada", "bob") == Counter()
    assert names(people) == {"ada", "bob"}
    assert erase(people, "bob") == Counter()
    assert names(people) == {"ada", "bob"}


def test_an_erasure_that_is_killed_at_any_call_is_completed_by_the_next(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (erasing, access_erasing, membership_erasing):
        monkeypatch.setattr(module, "PAGE_ITEMS", 2)
    people.admitted(people.calendar("ada"), "bob", "editor")
    people.admitted(people.calendar("ada"), "bob", "owner")
    people.calendar("bob")
    for name in ("carol", "dave"):
        people.admitted(people.default("bob"), name, "viewer", owner="bob")
    done = False
    for call in range(1, 100):
        with suppress(Interrupted), killed_at(people, call):
            erase(people, "bob", "bob")
            done = True
        if done:
            break
    assert done
    # While one thread is killed, others go on: how often it takes depends on how far they come.
    assert call > 2
    assert traces(people, "bob") == []
    assert names(people) == {"ada", "carol", "dave"}
    for each in people.listed("ada")[1:]:
        assert people.owners(f"/calendars/{each}") == {people("ada").user_id}
    assert purge()["purged"] == 1
