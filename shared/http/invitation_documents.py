"""The response documents of invitations."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import Id, InstantValue, NextCursor
from shared.scheduling.instants import of_seconds
from shared.scheduling.roles import InvitedRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.sharing.invitations import Invitation


class InvitationDocument(TypedDict):
    """An invitation to a calendar."""

    id: Annotated[
        str,
        Field(description="Names the invitation; it is not its code.", pattern=r"^[0-9a-f]{64}$", examples=["0" * 64]),
    ]
    role: Annotated[InvitedRole, Field(description="The role that it gives.", examples=["viewer"])]
    label: Annotated[str, Field(description="For whom it is.", examples=["grace@example.com"])]
    made_by: Annotated[Id, Field(description="Who made it: the id of a user. It ends when they are no owner any more.")]
    created_at: Annotated[InstantValue, Field(description="When.")]
    expires_at: Annotated[InstantValue, Field(description="Until when it is good.")]


class NewInvitationDocument(InvitationDocument):
    """An invitation that was just made, with its code."""

    code: Annotated[
        str,
        Field(
            description="What to give to whom you invite. It is shown this once.",
            examples=["AaICZ3Dgevudfa9JkqdUrgABAgMEBQYHCAkKCwwNDg8QERIT"],
        ),
    ]


class InvitationPage(TypedDict):
    """A page of the invitations to a calendar."""

    items: Annotated[list[InvitationDocument], Field(description="Those that are good.")]
    next_cursor: NextCursor


def invitation_document(invitation: "Invitation") -> InvitationDocument:
    """Returns the document of an invitation."""
    return {
        "id": invitation.id,
        "role": invitation.role,
        "label": invitation.label,
        "made_by": invitation.made_by,
        "created_at": of_seconds(invitation.created_at),
        "expires_at": of_seconds(invitation.expires_at),
    }


def new_invitation_document(invitation: "Invitation", code: str) -> NewInvitationDocument:
    """Returns the document of an invitation that was just made."""
    return {**invitation_document(invitation), "code": code}


def invitation_page(invitations: "Sequence[Invitation]", next_cursor: str | None) -> InvitationPage:
    """Returns the document of a page of invitations."""
    return {"items": [invitation_document(each) for each in invitations], "next_cursor": next_cursor}
