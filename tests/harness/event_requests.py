"""Typical requests for events: one event, windows, bulks and the stream's records."""

import importlib
from typing import Any, Final

from shared.scheduling.events import Event
from shared.scheduling.quotas import NOTHING
from tests.harness.budgets import BULK, RECORDS
from tests.harness.dataset import Dataset, GatewayEvent, at, body
from tests.harness.gateway import Context
from tests.harness.routes import Prepare, Route

WINDOW_EVENTS: Final = 40
MONTH: Final = 31 * 24 * 60


def stored(data: Dataset) -> Event:
    """Returns the event that all requests to a dataset share, which is stored on first use."""

    def store() -> Event:
        event = data.version(0)
        data.store(event)
        return event

    event: Event = data.once("event", store)
    return event


def _create(data: Dataset, index: int) -> GatewayEvent:
    return data.request("POST", "/events", body(60 * index))


def _create_allowed(data: Dataset, index: int) -> GatewayEvent:
    # A process knows what a calendar holds from its last read of it.
    data.runtime.usage_readings.keep(data.calendar_id, NOTHING, data.runtime.now_ns() // 1_000_000)
    return data.request("POST", "/events", body(60 * index), {"on_conflict": "allow"})


def _create_allowed_first(data: Dataset, index: int) -> GatewayEvent:
    # Another calendar for each, of which the process has read nothing.
    return Dataset(data.runtime).request("POST", "/events", body(60 * index), {"on_conflict": "allow"})


def _create_refused(data: Dataset, _: int) -> GatewayEvent:
    stored(data)
    return data.request("POST", "/events", body(30))


def _window(resource: str) -> Prepare:
    def prepare(data: Dataset, _: int) -> GatewayEvent:
        data.once("filled", lambda: data.store(*(data.version(12 * 60 * index) for index in range(WINDOW_EVENTS))))
        return data.request("GET", resource, query={"from": at(0), "to": at(MONTH)})

    return prepare


def _get(data: Dataset, _: int) -> GatewayEvent:
    return data.request("GET", "/events/{event_id}", event_id=stored(data).id)


def _find_by_uid(data: Dataset, index: int) -> GatewayEvent:
    return data.request("GET", "/events", query={"uid": f"{index}"})


def _replace(data: Dataset, index: int) -> GatewayEvent:
    return data.request("PUT", "/events/{event_id}", body(60 * (index + 1)), event_id=stored(data).id)


def _patch_title(data: Dataset, index: int) -> GatewayEvent:
    return data.request("PATCH", "/events/{event_id}", {"title": f"Review {index}"}, event_id=stored(data).id)


def _patch_end(data: Dataset, index: int) -> GatewayEvent:
    return data.request("PATCH", "/events/{event_id}", {"end": at(1 + index % 59)}, event_id=stored(data).id)


def _patch_both(data: Dataset, index: int) -> GatewayEvent:
    patch = {"start": at(60 * (index + 1)), "end": at(60 * (index + 2))}
    return data.request("PATCH", "/events/{event_id}", patch, event_id=stored(data).id)


def _patch_allowed(data: Dataset, index: int) -> GatewayEvent:
    # It keeps a part of its time, whose fence moves.
    patch = {"start": at(index % 2), "end": at(60 + index % 2)}
    resource, query = "/events/{event_id}", {"on_conflict": "allow"}
    return data.request("PATCH", resource, patch, query, event_id=stored(data).id)


def _delete(data: Dataset, index: int) -> GatewayEvent:
    event = data.version(60 * index)
    data.store(event)
    return data.request("DELETE", "/events/{event_id}", event_id=event.id)


def _bulk(data: Dataset, index: int) -> GatewayEvent:
    events = [body(60 * (BULK * index + each)) for each in range(BULK)]
    return data.request("POST", "/events/bulk", {"events": events})


def _bulk_with_uids(data: Dataset, index: int) -> GatewayEvent:
    events = [body(60 * each, uid=f"{index} {each}") for each in range(50)]
    return data.request("POST", "/events/bulk", {"events": events})


def _bulk_with_report(data: Dataset, index: int) -> GatewayEvent:
    events = [body(120 * (BULK * index + each)) for each in range(BULK)]
    return data.request("POST", "/events/bulk", {"events": events}, {"conflicts": "report"})


def _with_key(prepare: Prepare) -> Prepare:
    """Returns `prepare` with an idempotency key in its requests: a different one for each index."""

    def with_key(data: Dataset, index: int) -> GatewayEvent:
        event = prepare(data, index)
        event["headers"]["Idempotency-Key"] = f'"{index}"'
        return event

    return with_key


def _repeated(function: str, prepare: Prepare) -> Prepare:
    """Returns `prepare` for requests that `function` has already served once."""

    def again(data: Dataset, index: int) -> GatewayEvent:
        importlib.import_module(f"functions.{function}").handler(prepare(data, index), Context())
        return prepare(data, index)

    return again


def stream_records(data: Dataset, count: int) -> list[dict[str, Any]]:
    """Returns the stream records of the creation of `count` events."""
    records = []
    for number in range(count):
        event = data.version(60 * number)
        item = data.item(event)
        change = {
            "ApproximateCreationDateTime": data.runtime.now(),
            "Keys": {"pk": item["pk"], "sk": item["sk"]},
            "NewImage": item,
            "SequenceNumber": str(100_000_000_000_000_000_000 + number),
            "SizeBytes": 1000,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
        records.append({"eventID": event.id, "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": change})
    return records


def _records(data: Dataset, _: int) -> GatewayEvent:
    return {"Records": stream_records(data, RECORDS)}


EVENT_ROUTES: Final = (
    Route("create", "events", _create, 201),
    Route("create, conflicts allowed", "events", _create_allowed, 201),
    Route("create, conflicts allowed, the first of a process", "events", _create_allowed_first, 201),
    Route("create, refused (409)", "events", _create_refused, 409),
    Route("list a window", "events", _window("/events")),
    Route("free and busy", "events", _window("/free-busy")),
    Route("get", "events", _get),
    Route("replace", "events", _replace),
    Route("patch no time", "events", _patch_title),
    Route("patch one time", "events", _patch_end),
    Route("patch both times", "events", _patch_both),
    Route("patch both times, conflicts allowed", "events", _patch_allowed),
    Route("delete", "events", _delete, 204),
    Route("create under a key", "events", _with_key(_create), 201),
    Route("create under a key, repeated", "events", _repeated("events", _with_key(_create)), 201),
    Route("find by uid", "events", _find_by_uid),
    Route("bulk of 1,000", "bulk_create", _bulk, 201),
    Route("bulk of 1,000 under a key", "bulk_create", _with_key(_bulk), 201),
    Route("bulk of 1,000 under a key, repeated", "bulk_create", _repeated("bulk_create", _with_key(_bulk)), 201),
    Route("bulk of 50 with uids", "bulk_create", _bulk_with_uids, 201),
    Route("bulk of 1,000 with a report of conflicts", "bulk_create", _bulk_with_report, 201),
    Route("record 100 changes", "record_history", _records),
)
