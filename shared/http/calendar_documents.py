"""The response documents of calendars and of their members."""

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import Id, InstantValue, NextCursor, TimestampValue
from shared.ids import made_at
from shared.scheduling.instants import of_seconds
from shared.scheduling.roles import EveryoneRole, Role
from shared.sharing.calendars import CalendarKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.sharing.calendars import CalendarRecord, ListEntry, LogEntry, Member, Standing

_NAME: Final = Field(description="What it is called.", examples=["Room 4"])
_KIND: Final = Field(description="What it is of.")
_ROLE: Final = Field(description="Your role: that of your membership, or else everyone's.", examples=["owner"])
_DEFAULT: Final = Field(description="Whether it is your default calendar, whose id is yours.")
_DELETED: Final = Field(description="When it was deleted, which its owners see; null: it is not deleted.")
_ACCEPTED: Final = Field(description="Whether the user has accepted it; the role holds without.")
_HIDDEN: Final = Field(description="Whether you do not want to see it now.")
_COLOUR: Final = Field(description="The colour that you have given it.", examples=["#336699"])


class CalendarDocument(TypedDict):
    """A calendar."""

    id: Annotated[Id, Field(description="Names the calendar.")]
    name: Annotated[str, _NAME]
    kind: Annotated[CalendarKind, _KIND]
    time_zone: Annotated[str, Field(description="The time zone that it is shown in.", examples=["Europe/Berlin"])]
    description: Annotated[
        str, Field(description="What there is to know about it.", examples=["Twelve seats, a screen."])
    ]
    everyone: Annotated[EveryoneRole | None, Field(description="The role of everyone in the deployment; null: none.")]
    strict: Annotated[bool, Field(description="Whether nobody may allow conflicts.")]
    role: Annotated[Role, _ROLE]
    default: Annotated[bool, _DEFAULT]
    version: Annotated[int, Field(description="How often it was changed; 0: never, nor shared.", ge=0, examples=[1])]
    created_at: Annotated[
        InstantValue | None, Field(description="When it was made; null: a default calendar that was never shared.")
    ]
    changed_at: Annotated[InstantValue | None, Field(description="When it was changed last; null: likewise.")]
    deleted_at: Annotated[InstantValue | None, _DELETED]


class ListedCalendar(TypedDict):
    """A calendar in your list."""

    id: Annotated[Id, Field(description="Names the calendar.")]
    name: Annotated[str, _NAME]
    kind: Annotated[CalendarKind, _KIND]
    role: Annotated[Role, Field(description="The role of your membership.", examples=["editor"])]
    accepted: Annotated[bool, Field(description="Whether you have accepted it, or were only offered it.")]
    default: Annotated[bool, _DEFAULT]
    colour: Annotated[str | None, _COLOUR]
    hidden: Annotated[bool, _HIDDEN]
    deleted_at: Annotated[InstantValue | None, _DELETED]


class CalendarPage(TypedDict):
    """A page of your calendars."""

    items: Annotated[list[ListedCalendar], Field(description="The default calendar is the first of all.")]
    next_cursor: NextCursor


class MemberDocument(TypedDict):
    """A member of a calendar."""

    user_id: Annotated[Id, Field(description="The user's id.")]
    username: Annotated[
        str, Field(description="The user's name; empty: their identity provider does not say.", examples=["grace"])
    ]
    role: Annotated[Role, Field(description="What the user may do in the calendar.", examples=["editor"])]
    accepted: Annotated[bool, _ACCEPTED]
    granted_by: Annotated[Id, Field(description="Who gave the role: the id of a user.")]
    granted_at: Annotated[InstantValue, Field(description="When.")]


class MemberPage(TypedDict):
    """A page of the members of a calendar."""

    items: Annotated[list[MemberDocument], Field(description="In the order of their ids.")]
    next_cursor: NextCursor


class MembershipDocument(MemberDocument):
    """Your membership, and what you decide for yourself."""

    hidden: Annotated[bool, _HIDDEN]
    colour: Annotated[str | None, _COLOUR]


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else of_seconds(seconds)


def calendar_document(standing: "Standing") -> CalendarDocument:
    """Returns the document of a calendar for a user who has a role there."""
    calendar, role = standing.calendar, standing.role
    if role is None:
        raise ValueError("a user without a role sees no calendar")
    return {
        "id": calendar.id,
        "name": calendar.settings.name,
        "kind": calendar.settings.kind,
        "time_zone": calendar.settings.time_zone,
        "description": calendar.settings.description,
        "everyone": calendar.settings.everyone,
        "strict": calendar.settings.strict,
        "role": role,
        "default": standing.in_default,
        "version": calendar.version,
        "created_at": _moment(calendar.created_at),
        "changed_at": _moment(calendar.changed_at),
        "deleted_at": _moment(calendar.deleted_at),
    }


def calendar_page(
    page: "Sequence[tuple[ListEntry, CalendarRecord]]", own: str, next_cursor: str | None
) -> CalendarPage:
    """Returns the document of a page of a user's list; `own` is the id of their default calendar."""
    return {"items": [_listed(entry, calendar, own) for entry, calendar in page], "next_cursor": next_cursor}


def _listed(entry: "ListEntry", calendar: "CalendarRecord", own: str) -> ListedCalendar:
    return {
        "id": calendar.id,
        "name": calendar.settings.name,
        "kind": calendar.settings.kind,
        "role": entry.role,
        "accepted": entry.accepted,
        "default": calendar.id == own,
        "colour": entry.colour,
        "hidden": entry.hidden,
        "deleted_at": _moment(calendar.deleted_at),
    }


def member_document(member: "Member") -> MemberDocument:
    """Returns the document of a member."""
    return {
        "user_id": member.user_id,
        "username": member.username,
        "role": member.role,
        "accepted": member.accepted,
        "granted_by": member.granted_by,
        "granted_at": of_seconds(member.granted_at),
    }


def member_page(members: "Sequence[Member]", next_cursor: str | None) -> MemberPage:
    """Returns the document of a page of members."""
    return {"items": [member_document(each) for each in members], "next_cursor": next_cursor}


def membership_document(member: "Member", entry: "ListEntry") -> MembershipDocument:
    """Returns the document of a user's own membership."""
    return {**member_document(member), "hidden": entry.hidden, "colour": entry.colour}


class LogEntryDocument(TypedDict):
    """A change of a role."""

    id: Annotated[Id, Field(description="Names the entry.")]
    at: Annotated[TimestampValue, Field(description="When, in UTC.")]
    by: Annotated[Id, Field(description="Who changed it; of an accepted invitation, who made that.")]
    user_id: Annotated[Id | None, Field(description="Whose role it is; null: that of everyone.")]
    before: Annotated[Role | None, Field(description="The role until then; null: none.")]
    after: Annotated[Role | None, Field(description="The role from then on; null: none.")]


class LogPage(TypedDict):
    """A page of the log of a calendar's roles."""

    items: Annotated[list[LogEntryDocument], Field(description="The latest first.")]
    next_cursor: NextCursor


def log_page(entries: "Sequence[LogEntry]", next_cursor: str | None) -> LogPage:
    """Returns the document of a page of a log."""
    return {"items": [_log_entry(each) for each in entries], "next_cursor": next_cursor}


def _log_entry(entry: "LogEntry") -> LogEntryDocument:
    return {
        "id": entry.id,
        "at": made_at(entry.id),
        "by": entry.by,
        "user_id": entry.user_id,
        "before": entry.before,
        "after": entry.after,
    }
