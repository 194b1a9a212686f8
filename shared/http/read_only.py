"""Read-only fields: the parts of an event's document that a caller may send back, but not change."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from shared import ids
from shared.errors import FieldError, InvalidRequest, PreconditionFailed
from shared.http.content_documents import ContentDocument
from shared.http.documents import EventDocument, RolledBackDocument, event_document
from shared.scheduling.events import Event

# The response to a rollback adds this field to the event.
CHANGED: Final = "changed"
# Parts of an event's content that are derived from others in the request.
_DERIVED: Final = frozenset({"time_zone_given", "start_local"})
READ_ONLY: Final = frozenset(
    RolledBackDocument.__annotations__.keys() - ContentDocument.__annotations__.keys() | _DERIVED
)


def _stored(document: EventDocument, path: str) -> Any:
    """Returns what an event's document says of a field, or of a field of its recurrence."""
    value: Any = document
    for name in path.split("."):
        value = (value or {}).get(name)
    return value


def read_only_check(sent_back: Mapping[str, Any]) -> Callable[[Event], None]:
    """Returns a function that compares the read-only fields of `sent_back` with an event's document.

    That function raises PreconditionFailed if `history_id` names another version, since the event has changed since it
    was read, and InvalidRequest for any other field that differs, in its value or its type.
    """

    def check(event: Event) -> None:
        document = event_document(event)
        version = sent_back.get("history_id", event.history_id)
        if isinstance(version, str) and ids.is_id(version) and version != event.history_id:
            raise PreconditionFailed(event.history_id)
        errors = []
        for name, value in sent_back.items():
            stored = _stored(document, name)
            if name == CHANGED:
                if not isinstance(value, bool):
                    errors.append(FieldError(name, "is read-only: it is true or false"))
            elif type(value) is not type(stored) or value != stored:
                errors.append(FieldError(name, f"is read-only: it is {json.dumps(stored, ensure_ascii=False)}"))
        if errors:
            raise InvalidRequest(errors)

    return check
