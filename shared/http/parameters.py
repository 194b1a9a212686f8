"""The parameters that several routes have in common, and the descriptions of request headers."""

from typing import Annotated, Final, Literal

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from shared.http.fields import (
    CalendarIdField,
    Cursor,
    EventIdField,
    EventOrOccurrenceId,
    Flag,
    HistoryIdField,
    MomentField,
    PageLimit,
    Reason,
    Uid,
    WindowEnd,
    WindowStart,
)
from shared.scheduling.events import OnConflict

CalendarIdInPath = Annotated[
    CalendarIdField, Path(description="The calendar's `id`; that of a user's default calendar is the user's own.")
]
EventIdInPath = Annotated[EventIdField, Path(description="The event's `id`.")]
OccurrenceInPath = Annotated[
    EventOrOccurrenceId, Path(description="The event's `id`, or that of one occurrence of a series.")
]
HistoryIdInPath = Annotated[HistoryIdField, Path(description="The version's `history_id`.")]

Limit = Annotated[PageLimit, Query(description="How many items a page has at most.")]
NextPage = Annotated[
    Cursor | None,
    Query(
        description="The `next_cursor` of the page before. Where there are `from` and `to`, they may be left out then."
    ),
]
From = Annotated[
    WindowStart | None,
    Query(
        alias="from",
        description="Where the window begins, RFC 3339 with an offset; a fraction of a second is rounded down. "
        "Without it: now.",
    ),
]
To = Annotated[
    WindowEnd | None,
    Query(
        description="Where the window ends, likewise; a fraction of a second is rounded up. Without it: 31 days after "
        "`from`."
    ),
]
AsOf = Annotated[
    MomentField | None,
    Query(description="A moment in the past, RFC 3339 with an offset, to the millisecond: answer what was then."),
]
Colliding = Annotated[
    OnConflict, Query(description="`allow` skips the look at other events: the event may overlap them.")
]
Scope = Literal["this", "following", "all"]
ScopeOfChange = Annotated[
    Scope | None,
    Query(
        description="Of an occurrence: `this`, the default, concerns it alone; `following` all from it on, `all` the "
        "whole series."
    ),
]
Exceptions = Literal["keep", "drop"]
ExceptionsKept = Annotated[
    Exceptions,
    Query(
        description="Of a series: `drop` leaves out those of its exceptions whose dates are no occurrences any more. "
        "Else a change that would need that is refused."
    ),
]
Expanded = Annotated[
    Flag, Query(description="Whether series are listed as their occurrences. `false` lists each once, as it is.")
]
UidToFind = Annotated[
    Uid | None, Query(description="Find the event that its client calls so, and no other parameter with it.")
]
WhyDeleted = Annotated[Reason | None, Query(description="Why: kept with the version that the deletion makes.")]
DryRunFlag = Annotated[
    Flag,
    Query(
        description="Change nothing: answer what would change, and what would be in the way. Else it fails as the "
        "change."
    ),
]

# The headers of `takes`.
REQUEST_HEADERS: Final = {
    "If-Match": "Only if the event is at one of these versions: the quoted `history_id`, as in the ETag of an answer. "
    "`*`: only if there is one. What is not understood, an empty value too, is never met: 412.",
    "If-None-Match": "A read: answer 304 without a body if the answer would have one of these ETags. A change: only if "
    "the event is at none of these versions; `*`: only if there is none.",
    "Idempotency-Key": "Up to 255 ASCII characters, in quotes, to know the request by, on this route and in this "
    "calendar: sent again, it is answered again, and done once.",
    "Device-Token": "What that header had in the answer to an earlier login, or to the registration, of this user on "
    "this device. Wrong passwords that others try do not slow down this device then.",
}
