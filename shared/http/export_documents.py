"""The response document of an export: the documents of all that is stored of a user."""

import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import Id, InstantValue, NextCursor
from shared.http.documents import DeletedEventDocument, EventDocument, VersionWithEvent
from shared.http.session_documents import SessionDocument
from shared.scheduling.instants import of_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.identity.export import ExportPage
    from shared.identity.users import Profile


class ExportedUser(TypedDict):
    """The user, as stored."""

    id: Annotated[Id, Field(description="The user's id, which owns their events.")]
    username: Annotated[str, Field(description="The user's name, as it was registered.", examples=["ada"])]
    email: Annotated[
        str, Field(description="The user's address, also one that has lapsed.", examples=["ada@example.com"])
    ]
    email_set_at: Annotated[InstantValue, Field(description="When the user gave the address, in UTC.")]
    email_verified_at: Annotated[InstantValue | None, Field(description="When it was verified, in UTC, if it was.")]
    pending_email: Annotated[
        str | None,
        Field(
            description="Another address that the user has given and not verified, also one that has lapsed.",
            examples=["countess@example.com"],
        ),
    ]
    pending_email_set_at: Annotated[InstantValue | None, Field(description="When the user gave that one, in UTC.")]
    created_at: Annotated[InstantValue, Field(description="When the user was registered, in UTC.")]


def exported_user(profile: "Profile") -> ExportedUser:
    """Returns the document of a user's profile in an export."""
    verified_at, pending = profile.email_verified_at, profile.pending
    return {
        "id": profile.user_id,
        "username": profile.username,
        "email": profile.email,
        "email_set_at": of_seconds(profile.email_set_at),
        "email_verified_at": None if verified_at is None else of_seconds(verified_at),
        "pending_email": None if pending is None else pending.address,
        "pending_email_set_at": None if pending is None else of_seconds(pending.set_at),
        "created_at": of_seconds(profile.created_at),
    }


class ExportDocument(TypedDict):
    """A page of all that is stored of the user. The lists of all pages together are the whole."""

    profiles: Annotated[
        list[ExportedUser], Field(description="The user: one, or none of another identity provider.", max_length=1)
    ]
    sessions: Annotated[list[SessionDocument], Field(description="The sessions, as GET /me/sessions lists them.")]
    events: Annotated[list[EventDocument], Field(description="The events, in the order of their ids.")]
    deleted_events: Annotated[
        list[DeletedEventDocument], Field(description="The deleted events that are not gone yet, by their ids.")
    ]
    versions: Annotated[
        list[VersionWithEvent],
        Field(description="Every recorded version of every event, also of those that are gone. In no certain order."),
    ]
    unreadable: Annotated[
        int,
        Field(
            ge=0,
            description="How many items of this page a script has written so that the API cannot read them: ask the "
            "operator for them.",
        ),
    ]
    next_cursor: NextCursor


def export_document(page: "ExportPage") -> ExportDocument:
    """Returns the document of a page of an export. Of the events, those that are deleted are a list of their own."""
    found: dict[str, list[Any]] = page.documents
    events = found["events"]
    return {
        "profiles": found["profiles"],
        "sessions": found["sessions"],
        "events": [each for each in events if "deleted_at" not in each],
        "deleted_events": [each for each in events if "deleted_at" in each],
        "versions": found["versions"],
        "unreadable": page.unreadable,
        "next_cursor": page.next_cursor,
    }


def size_in_response(document: "Mapping[str, Any]") -> int:
    """Returns how many bytes a document takes in the response of a function, at most.

    The body is a string within the function's JSON, so what is escaped in the body is escaped again.
    """
    return len(json.dumps(json.dumps(document, ensure_ascii=False)))
