"""Roles in a calendar, and what each may do: the one table of rights.

A right is `busy` (to see when time is taken), `read` (to read events and versions), `book` (to take free time, and to
read and change what one has created), `write` (to change everything), or `share` (to decide who may do what).
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

Right = Literal["busy", "read", "book", "write", "share"]
Role = Literal["free_busy", "viewer", "booker", "editor", "owner"]
# The roles that a calendar may give to everyone in the deployment.
EveryoneRole = Literal["free_busy", "viewer", "booker"]
# The roles that an invitation may give.
InvitedRole = Literal["free_busy", "viewer", "booker", "editor"]

# Sets, not a ladder: a booker does not read what others have created.
RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    "free_busy": frozenset({"busy"}),
    "viewer": frozenset({"busy", "read"}),
    "booker": frozenset({"busy", "book"}),
    "editor": frozenset({"busy", "read", "book", "write"}),
    "owner": frozenset({"busy", "read", "book", "write", "share"}),
}
ALL_RIGHTS: Final = RIGHTS["owner"]
NO_RIGHTS: Final[frozenset[Right]] = frozenset()


def rights_of(*roles: str | None) -> frozenset[Right]:
    """Returns the union of the rights of `roles`. None, or a word that is no role, gives none: it fails closed."""
    return NO_RIGHTS.union(*(RIGHTS.get(role, NO_RIGHTS) for role in roles))  # type: ignore[call-overload]


def roles_with(right: Right) -> tuple[Role, ...]:
    """Returns the roles that have `right`."""
    return tuple(role for role in get_args(Role) if right in RIGHTS[role])
