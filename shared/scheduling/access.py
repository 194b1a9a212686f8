"""Access to a calendar: who asks for which one, with which right, and what the calendar grants them.

A user's default calendar is their own for ever, so nothing is looked up for it. For any other calendar a store reads
the caller's grant in the same call as what it guards, and holds to it in the same transaction as what it writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from shared.errors import Contended, InvalidRequest, NotAllowed, NotFound
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

# The field of a request that may ask to put events where they conflict with others, and why a strict calendar refuses.
Allowing = Literal["on_conflict", "events"]
STRICT: Final[Mapping[Allowing, str]] = {
    "on_conflict": "must be reject: this calendar is strict, and allows no conflicts",
    "events": "must be created one by one: this calendar is strict, and allows no conflicts",
}


@dataclass(frozen=True, slots=True)
class CalendarAccess:
    """A request of a user that concerns a calendar, and needs `right` there. It names whom and what a store checks.

    `allowing` names the field with which the request asks to put events where they conflict with others. That needs
    the right to write, whatever `right` is, and a calendar that is not strict.
    """

    user_id: UserId
    calendar_id: CalendarId
    right: Right
    allowing: Allowing | None = None

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
            InvalidRequest: The calendar is strict, and the request asks to allow conflicts.
        """
        role = grant.role
        if role is None or not grant.may("busy"):
            raise NotFound("calendar")
        right: Right = "write" if self.allowing else self.right
        if not grant.may(right) and not (right == "read" and grant.may("book")):
            raise NotAllowed(role, right)
        if self.allowing and grant.strict:
            raise InvalidRequest.of(self.allowing, STRICT[self.allowing])

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

    def name_of_key(self, key: str) -> str:
        """Returns the name of an idempotency key in the calendar: others who write there may use the same key."""
        return key if self.own else f"{self.user_id} {key}"


class RightUnknown(Contended):
    """An event was not changed; whether the caller may change `stored`, or see it, is not known."""

    def __init__(self, stored: "Event") -> None:
        super().__init__(stored.id)
        self.stored = stored
