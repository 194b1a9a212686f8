"""Events and versions as the documents that callers get."""

from typing import Any

from shared.errors import Collision
from shared.scheduling.events import CONTENT_FIELDS, Event

Document = dict[str, Any]


def event_document(event: Event) -> Document:
    """An event as it is answered; the same document for the live event and for one of its versions."""
    content, stamp = event.content, event.stamp
    return {
        "id": event.id,
        "title": content.title,
        "description": content.description,
        "location": content.location,
        "start": content.start,
        "end": content.end,
        "time_zone": content.time_zone,
        "transparency": content.transparency,
        "owner": event.owner,
        "version": stamp.version,
        "history_id": stamp.history_id,
        "created_at": event.created_at,
        "updated_at": stamp.changed_at,
        "updated_by": stamp.changed_by,
    }


def version_document(event: Event) -> Document:
    """A version as it is listed: the stamp of the change that made it, `event` being the event after it."""
    stamp = event.stamp
    document: Document = {
        "history_id": stamp.history_id,
        "version": stamp.version,
        "type": stamp.type,
        "changed_at": stamp.changed_at,
        "changed_by": stamp.changed_by,
        "reason": stamp.reason or None,
        "operation_id": stamp.operation_id or None,
        "on_conflict": stamp.on_conflict,
    }
    if stamp.rolled_back_to:
        document["rolled_back_to"] = stamp.rolled_back_to
    return document


def collision_document(collision: Collision) -> Document:
    """An event that is in the way."""
    return {"id": collision.id, "title": collision.title, "start": collision.start, "end": collision.end}


def changes(old: Event, new: Event) -> list[Document]:
    """Which content fields differ, with the value of each side."""
    return [
        {"field": name, "old": getattr(old.content, name), "new": getattr(new.content, name)}
        for name in CONTENT_FIELDS
        if getattr(old.content, name) != getattr(new.content, name)
    ]


def patch(old: Event, new: Event) -> list[Document]:
    """The JSON Patch (RFC 6902) that turns the document of `old` into that of `new`: stamps included."""
    before, after = event_document(old), event_document(new)
    return [
        {"op": "replace", "path": f"/{name}", "value": value} for name, value in after.items() if before[name] != value
    ]


def diff_document(old: Event, new: Event) -> Document:
    """How one version of an event differs from another."""
    return {
        "from": old.history_id,
        "to": new.history_id,
        "changes": changes(old, new),
        "patch": patch(old, new),
    }
