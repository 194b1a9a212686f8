"""A peer: the same routes the usual way, with FastAPI and Mangum, pydantic models and boto3's Table resource.

It makes the same calls to DynamoDB as the functions, on the same tables, so that only the stack differs.
"""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from fastapi import FastAPI, HTTPException, Query, Request, Response
from mangum import Mangum
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

EVENTS: Final = os.environ["EVENTS_TABLE"]
HISTORY: Final = os.environ["HISTORY_TABLE"]
CLASSES: Final = (("a", 4 * 3600), ("b", 72 * 3600), ("c", 31 * 86400), ("d", 366 * 86400))

dynamodb: Any = boto3.resource("dynamodb")
table = dynamodb.Table(EVENTS)
history = dynamodb.Table(HISTORY)
pool = ThreadPoolExecutor(4)


class NewEvent(BaseModel):
    """An event as a caller sends it."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=200)]
    start: AwareDatetime
    end: AwareDatetime
    description: Annotated[str, Field(max_length=2000)] = ""
    location: Annotated[str, Field(max_length=500)] = ""
    time_zone: str = "UTC"


class EventPatch(BaseModel):
    """The fields of an event that change."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    description: Annotated[str, Field(max_length=2000)] | None = None
    location: Annotated[str, Field(max_length=500)] | None = None


class Event(BaseModel):
    """An event as it is answered."""

    id: str
    title: str
    description: str
    location: str
    start: str
    end: str
    time_zone: str
    owner: str
    version: int
    history_id: str
    created_at: str
    changed_at: str
    changed_by: str


class Events(BaseModel):
    """A page of events."""

    items: list[Event]


def _owner(request: Request) -> str:
    user_id: str = request.scope["aws.event"]["requestContext"]["authorizer"]["user_id"]
    return user_id


def _key(request: Request, event_id: uuid.UUID) -> dict[str, str]:
    return {"pk": f"CAL#{_owner(request)}", "sk": f"EVENT#{event_id}"}


