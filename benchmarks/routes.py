"""A typical request for every route: how the nth one is made, and what a good answer to it is."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks.budgets import BULK, RECORDS
from benchmarks.scenes import GatewayEvent, Scene, at, body
from shared.scheduling.events import ChangeType, Event
from tests.harness.gateway import Context

WINDOW_EVENTS: Final = 40
VERSIONS: Final = 20
FEW: Final = 10


@dataclass(frozen=True, slots=True)
class Route:
    """A kind of request: which file of functions/ serves it, and how the nth one is made, each good for one call."""

    name: str
    function: str
    prepare: Callable[[Scene, int], GatewayEvent]
    status: int = 200


def _once(scene: Scene, make: Callable[[], Event]) -> Event:
    """The event that all requests of a scene share."""
    if "event" not in scene.kept:
        scene.kept["event"] = make()
    event: Event = scene.kept["event"]
    return event


def _stored(scene: Scene) -> Event:
    return _once(scene, lambda: scene.store(scene.version(0)))


def _create(scene: Scene, index: int) -> GatewayEvent:
    return scene.request("POST", "/events", body(60 * index))


def _create_allowed(scene: Scene, index: int) -> GatewayEvent:
    return scene.request("POST", "/events", body(60 * index), {"on_conflict": "allow"})


def _create_refused(scene: Scene, _: int) -> GatewayEvent:
    _stored(scene)
    return scene.request("POST", "/events", body(30))


def _window(resource: str) -> Callable[[Scene, int], GatewayEvent]:
    def prepare(scene: Scene, _: int) -> GatewayEvent:
        if "filled" not in scene.kept:
            scene.fill([scene.version(12 * 60 * index) for index in range(WINDOW_EVENTS)])
            scene.kept["filled"] = True
        return scene.request("GET", resource, query={"from": at(0), "to": at(31 * 24 * 60)})

    return prepare


def _get(scene: Scene, _: int) -> GatewayEvent:
    return scene.request("GET", "/events/{event_id}", event_id=_stored(scene).id)


def _replace(scene: Scene, index: int) -> GatewayEvent:
    return scene.request("PUT", "/events/{event_id}", body(60 * (index + 1)), event_id=_stored(scene).id)


def _patch_title(scene: Scene, index: int) -> GatewayEvent:
    patch = {"title": f"Design review {index}"}
    return scene.request("PATCH", "/events/{event_id}", patch, event_id=_stored(scene).id)


def _patch_end(scene: Scene, index: int) -> GatewayEvent:
    return scene.request("PATCH", "/events/{event_id}", {"end": at(1 + index % 59)}, event_id=_stored(scene).id)


def _patch_both(scene: Scene, index: int) -> GatewayEvent:
    patch = {"start": at(60 * (index + 1)), "end": at(60 * (index + 2))}
    return scene.request("PATCH", "/events/{event_id}", patch, event_id=_stored(scene).id)


def _delete(scene: Scene, index: int) -> GatewayEvent:
    event = scene.store(scene.version(60 * index))
    return scene.request("DELETE", "/events/{event_id}", event_id=event.id)


def _bulk(count: int) -> Callable[[Scene, int], GatewayEvent]:
    def prepare(scene: Scene, index: int) -> GatewayEvent:
        events = [body(60 * (count * index + each)) for each in range(count)]
        return scene.request("POST", "/events/bulk", {"events": events})

    return prepare


def _keyed(prepare: Callable[[Scene, int], GatewayEvent]) -> Callable[[Scene, int], GatewayEvent]:
    def with_key(scene: Scene, index: int) -> GatewayEvent:
        event = prepare(scene, index)
        event["headers"]["Idempotency-Key"] = f'"{index}"'
        return event

    return with_key


def _repeated(function: str, prepare: Callable[[Scene, int], GatewayEvent]) -> Callable[[Scene, int], GatewayEvent]:
    def again(scene: Scene, index: int) -> GatewayEvent:
        importlib.import_module(f"functions.{function}").handler(prepare(scene, index), Context())
        return prepare(scene, index)

    return again


def _bulk_with_uids(scene: Scene, index: int) -> GatewayEvent:
    events = [body(60 * each, uid=f"{index} {each}") for each in range(50)]
    return scene.request("POST", "/events/bulk", {"events": events})


def _bulk_with_report(scene: Scene, index: int) -> GatewayEvent:
    events = [body(120 * (BULK * index + each)) for each in range(BULK)]
    return scene.request("POST", "/events/bulk", {"events": events}, {"conflicts": "report"})


def _by_uid(scene: Scene, index: int) -> GatewayEvent:
    return scene.request("GET", "/events", query={"uid": f"{index}"})


def versions(scene: Scene, count: int) -> Event:
    """An event of `count` recorded versions; the latest is the one stored."""
    made = [scene.version(0)]
    for number in range(2, count + 1):
        made.append(scene.version(0, after=made[-1], number=number, kind="update", title=f"Review {number}"))
    scene.record(*made)
    scene.kept["history_ids"] = [event.history_id for event in made]
    return scene.store(made[-1])


def _history(suffix: str) -> Callable[[Scene, int], GatewayEvent]:
    def prepare(scene: Scene, _: int) -> GatewayEvent:
        event = _once(scene, lambda: versions(scene, VERSIONS))
        first, second, *_rest = scene.kept["history_ids"]
        query = {"from": first, "to": second} if suffix == "diff" else None
        path = {"history_id": second} if suffix.endswith("{history_id}") else {}
        return scene.request("GET", f"/events/{{event_id}}/{suffix}", query=query, event_id=event.id, **path)

    return prepare


def _list_deleted(scene: Scene, _: int) -> GatewayEvent:
    if "deleted" not in scene.kept:
        scene.kept["deleted"] = [_restore(scene, index) for index in range(10)]
    return scene.request("GET", "/events/deleted")


def _now(scene: Scene, ago_seconds: int = 0) -> str:
    return datetime.fromtimestamp(scene.runtime.now() - ago_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _recorded(scene: Scene) -> Event:
    """A live event of an hour ago, recorded."""
    event = scene.store(scene.version(0, ago_seconds=3600))
    scene.record(event)
    return event


def _get_as_of(scene: Scene, _: int) -> GatewayEvent:
    event = _once(scene, lambda: _recorded(scene))
    return scene.request("GET", "/events/{event_id}", query={"as_of": _now(scene)}, event_id=event.id)


def _operation(scene: Scene, size: int) -> str:
    """An operation that made so many events, stored and recorded a while ago."""
    made = [scene.version(60 * index, ago_seconds=3600) for index in range(size)]
    operation_id = made[0].stamp.operation_id
    made = [replace(event, stamp=replace(event.stamp, operation_id=operation_id)) for event in made]
    scene.fill(made)
    scene.record(*made)
    return operation_id


def _window_as_of(scene: Scene, _: int) -> GatewayEvent:
    if "operation" not in scene.kept:
        scene.kept["operation"] = _operation(scene, FEW)
    query = {"from": at(0), "to": at(31 * 24 * 60), "as_of": _now(scene)}
    return scene.request("GET", "/events", query=query)


def _undo(scene: Scene, _: int) -> GatewayEvent:
    return scene.request("POST", "/operations/{operation_id}/undo", operation_id=_operation(scene, FEW))


def _later_operation(scene: Scene, kind: ChangeType, title: str = "Review") -> str:
    """An operation that changed the events of another one, all of one week, a while ago: stored and recorded."""
    made = [scene.version(60 * index, ago_seconds=3600) for index in range(FEW)]
    changed = [
        scene.version(60 * index, after=made[index], number=2, kind=kind, ago_seconds=1800, title=title)
        for index in range(FEW)
    ]
    operation_id = changed[0].stamp.operation_id
    changed = [replace(event, stamp=replace(event.stamp, operation_id=operation_id)) for event in changed]
    for event in changed:
        (scene.delete if kind == "delete" else scene.store)(event)
    scene.record(*made, *changed)
    return operation_id


def _undo_changes(scene: Scene, _: int) -> GatewayEvent:
    operation_id = _later_operation(scene, "update", title="Retro")
    return scene.request("POST", "/operations/{operation_id}/undo", operation_id=operation_id)


def _undo_deletions(query: dict[str, str] | None = None) -> Callable[[Scene, int], GatewayEvent]:
    def prepare(scene: Scene, _: int) -> GatewayEvent:
        operation_id = _later_operation(scene, "delete")
        return scene.request("POST", "/operations/{operation_id}/undo", query=query, operation_id=operation_id)

    return prepare


def _rollback(scene: Scene, index: int) -> GatewayEvent:
    first = scene.version(120 * index)
    scene.record(first)
    scene.store(scene.version(120 * index + 60, after=first, number=2, kind="update"))
    return scene.request("POST", "/events/{event_id}/rollback", {"history_id": first.history_id}, event_id=first.id)


def _restore(scene: Scene, index: int) -> GatewayEvent:
    first = scene.version(120 * index)
    scene.record(first)
    deleted = scene.version(120 * index, after=first, number=2, kind="delete")
    scene.delete(deleted)
    return scene.request("POST", "/events/{event_id}/rollback", {"history_id": first.history_id}, event_id=first.id)


def stream_records(scene: Scene, count: int) -> list[dict[str, Any]]:
    """What the stream brings when `count` events are made."""
    records = []
    for number in range(count):
        event = scene.version(60 * number)
        item = scene.item(event)
        change = {
            "ApproximateCreationDateTime": scene.runtime.now(),
            "Keys": {"pk": item["pk"], "sk": item["sk"]},
            "NewImage": item,
            "SequenceNumber": str(100_000_000_000_000_000_000 + number),
            "SizeBytes": 1000,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
        records.append({"eventID": event.id, "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": change})
    return records


def _records(scene: Scene, _: int) -> GatewayEvent:
    return {"Records": stream_records(scene, RECORDS)}


EVENT_ROUTES: Final = (
    Route("create", "events", _create, 201),
    Route("create, conflicts allowed", "events", _create_allowed, 201),
    Route("create, refused (409)", "events", _create_refused, 409),
    Route("list a window", "events", _window("/events")),
    Route("free and busy", "events", _window("/free-busy")),
    Route("get", "events", _get),
    Route("replace", "events", _replace),
    Route("patch no time", "events", _patch_title),
    Route("patch one time", "events", _patch_end),
    Route("patch both times", "events", _patch_both),
    Route("delete", "events", _delete, 204),
    Route("create under a key", "events", _keyed(_create), 201),
    Route("create under a key, repeated", "events", _repeated("events", _keyed(_create)), 201),
    Route("find by uid", "events", _by_uid),
    Route("bulk of 1,000", "bulk_create", _bulk(BULK), 201),
    Route("bulk of 1,000 under a key", "bulk_create", _keyed(_bulk(BULK)), 201),
    Route("bulk of 1,000 under a key, repeated", "bulk_create", _repeated("bulk_create", _keyed(_bulk(BULK))), 201),
    Route("bulk of 50 with uids", "bulk_create", _bulk_with_uids, 201),
    Route("bulk of 1,000 with a report of conflicts", "bulk_create", _bulk_with_report, 201),
    Route("list deleted", "events", _list_deleted),
    Route("get as of", "events", _get_as_of),
    Route("list a window as of", "events", _window_as_of),
    Route("undo of 10", "undo", _undo),
    Route("undo of 10 changes", "undo", _undo_changes),
    Route("undo of 10 deletions", "undo", _undo_deletions()),
    Route("undo of 10 deletions, conflicts allowed", "undo", _undo_deletions({"on_conflict": "allow"})),
    Route("list versions", "history", _history("history")),
    Route("one version", "history", _history("history/{history_id}")),
    Route("diff", "history", _history("diff")),
    Route("rollback", "rollback", _rollback),
    Route("restore", "rollback", _restore),
    Route("record 100 changes", "record_history", _records),
)


def _crowd(scene: Scene) -> None:
    """Two bulks of unchecked events in one hour, in the midst of which a request asks for time."""
    if "crowd" not in scene.kept:
        scene.fill([scene.version(index % 60, 1 + index % 9) for index in range(2 * BULK)])
        scene.kept["crowd"] = True


def _create_in_a_crowd(scene: Scene, _: int) -> GatewayEvent:
    _crowd(scene)
    return scene.request("POST", "/events", body(15, 30))


def _busy_crowd(scene: Scene, _: int) -> GatewayEvent:
    _crowd(scene)
    return scene.request("GET", "/free-busy", query={"from": at(0), "to": at(31 * 24 * 60)})


def _behind_stays(scene: Scene, _: int) -> GatewayEvent:
    """A month that is empty, behind a thousand stays of two weeks that were over two days before."""
    if "stays" not in scene.kept:
        scene.fill([scene.version(index - 17 * 24 * 60, 14 * 24 * 60) for index in range(BULK)])
        scene.kept["stays"] = True
    return scene.request("GET", "/events", query={"from": at(0), "to": at(31 * 24 * 60)})


def _behind_undone(scene: Scene, _: int) -> GatewayEvent:
    """A month as of now, in which a bulk was created and undone."""
    if "undone" not in scene.kept:
        made = [scene.version(index, ago_seconds=3600) for index in range(BULK)]
        scene.record(*made)
        scene.bury([replace(event, stamp=replace(event.stamp, type="delete", version=2)) for event in made])
        scene.kept["undone"] = True
    return scene.request("GET", "/events", query={"from": at(0), "to": at(31 * 24 * 60), "as_of": _now(scene)})


def _behind_restored(scene: Scene, _: int) -> GatewayEvent:
    """A month as of a moment between the undo of a bulk and the undo of that undo."""
    if "restored" not in scene.kept:
        made = [scene.version(index, ago_seconds=3600) for index in range(BULK)]
        deleted = [_after(scene, event, 2, "delete", 2400) for event in made]
        restored = [_after(scene, event, 3, "restore", 1200) for event in deleted]
        scene.record(*made, *deleted, *restored)
        scene.fill(restored)
        scene.kept["restored"] = True
    query = {"from": at(0), "to": at(31 * 24 * 60), "as_of": _now(scene, ago_seconds=1800)}
    return scene.request("GET", "/events", query=query)


def _after(scene: Scene, event: Event, number: int, kind: ChangeType, ago_seconds: int) -> Event:
    """The version of `event` that comes next, with its content."""
    later = scene.version(0, after=event, number=number, kind=kind, ago_seconds=ago_seconds)
    return replace(event, stamp=later.stamp)


def _create_behind_a_crowd(scene: Scene, _: int) -> GatewayEvent:
    """Ten bulks that are over when the wanted hour begins, and one event in the midst of it."""
    if "over" not in scene.kept:
        scene.fill([scene.version(index % 30, 1 + index % 30) for index in range(10 * BULK)])
        scene.store(scene.version(90, 30))
        scene.kept["over"] = True
    return scene.request("POST", "/events", body(60))


# Requests to calendars that would make them dear if their price grew with what lies in the way of their answers.
CROWDED_ROUTES: Final = (
    Route("create, refused in a crowded hour (409)", "events", _create_in_a_crowd, 409),
    Route("create, refused behind a crowd (409)", "events", _create_behind_a_crowd, 409),
    Route("free and busy of a crowded hour", "events", _busy_crowd),
    Route("list a window behind 1,000 long stays", "events", _behind_stays),
    Route("list a window as of, behind an undone bulk", "events", _behind_undone),
    Route("list a window as of, behind a restored bulk", "events", _behind_restored),
)
