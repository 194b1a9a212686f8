"""The bare function of each route."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from uuid_utils import uuid7

from benchmarks import bare
from benchmarks.bare import EVENTS, HISTORY, Event, Item, calendar_id, client, key, plain, pool, reply


def create(event: Event) -> Event:
    """POST /events."""
    return bare.write_checked(calendar_id(event), json.loads(event["body"]))


def create_allowed(event: Event) -> Event:
    """POST /events?on_conflict=allow."""
    item = bare.stamped(calendar_id(event), json.loads(event["body"]), str(uuid7()), 1, "create")
    client.put_item(TableName=EVENTS, Item=item, ConditionExpression="attribute_not_exists(pk)")
    return reply(201, plain(item))


def listing(event: Event) -> Event:
    """GET /events."""
    window = event["queryStringParameters"]
    items = bare.query_classes(calendar_id(event), window["from"], window["to"], Limit=50)
    items.sort(key=lambda item: (item["start"]["S"], item["id"]["S"]))
    return reply(200, {"items": [plain(item) for item in items[:50]]})


def free_busy(event: Event) -> Event:
    """GET /free-busy."""
    window = event["queryStringParameters"]
    items = bare.query_classes(calendar_id(event), window["from"], window["to"])
    busy: list[list[str]] = []
    for start, end in sorted((item["start"]["S"], item["end"]["S"]) for item in items):
        if busy and start <= busy[-1][1]:
            busy[-1][1] = max(end, busy[-1][1])
        else:
            busy.append([start, end])
    return reply(200, {"busy": busy})


def get(event: Event) -> Event:
    """GET /events/{id}."""
    answer = client.get_item(TableName=EVENTS, Key=key(event), ConsistentRead=True)
    return reply(200, plain(answer["Item"])) if "Item" in answer else reply(404)


def change(event: Event) -> Event:
    """PUT /events/{id}, and PATCH with both times."""
    return bare.write_checked(
        calendar_id(event), json.loads(event["body"]), event["pathParameters"]["event_id"], "update"
    )


def patch_one_time(event: Event) -> Event:
    """PATCH /events/{id} with one time: the event is read first."""
    stored = client.get_item(TableName=EVENTS, Key=key(event), ConsistentRead=True)["Item"]
    document = {**plain(stored), **json.loads(event["body"])}
    return bare.write_checked(calendar_id(event), document, event["pathParameters"]["event_id"], "update")


def _update(event: Event, fields: dict[str, str], extra: dict[str, Item], kind: str) -> Event:
    now = bare.instant(datetime.now(UTC))
    stamp = {
        "history_id": str(uuid7()),
        "changed_at": now,
        "changed_by": calendar_id(event),
        "change_type": kind,
        "operation_id": str(uuid7()),
        "on_conflict": "reject",
    }
    values: dict[str, Item] = {**{name: {"S": value} for name, value in {**fields, **stamp}.items()}, **extra}
    answer = client.update_item(
        TableName=EVENTS,
        Key=key(event),
        UpdateExpression=f"SET {', '.join(f'#{name} = :{name}' for name in values)}, "
        "version = if_not_exists(version, :zero) + :one REMOVE reason, rolled_back_to",
        ConditionExpression="attribute_exists(pk) AND NOT change_type = :delete AND history_id < :history_id",
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={
            **{f":{name}": value for name, value in values.items()},
            ":delete": {"S": "delete"},
            ":zero": {"N": "0"},
            ":one": {"N": "1"},
        },
        ReturnValues="ALL_NEW",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    return plain(answer["Attributes"])


def patch_title(event: Event) -> Event:
    """PATCH /events/{id} without a time."""
    return reply(200, _update(event, json.loads(event["body"]), {}, "update"))


def delete(event: Event) -> Event:
    """DELETE /events/{id}."""
    _update(event, {"span": f"deleted#{uuid7()}"}, {"expires_at": {"N": "32503680000"}}, "delete")
    return reply(204)


def bulk(event: Event) -> Event:
    """POST /events/bulk."""
    user = calendar_id(event)
    documents = json.loads(event["body"])["events"]
    items = [bare.stamped(user, document, str(uuid7()), 1, "create") for document in documents]
    bare.write_batches(EVENTS, items, pool.map)
    return reply(201, {"items": [{"id": item["id"]["S"], "history_id": item["history_id"]["S"]} for item in items]})


def list_versions(event: Event) -> Event:
    """GET /events/{id}/history."""
    live = pool.submit(client.get_item, TableName=EVENTS, Key=key(event), ConsistentRead=True)
    answer = client.query(
        TableName=HISTORY,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"CAL#{calendar_id(event)}#{key(event)['sk']['S']}"}},
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=50,
    )
    live.result()
    return reply(200, {"items": [plain(item) for item in answer["Items"]]})


def _versions(event: Event, *history_ids: str) -> list[Event]:
    partition = {"S": f"CAL#{calendar_id(event)}#{key(event)['sk']['S']}"}
    keys = [{"pk": partition, "sk": {"S": history_id}} for history_id in history_ids]
    answer = client.batch_get_item(
        RequestItems={
            HISTORY: {"Keys": keys, "ConsistentRead": True},
            EVENTS: {"Keys": [key(event)], "ConsistentRead": True},
        }
    )
    found = {item["sk"]["S"]: plain(item) for item in answer["Responses"][HISTORY]}
    return [found[history_id] for history_id in history_ids]


def one_version(event: Event) -> Event:
    """GET /events/{id}/history/{history_id}."""
    return reply(200, _versions(event, event["pathParameters"]["history_id"])[0])


def diff(event: Event) -> Event:
    """GET /events/{id}/diff."""
    query = event["queryStringParameters"]
    old, new = _versions(event, query["from"], query["to"])
    changes = [{"field": name, "old": old.get(name), "new": new[name]} for name in new if old.get(name) != new[name]]
    return reply(200, {"changes": changes})


def rollback(event: Event) -> Event:
    """POST /events/{id}/rollback."""
    (target,) = _versions(event, json.loads(event["body"])["history_id"])
    document = {name: target[name] for name in bare.TEXTS}
    return bare.write_checked(calendar_id(event), document, event["pathParameters"]["event_id"], "rollback")


def record(event: Event) -> Event:
    """The stream's records as version items."""
    items = []
    for each in event["Records"]:
        item = each["dynamodb"]["NewImage"]
        partition = f"{item['pk']['S']}#{item['sk']['S']}"
        items.append({**item, "calendar": item["pk"], "pk": {"S": partition}, "sk": item["history_id"]})
    bare.write_batches(HISTORY, items, pool.map)
    return {"batchItemFailures": []}


BARE: Final[dict[str, Callable[[Event], Any]]] = {
    "create": create,
    "create, conflicts allowed": create_allowed,
    "list a window": listing,
    "free and busy": free_busy,
    "get": get,
    "replace": change,
    "patch no time": patch_title,
    "patch one time": patch_one_time,
    "patch both times": change,
    "delete": delete,
    "bulk of 1,000": bulk,
    "list versions": list_versions,
    "one version": one_version,
    "diff": diff,
    "rollback": rollback,
    "record 100 changes": record,
}
