"""The shapes of requests, and the constrained types they are made of. Their JSON schema is the API's reference."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    StringConstraints,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from shared.scheduling.events import CONTENT_FIELDS, Content
from shared.scheduling.ids import is_id
from shared.scheduling.instants import (
    interval_fault,
    parse_instant,
    parse_moment,
    parse_window_end,
    parse_window_start,
)
from shared.scheduling.read_only import READ_ONLY
from shared.scheduling.time_zones import MAX_NAME, iana_name
from shared.text import is_visible, line_fault, lines_fault

MAX_TITLE = 200
MAX_LOCATION = 500
MAX_DESCRIPTION_BYTES = 8192  # in UTF-8, as calendar files and the services that write them count
MAX_REASON = 500
MAX_BULK = 1000
MAX_PAGE = 100
MAX_UID_BYTES = 255

_PAGE_LIMIT = re.compile(r"[1-9][0-9]{0,2}")


def without(fault_of: Callable[[str], str | None]) -> AfterValidator:
    """Take text in which `fault_of` finds nothing."""

    def check(text: str) -> str:
        fault = fault_of(text)
        if fault is not None:
            raise PydanticCustomError("text", "{fault}", {"fault": fault})
        return text

    return AfterValidator(check)


def _nothing_to_see(text: str) -> str | None:
    return None if is_visible(text) else "must have something to see in it"


def _time(parse: Callable[[str], Any]) -> BeforeValidator:
    """Takes what `parse` takes, and gives what it gives."""

    def parsed(text: Any) -> Any:
        if not isinstance(text, str):
            raise PydanticCustomError("time", "must be an RFC 3339 string, such as 2026-11-22T09:00:00+01:00")
        try:
            return parse(text)
        except ValueError as error:
            raise PydanticCustomError("time", "{why}", {"why": str(error)}) from None

    return BeforeValidator(parsed)


def _at_most(limit: int) -> AfterValidator:
    """Takes text of at most `limit` bytes in UTF-8."""

    def checked(text: str) -> str:
        if len(text.encode()) > limit:
            raise PydanticCustomError("bytes", "must have at most {limit} bytes in UTF-8", {"limit": limit})
        return text

    return AfterValidator(checked)


def _time_zone(name: str) -> str:
    if iana_name(name) is None:
        raise PydanticCustomError("time_zone", "must be a name of the IANA time zone database, such as Europe/Berlin")
    return name


def _zone_fields(name: str) -> dict[str, str]:
    """What an event holds of the zone that a request calls `name`."""
    zone = iana_name(name) or name
    return {"time_zone": zone, "time_zone_given": "" if zone == name else name}


def _flag(text: Any) -> bool:
    if text not in ("true", "false"):
        raise PydanticCustomError("flag", "must be true or false")
    return bool(text == "true")


def _page_limit(text: Any) -> int:
    # Converted by the model it could have signs, blanks, underscores, a fraction, and digits of any script.
    if not (isinstance(text, str) and _PAGE_LIMIT.fullmatch(text)):
        raise PydanticCustomError("limit", f"must be a whole number from 1 to {MAX_PAGE}, in digits alone")
    return int(text)


def _uuid(text: str) -> str:
    identifier = text.lower()
    if not is_id(identifier):
        raise PydanticCustomError("uuid", "must be a UUID")
    return identifier


Line = without(line_fault)
Lines = without(lines_fault)
Title = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TITLE), Line, without(_nothing_to_see)]
Location = Annotated[str, StringConstraints(max_length=MAX_LOCATION), Line]
Description = Annotated[
    str,
    StringConstraints(max_length=MAX_DESCRIPTION_BYTES),  # for the schema, which counts characters
    _at_most(MAX_DESCRIPTION_BYTES),
    Lines,
    Field(description=f"At most {MAX_DESCRIPTION_BYTES:,} bytes in UTF-8."),
]
Reason = Annotated[
    str,
    StringConstraints(max_length=MAX_REASON),
    Lines,
    Field(description="Why: kept with the version that the change makes.", examples=["moved by mistake"]),
]
Instant = Annotated[
    str,
    _time(parse_instant),
    Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-22T09:00:00Z"]),
]
# Where a window begins and ends may have a fraction of a second, as a browser's `toISOString()` has: it is widened to
# whole seconds.
WindowStart = Annotated[str, _time(parse_window_start), Field(json_schema_extra={"format": "date-time"})]
WindowEnd = Annotated[str, _time(parse_window_end), Field(json_schema_extra={"format": "date-time"})]
Moment = Annotated[int, _time(parse_moment), Field(json_schema_extra={"type": "string", "format": "date-time"})]
TimeZone = Annotated[
    str,
    StringConstraints(max_length=MAX_NAME),
    AfterValidator(_time_zone),
    Field(
        examples=["Europe/Berlin"],
        description="An IANA name, or what Windows and other calendars call the zone; answered as the IANA name.",
    ),
]
Transparency = Literal["opaque", "transparent"]
EventId = Annotated[
    str, StringConstraints(max_length=64), AfterValidator(_uuid), Field(json_schema_extra={"format": "uuid"})
]
HistoryId = EventId
OperationId = EventId
# A longer text need not be measured: a character has at least one byte.
Uid = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_UID_BYTES),
    _at_most(MAX_UID_BYTES),
    without(line_fault),
    Field(
        description="The client's own name for the event, unique in its calendar (RFC 7986, section 5.3).",
        examples=["20270301-4711@example.com"],
    ),
]
Cursor = Annotated[str, StringConstraints(max_length=1000)]
# Parameters of a query: texts, taken just as they are documented.
PageLimit = Annotated[int, Field(ge=1, le=MAX_PAGE), BeforeValidator(_page_limit)]
Flag = Annotated[bool, BeforeValidator(_flag)]
OnConflict = Literal["reject", "allow"]


class Request(BaseModel):
    """A request body: unknown fields are refused, and nothing is converted from another JSON type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def __repr__(self) -> str:
        """The name alone: Powertools formats every handler's arguments for a debug line, and some hold a password."""
        return type(self).__name__

    __str__ = __repr__


