"""What a caller may send back of an event and may not change: all of its document that its owner does not say."""

import json
from collections.abc import Mapping
from typing import Any, Final

from shared import ids
from shared.errors import FieldError, InvalidRequest, PreconditionFailed
from shared.http.documents import ContentDocument, RolledBackDocument, event_document
from shared.scheduling.events import Event

# A rollback's answer adds it to the event.
CHANGED: Final = "changed"
# It goes with what the owner says, and follows from `time_zone`.
_GIVEN: Final = "time_zone_given"
READ_ONLY: Final = frozenset(
    RolledBackDocument.__annotations__.keys() - ContentDocument.__annotations__.keys() | {_GIVEN}
)


def unchanged(event: Event, sent_back: Mapping[str, Any] | None) -> Event:
    """`event`, if the read-only fields of `sent_back` are what its document has.

    Raises PreconditionFailed if `history_id` names another version: somebody has changed the event since it was read.
    Raises InvalidRequest for any other field that differs, be it in its type.
    """
    if not sent_back:
        return event
    document = event_document(event)
    version = sent_back.get("history_id", event.history_id)
    if isinstance(version, str) and ids.is_id(version) and version != event.history_id:
        raise PreconditionFailed(event.history_id)
    errors = []
    for name, value in sent_back.items():
        if name == CHANGED:
            if not isinstance(value, bool):
                errors.append(FieldError(name, "is read-only: it is true or false"))
        elif type(value) is not type(document.get(name)) or value != document.get(name):
            errors.append(FieldError(name, f"is read-only: it is {json.dumps(document.get(name), ensure_ascii=False)}"))
    if errors:
        raise InvalidRequest(errors)
    return event
