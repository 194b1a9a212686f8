"""The response documents for differences between versions, and for previews of a change."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import unified_diff
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import HistoryIdValue
from shared.http.documents import EventDocument, event_document
from shared.http.json_patch import PatchOperation, patch_of
from shared.http.problem_documents import ConflictDocument, conflict_document
from shared.scheduling.events import CONTENT_FIELDS, ChangeType, Event
from shared.scheduling.recurrences import Recurrence

if TYPE_CHECKING:
    from shared.scheduling.previews import Preview


class FieldChange(TypedDict):
    """A field that differs; `deleted` is one where the event is deleted on one side only.

    Of a series these are `recurrence.rule`, `recurrence.dates`, `recurrence.excluded`, and each field of an occurrence
    that differs: `recurrence.changed.20270322T090000.title`.
    """

    field: Annotated[str, Field(description="The field's name.", examples=["location"])]
    old: Annotated[str | bool | list[str] | None, Field(description="What it was; null also where there was no event.")]
    new: Annotated[str | bool | list[str] | None, Field(description="What it became.")]
    added: NotRequired[
        Annotated[list[str], Field(description="Only of lists of recurrence ids: those that were not there.")]
    ]
    removed: NotRequired[
        Annotated[list[str], Field(description="Only of lists of recurrence ids: those that are not there any more.")]
    ]
    unified_diff: NotRequired[
        Annotated[
            str,
            Field(description="Only for text of several lines: the difference line by line, as `diff -u` shows it."),
        ]
    ]


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
        if name == "recurrence":
            found += _recurrence_changes(old.content.recurrence, new.content.recurrence)
        elif old_document[name] != new_document[name]:
            found.append(_change(name, old_document[name], new_document[name]))
    for change in found:
        before, after = change["old"], change["new"]
        if "\n" in f"{before}{after}":
            change["unified_diff"] = _line_diff(str(before or ""), str(after or ""), old.history_id, new.history_id)
    if old.deleted != new.deleted:
        found.append(_change("deleted", old.deleted, new.deleted))
    return found


def _change(field: str, before: Any, after: Any) -> FieldChange:
    return {"field": field, "old": before, "new": after}


def _recurrence_changes(before: Recurrence | None, after: Recurrence | None) -> Iterator[FieldChange]:
    """Yields how two recurrences differ. What a single event does not have is null."""
    rules = [None if each is None else each.rule for each in (before, after)]
    if rules[0] != rules[1]:
        yield _change("recurrence.rule", *rules)
    for name in ("dates", "excluded"):
        had, has = (() if each is None else getattr(each, name) for each in (before, after))
        if had != has:
            change = _change(f"recurrence.{name}", before and [*had], after and [*has])
            change["added"] = [each for each in has if each not in had]
            change["removed"] = [each for each in had if each not in has]
            yield change
    overrides = [{each.id: dict(each.fields) for each in side.changed} if side else {} for side in (before, after)]
    for recurrence_id in sorted({*overrides[0], *overrides[1]}):
        own, now = (each.get(recurrence_id, {}) for each in overrides)
        for name in sorted({*own, *now}):
            if own.get(name) != now.get(name):
                yield _change(f"recurrence.changed.{recurrence_id}.{name}", own.get(name), now.get(name))


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
    return patch_of(_fields(old), _fields(new))


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
        stamp = replace(stored.stamp, type=planned.stamp.type)
        after = replace(stored, content=planned.content, checked_until=planned.checked_until, stamp=stamp)
        fields, steps = changes(stored, after), patch(stored, after)
    elif planned is not None:
        given = {name: value for name, value in _fields(planned).items() if name in CONTENT_FIELDS}
        fields = [
            _change(name, None, each) for name, each in given.items() if each is not None and name != "recurrence"
        ]
        fields += _recurrence_changes(None, planned.content.recurrence)
    return {
        "from": preview.history_id,
        "to": to,
        "type": planned.stamp.type if planned is not None else None,
        "reason": (planned.stamp.reason or None) if planned is not None else None,
        "changes": fields,
        "patch": steps,
        **conflict_document(preview.refusal),
    }
