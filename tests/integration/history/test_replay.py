"""Ten thousand stream records of real traffic, delivered in every wrong way: the history is that of a clean run."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import pytest

from shared.request import Request
from shared.runtime import current, use
from shared.scheduling.bulk_items import Draft
from shared.scheduling.events import Content
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.terms import Terms
from shared.store import keys
from shared.store.batches import batch_write
from shared.wiring import bulk as bulk_wiring
from shared.wiring import calendar as wiring
from tests.harness.deployment import Item
from tests.harness.samples import request
from tests.harness.stream import Record
from tests.integration.history.event_source_mapping import EventSourceMapping, FaultyClients
from tests.integration.history.history_deployment import HistoryDeployment

RECORDS = 10_000
BULK = 1_000
BY_HAND = 900
REMOVED_BY_HAND = 50
SEED = 20_261_122
USERS = [f"01998f00-0000-7000-8000-00000000000{digit}" for digit in range(4)]
HOUR = 3600
DEADLINE = 300.0  # a slow machine is no fault of the history


def content(title: str, hour: int) -> Content:
    start = shifted(Instant("2027-03-01T00:00:00Z"), hour * HOUR)
    return Content(title=title, start=start, end=shifted(start, HOUR))


def asking(user_id: str) -> Request:
    runtime = current()
    return request(user_id, now_ns=runtime.now_ns(), deadline=runtime.deadline(DEADLINE))


def traffic_of(user_id: str) -> None:
    """What one user does: bulk creation, then edits, moves, deletions, restores, rollbacks, and a quick hand beside."""
    random = Random(user_id)  # noqa: S311 the same each time
    created = []
    for part in range(2):
        drafts = [Draft(number, content(f"{part} {number}", number)) for number in range(BULK)]
        made = bulk_wiring.bulk_creation(asking(user_id)).create(drafts)
        assert all(outcome.created for outcome in made.outcomes)
        created += [outcome.event for outcome in made.outcomes if outcome.event is not None]
    for number, event in enumerate(random.sample(created, 200)):
        calendar = wiring.calendar(asking(user_id))
        if number % 4 == 0:
            calendar.replace(event.id, content("moved", 5_000 + number), Terms(on_conflict="allow"))
        elif number % 4 == 1:
            calendar.delete(event.id)
            wiring.calendar(asking(user_id)).roll_back(event, Terms(on_conflict="allow", reason="it was needed"))
        elif number % 4 == 2:
            calendar.patch(event.id, {"description": "x" * 200})
            wiring.calendar(asking(user_id)).patch(event.id, {"location": "Room 5"})
        else:
            calendar.delete(event.id)


def external_traffic(deployment: HistoryDeployment) -> None:
    """A script around the API: it changes some items, leaving their stamps, and removes a few."""
    table = deployment.runtime.settings.events_table
    items = [
        item
        for item in deployment.scan(table)
        if item["sk"]["S"].startswith("EVENT#") and item["change_type"]["S"] != "delete"
    ]
    changed = [item | {"title": {"S": "by a script"}, "extra": {"B": "AP8="}} for item in items[:BY_HAND]]
    for at in range(0, len(changed), 25):
        assert batch_write(deployment.clients.dynamodb, table, changed[at : at + 25]) == []
    for item in items[BY_HAND : BY_HAND + REMOVED_BY_HAND]:
        deployment.clients.dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})


@pytest.fixture
def records(deployment: HistoryDeployment) -> list[Record]:
    """The stream of real traffic: at least ten thousand records."""
    with use(replace(deployment.runtime, now_ns=time.time_ns)), ThreadPoolExecutor(2) as users:
        list(users.map(traffic_of, USERS))
    external_traffic(deployment)
    captured = deployment.new_records()
    assert len(captured) >= RECORDS
    return captured


def test_the_history_is_the_same_however_badly_the_stream_is_delivered(
    deployment: HistoryDeployment, records: list[Record]
) -> None:
    random = Random(SEED)  # noqa: S311 the same each time
    EventSourceMapping(random).deliver(records)
    clean = deployment.versions_by_key()
    assert len(clean) == len(records)
    check_against_the_traffic(deployment, clean)
    deployment.empty(deployment.runtime.settings.history_table)

    copies = random.choices(records, k=len(records) // 10)
    shuffled = random.sample([*records, *copies], k=len(records) + len(copies))
    shuffled[5_000:5_000] = shuffled[3_000:4_000]  # a replay from a point that was passed
    clients = FaultyClients(deployment.clients, random, rate=0.12)
    mapping = EventSourceMapping(random)
    with use(replace(deployment.runtime, clients=clients)):
        mapping.deliver(shuffled)
    assert clients.seen.keys() == {"fine", *clients.KINDS}
    assert mapping.crashes > 0
    assert mapping.partial > 0
    mapping.deliver(records[-1_000:])
    assert deployment.versions_by_key() == clean


def check_against_the_traffic(deployment: HistoryDeployment, versions: dict[tuple[str, str], Item]) -> None:
    """The clean run itself: each change of each kind is a version, and so is the live state of each event."""
    by_hand = Counter(item["change_type"]["S"] for item in versions.values() if item["changed_by"]["S"] == "external")
    assert by_hand == {"update": BY_HAND, "delete": REMOVED_BY_HAND}
    kinds = Counter(item["change_type"]["S"] for item in versions.values() if item["changed_by"]["S"] != "external")
    assert kinds == {
        "create": len(USERS) * 2 * BULK,
        "update": len(USERS) * 150,
        "delete": len(USERS) * 100,
        "restore": len(USERS) * 50,
    }
    live = {
        (keys.history_partition(item["calendar_id"]["S"], item["id"]["S"]), item["history_id"]["S"])
        for item in deployment.scan(deployment.runtime.settings.events_table)
        if item["sk"]["S"].startswith("EVENT#")
    }
    assert live <= versions.keys()