def _text(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _stamp(owner: str, kind: str) -> dict[str, str]:
    return {
        "history_id": str(uuid.uuid4()),
        "changed_at": _text(datetime.now(UTC)),
        "changed_by": owner,
        "change_type": kind,
        "operation_id": str(uuid.uuid4()),
        "on_conflict": "reject",
    }


def _item(owner: str, event: NewEvent) -> dict[str, Any]:
    event_id, length = str(uuid.uuid4()), (event.end - event.start).total_seconds()
    name = next(name for name, longest in CLASSES if length <= longest)
    times = {"start": _text(event.start), "end": _text(event.end)}
    return {
        "pk": f"CAL#{owner}",
        "sk": f"EVENT#{event_id}",
        "span": f"{name}#{times['start']}#{event_id}",
        "id": event_id,
        "owner": owner,
        "created_at": _text(datetime.now(UTC)),
        **event.model_dump(),
        **times,
        "transparency": "opaque",
        "version": 1,
        **_stamp(owner, "create"),
    }


def _overlapping(owner: str, start: datetime, end: datetime, **more: Any) -> list[dict[str, Any]]:
    def query(each: tuple[str, int]) -> list[dict[str, Any]]:
        name, longest = each
        low = f"{name}#{_text(start - timedelta(seconds=longest))}"
        answer = table.query(
            IndexName="by_span",
            ConsistentRead=True,
            KeyConditionExpression=Key("pk").eq(f"CAL#{owner}") & Key("span").between(low, f"{name}#{_text(end)}"),
            FilterExpression=Attr("end").gt(_text(start)),
            **more,
        )
        items: list[dict[str, Any]] = answer["Items"]
        return items

    return [item for items in pool.map(query, CLASSES) for item in items]


def create(
    request: Request, event: NewEvent, response: Response, on_conflict: Literal["reject", "allow"] = "reject"
) -> Any:
    """POST /events."""
    owner = _owner(request)
    item = _item(owner, event)
    response.headers["Location"] = f"/events/{item['id']}"
    if on_conflict == "allow":
        table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")
        return item
    week = {"pk": f"CAL#{owner}", "sk": event.start.astimezone(UTC).strftime("FENCE#%G-W%V")}
    found = dynamodb.batch_get_item(RequestItems={EVENTS: {"Keys": [week], "ConsistentRead": True}})
    fences = found["Responses"][EVENTS]
    if _overlapping(owner, event.start, event.end):
        raise HTTPException(409, "overlaps")
    touch = {name: item[name] for name in ("id", "history_id", "start", "end")}
    recent = [{"event_id": touch.pop("id"), **touch}, *(fences[0]["recent"][:7] if fences else [])]
    values = {":new": item["history_id"], ":recent": recent}
    if fences:
        values[":old"] = fences[0]["value"]
    move = {
        "TableName": EVENTS,
        "Key": week,
        "UpdateExpression": "SET #value = :new, recent = :recent",
        "ConditionExpression": "#value = :old" if fences else "attribute_not_exists(pk)",
        "ExpressionAttributeNames": {"#value": "value"},
        "ExpressionAttributeValues": values,
    }
    put = {"TableName": EVENTS, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    dynamodb.meta.client.transact_write_items(TransactItems=[{"Put": put}, {"Update": move}])
    return item


def listing(
    request: Request,
    from_: Annotated[AwareDatetime, Query(alias="from")],
    to: AwareDatetime,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Any:
    """GET /events."""
    items = _overlapping(_owner(request), from_, to, Limit=limit)
    items.sort(key=lambda item: (item["start"], item["id"]))
    return {"items": items[:limit]}


def get(request: Request, event_id: uuid.UUID) -> Any:
    """GET /events/{id}."""
    answer = table.get_item(Key=_key(request, event_id), ConsistentRead=True)
    if "Item" not in answer:
        raise HTTPException(404, "no such event")
    return answer["Item"]


def patch(request: Request, event_id: uuid.UUID, changes: EventPatch) -> Any:
    """PATCH /events/{id} without a time."""
    sets = {**changes.model_dump(exclude_unset=True), **_stamp(_owner(request), "update")}
    answer = table.update_item(
        Key=_key(request, event_id),
        UpdateExpression=f"SET {', '.join(f'#{name} = :{name}' for name in sets)}, version = version + :one",
        ConditionExpression="attribute_exists(pk) AND NOT change_type = :delete",
        ExpressionAttributeNames={f"#{name}": name for name in sets},
        ExpressionAttributeValues={
            **{f":{name}": value for name, value in sets.items()},
            ":one": 1,
            ":delete": "delete",
        },
        ReturnValues="ALL_NEW",
    )
    return answer["Attributes"]


def delete(request: Request, event_id: uuid.UUID) -> None:
    """DELETE /events/{id}: a tombstone."""
    sets = {**_stamp(_owner(request), "delete"), "span": f"deleted#{uuid.uuid4()}"}
    table.update_item(
        Key=_key(request, event_id),
        UpdateExpression=f"SET {', '.join(f'#{name} = :{name}' for name in sets)}, version = version + :one",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeNames={f"#{name}": name for name in sets},
        ExpressionAttributeValues={**{f":{name}": value for name, value in sets.items()}, ":one": 1},
        ReturnValues="ALL_NEW",
    )


def versions(request: Request, event_id: uuid.UUID) -> Any:
    """GET /events/{id}/history."""
    key = _key(request, event_id)
    live = pool.submit(table.get_item, Key=key, ConsistentRead=True)
    answer = history.query(
        KeyConditionExpression=Key("pk").eq(f"{key['pk']}#{key['sk']}"),
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=50,
    )
    live.result()
    return {"items": answer["Items"]}


app = FastAPI()
app.add_api_route("/events", create, methods=["POST"], status_code=201, response_model=Event)
app.add_api_route("/events", listing, methods=["GET"], response_model=Events)
app.add_api_route("/events/{event_id}", get, methods=["GET"], response_model=Event)
app.add_api_route("/events/{event_id}", patch, methods=["PATCH"], response_model=Event)
app.add_api_route("/events/{event_id}", delete, methods=["DELETE"], status_code=204)
app.add_api_route("/events/{event_id}/history", versions, methods=["GET"], response_model=Events)

handler = Mangum(app, lifespan="off")
