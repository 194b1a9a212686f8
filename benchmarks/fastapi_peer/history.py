"""The routes of versions."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from boto3.dynamodb.conditions import Key
from fastapi import APIRouter, HTTPException, Query, Request

from benchmarks.fastapi_peer import calendar
from benchmarks.fastapi_peer.calendar import EVENTS, HISTORY, Item, key_of, owner_of
from benchmarks.fastapi_peer.models import Diff, Event, Events, Rollback

CONTENT = ("title", "description", "location", "time_zone")


def versions(request: Request, event_id: uuid.UUID) -> Any:
    """GET /events/{id}/history."""
    key = key_of(request, event_id)
    live = calendar.pool.submit(calendar.table.get_item, Key=key, ConsistentRead=True)
    answer = calendar.history.query(
        KeyConditionExpression=Key("pk").eq(f"{key['pk']}#{key['sk']}"),
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=50,
    )
    live.result()
    return {"items": answer["Items"]}


def _read(request: Request, event_id: uuid.UUID, *history_ids: str) -> list[Item]:
    key = key_of(request, event_id)
    keys = [{"pk": f"{key['pk']}#{key['sk']}", "sk": history_id} for history_id in history_ids]
    answer = calendar.dynamodb.batch_get_item(
        RequestItems={
            HISTORY: {"Keys": keys, "ConsistentRead": True},
            EVENTS: {"Keys": [key], "ConsistentRead": True},
        }
    )
    found = {item["sk"]: item for item in answer["Responses"][HISTORY]}
    if not found.keys() >= {*history_ids}:
        raise HTTPException(404, "no such version")
    return [found[history_id] for history_id in history_ids]


def one_version(request: Request, event_id: uuid.UUID, history_id: uuid.UUID) -> Any:
    """GET /events/{id}/history/{history_id}."""
    return _read(request, event_id, str(history_id))[0]


def diff(request: Request, event_id: uuid.UUID, from_: Annotated[uuid.UUID, Query(alias="from")], to: uuid.UUID) -> Any:
    """GET /events/{id}/diff."""
    old, new = _read(request, event_id, str(from_), str(to))
    return {
        "changes": [
            {"field": name, "old": old.get(name), "new": new[name]} for name in new if old.get(name) != new[name]
        ]
    }


def roll_back(request: Request, event_id: uuid.UUID, target: Rollback) -> Any:
    """POST /events/{id}/rollback."""
    (version,) = _read(request, event_id, target.history_id)
    times = {name: datetime.fromisoformat(version[name]) for name in ("start", "end")}
    fields = {name: version[name] for name in CONTENT} | times
    return calendar.write_checked(owner_of(request), fields, str(event_id), "rollback")


router = APIRouter()
router.add_api_route("/events/{event_id}/history", versions, methods=["GET"], response_model=Events)
router.add_api_route("/events/{event_id}/history/{history_id}", one_version, methods=["GET"], response_model=Event)
router.add_api_route("/events/{event_id}/diff", diff, methods=["GET"], response_model=Diff)
router.add_api_route("/events/{event_id}/rollback", roll_back, methods=["POST"], response_model=Event)
