"""The peer of every handler: the same calls by a bare function, with json and nothing else.

No validation, no errors but the one that a route is about, no logs: written as well as one can, so that what a handler
takes longer is what it does more. The client is boto3's, with the timeouts, retries and connections of the layer's; or
the layer's own, if the environment says so: then what differs is the handler alone.
"""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3
from uuid_utils import uuid7

from benchmarks.boto_config import CONFIG
from shared.store.client import Clients

Event = dict[str, Any]
Item = dict[str, Any]

EVENTS: Final = os.environ["EVENTS_TABLE"]
HISTORY: Final = os.environ["HISTORY_TABLE"]
CLASSES: Final = (("a", 4 * 3600), ("b", 72 * 3600), ("c", 31 * 86400), ("d", 366 * 86400))
TEXTS: Final = ("title", "description", "location", "start", "end", "time_zone")

client: Any = Clients().dynamodb if os.environ.get("BENCH_LAYERS_CLIENT") else boto3.client("dynamodb", config=CONFIG)
pool = ThreadPoolExecutor(16)


def reply(status: int, document: Any = None) -> Event:
    """A gateway answer."""
    text = "" if document is None else json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": text}


def calendar_id(event: Event) -> str:
    """Who calls."""
    user_id: str = event["requestContext"]["authorizer"]["user_id"]
    return user_id


def key(event: Event) -> Item:
    """The key of the event that the path names."""
    return event_key(calendar_id(event), event["pathParameters"]["event_id"])


def event_key(user: str, event_id: str) -> Item:
    """The key of an event."""
    return {"pk": {"S": f"CAL#{user}"}, "sk": {"S": f"EVENT#{event_id}"}}


def plain(item: Item) -> Event:
    """An item as a document."""
    return {name: value.get("S") or value.get("N") for name, value in item.items()}


def moment(text: str) -> datetime:
    """An instant as a datetime."""
    return datetime.fromisoformat(text)


def instant(when: datetime) -> str:
    """A datetime as an instant."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamped(user: str, document: Event, event_id: str, version: int, kind: str) -> Item:
    """The item of an event."""
    start, end = moment(document["start"]), moment(document["end"])
    length = (end - start).total_seconds()
    name = next(name for name, longest in CLASSES if length <= longest)
    history_id = str(uuid7())
    fields = {
        "pk": f"CAL#{user}",
        "sk": f"EVENT#{event_id}",
        "span": f"{name}#{instant(start)}#{event_id}",
        "id": event_id,
        "owner": user,
        "created_at": instant(datetime.now(UTC)),
        **{text: document.get(text, "") for text in TEXTS},
        "start": instant(start),
        "end": instant(end),
        "transparency": "opaque",
        "history_id": history_id,
        "changed_at": instant(datetime.now(UTC)),
        "changed_by": user,
        "change_type": kind,
        "operation_id": str(uuid7()),
        "on_conflict": "reject",
    }
    return {**{field: {"S": value} for field, value in fields.items()}, "version": {"N": str(version)}}


def query_classes(user: str, start: str, end: str, **more: Any) -> list[Item]:
    """What overlaps a window: four queries side by side."""
    begin = moment(start)

    def query(each: tuple[str, int]) -> list[Item]:
        name, longest = each
        answer = client.query(
            TableName=EVENTS,
            IndexName="by_span",
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND span BETWEEN :low AND :high",
            FilterExpression="#end > :start",
            ExpressionAttributeNames={"#end": "end"},
            ExpressionAttributeValues={
                ":pk": {"S": f"CAL#{user}"},
                ":low": {"S": f"{name}#{instant(begin - timedelta(seconds=longest))}"},
                ":high": {"S": f"{name}#{end}"},
                ":start": {"S": start},
            },
            **more,
        )
        items: list[Item] = answer["Items"]
        return items

    return [item for items in pool.map(query, CLASSES) for item in items]


def write_checked(user: str, document: Event, event_id: str | None = None, kind: str = "create") -> Event:
    """Read the fences (and the event), look for overlaps, write the event and move the fences."""
    start, end = document["start"], document["end"]
    days = range((moment(end) - timedelta(seconds=1)).toordinal() - moment(start).toordinal() + 1)
    weeks = {(moment(start) + timedelta(days=day)).strftime("FENCE#%G-W%V") for day in days}
    wanted = [{"pk": {"S": f"CAL#{user}"}, "sk": {"S": week}} for week in weeks]
    if event_id is not None:
        wanted.append(event_key(user, event_id))
    answer = client.batch_get_item(RequestItems={EVENTS: {"Keys": wanted, "ConsistentRead": True}})
    found = {item["sk"]["S"]: item for item in answer["Responses"][EVENTS]}
    before = found.get(f"EVENT#{event_id}")
    if before is not None:
        document = {**plain(before), **document}
    if any(item["id"]["S"] != event_id for item in query_classes(user, start, end)):
        return reply(409)
    version = int(before["version"]["N"]) + 1 if before else 1
    item = stamped(user, document, event_id or str(uuid7()), version, kind)
    put: Item = {"TableName": EVENTS, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    if before is not None:
        put["ConditionExpression"] = "history_id = :previous"
        put["ExpressionAttributeValues"] = {":previous": before["history_id"]}
    entry = {"event_id": item["id"], "history_id": item["history_id"], "start": item["start"], "end": item["end"]}
    actions: list[Item] = [{"Put": put}]
    for week in weeks:
        fence = found.get(week)
        recent = [{"M": entry}, *(fence["recent"]["L"][:7] if fence else [])]
        values = {":new": item["history_id"], ":recent": {"L": recent}}
        if fence:
            values[":old"] = fence["value"]
        update = {
            "TableName": EVENTS,
            "Key": {"pk": {"S": f"CAL#{user}"}, "sk": {"S": week}},
            "UpdateExpression": "SET #value = :new, recent = :recent",
            "ConditionExpression": "#value = :old" if fence else "attribute_not_exists(pk)",
            "ExpressionAttributeNames": {"#value": "value"},
            "ExpressionAttributeValues": values,
        }
        actions.append({"Update": update})
    client.transact_write_items(TransactItems=actions)
    return reply(200 if before else 201, plain(item))


def write_batches(table: str, items: list[Item], each: Callable[..., Any]) -> None:
    """Write items by 25, with `each` as `map` or a pool's."""
    chunks = [items[index : index + 25] for index in range(0, len(items), 25)]

    def write(chunk: list[Item]) -> None:
        requests = [{"PutRequest": {"Item": item}} for item in chunk]
        while requests:
            answer = client.batch_write_item(RequestItems={table: requests})
            requests = answer.get("UnprocessedItems", {}).get(table, [])

    for _ in each(write, chunks):
        pass
