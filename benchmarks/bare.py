"""Bare functions: the database calls of five routes, with as little other code as possible. See also `bare_login`.

They validate nothing, log nothing, and handle only the error that is essential to a route. So the difference in time to
a handler is the price of what the handler does beyond that.
"""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3
from botocore.config import Config
from uuid_utils import uuid7

from shared.settings import Settings

Event = dict[str, Any]
Item = dict[str, Any]

CLASSES: Final = (("a", 4 * 3600), ("b", 72 * 3600), ("c", 31 * 86400), ("d", 366 * 86400))
TEXTS: Final = ("title", "description", "location", "start", "end", "time_zone")
BATCH: Final = 25
THREADS: Final = 16
NEW: Final = "attribute_not_exists(pk)"
FENCES: Final = 16
RECENT: Final = 12


def boto3_client() -> Any:
    """Returns a boto3 client with the timeouts, retries and connections of the layer's client, without validation."""
    config = Config(
        connect_timeout=2,
        read_timeout=5,
        max_pool_connections=THREADS,
        retries={"mode": "standard", "total_max_attempts": 3},
        parameter_validation=False,
        tcp_keepalive=True,
    )
    return boto3.client("dynamodb", config=config)


def write_batches(client: Any, table: str, items: Sequence[Item], each: Callable[..., Iterable[Any]]) -> None:
    """Writes items in batches of 25; `each` is `map`, or the `map` of a thread pool."""

    def write(chunk: Sequence[Item]) -> None:
        requests = [{"PutRequest": {"Item": item}} for item in chunk]
        while requests:
            response = client.batch_write_item(RequestItems={table: requests})
            requests = response.get("UnprocessedItems", {}).get(table, [])

    for _ in each(write, [items[index : index + BATCH] for index in range(0, len(items), BATCH)]):
        pass


