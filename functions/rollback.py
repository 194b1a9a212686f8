"""Bring an event back to one of its versions; so is a deleted event restored."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from shared import scheduling_wiring as wiring
from shared.api import answer, app, caller, etags, handler, time_left
from shared.models import EventId, OnConflict, Rollback
from shared.scheduling.documents import collision_document, diff_document, event_document

__all__ = ["handler"]


@app.post("/events/<event_id>/rollback")
def roll_back(
    event_id: Annotated[EventId, Path()],
    rollback: Annotated[Rollback, Body()],
    dry_run: Annotated[bool, Query()] = False,
    on_conflict: Annotated[OnConflict, Query()] = "reject",
) -> Response[str]:
    """Make an event what it was at one of its versions, as a new version. `dry_run` only tells what that would do."""
    who, if_match = caller(), etags("if-match")
    (target,) = wiring.history(who).versions(event_id, rollback.history_id)
    calendar = wiring.calendar(who, time_left())
    if dry_run:
        before, after, collisions = calendar.preview_roll_back(target, if_match, on_conflict)
        conflicts = [collision_document(other) for other in collisions]
        # The version that would be made has no id yet: the difference is to the version gone back to.
        diff = {**diff_document(before, after), "to": target.history_id}
        return answer({**diff, "conflicts": conflicts}, etag=before.history_id)
    event = calendar.roll_back(target, if_match, on_conflict, rollback.reason or "")
    return answer(event_document(event), etag=event.history_id)
