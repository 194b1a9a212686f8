"""The routes of events."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import AwareDatetime

from benchmarks.fastapi_peer import calendar
from benchmarks.fastapi_peer.calendar import EVENTS, Item, key_of, owner_of, table
from benchmarks.fastapi_peer.models import Busy, CreatedEvents, Event, EventPatch, Events, NewEvent, NewEvents

BATCH = 25


def create(
    request: Request, event: NewEvent, response: Response, on_conflict: Literal["reject", "allow"] = "reject"
) -> Any:
    """POST /events."""
    owner = owner_of(request)
    if on_conflict == "allow":
        item = calendar.item_of(owner, dict(event))
        table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")
    else:
        item = calendar.write_checked(owner, dict(event))
    response.headers["Location"] = f"/events/{item['id']}"
    return item


def bulk(request: Request, events: NewEvents) -> Any:
    """POST /events/bulk."""
    owner = owner_of(request)
    items = [calendar.item_of(owner, dict(event)) for event in events.events]

    def write(chunk: list[Item]) -> None:
        requests = [{"PutRequest": {"Item": item}} for item in chunk]
        while requests:
            answer = calendar.dynamodb.batch_write_item(RequestItems={EVENTS: requests})
            requests = answer.get("UnprocessedItems", {}).get(EVENTS, [])

    for _ in calendar.pool.map(write, [items[at : at + BATCH] for at in range(0, len(items), BATCH)]):
        pass
    return {"items": items}


def listing(
    request: Request,
    from_: Annotated[AwareDatetime, Query(alias="from")],
    to: AwareDatetime,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Any:
    """GET /events."""
    items = calendar.overlapping(owner_of(request), from_, to, Limit=limit)
    items.sort(key=lambda item: (item["start"], item["id"]))
    return {"items": items[:limit]}


def free_busy(request: Request, from_: Annotated[AwareDatetime, Query(alias="from")], to: AwareDatetime) -> Any:
    """GET /free-busy."""
    taken = sorted((item["start"], item["end"]) for item in calendar.overlapping(owner_of(request), from_, to))
    busy: list[dict[str, str]] = []
    for start, end in taken:
        if busy and start <= busy[-1]["end"]:
            busy[-1]["end"] = max(end, busy[-1]["end"])
        else:
            busy.append({"start": start, "end": end})
    return {"busy": busy}


def get(request: Request, event_id: uuid.UUID) -> Any:
    """GET /events/{id}."""
    return _stored(request, event_id)


def _stored(request: Request, event_id: uuid.UUID) -> Item:
    answer = table.get_item(Key=key_of(request, event_id), ConsistentRead=True)
    if "Item" not in answer:
        raise HTTPException(404, "no such event")
    item: Item = answer["Item"]
    return item


def replace(request: Request, event_id: uuid.UUID, event: NewEvent) -> Any:
    """PUT /events/{id}."""
    return calendar.write_checked(owner_of(request), dict(event), str(event_id), "update")


def patch(request: Request, event_id: uuid.UUID, changes: EventPatch) -> Any:
    """PATCH /events/{id}; with one time the event is read first."""
    fields = changes.model_dump(exclude_unset=True)
    if fields.keys() & {"start", "end"}:
        if not fields.keys() >= {"start", "end"}:
            stored = _stored(request, event_id)
            fields = {name: datetime.fromisoformat(stored[name]) for name in ("start", "end")} | fields
        return calendar.write_checked(owner_of(request), fields, str(event_id), "update")
    return _update(request, event_id, fields | calendar.stamp(owner_of(request), "update"))


def delete(request: Request, event_id: uuid.UUID) -> None:
    """DELETE /events/{id}: a tombstone."""
    _update(request, event_id, {**calendar.stamp(owner_of(request), "delete"), "span": f"deleted#{uuid.uuid4()}"})


def _update(request: Request, event_id: uuid.UUID, sets: Item) -> Item:
    answer = table.update_item(
        Key=key_of(request, event_id),
        UpdateExpression=f"SET {', '.join(f'#{name} = :{name}' for name in sets)}, version = version + :one",
        ConditionExpression="attribute_exists(pk) AND NOT change_type = :deletion",
        ExpressionAttributeNames={f"#{name}": name for name in sets},
        ExpressionAttributeValues={
            **{f":{name}": value for name, value in sets.items()},
            ":one": 1,
            ":deletion": "delete",
        },
        ReturnValues="ALL_NEW",
    )
    attributes: Item = answer["Attributes"]
    return attributes


router = APIRouter()
router.add_api_route("/events", create, methods=["POST"], status_code=201, response_model=Event)
router.add_api_route("/events", listing, methods=["GET"], response_model=Events)
router.add_api_route("/events/bulk", bulk, methods=["POST"], status_code=201, response_model=CreatedEvents)
router.add_api_route("/free-busy", free_busy, methods=["GET"], response_model=Busy)
router.add_api_route("/events/{event_id}", get, methods=["GET"], response_model=Event)
router.add_api_route("/events/{event_id}", replace, methods=["PUT"], response_model=Event)
router.add_api_route("/events/{event_id}", patch, methods=["PATCH"], response_model=Event)
router.add_api_route("/events/{event_id}", delete, methods=["DELETE"], status_code=204)
