"""Access to a calendar: who asks for which one, with which right, and what the calendar grants them.

A user's default calendar is their own for ever, so nothing is looked up for it. For any other calendar a store reads
the caller's grant in the same call as what it guards, and holds to it in the same transaction as what it writes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.errors import InvalidRequest, NotAllowed, NotFound
from shared.ids import CalendarId, UserId, default_calendar
from shared.scheduling.roles import EveryoneRole, Right, Role, rights_of

if TYPE_CHECKING:
    from shared.scheduling.events import Event


@dataclass(frozen=True, slots=True)
class Grant:
    """What a calendar grants a user, as it was just read.

    `member` is the role of the user's membership, and `everyone` the role of everyone in the deployment. A `strict`
    calendar lets nobody allow conflicts.
    """

    member: Role | None = None
    everyone: EveryoneRole | None = None
    strict: bool = False

    def may(self, right: Right) -> bool:
        """Returns whether one of the roles includes `right`."""
        return right in rights_of(self.member, self.everyone)

    @property
    def role(self) -> Role | None:
        """Returns the role to name to the user: that of the membership, if there is one."""
        return self.member or self.everyone


OWNER: Final = Grant("owner")


@dataclass(frozen=True, slots=True)
class CalendarAccess:
    """A request of a user that concerns a calendar, and needs `right` there. It names whom and what a store checks."""

    user_id: UserId
    calendar_id: CalendarId
    right: Right

    @classmethod
    def to_own(cls, user_id: UserId) -> "CalendarAccess":
        """Returns the access of a user to their default calendar."""
        return cls(user_id, default_calendar(user_id), "share")

    @property
    def own(self) -> bool:
        """Returns whether the calendar is the user's default calendar, in which they always have all rights."""
        return self.calendar_id == default_calendar(self.user_id)

    def check(self, grant: Grant) -> None:
        """Checks `grant`, before anything in the calendar is looked at.

        The right to `book` admits to reads as well, but only to what the user has created (`reads`).

        Raises:
            NotFound: It grants nothing: the calendar does not exist for this user.
            NotAllowed: It grants something, but not the right.
        """
        role = grant.role
        if role is None or not grant.may("busy"):
            raise NotFound("calendar")
        if not grant.may(self.right) and not (self.right == "read" and grant.may("book")):
            raise NotAllowed(role, self.right)

    def reads(self, event: "Event", grant: Grant) -> bool:
        """Returns whether the user may read `event`: with the right to `book`, only what they have created."""
        return grant.may("read") or (grant.may("book") and event.created_by == self.user_id)

    def change_right(self, event: "Event") -> Right:
        """Returns the right that a change of `event` needs: for what the user has created, the right to `book`."""
        return "book" if event.created_by == self.user_id else "write"

    def check_change(self, event: "Event", grant: Grant) -> None:
        """Raises NotFound if the user may not change `event`: with the right to `book`, others' do not exist."""
        if not grant.may(self.change_right(event)):
            raise NotFound("event")

    def check_allowing(self, grant: Grant) -> None:
        """Checks that the user may put an event where it conflicts with others.

        Raises:
            NotAllowed: The user may only take free time.
            InvalidRequest: The calendar is strict.
        """
        if not grant.may("write"):
            raise NotAllowed(grant.role or "free_busy", "write")
        if grant.strict:
            raise InvalidRequest.of("on_conflict", "must be reject: this calendar is strict, and allows no conflicts")
