"""Owners who leave and remove one another at once, and who give roles while their own is taken; and the mutants.

Each mutant leaves one condition out of the transactions: the tests then have to see what it was there for.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from shared.errors import NotAllowed, NotFound
from shared.ids import CalendarId
from shared.sharing.grants import GrantWrite, Refusal
from shared.sharing_errors import LastOwner
from shared.store.grant_writes import Action, GrantWrites
from shared.store.members import DynamoMemberStore
from tests.integration.sharing.people import People

ROUNDS = 40
OWNERS = ("ada", "bob", "carol")


def members_as_owners(people: People, path: str) -> set[str]:
    return {
        item["sk"]["S"].removeprefix("MEMBER#")
        for item in people.items(path)
        if item["sk"]["S"].startswith("MEMBER#") and item["role"]["S"] == "owner"
    }


def owners_of(people: People, path: str) -> set[str]:
    calendar = people.item(path, "CALENDAR")
    assert calendar is not None
    return {*calendar.get("owners", {"SS": []})["SS"]}


def leave_and_remove_one_another(people: People) -> tuple[set[str], set[str]]:
    """Three owners, each of whom leaves and removes the two others, all at once. Returns who is left, by both lists."""
    path = people.calendar("ada")
    for name in OWNERS[1:]:
        people.put("ada", path, name, "owner")
    calendar_id = CalendarId(path.rpartition("/")[2])
    pairs = [(name, other) for name in OWNERS for other in OWNERS]
    for name in OWNERS:
        people(name)

    def remove(pair: tuple[str, str]) -> str:
        name, other = pair
        try:
            if name == other:
                people.members(name).leave(calendar_id)
            else:
                people.members(name).remove(calendar_id, people(other).user_id)
        except (NotFound, NotAllowed, LastOwner) as refusal:
            return type(refusal).__name__
        return "done"

    with ThreadPoolExecutor(len(pairs)) as pool:
        assert "done" in [*pool.map(remove, pairs)]
    return owners_of(people, path), members_as_owners(people, path)


def test_of_owners_who_remove_one_another_just_one_is_left(people: People, tell: Callable[[str], None]) -> None:
    for _ in range(ROUNDS):
        by_set, by_items = leave_and_remove_one_another(people)
        assert by_set == by_items
        assert len(by_set) == 1
    tell(f"owners who remove one another: just one left in {ROUNDS} of {ROUNDS} rounds")


@contextmanager
def without(condition: Callable[[Action], bool]) -> Iterator[None]:
    """Leaves actions, or their conditions, out of every change of roles."""
    usual = GrantWrites.grant

    def lax(self: GrantWrites, write: Any) -> list[Action]:
        kept = []
        for each in usual(self, write):
            if not condition(each):
                kept.append(each)
            elif "Update" in each.action:
                kept.append(Action({"Update": _unconditional(each.action["Update"])}))
        return kept

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GrantWrites, "grant", lax)
        yield


def _unconditional(update: dict[str, Any]) -> dict[str, Any]:
    used = update["UpdateExpression"]
    values = {name: value for name, value in update["ExpressionAttributeValues"].items() if name in used}
    left_out = ("ConditionExpression", "ReturnValuesOnConditionCheckFailure")
    kept = {name: value for name, value in update.items() if name not in left_out}
    return {**kept, "ExpressionAttributeValues": values}


def test_without_the_condition_on_the_number_a_calendar_loses_its_last_owner(people: People) -> None:
    with without(lambda each: each.subject == "calendar"):
        left = [len(leave_and_remove_one_another(people)[1]) for _ in range(10)]
    assert 0 in left


def grants_after_the_removal(people: People, number: int) -> tuple[int, int]:
    """An owner gives roles in four threads while being removed. Returns how many before, and how many later.

    Later is what is not there when the removal has just been answered.
    """
    path = people.calendar("ada")
    bob = people.admitted(path, "bob", "owner")
    guests = [people(f"guest{number}x{index}") for index in range(4 * 15)]
    people("ada")

    calendar_id = CalendarId(path.rpartition("/")[2])

    def give(thread: int) -> None:
        try:
            for guest in guests[thread::4]:
                people.members("bob").put(calendar_id, guest.username, "viewer")
        except (NotFound, NotAllowed):
            return

    with ThreadPoolExecutor(5) as pool:
        running = [pool.submit(give, thread) for thread in range(4)]
        people.members("ada").remove(calendar_id, bob.user_id)
        before = {item["sk"]["S"] for item in people.items(path) if item["sk"]["S"].startswith("MEMBER#")}
        for each in running:
            each.result()
    after = {item["sk"]["S"] for item in people.items(path) if item["sk"]["S"].startswith("MEMBER#")}
    return len(before) - 1, len(after - before)


def test_who_is_removed_gives_no_role_after_the_answer(people: People, tell: Callable[[str], None]) -> None:
    counts = [grants_after_the_removal(people, number) for number in range(20)]
    assert sum(late for _, late in counts) == 0
    tell(f"roles given by an owner who is removed meanwhile: {sum(count for count, _ in counts)} before, 0 after")


def is_given_by_who_was_removed_before_the_write(people: People) -> bool:
    """An owner is removed when what they need for a grant is read, and before it is written."""
    path = people.calendar("ada")
    bob = people.admitted(path, "bob", "owner")
    people("carol")
    calendar_id = CalendarId(path.rpartition("/")[2])
    usual = DynamoMemberStore.write

    def late(store: DynamoMemberStore, write: GrantWrite) -> Refusal | None:
        if write.by == bob.user_id:
            people.members("ada").remove(calendar_id, bob.user_id)
        return usual(store, write)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DynamoMemberStore, "write", late)
        try:
            people.members("bob").put(calendar_id, "carol", "viewer")
        except NotFound:
            assert people("carol")("GET", path).status == 404
            return False
    return True


def test_who_was_removed_before_the_write_gives_no_role(people: People) -> None:
    assert not is_given_by_who_was_removed_before_the_write(people)


def test_without_the_check_of_the_giver_the_role_is_given(people: People) -> None:
    with without(lambda each: each.subject == "holder"):
        assert is_given_by_who_was_removed_before_the_write(people)
