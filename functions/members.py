"""Lists the members of a calendar, gives roles and takes them."""

from typing import Annotated

from shared.errors import NotAllowed, NotFound, OutcomeUnknown
from shared.http.api import Body, Path, Response, answer, app, client, current_request, handler, takes
from shared.http.bodies import JSON, MERGE_PATCH
from shared.http.calendar_documents import (
    MemberDocument,
    MemberPage,
    MembershipDocument,
    member_document,
    member_page,
    membership_document,
)
from shared.http.calendar_models import MemberRole, MembershipPatch, Transfer, UserName
from shared.http.parameters import CalendarIdInPath, Limit, NextPage
from shared.http.responses import may_raise, returns
from shared.sharing_errors import DefaultCalendar, LastOwner
from shared.wiring.members import give_away, members

__all__ = ["handler"]

UserInPath = Annotated[UserName, Path(description="The user's name, in any case of letters; or the id of a member.")]


@app.get(
    "/calendars/<calendar_id>/members",
    operation_id="list_members",
    tags=["Calendars"],
    summary="List the members of a calendar",
    description="For its editors and owners.",
    responses={200: returns("A page of its members.", MemberPage)},
)
@may_raise(NotFound, NotAllowed)
def list_members(calendar_id: CalendarIdInPath, limit: Limit = 50, cursor: NextPage = None) -> Response[str]:
    """Lists the members of a calendar in which the caller may write."""
    return answer(member_page(*members(current_request(), client()).page(calendar_id, limit, cursor)))


@app.get(
    "/calendars/<calendar_id>/members/me",
    operation_id="get_membership",
    tags=["Calendars"],
    summary="Read your membership",
    description="404 also for who has only everyone's role.",
    responses={200: returns("Your membership.", MembershipDocument)},
)
@may_raise(NotFound)
def get_membership(calendar_id: CalendarIdInPath) -> Response[str]:
    """Returns the caller's membership."""
    return answer(membership_document(*members(current_request(), client()).own(calendar_id)))


@app.patch(
    "/calendars/<calendar_id>/members/me",
    operation_id="patch_membership",
    tags=["Calendars"],
    summary="Accept a calendar, or show it otherwise",
    description="A JSON merge patch (RFC 7396) of what you decide for yourself. It changes nobody's rights.",
    responses={200: returns("Your membership as it is now.", MembershipDocument)},
)
@takes(media_types=(JSON, MERGE_PATCH))
@may_raise(NotFound, OutcomeUnknown)
def patch_membership(calendar_id: CalendarIdInPath, patch: Annotated[MembershipPatch, Body()]) -> Response[str]:
    """Changes what the caller decides for themselves about a calendar."""
    decided = members(current_request(), client()).decide(calendar_id, patch.changes())
    return answer(membership_document(*decided))


@app.delete(
    "/calendars/<calendar_id>/members/me",
    status_code=204,
    operation_id="leave_calendar",
    tags=["Calendars"],
    summary="Leave a calendar",
    description="You keep what everyone may do. The last owner cannot leave.",
    responses={204: returns("You are no member.")},
)
@may_raise(NotFound, DefaultCalendar, LastOwner, OutcomeUnknown)
def leave_calendar(calendar_id: CalendarIdInPath) -> Response[str]:
    """Ends the caller's membership."""
    members(current_request(), client()).leave(calendar_id)
    return answer(None, status=204)


@app.put(
    "/calendars/<calendar_id>/members/<username>",
    operation_id="put_member",
    tags=["Calendars"],
    summary="Give a user a role",
    description="By an owner. The role holds at once; the calendar is in the user's list when they accept it. A user "
    "who is a member already gets this role in place of theirs. 422 for a name that nobody has.",
    responses={200: returns("The member.", MemberDocument)},
)
@may_raise(NotFound, NotAllowed, DefaultCalendar, LastOwner, OutcomeUnknown)
def put_member(
    calendar_id: CalendarIdInPath, username: UserInPath, member: Annotated[MemberRole, Body()]
) -> Response[str]:
    """Gives a user a role in a calendar of which the caller is an owner."""
    put = members(current_request(), client()).put(calendar_id, username, member.role)
    return answer(member_document(put))


@app.delete(
    "/calendars/<calendar_id>/members/<username>",
    status_code=204,
    operation_id="remove_member",
    tags=["Calendars"],
    summary="Take a user's role",
    description="By an owner. From the response on nothing more is written by the right that was taken, not even by "
    "requests that had begun before. 204 also if the user is no member.",
    responses={204: returns("The user is no member.")},
)
@may_raise(NotFound, NotAllowed, DefaultCalendar, LastOwner, OutcomeUnknown)
def remove_member(calendar_id: CalendarIdInPath, username: UserInPath) -> Response[str]:
    """Takes the role of a user in a calendar of which the caller is an owner."""
    members(current_request(), client()).remove(calendar_id, username)
    return answer(None, status=204)


@app.post(
    "/calendars/<calendar_id>/transfer",
    operation_id="transfer_calendar",
    tags=["Calendars"],
    summary="Give a calendar away",
    description="By an owner, to a member who has accepted it: nobody is given a calendar that they do not want.",
    responses={200: returns("The other one, who is an owner now, as you are not.", MemberDocument)},
)
@may_raise(NotFound, NotAllowed, DefaultCalendar, OutcomeUnknown)
def transfer_calendar(calendar_id: CalendarIdInPath, transfer: Annotated[Transfer, Body()]) -> Response[str]:
    """Makes another member an owner in place of the caller."""
    heir = give_away(current_request(), client(), calendar_id, transfer.to, transfer.role)
    return answer(member_document(heir))
