"""List, read and compare the versions of an event, also of a deleted one."""

from typing import Annotated

from shared.http.api import Path, Query, Response, answer, answer_read, app, current_request, handler, takes
from shared.http.documents import diff_document, event_document, version_document
from shared.http.fields import Cursor, EventId, HistoryId, PageLimit
from shared.wiring import versions as wiring

__all__ = ["handler"]


@app.get("/events/<event_id>/history")
def list_versions(
    event_id: Annotated[EventId, Path()],
    limit: Annotated[PageLimit, Query()] = 50,
    cursor: Annotated[Cursor | None, Query()] = None,
) -> Response[str]:
    """List the versions of an event, newest first."""
    page = wiring.history(current_request()).page(event_id, limit, cursor)
    items = [version_document(version) for version in page.versions]
    return answer({"items": items, "pending": page.pending, "next_cursor": page.next_cursor})


@app.get("/events/<event_id>/history/<history_id>")
@takes("If-Match", "If-None-Match")
def get_version(event_id: Annotated[EventId, Path()], history_id: Annotated[HistoryId, Path()]) -> Response[str]:
    """Read an event as it was at one of its versions."""
    (version,) = wiring.history(current_request()).versions(event_id, history_id)
    return answer_read({**version_document(version), "event": event_document(version)}, etag=version.history_id)


@app.get("/events/<event_id>/diff")
def diff_versions(
    event_id: Annotated[EventId, Path()],
    from_: Annotated[HistoryId | None, Query(alias="from")] = None,
    to: Annotated[HistoryId | None, Query()] = None,
) -> Response[str]:
    """Compare two versions of an event: unless told otherwise, the latest with the one before it."""
    old, new = wiring.history(current_request()).to_compare(event_id, from_, to)
    return answer(diff_document(old, new))
