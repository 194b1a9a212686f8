"""Makes, lists, reads and changes calendars."""

from typing import Annotated

from shared.errors import NotAllowed, NotFound, OutcomeUnknown
from shared.http.api import (
    Body,
    Query,
    Response,
    answer,
    answer_read,
    app,
    client,
    current_request,
    handler,
    precondition,
    takes,
)
from shared.http.bodies import JSON, MERGE_PATCH
from shared.http.calendar_documents import (
    CalendarDocument,
    CalendarPage,
    LogPage,
    calendar_document,
    calendar_page,
    log_page,
)
from shared.http.calendar_models import CalendarPatch, NewCalendar
from shared.http.fields import Flag
from shared.http.parameters import CalendarIdInPath, Limit, NextPage
from shared.http.responses import may_raise, returns
from shared.ids import default_calendar
from shared.sharing_errors import DefaultCalendar
from shared.wiring.sharing import catalogue, deletion, role_changes

__all__ = ["handler"]


@app.post(
    "/calendars",
    status_code=201,
    operation_id="create_calendar",
    tags=["Calendars"],
    summary="Make a calendar",
    description="Of a room, a resource, a team, or for whatever else. You are its owner, and the only member so far.",
    responses={201: returns("The calendar.", CalendarDocument, sets=["ETag", "Location"])},
)
@may_raise(OutcomeUnknown)
def create_calendar(calendar: Annotated[NewCalendar, Body()]) -> Response[str]:
    """Makes a calendar, of which the caller is the owner."""
    made = catalogue(current_request(), client()).create(calendar.settings())
    location = f"calendars/{made.calendar.id}"
    return answer(calendar_document(made), status=201, etag=made.tag, location=location)


@app.get(
    "/calendars",
    operation_id="list_calendars",
    tags=["Calendars"],
    summary="List your calendars",
    description="Your default calendar, and those of which you are a member. A calendar to which somebody has admitted "
    "you is among those that are not accepted until you accept it, or not; the role holds at once. Go on while "
    "`next_cursor` is set: a page may be short, even empty.",
    responses={200: returns("A page of your calendars.", CalendarPage)},
)
def list_calendars(
    accepted: Annotated[Flag, Query(description="`false`: those that you were offered, and have not accepted.")] = True,
    limit: Limit = 50,
    cursor: NextPage = None,
) -> Response[str]:
    """Lists the caller's calendars, the default calendar first."""
    request = current_request()
    page, next_cursor = catalogue(request, client()).page(limit, cursor, accepted=accepted)
    return answer(calendar_page(page, default_calendar(request.actor), next_cursor))


@app.get(
    "/calendars/<calendar_id>",
    operation_id="get_calendar",
    tags=["Calendars"],
    summary="Read a calendar",
    description="Who has no role in it is told that there is none. Its owners see it also when it is deleted.",
    responses={
        200: returns("The calendar.", CalendarDocument, sets=["ETag"]),
        304: returns("It is still as `If-None-Match` names it.", sets=["ETag"]),
    },
)
@takes("If-Match", "If-None-Match")
@may_raise(NotFound)
def get_calendar(calendar_id: CalendarIdInPath) -> Response[str]:
    """Returns a calendar in which the caller has a role."""
    found = catalogue(current_request(), client()).get(calendar_id)
    return answer_read(calendar_document(found), etag=found.tag, subject="calendar")


@app.patch(
    "/calendars/<calendar_id>",
    operation_id="patch_calendar",
    tags=["Calendars"],
    summary="Change a calendar",
    description="A JSON merge patch (RFC 7396) by one of its owners. What `everyone` may do, and whether it is "
    "`strict`, hold for all that is written from the response on.",
    responses={200: returns("The calendar as it is now.", CalendarDocument, sets=["ETag"])},
)
@takes("If-Match", "If-None-Match", media_types=(JSON, MERGE_PATCH))
@may_raise(NotFound, NotAllowed, OutcomeUnknown)
def patch_calendar(calendar_id: CalendarIdInPath, patch: Annotated[CalendarPatch, Body()]) -> Response[str]:
    """Changes a calendar of which the caller is an owner."""
    changed = catalogue(current_request(), client()).patch(calendar_id, patch.changes(), precondition("calendar"))
    return answer(calendar_document(changed), etag=changed.tag)


@app.delete(
    "/calendars/<calendar_id>",
    status_code=204,
    operation_id="delete_calendar",
    tags=["Calendars"],
    summary="Delete a calendar",
    description="By an owner. From then on there is no such calendar for anybody but its owners, who can restore it "
    "for some days, with its events and members. After that it is gone, and all that was in it.",
    responses={204: returns("It is deleted.")},
)
@may_raise(NotFound, NotAllowed, DefaultCalendar, OutcomeUnknown)
def delete_calendar(calendar_id: CalendarIdInPath) -> Response[str]:
    """Deletes a calendar of which the caller is an owner."""
    deletion(current_request()).delete(calendar_id)
    return answer(None, status=204)


@app.post(
    "/calendars/<calendar_id>/restore",
    status_code=204,
    operation_id="restore_calendar",
    tags=["Calendars"],
    summary="Restore a deleted calendar",
    description="By an owner. 404 if it was deleted too long ago. A calendar that is not deleted stays as it is.",
    responses={204: returns("It is there again, as it was.")},
)
@may_raise(NotFound, NotAllowed, DefaultCalendar, OutcomeUnknown)
def restore_calendar(calendar_id: CalendarIdInPath) -> Response[str]:
    """Restores a deleted calendar of which the caller is an owner."""
    deletion(current_request()).restore(calendar_id)
    return answer(None, status=204)


@app.get(
    "/calendars/<calendar_id>/log",
    operation_id="list_role_changes",
    tags=["Calendars"],
    summary="List the changes of roles",
    description="For the owners of the calendar: who changed whose role, from what to what. Users are named by their "
    "ids.",
    responses={200: returns("A page of the changes, latest first.", LogPage)},
)
@may_raise(NotFound, NotAllowed)
def list_role_changes(calendar_id: CalendarIdInPath, limit: Limit = 50, cursor: NextPage = None) -> Response[str]:
    """Lists the changes of roles in a calendar of which the caller is an owner, latest first."""
    return answer(log_page(*role_changes(current_request(), calendar_id, limit, cursor)))
