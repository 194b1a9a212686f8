"""What a draft of the model's comes to, in a calendar as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from shared.ids import CalendarId, EventId, HistoryId
from shared.scheduling.events import Event
from tests.integration.conflicts.calendar_operations import Kind, Operation
from tests.integration.conflicts.known_events import Known
from tests.integration.conflicts.model_drafts import OCCURRENCE_KINDS, patch_of
from tests.integration.conflicts.series_model import BEGUN, occurring

UNKNOWN: Final = EventId("01998f00-0000-7000-8000-00000000ffff")
NO_OCCURRENCE: Final = "20261201T090017"


def operation_of(
    draft: dict[str, Any],
    events: Mapping[EventId, Known],
    versions: Mapping[EventId, Sequence[Event]],
    room: CalendarId,
) -> Operation:
    """Returns what a draft comes to with these events, of which these versions were written.

    What it books is the room.
    """
    kind: Kind = draft["kind"]
    calendars = () if draft["booked"] is None else (room,) * draft["booked"]
    content = replace(draft["content"], calendars=calendars)
    known = [*versions]  # in the order of their making: the same in every run
    if kind == "create":
        return Operation(kind, content=content, allow=draft["allow"])
    if kind in OCCURRENCE_KINDS:
        known = series_among(versions, events) or known
    event_id = known[draft["event"] % len(known)] if known else UNKNOWN
    written = versions.get(event_id, [])
    if kind in ("roll back", "roll back one") and not written:
        kind = "delete"
    if_match = None
    if draft["if_match"] is not None:
        if_match = written[-1 - draft["if_match"] % len(written)].history_id if written else HistoryId(UNKNOWN)
    occurrence, fields = _occurrence(events.get(event_id), kind, draft)
    if kind == "patch" and draft["booked"] is not None:
        fields["calendars"] = calendars
    return Operation(
        kind,
        event_id,
        content=content if kind == "replace" else None,
        fields=fields,
        back_to=written[draft["version"] % len(written)] if kind in ("roll back", "roll back one") else None,
        if_match=if_match,
        allow=draft["allow"],
        occurrence=occurrence,
        drop=draft["drop"] and kind in ("replace", "patch", "patch following", "patch all"),
    )


def series_among(known: Mapping[EventId, object], events: Mapping[EventId, Known]) -> list[EventId]:
    """Returns the series that are there, in the order of `known`."""
    return [each for each in known if events[each].content.recurrence and not events[each].deleted]


def _occurrence(event: Known | None, kind: Kind, draft: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Returns the occurrence that a draft means, if it means one, and what it changes."""
    if kind not in OCCURRENCE_KINDS:
        return "", patch_of(draft["fields"], None) if kind == "patch" else {}
    found = []
    if event is not None and event.content.recurrence is not None:
        found = [each for each in occurring(event.content) if each.content.start < BEGUN]
    if not found:
        return NO_OCCURRENCE, {}
    chosen = found[draft["occurrence"] % len(found)]
    said = {"patch one": draft["one"], "patch following": draft["rest"], "patch all": draft["rest"]}.get(kind, {})
    return chosen.id, patch_of(said, chosen.content.start)
