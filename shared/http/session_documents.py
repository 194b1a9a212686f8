"""The response document of sessions."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import Id, InstantValue
from shared.scheduling.instants import of_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.identity.users import Session


class SessionDocument(TypedDict):
    """A session: what one login began, on one device."""

    id: Annotated[Id, Field(description="Names the session, to end it by.")]
    created_at: Annotated[InstantValue, Field(description="When the login was.")]
    last_used_at: Annotated[InstantValue, Field(description="When it last issued tokens: at the login, or a refresh.")]
    expires_at: Annotated[InstantValue, Field(description="When the session ends if it is not used before.")]
    user_agent: Annotated[
        str, Field(description="What the client of the login called itself.", examples=["curl/8.7.1"], max_length=200)
    ]
    current: Annotated[bool, Field(description="Whether it is the session of the access token of this request.")]


class SessionsDocument(TypedDict):
    """The sessions of the user."""

    items: Annotated[list[SessionDocument], Field(description="All of them, the one that was used last first.")]


def sessions_document(sessions: "Sequence[Session]", current: str) -> SessionsDocument:
    """Returns the document of `sessions`; `current` is the id of the session of the request."""
    return {"items": [session_document(each, current) for each in sessions]}


def session_document(session: "Session", current: str) -> SessionDocument:
    """Returns the document of a session; `current` is the id of the session of the request."""
    return {
        "id": session.family,
        "created_at": of_seconds(session.created_at),
        "last_used_at": of_seconds(session.rotated_at),
        "expires_at": of_seconds(session.expires_at),
        "user_agent": session.user_agent,
        "current": session.family == current,
    }
