"""The bodies of requests about calendars and their members, and the constrained types of their fields."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from shared.http.base_models import NAME_FORM, Line, RequestBody
from shared.http.fields import LINES, ONE_LINE, Lines, TimeZone, Visible
from shared.scheduling.roles import EveryoneRole, InvitedRole, Role
from shared.sharing.calendars import CalendarKind, CalendarSettings

MAX_NAME = 100
MAX_ABOUT = 2000
MAX_LABEL = 254
MAX_DAYS = 30

CalendarName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_NAME),
    Line,
    Visible,
    Field(description="What it is called.", json_schema_extra={**ONE_LINE}, examples=["Room 4"]),
]
CalendarAbout = Annotated[
    str,
    StringConstraints(max_length=MAX_ABOUT),
    Lines,
    Visible,
    Field(
        description="What there is to know about it.",
        json_schema_extra={**LINES},
        examples=["Twelve seats, a screen."],
    ),
]
Kind = Annotated[
    CalendarKind,
    Field(description="What it is of: a label, which says whether it begins as strict.", examples=["room"]),
]
Zone = Annotated[
    TimeZone,
    Field(description="The IANA name of the time zone that it is shown in.", examples=["Europe/Berlin"]),
]
Everyone = Annotated[
    EveryoneRole | None,
    Field(description="The role of everyone in the deployment; null: none.", examples=["free_busy"]),
]
Colour = Annotated[
    str,
    StringConstraints(pattern=r"^#[0-9a-f]{6}$"),
    Field(description="Red, green and blue, in lower-case hexadecimal digits.", examples=["#336699"]),
]
InvitationIdField = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), Field(examples=["0" * 64])]
# The name of a user, or the id of a member: no user has a name of the form of an id.
UserName = Annotated[str, NAME_FORM]


class NewCalendar(RequestBody):
    """A calendar to be made. A room and a resource are strict unless they say otherwise."""

    name: CalendarName
    kind: Kind = "calendar"
    time_zone: Zone = "UTC"
    description: CalendarAbout = ""
    everyone: Everyone = None
    strict: Annotated[
        bool | None,
        Field(description="Whether nobody may allow conflicts; null: as is usual for the kind.", examples=[True]),
    ] = None

    def settings(self) -> CalendarSettings:
        """Returns what the calendar is to be like."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return CalendarSettings(self.name).patched(fields)


class CalendarPatch(RequestBody):
    """A JSON merge patch (RFC 7396) of a calendar: only what changes; null puts a field back to its default."""

    name: CalendarName = None  # type: ignore[assignment]
    kind: Kind | None = None
    time_zone: Zone | None = None
    description: CalendarAbout | None = None
    everyone: Everyone = None
    strict: Annotated[bool | None, Field(description="Whether nobody may allow conflicts.", examples=[True])] = None

    def changes(self) -> dict[str, Any]:
        """Returns the fields that are named, with None for a default."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class MemberRole(RequestBody):
    """The role of a member."""

    role: Annotated[Role, Field(description="What the user may do in the calendar.", examples=["editor"])]


class MembershipPatch(RequestBody):
    """A JSON merge patch (RFC 7396) of what you decide for yourself in a calendar; null: as it was at first."""

    accepted: Annotated[bool | None, Field(description="Whether it is among your calendars.", examples=[True])] = None
    hidden: Annotated[bool | None, Field(description="Whether you do not want to see it now.", examples=[False])] = None
    colour: Colour | None = None

    def changes(self) -> dict[str, Any]:
        """Returns the fields that are named, with None for how it was at first."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Transfer(RequestBody):
    """Who is to be an owner in your place, and what you are from then on."""

    to: Annotated[UserName, Field(description="The name, or the id, of the other member.", examples=["grace"])]
    role: Annotated[InvitedRole, Field(description="Your role from then on.", examples=["editor"])] = "editor"


class NewInvitation(RequestBody):
    """An invitation to be made."""

    role: Annotated[InvitedRole, Field(description="The role that it gives.", examples=["viewer"])]
    label: Annotated[
        str,
        StringConstraints(max_length=MAX_LABEL),
        Line,
        Field(
            description="For whom it is, such as an address: for you alone, nothing is sent there.",
            json_schema_extra={**ONE_LINE},
            examples=["grace@example.com"],
        ),
    ] = ""
    days: Annotated[int, Field(ge=1, le=MAX_DAYS, description="For how many days it is good.", examples=[7])] = 7


class InvitationCode(RequestBody):
    """The code that somebody has given you."""

    code: Annotated[str, Field(description="The code.", examples=["AaICZ3Dgevudfa9JkqdUrgABAgMEBQYHCAkKCwwNDg8QERIT"])]
