"""The response document of a search for a time at which several calendars are free."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import Id, InstantValue
from shared.http.documents import BusyInterval
from shared.http.find_time_models import MAX_CURSOR
from shared.http.problem_documents import NotAllowedProblem, ProblemDocument
from shared.http.problems import problem_document
from shared.ids import CalendarId
from shared.scheduling.find_time import MAX_CALENDARS, MAX_SLOTS, TimesFound


class CalendarBusy(TypedDict):
    """When a calendar is busy."""

    calendar_id: Annotated[Id, Field(description="The calendar.")]
    busy: Annotated[list[BusyInterval], Field(description="By their start, merged, and never split by pages.")]


class CalendarRefused(TypedDict):
    """A calendar that the caller may not see."""

    calendar_id: Annotated[Id, Field(description="The calendar, as it was asked for.")]
    problem: Annotated[ProblemDocument | NotAllowedProblem, Field(description="Why, as its own route would say it.")]


class FreeSlot(TypedDict):
    """A time when all calendars are free: the whole of it, within the working hours of a day if there are any."""

    start: Annotated[InstantValue, Field(description="Where it begins, in UTC.")]
    end: Annotated[InstantValue, Field(description="Where it ends, in UTC.")]


class FindTimeDocument(TypedDict):
    """When calendars are busy, and when all of them are free."""

    calendars: Annotated[
        list[CalendarBusy | CalendarRefused],
        Field(description="The calendars, in the order of the request.", max_length=MAX_CALENDARS),
    ]
    free: Annotated[
        list[FreeSlot] | None,
        Field(
            description="The first free slots, in order; null without `slot_minutes`, or if a calendar cannot be seen.",
            max_length=MAX_SLOTS,
        ),
    ]
    next_cursor: Annotated[
        str | None,
        Field(
            description="Where the next page begins, for the field `cursor`: what is later is not told yet. null on "
            "the last page.",
            max_length=MAX_CURSOR,
        ),
    ]


def find_time_document(
    calendar_ids: Sequence[CalendarId], found: TimesFound, next_cursor: str | None
) -> FindTimeDocument:
    """Returns the document of a page of a search."""
    free: list[FreeSlot] | None = None
    if found.free is not None:
        free = [{"start": start, "end": end} for start, end in found.free]
    return {
        "calendars": [_calendar_document(each, found) for each in calendar_ids],
        "free": free,
        "next_cursor": next_cursor,
    }


def _calendar_document(calendar_id: CalendarId, found: TimesFound) -> CalendarBusy | CalendarRefused:
    if calendar_id in found.refused:
        return {"calendar_id": calendar_id, "problem": problem_document(found.refused[calendar_id])}
    busy: list[BusyInterval] = [{"start": start, "end": end} for start, end in found.busy[calendar_id]]
    return {"calendar_id": calendar_id, "busy": busy}
