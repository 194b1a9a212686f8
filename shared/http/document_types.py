"""The types that documents share, as JSON schema describes them. They serve the reference: no code checks them."""

from typing import Annotated, Any, Final

from pydantic import Field

ID: Final = "01a20267-70e0-7af4-9d7d-af4992a754ae"
# The years that times may have, and dates in them.
_YEARS: Final = r"(19|[2-9]\d)\d\d"
DATE: Final = _YEARS + r"-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
INSTANT: Final = rf"^{DATE}T{CLOCK}Z$"

RECURRENCE_ID_EXAMPLE: Final = "20270322T090000"
# The id of an event, or that of an occurrence of a series: the series' id, `_`, and the recurrence id.
EVENT_ID: Final = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(_[0-9]{8}(T[0-9]{6})?)?$"

Id = Annotated[str, Field(json_schema_extra={"format": "uuid"}, examples=[ID])]
EventIdValue = Annotated[
    str,
    Field(
        description="Stays the same for the event's whole life. Of an occurrence of a series: the series' id, `_`, and "
        "the recurrence id.",
        pattern=EVENT_ID,
        examples=[ID],
    ),
]


def _time(pattern: str, example: str) -> Any:
    return Field(pattern=pattern, json_schema_extra={"format": "date-time"}, examples=[example])


# RFC 3339 in UTC: whole seconds for the times of an event, milliseconds for the times of its changes.
InstantValue = Annotated[str, _time(INSTANT, "2027-03-01T08:00:00Z")]
TimestampValue = Annotated[str, _time(rf"^{DATE}T{CLOCK}\.\d{{3}}Z$", "2026-11-22T08:37:43.264Z")]
HistoryIdValue = Annotated[
    Id,
    Field(description="Names this version in the whole deployment, and is its ETag. Sorting by it is sorting by time."),
]
NextCursor = Annotated[
    str | None,
    Field(description="Where the next page begins, for the parameter `cursor`; null on the last one.", max_length=1000),
]
Author = Annotated[str, Field(description='A user id, or "external" for a change made around the API.', examples=[ID])]
EventTitle = Annotated[str, Field(description="The event's title.", examples=["Design review"])]
Index = Annotated[int, Field(ge=0, le=999, description="The event's place in the request, from 0.", examples=[0])]
