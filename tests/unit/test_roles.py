"""The one table of rights, and what follows from it."""

from typing import get_args

import pytest

from shared.scheduling.roles import (
    ALL_RIGHTS,
    NO_RIGHTS,
    RIGHTS,
    EveryoneRole,
    InvitedRole,
    Right,
    Role,
    rights_of,
    roles_with,
)

TABLE: dict[Role, str] = {
    "free_busy": "busy",
    "viewer": "busy read",
    "booker": "busy book",
    "editor": "busy read book write",
    "owner": "busy read book write share",
}


def test_a_role_has_these_rights_and_no_others() -> None:
    assert {role: {*rights} for role, rights in RIGHTS.items()} == {
        role: {*rights.split()} for role, rights in TABLE.items()
    }
    assert {*get_args(Role)} == TABLE.keys()
    assert {*get_args(Right)} == ALL_RIGHTS


def test_who_has_several_roles_has_the_rights_of_all() -> None:
    assert rights_of("viewer", "booker") == {"busy", "read", "book"}
    assert rights_of("owner", "free_busy") == ALL_RIGHTS
    assert rights_of("viewer") == RIGHTS["viewer"]


@pytest.mark.parametrize("word", [None, "", "god", "OWNER", "owner ", "write"])
def test_what_is_no_role_gives_no_right(word: str | None) -> None:
    assert rights_of(word) == rights_of(word, word) == rights_of() == NO_RIGHTS
    assert rights_of(word, "viewer") == RIGHTS["viewer"]


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        ("busy", {"free_busy", "viewer", "booker", "editor", "owner"}),
        ("read", {"viewer", "editor", "owner"}),
        ("book", {"booker", "editor", "owner"}),
        ("write", {"editor", "owner"}),
        ("share", {"owner"}),
    ],
)
def test_the_roles_with_a_right(right: Right, roles: set[str]) -> None:
    assert {*roles_with(right)} == roles


def test_nobody_is_invited_as_an_owner_and_everyone_never_writes() -> None:
    assert {*get_args(InvitedRole)} == {*get_args(Role)} - {"owner"}
    assert {*get_args(EveryoneRole)} == {role for role in get_args(Role) if "write" not in RIGHTS[role]}
