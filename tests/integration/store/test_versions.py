"""The history table on a real DynamoDB: pages, single versions, and the neighbours of one."""

from dataclasses import replace

import pytest

from shared.history.changes import Change
from shared.ids import EventId, HistoryId, OperationId
from shared.retries import Deadline
from shared.runtime import Runtime
from shared.scheduling.events import Event
from shared.store import keys
from shared.store.codec import Item, event_attributes
from shared.store.events import DynamoEventStore
from shared.store.history import DynamoHistoryStore
from shared.store.stream import change_in, version_item
from tests.harness.samples import ANOTHER, OWNER, event, new_id

DEADLINE = Deadline(5.0, lambda: 0.0, lambda _: None, lambda _: 0.0)


def version_of(each: Event) -> Item:
    """The item that the stream makes of the event as it is."""
    change = {"Keys": keys.event_key(each.calendar_id, each.id), "NewImage": event_attributes(each)}
    made = change_in({"eventName": "INSERT", "dynamodb": change})
    assert isinstance(made, Change)
    return version_item(made)


@pytest.fixture
def recorded(store: DynamoEventStore, dynamodb_runtime: Runtime) -> list[Event]:
    """Five versions of a live event, of which the stream has brought all but the fourth and the fifth."""
    event_id = new_id()
    made = [event(event_id=event_id, version=number) for number in range(1, 6)]
    for each in made[:3]:
        dynamodb_runtime.clients.dynamodb.put_item(
            TableName=dynamodb_runtime.settings.history_table,
            Item=version_of(each),
        )
    store.put(made[4], None)
    return made


def test_a_page_is_of_recorded_versions_newest_first(history: DynamoHistoryStore, recorded: list[Event]) -> None:
    event_id, live = recorded[0].id, recorded[4]
    assert history.page(OWNER, event_id, 10, None) == (recorded[2::-1], False, live)
    assert history.page(OWNER, event_id, 2, None) == (recorded[2:0:-1], True, live)
    assert history.page(OWNER, event_id, 10, recorded[2].history_id) == (recorded[1::-1], False, live)
    assert history.page(OWNER, event_id, 10, recorded[0].history_id) == ([], False, live)


def test_nobody_else_has_a_page_of_it(history: DynamoHistoryStore, recorded: list[Event]) -> None:
    assert history.page(ANOTHER, recorded[0].id, 10, None) == ([], False, None)
    assert history.read(ANOTHER, recorded[0].id, [recorded[0].history_id]) == ({}, None)
    assert history.page(OWNER, EventId(new_id()), 10, None) == ([], False, None)


def test_versions_are_read_by_their_ids_beside_the_live_event(
    history: DynamoHistoryStore, recorded: list[Event]
) -> None:
    wanted = [recorded[0].history_id, recorded[2].history_id, recorded[3].history_id]
    found = {each.history_id: each for each in (recorded[0], recorded[2])}
    assert history.read(OWNER, recorded[0].id, wanted) == (found, recorded[4])


def test_the_neighbours_of_a_version_need_not_surround_one_that_is_there(
    history: DynamoHistoryStore, recorded: list[Event]
) -> None:
    first, second, third, fourth, _ = recorded
    assert history.neighbours(OWNER, first.id, second.history_id) == (first, third)
    assert history.neighbours(OWNER, first.id, first.history_id) == (None, second)
    assert history.neighbours(OWNER, first.id, fourth.history_id) == (third, None)
    assert history.neighbours(OWNER, first.id, HistoryId("00000000-0000-7000-8000-000000000000")) == (None, first)


def test_the_newest_are_read_beside_the_live_event(history: DynamoHistoryStore, recorded: list[Event]) -> None:
    first, second, third, _, live = recorded
    assert history.newest(OWNER, first.id, third.history_id) == (second, live)
    assert history.latest_two(OWNER, first.id) == ([third, second], live)


def test_the_versions_of_an_operation_are_those_of_the_caller(
    history: DynamoHistoryStore, recorded: list[Event], dynamodb_runtime: Runtime
) -> None:
    first = recorded[0]
    operation_id = first.stamp.operation_id
    assert operation_id is not None
    assert history.operation(OWNER, operation_id) == [(first.id, first.history_id)]
    assert history.operation(ANOTHER, operation_id) == []
    assert history.operation(OWNER, OperationId(new_id())) == []
    theirs = event(calendar_id=ANOTHER)
    theirs = replace(theirs, stamp=replace(theirs.stamp, operation_id=operation_id))
    dynamodb_runtime.clients.dynamodb.put_item(
        TableName=dynamodb_runtime.settings.history_table, Item=version_of(theirs)
    )
    assert history.operation(ANOTHER, operation_id) == [(theirs.id, theirs.history_id)]
    assert history.operation(OWNER, operation_id) == [(first.id, first.history_id)]


def test_an_operation_in_an_event_that_another_hand_has_written_is_none() -> None:
    made = event()
    assert made.stamp.operation_id is not None
    forged = {**event_attributes(made), "operation": {"S": keys.operation(ANOTHER, made.stamp.operation_id)}}
    del forged["operation_id"]
    change = {"Keys": keys.event_key(OWNER, made.id), "NewImage": forged}
    made_of = change_in({"eventName": "INSERT", "dynamodb": change})
    assert isinstance(made_of, Change)
    version = version_item(made_of)
    assert "operation" not in version
