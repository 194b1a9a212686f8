"""Undo over its route, and the events to undo."""

from typing import Any

from tests.harness.gateway import Context, Reply
from tests.harness.openapi_document import check
from tests.harness.payloads import ADA, LATER

# On a busy machine as well: what time allows is looked at with a clock of its own.
LONG = Context(milliseconds=600_000)
CONTENT = ("title", "description", "location", "start", "end", "time_zone", "transparency")
Json = dict[str, Any]


def shifts(count: int, hours: int = 1) -> list[Json]:
    """Events that begin hour after hour, twenty a day from Monday, the first of March, on."""
    return [
        {
            "title": f"Shift {n}",
            "start": f"2027-03-{1 + n // 20:02d}T{n % 20:02d}:00:00Z",
            "end": f"2027-03-{1 + n // 20:02d}T{n % 20 + hours:02d}:00:00Z",
        }
        for n in range(count)
    ]


def bulk(events: list[Json]) -> Json:
    reply = ADA("POST", "/events/bulk", {"events": events}, context=LONG)
    assert reply.status == 201
    made: Json = reply.body
    return made


def ask(operation_id: str, body: Json | None = None, context: Context = LONG, **query: Any) -> Reply:
    written = "&".join(f"{name}={value}" for name, value in query.items())
    return ADA("POST", f"/operations/{operation_id}/undo?{written}", body, context=context)


def undo(operation_id: str, body: Json | None = None, **query: Any) -> Json:
    reply = ask(operation_id, body, LONG, **query)
    check("POST", "/operations/{operation_id}/undo", reply)
    assert reply.status == 200, reply
    undone: Json = reply.body
    return undone


def versions(event_id: str) -> list[Json]:
    """The versions of an event, newest first."""
    items: list[Json] = ADA("GET", f"/events/{event_id}/history").body["items"]
    return items


def state(event_id: str) -> Json | None:
    """What an event says now; None if it is not there."""
    reply = ADA("GET", f"/events/{event_id}")
    return {name: reply.body[name] for name in CONTENT} if reply.status == 200 else None


def moved(event_id: str) -> None:
    assert ADA("PATCH", f"/events/{event_id}", {**LATER, "description": "later"}).status == 200


def deleted(event_id: str) -> None:
    assert ADA("DELETE", f"/events/{event_id}").status == 204