class BareFunctions:
    """The bare functions, with one client: boto3's or the layer's."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self.by_route: Final[dict[str, Callable[[Event], Event]]] = {
            "create": self.create,
            "list a window": self.list_events,
            "get": self.get,
            "bulk of 1,000": self.bulk,
            "record 100 changes": self.record,
        }
        self._client = client
        self._events = settings.events_table
        self._history = settings.history_table
        self._pool = ThreadPoolExecutor(THREADS)
        self._known: set[str] = set()  # the calendars of which it knows how full they are

    def create(self, event: Event) -> Event:
        """Serves POST /events: reads the fences, checks for overlaps, writes the event and moves the fences."""
        document, user = json.loads(event["body"]), _user(event)
        start, end = _moment(document["start"]), _moment(document["end"])
        first, last = (each.toordinal() - 1 for each in (start, end - timedelta(seconds=1)))
        names = {f"FENCE#c{week % FENCES:02d}" for week in range(first // 7, last // 7 + 1)}
        fences = {name: {"pk": {"S": f"CAL#{user}"}, "sk": {"S": name}} for name in names}
        response = self._client.batch_get_item(
            RequestItems={self._events: {"Keys": [*fences.values()], "ConsistentRead": True}}
        )
        found = {item["sk"]["S"]: item for item in response["Responses"][self._events]}
        if self._overlapping(user, document["start"], document["end"]):
            return respond(409)
        item = _event_item(user, document)
        writes: list[Item] = [{"Put": {"TableName": self._events, "Item": item, "ConditionExpression": NEW}}]
        for name, key in fences.items():
            writes.append({"Update": {"TableName": self._events, "Key": key, **_moved(found.get(name), item)}})
        self._client.transact_write_items(TransactItems=writes)
        return respond(201, _document(item))

    def list_events(self, event: Event) -> Event:
        """Serves GET /events."""
        window = event["queryStringParameters"]
        items = self._overlapping(_user(event), window["from"], window["to"], Limit=50)
        items.sort(key=lambda item: (item["start"]["S"], item["id"]["S"]))
        return respond(200, {"items": [_document(item) for item in items[:50]]})

    def get(self, event: Event) -> Event:
        """Serves GET /events/{id}."""
        key = {"pk": {"S": f"CAL#{_user(event)}"}, "sk": {"S": f"EVENT#{event['pathParameters']['event_id']}"}}
        response = self._client.get_item(TableName=self._events, Key=key, ConsistentRead=True)
        return respond(200, _document(response["Item"])) if "Item" in response else respond(404)

    def bulk(self, event: Event) -> Event:
        """Serves POST /events/bulk."""
        user = _user(event)
        items = [_event_item(user, document) for document in json.loads(event["body"])["events"]]
        if user not in self._known:
            usage = {"pk": {"S": f"CAL#{user}#USAGE"}, "sk": {"S": "USAGE"}}
            self._client.get_item(TableName=self._history, Key=usage, ConsistentRead=True)
            self._known.add(user)
        minute = int(time.time()) // 60
        self._client.update_item(
            TableName=self._events,
            Key={"pk": {"S": f"USER#{user}"}, "sk": {"S": f"BULK#{minute}"}},
            UpdateExpression="ADD requests :one SET expires_at = :end",
            ExpressionAttributeValues={":one": {"N": "1"}, ":end": {"N": str((minute + 2) * 60)}},
        )
        write_batches(self._client, self._events, items, self._pool.map)
        created = [{"id": item["id"]["S"], "history_id": item["history_id"]["S"]} for item in items]
        return respond(201, {"items": created})

    def record(self, event: Event) -> Event:
        """Writes stream records as versions."""
        items = []
        for record in event["Records"]:
            item = record["dynamodb"]["NewImage"]
            partition = f"{item['pk']['S']}#{item['sk']['S']}"
            items.append({**item, "calendar": item["pk"], "pk": {"S": partition}, "sk": item["history_id"]})
        partition = event["Records"][0]["dynamodb"]["NewImage"]["pk"]["S"]
        counted = self._pool.submit(
            self._client.update_item,
            TableName=self._history,
            Key={"pk": {"S": f"{partition}#USAGE"}, "sk": {"S": "USAGE"}},
            UpdateExpression="ADD events :events",
            ExpressionAttributeValues={":events": {"N": str(len(items))}},
        )
        write_batches(self._client, self._history, items, self._pool.map)
        counted.result()
        return {"batchItemFailures": []}

    def _overlapping(self, user: str, start: str, end: str, **more: Any) -> list[Item]:
        """Returns the items that overlap a window: five concurrent queries. Series, by the last, are not expanded."""
        spans = [
            (f"{name}#{_instant(_moment(start) - timedelta(seconds=most))}", f"{name}#{end}") for name, most in CLASSES
        ]
        spans.append((f"r#{_instant(_moment(start) - timedelta(days=1))}", "r#~"))

        def query(span: tuple[str, str]) -> list[Item]:
            response = self._client.query(
                TableName=self._events,
                IndexName="by_span",
                ConsistentRead=True,
                KeyConditionExpression="pk = :pk AND span BETWEEN :low AND :high",
                FilterExpression="#end > :start",
                ExpressionAttributeNames={"#end": "end"},
                ExpressionAttributeValues={
                    ":pk": {"S": f"CAL#{user}"},
                    ":low": {"S": span[0]},
                    ":high": {"S": span[1]},
                    ":start": {"S": start},
                },
                **more,
            )
            items: list[Item] = response["Items"]
            return items

        return [item for items in self._pool.map(query, spans) for item in items]


def respond(status: int, document: Any = None) -> Event:
    """Returns a response in the format of the gateway."""
    text = "" if document is None else json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": text}


def _user(event: Event) -> str:
    user_id: str = event["requestContext"]["authorizer"]["user_id"]
    return user_id


def _document(item: Item) -> Event:
    return {name: value.get("S") or value.get("N") for name, value in item.items()}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _instant(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _event_item(user: str, document: Event) -> Item:
    start, end, event_id = _moment(document["start"]), _moment(document["end"]), str(uuid7())
    length = (end - start).total_seconds()
    name = next(name for name, longest in CLASSES if length <= longest)
    now = _instant(datetime.now(UTC))
    fields = {
        "pk": f"CAL#{user}",
        "sk": f"EVENT#{event_id}",
        "span": f"{name}#{_instant(start)}#{event_id}",
        "id": event_id,
        "calendar_id": user,
        "created_by": user,
        "created_at": now,
        **{text: document.get(text, "") for text in TEXTS},
        "start": _instant(start),
        "end": _instant(end),
        "transparency": "opaque",
        "history_id": str(uuid7()),
        "changed_at": now,
        "changed_by": user,
        "change_type": "create",
        "operation_id": str(uuid7()),
        "on_conflict": "reject",
    }
    return {**{field: {"S": value} for field, value in fields.items()}, "version": {"N": "1"}}


def _moved(fence: Item | None, item: Item) -> Item:
    """Returns the update that moves a fence, on condition that the fence is unchanged since it was read."""
    ids = "".join(item[name]["S"].replace("-", "") for name in ("id", "history_id"))
    times = (int(_moment(item[name]["S"]).timestamp()).to_bytes(8, signed=True) for name in ("start", "end"))
    write = b64encode(bytes.fromhex(ids) + b"".join(times)).decode()
    recent = [{"S": write}, *(fence["recent"]["L"][: RECENT - 1] if fence else [])]
    values: Item = {":new": item["history_id"], ":recent": {"L": recent}}
    if fence:
        values[":old"] = fence["value"]
    return {
        "UpdateExpression": "SET #value = :new, recent = :recent",
        "ConditionExpression": "#value = :old" if fence else NEW,
        "ExpressionAttributeNames": {"#value": "value"},
        "ExpressionAttributeValues": values,
    }
