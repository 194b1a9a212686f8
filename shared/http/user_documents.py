"""The response document of the caller's own user."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import Id, TimestampValue
from shared.identity.addresses import claim_of
from shared.ids import made_at

if TYPE_CHECKING:
    from shared.identity.users import Profile
    from shared.request import Request


class UserDocument(TypedDict):
    """The caller's own user."""

    id: Annotated[Id, Field(description="The user's id, which owns their events.")]
    username: Annotated[str, Field(description="The user's name, as it was registered.", examples=["ada"])]
    email: Annotated[
        str | None,
        Field(description="The user's address; null: there is none, or it lapsed.", examples=["ada@example.com"]),
    ]
    email_verified: Annotated[
        bool, Field(description="Whether it is the user's own. If not, it lapses a day after it was set.")
    ]
    pending_email: Annotated[
        str | None,
        Field(
            description="The address that takes the place of a verified one once it is verified, or lapses a day after "
            "it was set.",
            examples=["countess@example.com"],
        ),
    ]
    created_at: Annotated[
        TimestampValue | None,
        Field(description="When the user was registered, in UTC; null: with another identity provider."),
    ]


def user_document(profile: "Profile", now: int) -> UserDocument:
    """Returns the document of a user at `now` (seconds since 1970, UTC)."""
    claim = claim_of(profile, now)
    verified = profile.email_verified_at is not None
    unverified = None if claim is None else claim.address
    return {
        "id": profile.user_id,
        "username": profile.username,
        "email": profile.email if verified else unverified,
        "email_verified": verified,
        "pending_email": unverified if verified else None,
        # The id was made with the user.
        "created_at": made_at(profile.user_id),
    }


def stranger_document(request: "Request") -> UserDocument:
    """Returns the document of a user of another identity provider: what the access token says."""
    return {
        "id": request.actor,
        "username": request.username,
        "email": None,
        "email_verified": False,
        "pending_email": None,
        "created_at": None,
    }
