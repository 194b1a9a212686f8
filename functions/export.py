"""GET /me/export: all that is stored of the caller."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.http.api import Response, answer, app, current_request, handler
from shared.http.documents import deleted_document, event_document, version_with_event
from shared.http.export_documents import ExportDocument, export_document, exported_user, size_in_response
from shared.http.parameters import NextPage
from shared.http.responses import returns
from shared.http.session_documents import session_document
from shared.identity.export import export_page
from shared.wiring.export import sources

__all__ = ["handler"]


@app.get(
    "/me/export",
    operation_id="export_me",
    tags=["Identity"],
    summary="Export your data",
    description="All that is stored of you, as the documents that the API answers: your user, sessions, events and "
    "versions. A page has about as much as a response can have, some 4 MB; a small export is one page. What would only "
    "help somebody to become you is not there: tokens, and the hash of your password.",
    responses={200: returns("A page of your data.", ExportDocument)},
)
def export_me(cursor: NextPage = None) -> Response[str]:
    """Returns a page of all that is stored of the caller."""
    request = current_request()
    documents: dict[str, Callable[[Any], Mapping[str, Any]]] = {
        "profiles": exported_user,
        "sessions": lambda session: session_document(session, request.session),
        "events": lambda event: deleted_document(event) if event.deleted else event_document(event),
        "versions": version_with_event,
    }
    page = export_page(
        request.actor,
        sources(request, documents),
        cursor,
        size_of=size_in_response,
        over=lambda: request.deadline.left(0.5) <= 0,
    )
    return answer(export_document(page))
