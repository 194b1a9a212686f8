"""The answers of the routes of events."""

from typing import Final

from shared.http.api import Response, answer
from shared.http.change_documents import PreviewDocument, preview_document
from shared.http.documents import EventDocument, event_document
from shared.http.responses import DRY_RUN, returns
from shared.scheduling.events import Event
from shared.scheduling.previews import Preview

CHANGED: Final = returns(
    f"The event as it is now. If that changes nothing, no version is made. {DRY_RUN}",
    EventDocument,
    PreviewDocument,
    sets=["ETag"],
)
SERIES_TAG: Final = "The ETag of an occurrence is that of its series: a change of another one makes `If-Match` a 412."


def answer_event(event: Event) -> Response[str]:
    """Returns the response with an event, or an occurrence, whose ETag is that of its series."""
    return answer(event_document(event), etag=event.history_id)


def answer_preview(preview: Preview) -> Response[str]:
    """Returns the response to a dry run."""
    return answer(preview_document(preview), etag=preview.history_id)
