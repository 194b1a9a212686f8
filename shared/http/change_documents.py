"""The response documents for differences between versions, and for previews of a change."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import unified_diff
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import HistoryIdValue
from shared.http.documents import EventDocument, event_document
from shared.http.problem_documents import ConflictDocument, conflict_document
from shared.scheduling.events import CONTENT_FIELDS, ChangeType, Event

if TYPE_CHECKING:
    from shared.scheduling.previews import Preview


class FieldChange(TypedDict):
    """A field that differs; `deleted` is one where the event is deleted on one side only."""

    field: Annotated[str, Field(description="The field's name.", examples=["location"])]
    old: Annotated[str | bool | list[str] | None, Field(description="What it was; null also where there was no event.")]
    new: Annotated[str | bool | list[str] | None, Field(description="What it became.")]
    unified_diff: NotRequired[
        Annotated[
            str,
            Field(description="Only for text of several lines: the difference line by line, as `diff -u` shows it."),
        ]
    ]


class PatchOperation(TypedDict):
    """An operation of a JSON Patch (RFC 6902)."""

    op: Annotated[Literal["replace"], Field(description="All fields are always there, so there is no other.")]
    path: Annotated[str, Field(description="The field, as a JSON Pointer (RFC 6901).", examples=["/location"])]
    value: Annotated[str | int | list[str] | None, Field(description="What the field becomes.")]


_Versions = TypedDict(
    "_Versions",
    {
        "from": Annotated[HistoryIdValue, Field(description="The version that is compared with.")],
        "to": Annotated[HistoryIdValue, Field(description="The version that is compared.")],
    },
)


class DiffDocument(_Versions):
    """How the event at `to` differs from the event at `from`."""

    type: Annotated[ChangeType, Field(description="What kind of change made the version `to`.")]
    reason: Annotated[str | None, Field(description="Why that change was made.", max_length=500)]
    changes: Annotated[
        list[FieldChange], Field(description="What callers say of the event: without the stamps of its changes.")
    ]
    patch: Annotated[list[PatchOperation], Field(description="Turns the one event document into the other.")]


_Step = TypedDict(
    "_Step",
    {
        "from": Annotated[
            HistoryIdValue | None,
            Field(description="The version that the change would be made of; null for a new event."),
        ],
        "to": Annotated[
            HistoryIdValue | None, Field(description="The version that a rollback would go back to, else null.")
        ],
    },
)


class PreviewDocument(_Step, ConflictDocument):
    """What a change would do, and what is in its way.

    A new event has no `patch`, and the `old` of its `changes` is null. A deletion changes `deleted` alone: the event
    keeps its fields.
    """

    type: Annotated[ChangeType | None, Field(description="null: nothing would change, and no version be made.")]
    reason: Annotated[str | None, Field(description="Why it would be made.", max_length=500)]
    changes: Annotated[list[FieldChange], Field(description="The fields that would change.")]
    patch: Annotated[
        list[PatchOperation], Field(description="What would change in the event's document, without the stamps.")
    ]


def changes(old: Event, new: Event) -> list[FieldChange]:
    """Returns the content fields that differ, with both values; text of several lines also as a unified diff.

    If only one of the two is deleted, `deleted` is listed as well.
    """
    found: list[FieldChange] = []
    old_document, new_document = _fields(old), _fields(new)
    for name in CONTENT_FIELDS:
        before, after = old_document[name], new_document[name]
        if before == after:
            continue
        change: FieldChange = {"field": name, "old": before, "new": after}
        if "\n" in f"{before}{after}":
            change["unified_diff"] = _line_diff(before, after, old.history_id, new.history_id)
        found.append(change)
    if old.deleted != new.deleted:
        found.append({"field": "deleted", "old": old.deleted, "new": new.deleted})
    return found


def _fields(event: Event) -> Mapping[str, Any]:
    document: EventDocument = event_document(event)
    return document


def _line_diff(before: str, after: str, old: str, new: str) -> str:
    """Returns the unified diff of two texts, as `diff -u` and git do: only a line feed ends a line.

    So a changed carriage return is a changed line, and a last line without a line feed is marked as such.
    https://pubs.opengroup.org/onlinepubs/9799919799/utilities/diff.html
    """
    lines = unified_diff(_lines(before), _lines(after), old, new)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    *ended, last = text.split("\n")
    return [f"{line}\n" for line in ended] + ([last] if last else [])


def patch(old: Event, new: Event) -> list[PatchOperation]:
    """Returns the JSON Patch (RFC 6902) that turns the document of `old` into that of `new`, including the stamp."""
    before, after = _fields(old), _fields(new)
    return [
        {"op": "replace", "path": f"/{name}", "value": value} for name, value in after.items() if before[name] != value
    ]


def diff_document(old: Event, new: Event) -> DiffDocument:
    """Returns how one version of an event differs from another, and which change made the latter."""
    return {
        "from": old.history_id,
        "to": new.history_id,
        "type": new.stamp.type,
        "reason": new.stamp.reason or None,
        "changes": changes(old, new),
        "patch": patch(old, new),
    }


def preview_document(preview: "Preview", to: str | None = None) -> PreviewDocument:
    """Returns the document of a preview; `to` is the version that a rollback would go back to.

    A creation changes every field from null, and has no document to which a patch could apply. A deletion changes only
    `deleted`: the event keeps its fields so that it can be restored.
    """
    stored, planned = preview.stored, preview.planned
    fields: list[FieldChange] = []
    steps: list[PatchOperation] = []
    if stored is not None and planned is not None:
        # Keeps the history_id of the stored version: that of the new one is not known before it is made.
        after = replace(stored, content=planned.content, stamp=replace(stored.stamp, type=planned.stamp.type))
        fields, steps = changes(stored, after), patch(stored, after)
    elif planned is not None:
        values = _fields(planned)
        fields = [
            {"field": name, "old": None, "new": values[name]} for name in CONTENT_FIELDS if values[name] is not None
        ]
    return {
        "from": preview.history_id,
        "to": to,
        "type": planned.stamp.type if planned is not None else None,
        "reason": (planned.stamp.reason or None) if planned is not None else None,
        "changes": fields,
        "patch": steps,
        **conflict_document(preview.refusal),
    }
