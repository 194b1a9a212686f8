"""Invitations to calendars: made, listed, withdrawn and accepted."""

from typing import Annotated

from shared.errors import NotAllowed, NotFound, OutcomeUnknown
from shared.http.api import Body, Path, Response, answer, app, client, current_request, handler
from shared.http.calendar_documents import CalendarDocument, calendar_document
from shared.http.calendar_models import InvitationCode, InvitationIdField, NewInvitation
from shared.http.invitation_documents import (
    InvitationDocument,
    InvitationPage,
    NewInvitationDocument,
    invitation_document,
    invitation_page,
    new_invitation_document,
)
from shared.http.parameters import CalendarIdInPath, Limit, NextPage
from shared.http.responses import may_raise, returns
from shared.wiring.invitations import invitations

__all__ = ["handler"]

InvitationIdInPath = Annotated[InvitationIdField, Path(description="The invitation's `id`.")]


@app.post(
    "/calendars/<calendar_id>/invitations",
    status_code=201,
    operation_id="create_invitation",
    tags=["Calendars"],
    summary="Invite somebody",
    description="By an owner: for who has no user name yet, or one that you do not know. Nothing is sent: give the "
    "code to whom you invite. It is good once, for as many days as you say, and while you are an owner.",
    responses={201: returns("The invitation, with its code.", NewInvitationDocument, sets=["Location"])},
)
@may_raise(NotFound, NotAllowed, OutcomeUnknown)
def create_invitation(calendar_id: CalendarIdInPath, invitation: Annotated[NewInvitation, Body()]) -> Response[str]:
    """Makes an invitation to a calendar of which the caller is an owner."""
    made, code = invitations(current_request(), client()).create(
        calendar_id, invitation.role, invitation.label, invitation.days
    )
    return answer(new_invitation_document(made, code), status=201, location=f"invitations/{made.id}")


@app.get(
    "/calendars/<calendar_id>/invitations",
    operation_id="list_invitations",
    tags=["Calendars"],
    summary="List the invitations to a calendar",
    description="For its editors and owners. Go on while `next_cursor` is set: a page may be short, even empty.",
    responses={200: returns("A page of the invitations that are good.", InvitationPage)},
)
@may_raise(NotFound, NotAllowed)
def list_invitations(calendar_id: CalendarIdInPath, limit: Limit = 50, cursor: NextPage = None) -> Response[str]:
    """Lists the invitations to a calendar in which the caller may write."""
    page = invitations(current_request(), client()).page(calendar_id, limit, cursor)
    return answer(invitation_page(*page))


@app.get(
    "/calendars/<calendar_id>/invitations/<invitation_id>",
    operation_id="get_invitation",
    tags=["Calendars"],
    summary="Read an invitation",
    description="For editors and owners of the calendar. 404 for one that was used, or has lapsed.",
    responses={200: returns("The invitation, without its code.", InvitationDocument)},
)
@may_raise(NotFound, NotAllowed)
def get_invitation(calendar_id: CalendarIdInPath, invitation_id: InvitationIdInPath) -> Response[str]:
    """Returns an invitation to a calendar in which the caller may write."""
    return answer(invitation_document(invitations(current_request(), client()).get(calendar_id, invitation_id)))


@app.delete(
    "/calendars/<calendar_id>/invitations/<invitation_id>",
    status_code=204,
    operation_id="withdraw_invitation",
    tags=["Calendars"],
    summary="Withdraw an invitation",
    description="By an owner. 204 also if there is none.",
    responses={204: returns("Its code is good for nothing.")},
)
@may_raise(NotFound, NotAllowed, OutcomeUnknown)
def withdraw_invitation(calendar_id: CalendarIdInPath, invitation_id: InvitationIdInPath) -> Response[str]:
    """Deletes an invitation to a calendar of which the caller is an owner."""
    invitations(current_request(), client()).withdraw(calendar_id, invitation_id)
    return answer(None, status=204)


@app.post(
    "/invitations/accept",
    operation_id="accept_invitation",
    tags=["Calendars"],
    summary="Accept an invitation",
    description="With its code, which is used up. You are a member then, and the calendar is in your list. If you are "
    "one already, you get the role of the invitation if that includes all that yours does, and keep yours otherwise. "
    "404 for any code that is not good, whatever the reason.",
    responses={200: returns("The calendar.", CalendarDocument)},
)
@may_raise(NotFound, OutcomeUnknown)
def accept_invitation(accepted: Annotated[InvitationCode, Body()]) -> Response[str]:
    """Makes the caller a member of the calendar to which a code invites."""
    return answer(calendar_document(invitations(current_request(), client()).accept(accepted.code)))
