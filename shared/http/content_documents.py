"""The document of an event's content: what callers say of it."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import InstantValue
from shared.http.fields import DayField, Description, Location, OtherCalendars, TimeZone, Title
from shared.http.recurrence_documents import RecurrenceDocument
from shared.scheduling.events import Transparency


class ContentDocument(TypedDict):
    """What callers say of an event. It takes the half-open interval `[start, end)`."""

    title: Annotated[
        Title,
        Field(description="What it is called: one line of 1 to 200 characters.", examples=["Design review"]),
    ]
    description: Annotated[
        Description,
        Field(
            description="What it is about: text of any number of lines, at most 8,192 bytes in UTF-8.",
            examples=["The plan for the second quarter.\nBring your notes."],
        ),
    ]
    location: Annotated[
        Location,
        Field(description="Where it takes place: one line of at most 500 characters.", examples=["Room 4"]),
    ]
    start: Annotated[
        InstantValue,
        Field(
            description="Where it begins: RFC 3339, in whole seconds, in the years 1900 to 9999 in UTC. With "
            "`time_zone` in the same request it may be a local time without an offset. A numeric offset must be the "
            "zone's, unless that is UTC. Answered in UTC. Required, unless `all_day`.",
            examples=["2027-03-01T08:00:00Z"],
        ),
    ]
    end: Annotated[
        InstantValue,
        Field(
            description="Where it ends, written as `start` is: later than that, by at most 366 days. It does not take "
            "this moment any more. Only a transparent event may have no length. Required, unless `all_day`.",
            examples=["2027-03-01T09:00:00Z"],
        ),
    ]
    time_zone: Annotated[
        TimeZone,
        Field(
            description="The zone that it is planned in, at most 128 characters: an IANA name, or what Windows and "
            "other calendars call the zone. Answered as the IANA name. It does not move `start` and `end`, except "
            "of whole days, which begin at its midnights.",
            examples=["Europe/Berlin"],
        ),
    ]
    time_zone_given: Annotated[
        str | None,
        Field(
            description="What the request called the zone; null if just `time_zone`.",
            max_length=128,
            examples=["W. Europe Standard Time"],
        ),
    ]
    start_local: Annotated[
        str | None,
        Field(
            description="`start` by the clock of `time_zone`, with its offset from UTC; in the zone UTC as the request "
            "gave it. null of whole days, and if not known.",
            examples=["2027-03-01T09:00:00+01:00"],
        ),
    ]
    all_day: Annotated[
        bool,
        Field(
            description="Whether it is of whole days. It then has `start_date` and `end_date`, and no `start` and "
            "`end` of its own.",
            examples=[False],
        ),
    ]
    start_date: Annotated[
        DayField | None,
        Field(
            description="Of whole days: the first one, in the years 1900 to 9999. `start` is where it begins in "
            "`time_zone`. Else null.",
            examples=[None],
        ),
    ]
    end_date: Annotated[
        DayField | None,
        Field(
            description="Of whole days: the day after the last one, at most 366 days after `start_date`. `end` is "
            "where it begins in `time_zone`. Else null.",
            examples=[None],
        ),
    ]
    transparency: Annotated[
        Transparency,
        Field(
            description="Whether it takes its time: a `transparent` one collides with nothing. Without it: `opaque`, "
            "and `transparent` of whole days.",
            examples=["opaque"],
        ),
    ]
    calendars: Annotated[
        OtherCalendars,
        Field(
            description="On which calendars it takes its time besides its own: on all of them at once, or on none. In "
            "those it is told without this list, and can only be deleted.",
            examples=[[]],
        ),
    ]
    recurrence: Annotated[
        RecurrenceDocument | None,
        Field(
            description="When it takes place besides `start`, which makes it a series; null: only then.",
            examples=[None],
        ),
    ]
