"""Events and versions as the documents that callers get."""

from dataclasses import replace
from difflib import unified_diff
from typing import Any

from shared.errors import COLLISIONS_SHOWN, Collision, EventConflict
from shared.scheduling.events import CONTENT_FIELDS, Event
from shared.scheduling.instants import of_seconds
from shared.scheduling.previews import Preview

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
        "time_zone_given": content.time_zone_given,
        "transparency": content.transparency,
        "uid": event.uid,
        "owner": event.calendar_id,
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
        "reason": stamp.reason,
        "operation_id": stamp.operation_id,
        "on_conflict": stamp.on_conflict,
    }
    if stamp.rolled_back_to:
        document["rolled_back_to"] = stamp.rolled_back_to
    return document


def deleted_document(event: Event) -> Document:
    """A deleted event: as it was, with when and by whom it was deleted, and until when it can be restored."""
    return {
        **event_document(event),
        "deleted_at": event.stamp.changed_at,
        "deleted_by": event.stamp.changed_by,
        "restorable_until": of_seconds(event.expires_at) if event.expires_at is not None else None,
    }


def collision_document(collision: Collision) -> Document:
    """An event that is in the way."""
    return {"id": collision.id, "title": collision.title, "start": collision.start, "end": collision.end}


def conflict_document(refusal: EventConflict | None) -> Document:
    """What is in the way, and what would do instead; None: nothing is."""
    collisions = refusal.collisions[:COLLISIONS_SHOWN] if refusal is not None else ()
    return {
        "conflicts": [collision_document(other) for other in collisions],
        "next_free": refusal.next_free if refusal is not None else None,
        "next_free_search": refusal.next_free_search if refusal is not None else None,
    }


def event_of_index(index: int, event: Event) -> Document:
    """An event of the calendar that the event at `index` of a bulk request collides with."""
    content = event.content
    return {"index": index, "id": event.id, "title": content.title, "start": content.start, "end": content.end}


def changes(old: Event, new: Event) -> list[Document]:
    """Which content fields differ, with the value of each side; text of several lines also as a unified diff.

    And whether the event is deleted, where only one side is.
    """
    found: list[Document] = []
    old_document, new_document = event_document(old), event_document(new)
    for name in CONTENT_FIELDS:
        before, after = old_document[name], new_document[name]
        if before == after:
            continue
        change: Document = {"field": name, "old": before, "new": after}
        if "\n" in f"{before}{after}":
            change["unified_diff"] = _line_diff(before, after, old.history_id, new.history_id)
        found.append(change)
    if old.deleted != new.deleted:
        found.append({"field": "deleted", "old": old.deleted, "new": new.deleted})
    return found


def _line_diff(before: str, after: str, old: str, new: str) -> str:
    """The unified diff of two texts, as `diff -u` and git make it: a line ends with a line feed and nothing else.

    So a changed carriage return is a changed line, and a last line that does not end is marked as such.
    https://pubs.opengroup.org/onlinepubs/9799919799/utilities/diff.html
    """
    lines = unified_diff(_lines(before), _lines(after), old, new)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    *ended, last = text.split("\n")
    return [f"{line}\n" for line in ended] + ([last] if last else [])


def patch(old: Event, new: Event) -> list[Document]:
    """The JSON Patch (RFC 6902) that turns the document of `old` into that of `new`: stamps included."""
    before, after = event_document(old), event_document(new)
    return [
        {"op": "replace", "path": f"/{name}", "value": value} for name, value in after.items() if before[name] != value
    ]


def diff_document(old: Event, new: Event) -> Document:
    """How one version of an event differs from another, and what change made the latter."""
    return {
        "from": old.history_id,
        "to": new.history_id,
        "type": new.stamp.type,
        "reason": new.stamp.reason,
        "changes": changes(old, new),
        "patch": patch(old, new),
    }


def preview_document(preview: Preview, to: str | None = None) -> Document:
    """A preview as it is answered; `to` is the version that a rollback would go back to.

    A creation changes every field from nothing, and has no document that a patch could begin with. A deletion changes
    `deleted` alone: the event keeps its fields for its restoration.
    """
    stored, planned = preview.stored, preview.planned
    fields: list[Document] = []
    steps: list[Document] = []
    if stored is not None and planned is not None:
        # With the version that is there: the one to be is not known before it is made.
        after = replace(stored, content=planned.content, stamp=replace(stored.stamp, type=planned.stamp.type))
        fields, steps = changes(stored, after), patch(stored, after)
    elif planned is not None:
        said = event_document(planned)
        fields = [{"field": name, "old": None, "new": said[name]} for name in CONTENT_FIELDS if said[name] is not None]
    return {
        "from": preview.history_id,
        "to": to,
        "type": planned.stamp.type if planned is not None else None,
        "reason": planned.stamp.reason if planned is not None else None,
        "changes": fields,
        "patch": steps,
        **conflict_document(preview.refusal),
    }


def rolled_back_document(event: Event, *, changed: bool) -> Document:
    """An event after a rollback, which has `changed` it or found it so."""
    return {**event_document(event), "changed": changed}
