"""Lists, reads and compares the versions of an event, including a deleted one."""

from typing import Annotated

from shared.errors import ContentErased, NotRecordedYet
from shared.http.api import Query, Response, answer, answer_read, app, current_request, handler, takes
from shared.http.calendar_routes import in_calendars
from shared.http.change_documents import DiffDocument, diff_document
from shared.http.documents import VersionPage, VersionWithEvent, version_page, version_with_event
from shared.http.fields import HistoryIdField
from shared.http.parameters import EventIdInPath, HistoryIdInPath, Limit, NextPage
from shared.http.responses import may_raise, returns
from shared.wiring import versions as wiring

__all__ = ["handler"]


@in_calendars("read")
@app.get(
    "/events/<event_id>/history",
    operation_id="list_versions",
    tags=["Versions"],
    summary="List versions",
    description="Also of a deleted event. The latest version is always there; one that was superseded a moment ago may "
    "still be on its way, and is named under `pending`.",
    responses={200: returns("A page of versions, newest first.", VersionPage)},
)
def list_versions(event_id: EventIdInPath, limit: Limit = 50, cursor: NextPage = None) -> Response[str]:
    """Lists the versions of an event, newest first."""
    page = wiring.history(current_request()).page(event_id, limit, cursor)
    return answer(version_page(page.versions, page.pending, page.next_cursor))


@in_calendars("read")
@app.get(
    "/events/<event_id>/history/<history_id>",
    operation_id="get_version",
    tags=["Versions"],
    summary="Read a version",
    description="The version, and the event as that change left it. Once a deleted event can no longer be restored, "
    "its versions keep their stamps, without a reason, and `event` is null.",
    responses={
        200: returns("The version, and the event as it was.", VersionWithEvent, sets=["ETag"]),
        304: returns("It is the version that `If-None-Match` names.", sets=["ETag"]),
    },
)
@takes("If-Match", "If-None-Match")
@may_raise(NotRecordedYet)
def get_version(event_id: EventIdInPath, history_id: HistoryIdInPath) -> Response[str]:
    """Returns an event as it was at one of its versions."""
    (version,) = wiring.history(current_request()).versions(event_id, history_id)
    return answer_read(version_with_event(version), etag=version.history_id)


@in_calendars("read")
@app.get(
    "/events/<event_id>/diff",
    operation_id="diff_versions",
    tags=["Versions"],
    summary="Compare two versions",
    description="Unless told otherwise, the latest version with the one before it. `deleted` is among the changes "
    "where the event is deleted at one of them only; the JSON Patch has none of it, since the event's document "
    "has not.",
    responses={200: returns("The difference, as a list of fields and as a JSON Patch.", DiffDocument)},
)
@may_raise(ContentErased, NotRecordedYet)
def diff_versions(
    event_id: EventIdInPath,
    from_: Annotated[
        HistoryIdField | None,
        Query(alias="from", description="The `history_id` of one version. Without it: the one before the other."),
    ] = None,
    to: Annotated[
        HistoryIdField | None, Query(description="The `history_id` of the other. Without it: the latest.")
    ] = None,
) -> Response[str]:
    """Compares two versions of an event: by default the latest with the one before it."""
    old, new = wiring.history(current_request()).to_compare(event_id, from_, to)
    return answer(diff_document(old, new))
