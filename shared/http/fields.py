"""The constrained types used in requests: fields of bodies, and parameters of queries and paths."""

import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared import ids
from shared.http.base_models import Line, without
from shared.http.document_types import CLOCK, DATE, EVENT_ID, ID, RECURRENCE_ID_EXAMPLE
from shared.http.text import is_visible, lines_fault
from shared.scheduling import instants
from shared.scheduling.events import MOST_CALENDARS
from shared.scheduling.instants import parse_day, parse_moment, parse_time, parse_window_end, parse_window_start
from shared.scheduling.recurrences import SEPARATOR
from shared.scheduling.time_zones import MAX_NAME, iana_name

Each = TypeVar("Each")

MAX_TITLE = 200
MAX_LOCATION = 500
MAX_DESCRIPTION_BYTES = 8192  # in UTF-8, as calendar files and the services that write them count
MAX_REASON = 500
MAX_BULK = 1000
MAX_PAGE = 100
MAX_UID_BYTES = 255

# The patterns of texts and times in the API's reference. A few more forms are accepted: see text.py and instants.py.
ONE_LINE = {"pattern": r"^[^\u0000-\u001F\u007F-\u009F\u2028\u2029]*$"}
LINES = {"pattern": r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$"}
_OFFSET = r"(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
_TIME = {"type": "string", "format": "date-time"}
_WHOLE_SECONDS = {"type": "string", "pattern": rf"^{DATE}T{CLOCK}(\.0+)?{_OFFSET}?$"}
_ANY_FRACTION = {**_TIME, "pattern": rf"^{DATE}T{CLOCK}(\.\d+)?{_OFFSET}$"}

_RECURRENCE_ID = re.compile(r"[0-9]{8}(T[0-9]{6})?")
_PAGE_LIMIT = re.compile(r"[1-9][0-9]{0,2}")


def _nothing_to_see(text: str) -> str | None:
    return None if not text or is_visible(text) else "must have something to see in it"


_A_TIME = "must be an RFC 3339 string, such as 2026-11-22T09:00:00+01:00"
_A_DAY = "must be a date, such as 2027-03-01"


def _time(parse: Callable[[str], Any], shape: str = _A_TIME) -> BeforeValidator:
    """Returns a validator that converts a string with `parse`, and reports its ValueError; `shape`: what it must be."""

    def parsed(text: Any) -> Any:
        if not isinstance(text, str):
            raise PydanticCustomError("time", "{shape}", {"shape": shape})
        try:
            return parse(text)
        except ValueError as error:
            raise PydanticCustomError("time", "{why}", {"why": str(error)}) from None

    return BeforeValidator(parsed)


def _at_most(limit: int) -> AfterValidator:
    """Returns a validator that accepts text of at most `limit` bytes in UTF-8."""

    def checked(text: str) -> str:
        if len(text.encode()) > limit:
            raise PydanticCustomError("bytes", "must have at most {limit} bytes in UTF-8", {"limit": limit})
        return text

    return AfterValidator(checked)


def distinct(values: list[Each]) -> list[Each]:
    """Returns `values`, none of which may occur twice. Raises PydanticCustomError."""
    if len({*values}) != len(values):
        raise PydanticCustomError("twice", "must not name anything twice")
    return values


def _time_zone(name: str) -> str:
    if iana_name(name) is None:
        raise PydanticCustomError("time_zone", "must be a name of the IANA time zone database, such as Europe/Berlin")
    return name


def _flag(text: Any) -> bool:
    if text not in ("true", "false"):
        raise PydanticCustomError("flag", "must be true or false")
    return bool(text == "true")


def _page_limit(text: Any) -> int:
    # The model's own conversion would accept signs, blanks, underscores, a fraction, and digits of any script.
    if not (isinstance(text, str) and _PAGE_LIMIT.fullmatch(text)):
        raise PydanticCustomError("limit", f"must be a whole number from 1 to {MAX_PAGE}, in digits alone")
    return int(text)


def _uuid(text: str) -> str:
    identifier = text.lower()
    if not ids.is_id(identifier):
        raise PydanticCustomError("uuid", "must be a UUID")
    return identifier


def _event(text: str) -> str:
    series_id, separator, recurrence_id = text.lower().partition(SEPARATOR)
    if separator and ids.is_id(series_id) and _RECURRENCE_ID.fullmatch(recurrence_id.upper()):
        why = "must be the id of the series, what is before the _: here nothing is done to a single occurrence"
        raise PydanticCustomError("uuid", why)
    return _uuid(text)


def _recurrence_id(text: str) -> str:
    if not _RECURRENCE_ID.fullmatch(text):
        raise PydanticCustomError("recurrence_id", f"must be a recurrence id, such as {RECURRENCE_ID_EXAMPLE}")
    return text


def _event_or_occurrence(text: str) -> str:
    event_id, separator, recurrence_id = text.partition(SEPARATOR)
    identifier = event_id.lower()
    if not ids.is_id(identifier) or (separator and not _RECURRENCE_ID.fullmatch(recurrence_id)):
        raise PydanticCustomError(
            "event_id", f"must be a UUID, or that of a series, _ and a recurrence id such as {RECURRENCE_ID_EXAMPLE}"
        )
    return f"{identifier}{separator}{recurrence_id}"


Lines = without(lines_fault)
Visible = without(_nothing_to_see)
Title = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_TITLE), Line, Visible, Field(json_schema_extra={**ONE_LINE})
]
Location = Annotated[
    str, StringConstraints(max_length=MAX_LOCATION), Line, Visible, Field(json_schema_extra={**ONE_LINE})
]
Description = Annotated[
    str,
    StringConstraints(max_length=MAX_DESCRIPTION_BYTES),  # for the schema, which counts characters
    _at_most(MAX_DESCRIPTION_BYTES),
    Lines,
    Visible,
    Field(json_schema_extra={**LINES}),
]
Reason = Annotated[
    str,
    StringConstraints(max_length=MAX_REASON),
    Lines,
    Visible,
    Field(
        description=f"Why: text of at most {MAX_REASON} characters, kept with the version that the change makes.",
        json_schema_extra={**LINES},
        examples=["moved by mistake"],
    ),
]
# The start or end of an event in a request. It may be a local time, if the request has a time zone.
GivenTimeField = Annotated[Any, _time(parse_time), WithJsonSchema(_WHOLE_SECONDS)]
DayField = Annotated[
    str, _time(parse_day, _A_DAY), WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{DATE}$"})
]
# The start and end of a window may have a fraction of a second, as from a browser's `toISOString()`: the window is
# widened to whole seconds.
WindowStart = Annotated[instants.Instant, _time(parse_window_start), WithJsonSchema(_ANY_FRACTION)]
WindowEnd = Annotated[instants.Instant, _time(parse_window_end), WithJsonSchema(_ANY_FRACTION)]
MomentField = Annotated[int, _time(parse_moment), WithJsonSchema(_ANY_FRACTION)]
TimeZone = Annotated[
    str,
    StringConstraints(max_length=MAX_NAME),
    AfterValidator(_time_zone),
]
_UUID_RULES = (
    StringConstraints(max_length=64),
    AfterValidator(_uuid),
    Field(json_schema_extra={"format": "uuid"}, examples=[ID]),
)
CalendarIdField = Annotated[ids.CalendarId, *_UUID_RULES]
# The calendars of an event besides its own, in the order in which the request names them, as its content has them.
OtherCalendars = Annotated[
    list[CalendarIdField], Field(max_length=MOST_CALENDARS - 1), AfterValidator(distinct), AfterValidator(tuple)
]
AnyOf = Annotated[list[CalendarIdField], Field(min_length=1, max_length=MOST_CALENDARS), AfterValidator(distinct)]
EventIdField = Annotated[
    ids.EventId,
    StringConstraints(max_length=64),
    AfterValidator(_event),
    Field(json_schema_extra={"format": "uuid"}, examples=[ID]),
]
RecurrenceIdField = Annotated[
    str,
    AfterValidator(_recurrence_id),
    Field(json_schema_extra={"pattern": f"^{_RECURRENCE_ID.pattern}$"}, examples=[RECURRENCE_ID_EXAMPLE]),
]
EventOrOccurrenceId = Annotated[
    ids.EventId,
    StringConstraints(max_length=64),
    AfterValidator(_event_or_occurrence),
    Field(json_schema_extra={"pattern": EVENT_ID}, examples=[ID]),
]
HistoryIdField = Annotated[ids.HistoryId, *_UUID_RULES]
OperationIdField = Annotated[ids.OperationId, *_UUID_RULES]
SessionIdField = Annotated[ids.SessionId, *_UUID_RULES]
# The limit in characters avoids encoding a longer text: a character has at least one byte.
Uid = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_UID_BYTES),
    _at_most(MAX_UID_BYTES),
    Line,
    Visible,
    Field(
        description="The client's own name for the event, unique in its calendar (RFC 7986, section 5.3): one line of "
        f"at most {MAX_UID_BYTES} bytes in UTF-8.",
        json_schema_extra={**ONE_LINE},
        examples=["20270301-4711@example.com"],
    ),
]
Cursor = Annotated[str, StringConstraints(max_length=1000)]
# Query parameters are strings, accepted only in the documented form.
PageLimit = Annotated[int, Field(ge=1, le=MAX_PAGE), BeforeValidator(_page_limit)]
Flag = Annotated[bool, BeforeValidator(_flag)]
