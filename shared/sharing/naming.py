"""Whom a request names, and what is supposed of them until it is read."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from shared import ids
from shared.ids import CalendarId, UserId
from shared.request import Request
from shared.scheduling.roles import Role
from shared.sharing.calendars import Member, Standing, admitted
from shared.sharing.grants import GrantStore, first_share, standing_of

Memberships = Mapping[UserId, Member | None]

# Who is to be removed is supposed to have this role: theirs are the rights that are the most urgent to take.
SUPPOSED: Final[Role] = "editor"


class Named(NamedTuple):
    """What the caller is in a calendar, which user is named, if any, and their membership as far as it was read."""

    standing: Standing
    user: tuple[UserId, str] | None
    member: Member | None


def supposed(user_id: UserId) -> Member:
    """Returns what is supposed of a user whose membership was not read."""
    return Member(user_id, "", SUPPOSED, accepted=True, granted_by=user_id, granted_at=0)


def named(store: GrantStore, request: Request, calendar_id: CalendarId, name: str) -> Named:
    """Returns who has the name, or is the member with the id, `name`, for an owner of a calendar: one read.

    Raises:
        NotFound, NotAllowed: The caller is no owner.
    """
    by_id = UserId(name.lower()) if ids.is_id(name.lower()) else None
    found = store.find(calendar_id, request.actor, target=by_id, username=name if by_id is None else None)
    standing = admitted(standing_of(found, calendar_id, request), "share")
    if by_id is None:
        user = found.named
    elif by_id == request.actor:
        user = by_id, request.username
    else:
        user = None if found.target is None else (by_id, found.target.username)
    if user is not None and user[0] == request.actor:
        first = first_share(standing, request)
        return Named(standing, user, standing.member if first is None else first.owner)
    return Named(standing, user, found.target)