def _check_order(end: str, info: ValidationInfo) -> str:
    # Of a patch that does not say "opaque" only the stored event tells whether it is: then that is checked later.
    start, opaque = info.data.get("start"), info.data.get("transparency") == "opaque"
    fault = interval_fault(start, end, opaque=opaque) if start and end else None
    if fault is not None:
        raise PydanticCustomError("interval", "{fault}", {"fault": fault})
    return end


class NewEvent(Request):
    """An event as its owner describes it."""

    title: Title
    start: Instant
    transparency: Transparency = "opaque"
    end: Annotated[Instant, AfterValidator(_check_order)]  # behind what it is checked with
    description: Description = ""
    location: Location = ""
    time_zone: TimeZone = "UTC"

    def content(self) -> Content:
        """The content of the event to be."""
        return Content(
            title=self.title,
            start=self.start,
            end=self.end,
            description=self.description,
            location=self.location,
            transparency=self.transparency,
            **_zone_fields(self.time_zone),
        )


class SentBack(Request):
    """A body that may hold, beside what it changes, fields of the event that only the API sets, as GET has given them.

    They are set aside unread, for the domain to compare with the stored event. An unknown field stays one.
    """

    _read_only: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _set_aside(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        given = {name: data[name] for name in READ_ONLY & data.keys()} if isinstance(data, dict) else {}
        if not given:
            return handler(data)
        made = handler({name: value for name, value in data.items() if name not in given})
        made._read_only = given
        return made

    def read_only(self) -> dict[str, Any]:
        """The fields that were set aside, with the values sent."""
        return self._read_only


class NamedEvent(NewEvent):
    """An event to create. One with a `uid` is created once, however often that is asked for."""

    uid: Uid | None = None


class CreateEvent(NamedEvent):
    """An event to create, and why."""

    reason: Reason | None = None


class ReplaceEvent(NewEvent, SentBack):
    """What an event is to be from now on, and why. What GET gave may be sent back as a whole."""

    reason: Reason | None = None


class EventPatch(SentBack):
    """A JSON merge patch (RFC 7396) of an event: only the fields that change; null puts a field back to its default."""

    title: Title = ""
    start: Instant = ""
    transparency: Transparency | None = None
    end: Annotated[Instant, AfterValidator(_check_order)] = ""
    description: Description | None = None
    location: Location | None = None
    time_zone: TimeZone | None = None
    reason: Reason | None = None

    def fields(self) -> dict[str, str]:
        """The fields of the event that the patch names, null as the default it stands for."""
        named = {
            name: getattr(self, name) if getattr(self, name) is not None else str(NewEvent.model_fields[name].default)
            for name in self.model_fields_set
            if name in CONTENT_FIELDS
        }
        return {**named, **_zone_fields(named["time_zone"])} if "time_zone" in named else named


class Rollback(Request):
    """Which version to go back to, and why."""

    history_id: HistoryId
    reason: Reason | None = None


class Undo(Request):
    """Why an operation is undone."""

    reason: Reason | None = None
