"""What the routes have in common: the tables, items, and the conflict guard."""

import os
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3
from boto3.dynamodb.conditions import Attr, Key
from fastapi import HTTPException, Request

from benchmarks.boto_config import CONFIG

EVENTS: Final = os.environ["EVENTS_TABLE"]
HISTORY: Final = os.environ["HISTORY_TABLE"]
CLASSES: Final = (("a", 4 * 3600), ("b", 72 * 3600), ("c", 31 * 86400), ("d", 366 * 86400))
RECENT: Final = 8

Item = dict[str, Any]

dynamodb: Any = boto3.resource("dynamodb", config=CONFIG)
table = dynamodb.Table(EVENTS)
history = dynamodb.Table(HISTORY)
pool = ThreadPoolExecutor(16)


def owner_of(request: Request) -> str:
    """Who calls."""
    user_id: str = request.scope["aws.event"]["requestContext"]["authorizer"]["user_id"]
    return user_id


def key_of(request: Request, event_id: uuid.UUID) -> dict[str, str]:
    """The key of an event of the caller."""
    return {"pk": f"CAL#{owner_of(request)}", "sk": f"EVENT#{event_id}"}


def instant(when: datetime) -> str:
    """A datetime as it is stored."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp(owner: str, kind: str) -> dict[str, str]:
    """Who changed what."""
    return {
        "history_id": str(uuid.uuid4()),
        "changed_at": instant(datetime.now(UTC)),
        "changed_by": owner,
        "change_type": kind,
        "operation_id": str(uuid.uuid4()),
        "on_conflict": "reject",
    }


def item_of(owner: str, fields: Mapping[str, Any], before: Item | None = None, kind: str = "create") -> Item:
    """The item of an event with `fields`, `start` and `end` among them; the next version of `before`."""
    event_id, length = before["id"] if before else str(uuid.uuid4()), (fields["end"] - fields["start"]).total_seconds()
    name = next(name for name, longest in CLASSES if length <= longest)
    times = {"start": instant(fields["start"]), "end": instant(fields["end"])}
    return {
        "pk": f"CAL#{owner}",
        "sk": f"EVENT#{event_id}",
        "id": event_id,
        "owner": owner,
        "created_at": instant(datetime.now(UTC)),
        "transparency": "opaque",
        **(before or {}),
        **fields,
        **times,
        "span": f"{name}#{times['start']}#{event_id}",
        "version": before["version"] + 1 if before else 1,
        **stamp(owner, kind),
    }


def overlapping(owner: str, start: datetime, end: datetime, **more: Any) -> list[Item]:
    """What overlaps a window: four queries side by side."""

    def query(each: tuple[str, int]) -> list[Item]:
        name, longest = each
        low = f"{name}#{instant(start - timedelta(seconds=longest))}"
        answer = table.query(
            IndexName="by_span",
            ConsistentRead=True,
            KeyConditionExpression=Key("pk").eq(f"CAL#{owner}") & Key("span").between(low, f"{name}#{instant(end)}"),
            FilterExpression=Attr("end").gt(instant(start)),
            **more,
        )
        items: list[Item] = answer["Items"]
        return items

    return [item for items in pool.map(query, CLASSES) for item in items]


def write_checked(owner: str, fields: Mapping[str, Any], event_id: str | None = None, kind: str = "create") -> Item:
    """Read the fences (and the event), look for overlaps, write the event and move the fences."""
    start, end = fields["start"].astimezone(UTC), fields["end"].astimezone(UTC)
    days = range((end - timedelta(seconds=1)).toordinal() - start.toordinal() + 1)
    weeks = {(start + timedelta(days=day)).strftime("FENCE#%G-W%V") for day in days}
    wanted = [{"pk": f"CAL#{owner}", "sk": sk} for sk in (*weeks, *([f"EVENT#{event_id}"] if event_id else []))]
    answer = dynamodb.batch_get_item(RequestItems={EVENTS: {"Keys": wanted, "ConsistentRead": True}})
    found = {item["sk"]: item for item in answer["Responses"][EVENTS]}
    before = found.get(f"EVENT#{event_id}")
    if event_id and before is None:
        raise HTTPException(404, "no such event")
    if any(item["id"] != event_id for item in overlapping(owner, start, end)):
        raise HTTPException(409, "overlaps")
    item = item_of(owner, fields, before, kind)
    put: Item = {"TableName": EVENTS, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    if before is not None:
        put["ConditionExpression"] = "history_id = :previous"
        put["ExpressionAttributeValues"] = {":previous": before["history_id"]}
    moves = [{"Update": _moved(owner, week, found.get(week), item)} for week in weeks]
    dynamodb.meta.client.transact_write_items(TransactItems=[{"Put": put}, *moves])
    return item


def _moved(owner: str, week: str, fence: Item | None, item: Item) -> Item:
    touch = {"event_id": item["id"], **{name: item[name] for name in ("history_id", "start", "end")}}
    recent = [touch, *(fence["recent"][: RECENT - 1] if fence else [])]
    values = {":new": item["history_id"], ":recent": recent}
    if fence:
        values[":old"] = fence["value"]
    return {
        "TableName": EVENTS,
        "Key": {"pk": f"CAL#{owner}", "sk": week},
        "UpdateExpression": "SET #value = :new, recent = :recent",
        "ConditionExpression": "#value = :old" if fence else "attribute_not_exists(pk)",
        "ExpressionAttributeNames": {"#value": "value"},
        "ExpressionAttributeValues": values,
    }
