"""The response documents of events and versions, and of pages of them.

Each class is the return type of the function below it, so mypy keeps the two consistent. tools/openapi generates the
API's reference from the same classes; none of that runs here.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, NotRequired, cast

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.content_documents import ContentDocument
from shared.http.document_types import (
    ID,
    Author,
    EventIdValue,
    HistoryIdValue,
    Id,
    InstantValue,
    NextCursor,
    TimestampValue,
)
from shared.http.fields import Uid
from shared.http.recurrence_documents import (
    OccurrenceFacts,
    RecurrenceId,
    occurrence_facts,
    recurrence_document,
)
from shared.scheduling.events import CONTENT_FIELDS, ChangeType, Event, OnConflict
from shared.scheduling.instants import of_seconds


class EventDocument(ContentDocument, OccurrenceFacts):
    """An event, or an occurrence of a series."""

    id: EventIdValue
    uid: Annotated[Uid | None, Field(description="The client's own name for it, unique in its calendar.")]
    calendar_id: Annotated[Id, Field(description="The calendar that it is in.")]
    split_from: Annotated[
        Id | None,
        Field(
            description="Of a series: the one of which it was a part, until it was changed from there on.",
            examples=[None],
        ),
    ]
    created_by: Annotated[
        str, Field(description="The user id of whoever created it; `external`: not known.", examples=[ID])
    ]
    version: Annotated[int, Field(ge=0, description="Counts the event's changes, from 1.", examples=[1])]
    history_id: HistoryIdValue
    created_at: Annotated[TimestampValue, Field(description="When it was made, in UTC.")]
    updated_at: Annotated[TimestampValue, Field(description="When it was last changed, in UTC.")]
    updated_by: Author


def event_document(event: Event) -> EventDocument:
    """Returns the document of an event; it is the same for the live event and for one of its versions."""
    content, stamp = event.content, event.stamp
    values: dict[str, Any] = {"id": event.id}
    for name in CONTENT_FIELDS:
        values[name] = getattr(content, name)
    # Filled in place, which takes two thirds of the time of merging two dicts.
    document = cast("EventDocument", values)
    document["calendars"] = [*content.calendars]
    document["recurrence"] = recurrence_document(event)
    values.update(occurrence_facts(event))
    document["all_day"] = content.all_day
    document["uid"] = event.uid
    document["calendar_id"] = event.calendar_id
    document["split_from"] = event.split_from
    document["created_by"] = event.created_by
    document["version"] = stamp.version
    document["history_id"] = stamp.history_id
    document["created_at"] = event.created_at
    document["updated_at"] = stamp.changed_at
    document["updated_by"] = stamp.changed_by
    return document


class EventPage(TypedDict):
    """Events by their start. With a next page it has `limit` items, unless five rounds of reads found less.

    Of a past calendar also unless 101 events had to be looked up, which have changed since.
    """

    items: Annotated[list[EventDocument], Field(description="The events of this page.", max_length=100)]
    next_cursor: NextCursor


def event_page(events: Iterable[Event], next_cursor: str | None) -> EventPage:
    """Returns the document of a page of events."""
    return {"items": [event_document(event) for event in events], "next_cursor": next_cursor}


class RolledBackDocument(EventDocument):
    """The event after a rollback."""

    changed: Annotated[bool, Field(description="False if it was like that before, and no version was made.")]


def rolled_back_document(event: Event, *, changed: bool) -> RolledBackDocument:
    """Returns the document of an event after a rollback; `changed`: whether that made a new version."""
    return {**event_document(event), "changed": changed}


class DeletedEventDocument(EventDocument):
    """A deleted event as it was."""

    deleted_at: Annotated[TimestampValue, Field(description="When it was deleted, in UTC.")]
    deleted_by: Author
    restorable_until: Annotated[
        InstantValue | None, Field(description="From then on, in UTC, a rollback cannot restore it. null: no end.")
    ]


def deleted_document(event: Event) -> DeletedEventDocument:
    """Returns the document of a deleted event, with when and by whom it was deleted, and until when to restore it."""
    return {
        **event_document(event),
        "deleted_at": event.stamp.changed_at,
        "deleted_by": event.stamp.changed_by,
        "restorable_until": of_seconds(event.expires_at) if event.expires_at is not None else None,
    }


class DeletedEventPage(TypedDict):
    """Deleted events, latest first."""

    items: Annotated[list[DeletedEventDocument], Field(description="The events of this page.", max_length=100)]
    next_cursor: NextCursor


def deleted_page(events: Iterable[Event], next_cursor: str | None) -> DeletedEventPage:
    """Returns the document of a page of deleted events."""
    return {"items": [deleted_document(event) for event in events], "next_cursor": next_cursor}


class BusyInterval(TypedDict):
    """The half-open interval `[start, end)`."""

    start: Annotated[InstantValue, Field(description="Where it begins, in UTC.")]
    end: Annotated[InstantValue, Field(description="Where it ends, in UTC.")]


_Window = TypedDict(
    "_Window",
    {
        "from": Annotated[InstantValue, Field(description="Where the window begins, in UTC.")],
        "to": Annotated[InstantValue, Field(description="Where the window ends, in UTC.")],
    },
)


class FreeBusyDocument(_Window):
    """When events take time within a window: merged where they overlap or touch, cut to it, never split by pages."""

    busy: Annotated[list[BusyInterval], Field(description="By their start.")]
    next_cursor: NextCursor


def free_busy_document(
    window: tuple[str, str], busy: Iterable[tuple[str, str]], next_cursor: str | None
) -> FreeBusyDocument:
    """Returns the document of the `busy` intervals within `window`, each given by its start and end."""
    start, end = window
    intervals: list[BusyInterval] = [{"start": begins, "end": ends} for begins, ends in busy]
    return {"from": start, "to": end, "busy": intervals, "next_cursor": next_cursor}


class VersionDocument(TypedDict):
    """A change of an event: who made it, when, how and why."""

    history_id: HistoryIdValue
    version: Annotated[int, Field(ge=0, description="A change made around the API repeats a number.", examples=[2])]
    type: Annotated[ChangeType, Field(description="What kind of change it was.", examples=["update"])]
    changed_at: Annotated[TimestampValue, Field(description="When it was made, in UTC.")]
    changed_by: Author
    reason: Annotated[
        str | None,
        Field(
            description="Why: what the request gave as its reason.", max_length=500, examples=["room 5 is too small"]
        ),
    ]
    operation_id: Annotated[
        str | None,
        Field(
            description="The same for all that one request changed.",
            json_schema_extra={"format": "uuid"},
            examples=[ID],
        ),
    ]
    on_conflict: Annotated[OnConflict, Field(description="Whether it was allowed to collide.", examples=["reject"])]
    rolled_back_to: NotRequired[
        Annotated[Id, Field(description="Only after a rollback or a restore: the version gone back to.")]
    ]
    occurrence: NotRequired[
        Annotated[
            RecurrenceId, Field(description="Only if the change concerned one occurrence of a series: which one.")
        ]
    ]


def version_document(event: Event) -> VersionDocument:
    """Returns the list entry of a version: the stamp of the change after which the event was `event`."""
    stamp = event.stamp
    document: VersionDocument = {
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
    if stamp.occurrence:
        document["occurrence"] = stamp.occurrence
    return document


class VersionWithEvent(VersionDocument):
    """A version, and the event as that change left it."""

    event: Annotated[
        EventDocument | None,
        Field(
            description="The event as that change left it. null: it was deleted and can no longer be restored, so only "
            "the stamp is kept."
        ),
    ]


def version_with_event(event: Event) -> VersionWithEvent:
    """Returns the document of a version, with the event as that change left it, unless that is erased."""
    return {**version_document(event), "event": None if event.erased else event_document(event)}


class VersionPage(TypedDict):
    """Versions, newest first."""

    items: Annotated[list[VersionDocument], Field(description="The versions of this page.", max_length=100)]
    pending: Annotated[list[int], Field(description="Numbers of versions that are still on their way into the list.")]
    next_cursor: NextCursor


def version_page(versions: Iterable[Event], pending: Sequence[int], next_cursor: str | None) -> VersionPage:
    """Returns the document of a page of versions."""
    return {
        "items": [version_document(version) for version in versions],
        "pending": list(pending),
        "next_cursor": next_cursor,
    }
