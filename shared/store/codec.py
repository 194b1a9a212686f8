"""Items: the attribute values of DynamoDB's wire format, and events as such items.

Written out rather than left to boto3's resource layer, which costs import time and a type dispatch per value.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

from shared.scheduling.events import Content, Event, Stamp
from shared.scheduling.fences import Fence, FenceEntry
from shared.scheduling.spans import span

Item = dict[str, Any]

# Where an item lies and when it goes: not part of what an event is.
PLACEMENT = ("pk", "sk", "expires_at")

# What a stamp says only of some changes, with the value that says nothing: that one has no attribute, so that the next
# change has to take away what this one has put there. `on_conflict` is written always.
OPTIONAL_STAMP: Final[Mapping[str, str | int]] = {
    each.name: each.default for each in fields(Stamp) if each.default is not MISSING and each.name != "on_conflict"
}


def text(value: str) -> dict[str, str]:
    """A string as an attribute value."""
    return {"S": value}


def number(value: int) -> dict[str, str]:
    """A whole number as an attribute value."""
    return {"N": str(value)}


def stamp_attributes(stamp: Stamp) -> Item:
    """All of `stamp` but the version's number, which a change that reads nothing before leaves to the database."""
    said = {name: getattr(stamp, name) for name in OPTIONAL_STAMP}
    return {
        "history_id": text(stamp.history_id),
        "changed_at": text(stamp.changed_at),
        "changed_by": text(stamp.changed_by),
        "change_type": text(stamp.type),
        "operation_id": text(stamp.operation_id),
        "on_conflict": text(stamp.on_conflict),
        **{
            name: text(value) if isinstance(value, str) else number(value)
            for name, value in said.items()
            if value != OPTIONAL_STAMP[name]
        },
    }


def event_attributes(event: Event) -> Item:
    """All of `event` but its place: what a version item holds as well."""
    content, stamp = event.content, event.stamp
    item: Item = {
        "id": text(event.id),
        "calendar_id": text(event.calendar_id),
        "created_at": text(event.created_at),
        "title": text(content.title),
        "description": text(content.description),
        "location": text(content.location),
        "start": text(content.start),
        "end": text(content.end),
        "time_zone": text(content.time_zone),
        **({"time_zone_given": text(content.time_zone_given)} if content.time_zone_given else {}),
        "transparency": text(content.transparency),
        "version": number(stamp.version),
        **stamp_attributes(stamp),
    }
    if event.uid is not None:
        item["uid"] = text(event.uid)
    if event.creation_digest is not None:
        item["creation_digest"] = text(event.creation_digest)
    return item


def live_span(event: Event) -> dict[str, str]:
    """The index key of an event that is not deleted."""
    return text(span(event.content.start, event.content.end, event.id))


def _string(item: Mapping[str, Any], name: str, default: str | None = None) -> str:
    if name not in item and default is not None:
        return default
    value = item[name]["S"]
    if not isinstance(value, str):
        raise ValueError(f"{name} is no string")
    return value


def _optional(item: Mapping[str, Any]) -> dict[str, Any]:
    """What `item` has of `OPTIONAL_STAMP`."""
    return {
        name: _string(item, name) if isinstance(nothing, str) else int(item[name]["N"])
        for name, nothing in OPTIONAL_STAMP.items()
        if name in item
    }


def event_of(item: Mapping[str, Any]) -> Event:
    """The event that an item of the events or of the history table holds.

    Text and stamps may be missing, as on an item that a script has put there; raises KeyError or ValueError without an
    id, an owner, a start and an end.
    """
    return Event(
        id=_string(item, "id"),
        calendar_id=_string(item, "calendar_id"),
        created_at=_string(item, "created_at", ""),
        content=Content(
            title=_string(item, "title", ""),
            start=_string(item, "start"),
            end=_string(item, "end"),
            description=_string(item, "description", ""),
            location=_string(item, "location", ""),
            time_zone=_string(item, "time_zone", "UTC"),
            transparency="transparent" if _string(item, "transparency", "") == "transparent" else "opaque",
            time_zone_given=_string(item, "time_zone_given", ""),
        ),
        stamp=Stamp(
            history_id=_string(item, "history_id", NO_HISTORY_ID),
            version=int(item["version"]["N"]) if "version" in item else 0,
            type=_string(item, "change_type", "create"),  # type: ignore[arg-type]  # what the functions wrote
            changed_by=_string(item, "changed_by", EXTERNAL),
            operation_id=_string(item, "operation_id", ""),
            on_conflict="allow" if _string(item, "on_conflict", "") == "allow" else "reject",
            **_optional(item),
        ),
        expires_at=int(item["expires_at"]["N"]) if "expires_at" in item else None,
        uid=_string(item, "uid") if "uid" in item else None,
        creation_digest=_string(item, "creation_digest") if "creation_digest" in item else None,
    )


# The stamp of an item that no function has written: before every other, made by nobody known.
NO_HISTORY_ID = "00000000-0000-7000-8000-000000000000"
EXTERNAL = "external"


def entries_value(fence: Fence) -> dict[str, Any]:
    """What a fence remembers, as an attribute value."""
    return {
        "L": [
            {
                "M": {
                    "event_id": text(entry.event_id),
                    "history_id": text(entry.history_id),
                    "start": text(entry.start),
                    "end": text(entry.end),
                }
            }
            for entry in fence.recent
        ]
    }


def fence_of(week: str, item: Mapping[str, Any] | None) -> Fence:
    """The fence of `week` that `item` holds; a week without one has never been touched."""
    if item is None:
        return Fence(week)
    recent = tuple(
        FenceEntry(*(entry["M"][name]["S"] for name in ("event_id", "history_id", "start", "end")))
        for entry in item["recent"]["L"]
    )
    return Fence(week, item["value"]["S"], recent)
