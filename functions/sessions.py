"""The sessions of the user: listed, and ended."""

from typing import Annotated, Literal

from shared.errors import NotFound
from shared.http.api import Path, Query, Response, answer, app, client, current_request, handler, own_identity
from shared.http.fields import SessionIdField
from shared.http.responses import may_raise, returns
from shared.http.session_documents import SessionsDocument, sessions_document
from shared.identity.sessions import end_all, end_one, listed
from shared.ids import SessionId
from shared.observability import security_event
from shared.wiring.sessions import sessions

__all__ = ["handler"]

ACCESS_GOES_ON = "The access tokens of an ended session stay good until they expire."


@app.get(
    "/me/sessions",
    operation_id="list_sessions",
    tags=["Identity"],
    summary="List one's sessions",
    description="Each login begins a session. A user has at most 50 of them: a further login ends the oldest.",
    responses={200: returns("All sessions.", SessionsDocument)},
)
@own_identity
def list_sessions() -> Response[str]:
    """Returns the caller's sessions, the one that was used last first."""
    request = current_request()
    found = listed(request.actor, store=sessions(), deadline=request.deadline, now=request.now)
    return answer(sessions_document(found, request.session))


@app.delete(
    "/me/sessions",
    status_code=204,
    operation_id="end_sessions",
    tags=["Identity"],
    summary="End one's sessions",
    description=f"Ends all of them, or all but the one of this request. {ACCESS_GOES_ON}",
    responses={204: returns("The sessions have ended.")},
)
@own_identity
def end_sessions(
    keep: Annotated[
        Literal["current"] | None, Query(description="`current`: do not end the session of this request.")
    ] = None,
) -> Response[str]:
    """Ends the caller's sessions, except the current one if it is to be kept."""
    request = current_request()
    kept = SessionId(request.session) if keep else None
    end_all(request.actor, kept, client(), store=sessions(), report=security_event, deadline=request.deadline)
    return answer(None, status=204)


@app.delete(
    "/me/sessions/<session_id>",
    status_code=204,
    operation_id="end_session",
    tags=["Identity"],
    summary="End a session",
    description=f"It may be the one of this request. {ACCESS_GOES_ON}",
    responses={204: returns("The session has ended.")},
)
@own_identity
@may_raise(NotFound)
def end_session(session_id: Annotated[SessionIdField, Path(description="The session's `id`.")]) -> Response[str]:
    """Ends one of the caller's sessions. 404 if there is no such session."""
    request = current_request()
    end_one(request.actor, session_id, client(), store=sessions(), report=security_event, deadline=request.deadline)
    return answer(None, status=204)
