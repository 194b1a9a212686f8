"""What is known of a calendar and of its members, and what a user may do there. Times are seconds since 1970 (UTC).

A user's default calendar has the user's id. It is their own without a membership, and nothing is stored of it until it
is first shared or changed.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from shared import ids
from shared.errors import NotAllowed, NotFound
from shared.ids import CalendarId, HistoryId, UserId, default_calendar
from shared.scheduling.roles import EveryoneRole, Right, Role, rights_of

CalendarKind = Literal["calendar", "room", "resource", "team"]

# What can be in one place only allows no conflicts unless its owners say so.
STRICT_KINDS: Final = frozenset({"room", "resource"})
# They are one set of one item.
MAX_OWNERS: Final = 20
_LONGEST_NAME_TAKEN: Final = 80


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    """What the owners of a calendar say about it.

    `everyone` is the role of everyone in the deployment, if they have one. A `strict` calendar lets nobody allow
    conflicts.
    """

    name: str
    kind: CalendarKind = "calendar"
    time_zone: str = "UTC"
    description: str = ""
    everyone: EveryoneRole | None = None
    strict: bool = False

    def patched(self, changes: dict[str, Any]) -> "CalendarSettings":
        """Returns the settings with `changes`, in which None stands for the default of a field."""
        kind: CalendarKind = changes.get("kind", self.kind) or "calendar"
        defaults: dict[str, Any] = {
            "kind": "calendar",
            "time_zone": "UTC",
            "description": "",
            "everyone": None,
            "strict": kind in STRICT_KINDS,
        }
        return replace(self, **{name: defaults[name] if value is None else value for name, value in changes.items()})


@dataclass(frozen=True, slots=True)
class CalendarRecord:
    """A calendar as it is stored.

    `version` counts the changes of its settings, of its deletion and of its restoration; 0: nothing is stored. A
    deleted calendar has `deleted_at`.
    """

    id: CalendarId
    settings: CalendarSettings
    owners: frozenset[UserId]
    version: int = 0
    created_at: int | None = None
    changed_at: int | None = None
    deleted_at: int | None = None

    @property
    def stored(self) -> bool:
        """Returns whether anything is stored of it: not of a default calendar that was never shared or changed."""
        return self.version > 0

    def is_default_of(self, user_id: UserId) -> bool:
        """Returns whether it is the default calendar of a user."""
        return self.id == default_calendar(user_id)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a calendar. `accepted`: whether they want to see it in their list, which the role does not need."""

    user_id: UserId
    username: str
    role: Role
    accepted: bool
    granted_by: UserId
    granted_at: int


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A calendar in a user's list: whether they have `accepted` it, and how they want to see it."""

    calendar_id: CalendarId
    role: Role
    accepted: bool
    hidden: bool = False
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A change of a role, as the log of a calendar has it. Without `user_id` it is the role of everyone.

    Users are named by their ids alone: an erasure of a user would not find their name in others' calendars.
    """

    id: str  # a UUIDv7, whose time is that of the change
    by: UserId
    user_id: UserId | None
    before: Role | None
    after: Role | None


def unshared(user_id: UserId, username: str) -> CalendarRecord:
    """Returns the default calendar of a user as long as nothing is stored of it."""
    name = f"{username[:_LONGEST_NAME_TAKEN]}'s calendar" if username else "My calendar"
    return CalendarRecord(default_calendar(user_id), CalendarSettings(name), frozenset({user_id}))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a user is in a calendar, as it was just read: a member or not."""

    user_id: UserId
    calendar: CalendarRecord
    member: Member | None = None

    @property
    def in_default(self) -> bool:
        """Returns whether the calendar is the user's default calendar."""
        return self.calendar.is_default_of(self.user_id)

    @property
    def role(self) -> Role | None:
        """Returns the user's role: that of their membership, or else everyone's."""
        if self.in_default:
            return "owner"
        return self.calendar.settings.everyone if self.member is None else self.member.role

    @property
    def rights(self) -> frozenset[Right]:
        """Returns the user's rights: those of the membership, and those of everyone."""
        return rights_of(self.role, self.calendar.settings.everyone)

    @property
    def tag(self) -> HistoryId:
        """Returns what names the content of the calendar as this user sees it, for conditions of requests."""
        return HistoryId(ids.derived_from(self.calendar.id, f"{self.calendar.version} {self.role}"))


def admitted(standing: Standing | None, right: Right, *, deleted: bool = False) -> Standing:
    """Returns `standing`, if the user has `right` there.

    Args:
        standing: The user's standing; None if there is no such calendar.
        right: The right that a request needs.
        deleted: Whether owners are admitted to the calendar although it is deleted.

    Raises:
        NotFound: The user has no right, so that there is no such calendar for them; or it is deleted.
        NotAllowed: The user has a role there, which does not include the right.
    """
    if standing is None or standing.role is None or not standing.rights:
        raise NotFound("calendar")
    if standing.calendar.deleted_at is not None and not (deleted and standing.role == "owner"):
        raise NotFound("calendar")
    if right not in standing.rights:
        raise NotAllowed(standing.role, right)
    return standing
