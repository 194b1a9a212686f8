"""Tells when several calendars are busy, and finds times at which all of them are free."""

from typing import Annotated

from shared.http.api import Body, Response, answer, app, current_request, handler
from shared.http.find_time_documents import FindTimeDocument, find_time_document
from shared.http.find_time_models import FindTime
from shared.http.responses import returns
from shared.wiring import find_time as wiring

__all__ = ["handler"]


@app.post(
    "/free-busy",
    operation_id="find_time",
    tags=["Events"],
    summary="Find a time",
    description="Tells when each of up to 20 calendars is busy, in at most 62 days, and the first times of at least "
    "`slot_minutes` at which all of them are free. Needs the right to `busy` in each calendar, and tells which cannot "
    "be seen. Working hours are those of the clock on the wall, also where it changes, and of each day by themselves. "
    "Go on while `next_cursor` is set: calendars too full for one page are told up to where all have been read.",
    responses={200: returns("When the calendars are busy, and when they are free.", FindTimeDocument)},
)
def find_time(find: Annotated[FindTime, Body()]) -> Response[str]:
    """Returns the busy times of several calendars, and the first free slots that they have in common."""
    request = current_request()
    query = find.query(request.calendar_id)
    found = wiring.time_finder(request).find(query.search, query.progress)
    return answer(find_time_document(query.search.calendar_ids, found, query.cursor(found.following)))
