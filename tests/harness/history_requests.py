"""Typical requests about history: versions, rollback, deleted events, time travel and undo."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from shared.scheduling.events import ChangeType, Event
from tests.harness.dataset import Dataset, GatewayEvent, at
from tests.harness.event_requests import MONTH
from tests.harness.routes import Prepare, Route

VERSIONS: Final = 20
FEW: Final = 10


def versions(data: Dataset, count: int) -> list[Event]:
    """Writes an event with `count` recorded versions, and returns them, oldest first."""
    made = [data.version(0)]
    for number in range(2, count + 1):
        made.append(data.version(0, after=made[-1], number=number, kind="update", title=f"Review {number}"))
    data.record(*made)
    data.store(made[-1])
    return made


def instant_of(data: Dataset, age_seconds: int = 0) -> str:
    """Returns the instant this many seconds ago."""
    return datetime.fromtimestamp(data.runtime.now() - age_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _versions(suffix: str) -> Prepare:
    def prepare(data: Dataset, _: int) -> GatewayEvent:
        first, second, *_rest = data.once("versions", lambda: versions(data, VERSIONS))
        query = {"from": first.history_id, "to": second.history_id} if suffix == "diff" else None
        path = {"history_id": second.history_id} if suffix.endswith("{history_id}") else {}
        return data.request("GET", f"/events/{{event_id}}/{suffix}", query=query, event_id=first.id, **path)

    return prepare


def _rollback(data: Dataset, index: int) -> GatewayEvent:
    first = data.version(120 * index)
    data.record(first)
    data.store(data.version(120 * index + 60, after=first, number=2, kind="update"))
    return data.request("POST", "/events/{event_id}/rollback", {"history_id": first.history_id}, event_id=first.id)


def _restore(data: Dataset, index: int) -> GatewayEvent:
    first = data.version(120 * index)
    data.record(first)
    data.store_deleted(data.version(120 * index, after=first, number=2, kind="delete"))
    return data.request("POST", "/events/{event_id}/rollback", {"history_id": first.history_id}, event_id=first.id)


def _list_deleted(data: Dataset, _: int) -> GatewayEvent:
    data.once("deleted", lambda: data.store_deleted(*(data.version(60 * index, kind="delete") for index in range(FEW))))
    return data.request("GET", "/events/deleted")


def _get_as_of(data: Dataset, _: int) -> GatewayEvent:
    (event,) = data.once("recorded", lambda: _operation(data, 1))
    return data.request("GET", "/events/{event_id}", query={"as_of": instant_of(data)}, event_id=event.id)


def _operation(data: Dataset, size: int) -> list[Event]:
    """Writes and records events that one operation created an hour ago."""
    made = _of_one_operation([data.version(60 * index, age_seconds=3600) for index in range(size)])
    data.store(*made)
    data.record(*made)
    return made


def _of_one_operation(events: list[Event]) -> list[Event]:
    operation_id = events[0].stamp.operation_id
    return [replace(event, stamp=replace(event.stamp, operation_id=operation_id)) for event in events]


def _window_as_of(data: Dataset, _: int) -> GatewayEvent:
    data.once("operation", lambda: _operation(data, FEW))
    return data.request("GET", "/events", query={"from": at(0), "to": at(MONTH), "as_of": instant_of(data)})


def _undo(data: Dataset, operation: list[Event], query: dict[str, str] | None = None) -> GatewayEvent:
    operation_id = operation[0].stamp.operation_id
    assert operation_id is not None
    return data.request("POST", "/operations/{operation_id}/undo", query=query, operation_id=operation_id)


def _undo_creation(data: Dataset, _: int) -> GatewayEvent:
    return _undo(data, _operation(data, FEW))


def _later_operation(data: Dataset, kind: ChangeType, title: str = "Review") -> list[Event]:
    """Writes and records a change, half an hour ago, of the events of another operation, all in one week."""
    made = [data.version(60 * index, age_seconds=3600) for index in range(FEW)]
    changed = _of_one_operation(
        [
            data.version(60 * index, after=event, number=2, kind=kind, age_seconds=1800, title=title)
            for index, event in enumerate(made)
        ]
    )
    (data.store_deleted if kind == "delete" else data.store)(*changed)
    data.record(*made, *changed)
    return changed


def _undo_changes(data: Dataset, _: int) -> GatewayEvent:
    return _undo(data, _later_operation(data, "update", title="Retro"))


def _undo_deletions(query: dict[str, str] | None = None) -> Prepare:
    return lambda data, _: _undo(data, _later_operation(data, "delete"), query)


HISTORY_ROUTES: Final = (
    Route("list deleted", "events", _list_deleted),
    Route("get as of", "events", _get_as_of),
    Route("list a window as of", "events", _window_as_of),
    Route("undo of 10", "undo", _undo_creation),
    Route("undo of 10 changes", "undo", _undo_changes),
    Route("undo of 10 deletions", "undo", _undo_deletions()),
    Route("undo of 10 deletions, conflicts allowed", "undo", _undo_deletions({"on_conflict": "allow"})),
    Route("list versions", "history", _versions("history")),
    Route("one version", "history", _versions("history/{history_id}")),
    Route("diff", "history", _versions("diff")),
    Route("rollback", "rollback", _rollback),
    Route("restore", "rollback", _restore),
)
