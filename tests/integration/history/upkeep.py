"""Histories to look after: events with versions, what another hand does to them, and the functions that keep them."""

from dataclasses import replace
from typing import Any

from tests.harness.deployment import Item, settings_for
from tests.harness.gateway import Api, Context, invoke
from tests.harness.stream import Record
from tests.integration.history.history_deployment import HistoryDeployment

EVENT = {"title": "Review", "start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z"}
OWNER = Api().user_id
DAY = 24 * 3600


def retaining(deployment: HistoryDeployment, days: int) -> HistoryDeployment:
    """The same deployment, in which superseded versions are kept for so many days."""
    tables = {
        "EventsTable": deployment.runtime.settings.events_table,
        "HistoryTable": deployment.runtime.settings.history_table,
        "UsersTable": deployment.runtime.settings.users_table,
        "AccessTable": deployment.runtime.settings.access_table,
        "DirectoryTable": deployment.runtime.settings.directory_table,
    }
    settings = settings_for(tables, HISTORY_RETENTION_DAYS=str(days))
    return replace(deployment, runtime=replace(deployment.runtime, settings=settings))


def made(kept: HistoryDeployment, versions: int) -> tuple[str, list[Record]]:
    """An event with so many versions, made a second after one another and recorded, and its records."""
    event_id: str = Api()("POST", "/events", EVENT, on_conflict="allow").body["id"]
    for number in range(versions - 1):
        kept.clock.forward(1)
        assert Api()("PATCH", f"/events/{event_id}", {"title": f"Review {number}"}).status == 200
    records = kept.new_records()
    assert kept.deliver(records) == []
    return event_id, records


def lose(kept: HistoryDeployment, event_id: str, *numbers: int) -> None:
    """Lose versions of an event."""
    kept.forget(
        key
        for key, item in kept.versions_by_key().items()
        if key[0].endswith(event_id) and int(item["version"]["N"]) in numbers
    )


def check(event_id: str | None = None) -> dict[str, Any]:
    """Look for missing versions, of one event or of all."""
    event = {} if event_id is None else {"calendar_id": OWNER, "event_id": event_id}
    answer: dict[str, Any] = invoke("check_history", event, Context(milliseconds=900_000))
    return answer


def sweep() -> dict[str, Any]:
    """Delete the versions that have outlived their retention."""
    answer: dict[str, Any] = invoke("sweep_history", {}, Context(milliseconds=900_000))
    return answer


def redrive(event: dict[str, Any] | None = None) -> dict[str, Any]:
    """Replay what lies in the bucket, or what `event` names of it."""
    answer: dict[str, Any] = invoke("redrive_history", event or {}, Context(milliseconds=900_000))
    return answer


def bulk(kept: HistoryDeployment, count: int) -> list[Record]:
    """The records of so many new events."""
    events = [{**EVENT, "title": str(number)} for number in range(count)]
    assert Api()("POST", "/events/bulk", {"events": events}).status == 201
    return kept.new_records()


def item_of(kept: HistoryDeployment, event_id: str) -> Item:
    """The item of an event, to be written by another hand."""
    (found,) = [
        item for item in kept.scan(kept.runtime.settings.events_table) if item["sk"]["S"] == f"EVENT#{event_id}"
    ]
    return found


def put(kept: HistoryDeployment, item: Item) -> None:
    """Put an item around the API."""
    kept.clients.dynamodb.put_item(TableName=kept.runtime.settings.events_table, Item=item)
