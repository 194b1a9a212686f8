"""Conditional writes of the events table, on a real DynamoDB: applied on condition, all or nothing."""

from dataclasses import fields, replace
from typing import Any

import pytest

from shared.errors import Contended
from shared.ids import EventId, HistoryId
from shared.retries import Deadline
from shared.runtime import Runtime
from shared.scheduling.events import NO_HISTORY_ID, Event, Stamp
from shared.scheduling.fences import FENCES, RECENT, Fence, fence_names
from shared.scheduling.instants import Instant, shifted
from shared.scheduling.preconditions import UNCONDITIONAL, Precondition, Tags
from shared.scheduling.updates import ConditionalUpdate
from shared.store import keys
from shared.store.bulk import DynamoBulkStore
from tests.harness.samples import ANOTHER, END, OWNER, START, event, new_id

FENCE = "c08"  # of START
DEADLINE = Deadline(5.0, lambda: 0.0, lambda _: None, lambda _: 0.0)


def later(before: Event, **content: Any) -> Event:
    """The next version of `before`, with `content` changed."""
    stamp = replace(before.stamp, history_id=new_id(), version=before.stamp.version + 1, type="update")
    return replace(before, content=replace(before.content, **content), stamp=stamp)


def put_item(runtime: Runtime, key: dict[str, Any], **attributes: Any) -> None:
    """What a script would put into the events table, around the API."""
    runtime.clients.dynamodb.put_item(TableName=runtime.settings.events_table, Item={**key, **attributes})


def fence(store: DynamoBulkStore, name: str = FENCE) -> Fence:
    return store.read_guarded(OWNER, None, [name])[1][0]


def test_an_event_comes_back_as_it_was_put(store: DynamoBulkStore) -> None:
    made = event(title="caf\u00e9 \U0001f600")
    made = replace(made, content=replace(made.content, description="a\nb", location="x" * 500, time_zone="Asia/Tokyo"))
    wall = replace(made.content, start_local="2027-03-01T18:00:00+09:00")
    made = replace(made, content=replace(wall, start_date="2027-03-01", end_date="2027-03-02"))
    made = replace(made, stamp=replace(made.stamp, reason="why", rolled_back_to=new_id(), on_conflict="allow"))
    store.put(made, None)
    assert store.get(OWNER, made.id) == made
    assert store.get(ANOTHER, made.id) is None


def test_a_new_event_is_put_only_where_there_is_none(store: DynamoBulkStore) -> None:
    made = event()
    store.put(made, None)
    with pytest.raises(Contended):
        store.put(later(made), None)
    assert store.get(OWNER, made.id) == made


def test_putting_the_same_version_again_is_no_fault(store: DynamoBulkStore) -> None:
    made = event()
    store.put(made, None)
    store.put(made, None)
    second = later(made)
    store.put(second, made)
    store.put(second, made)
    assert store.get(OWNER, made.id) == second


def test_a_version_is_put_only_over_the_one_it_was_made_of(store: DynamoBulkStore) -> None:
    first = event()
    store.put(first, None)
    second = later(first)
    store.put(second, first)
    with pytest.raises(Contended):
        store.put(later(first), first)
    with pytest.raises(Contended):
        store.put(later(event()), event())
    assert store.get(OWNER, first.id) == second


def test_an_item_of_a_script_can_be_changed_once(store: DynamoBulkStore, dynamodb_runtime: Runtime) -> None:
    made = event()
    content = {"id": made.id, "calendar_id": OWNER, "start": START, "end": END}
    bare = {name: {"S": value} for name, value in content.items()}
    put_item(dynamodb_runtime, keys.event_key(OWNER, made.id), **bare)
    stored = store.get(OWNER, made.id)
    assert stored is not None
    assert (stored.history_id, stored.stamp.version) == (NO_HISTORY_ID, 0)
    assert (stored.stamp.changed_by, stored.content.opaque, stored.content.title) == ("external", True, "")
    store.put(later(stored), stored)
    with pytest.raises(Contended):
        store.put(later(stored), stored)


def test_a_guarded_write_moves_its_fences(store: DynamoBulkStore) -> None:
    assert fence(store) == Fence(FENCE)
    made = event()
    store.put_guarded(made, None, [fence(store)])
    assert store.get(OWNER, made.id) == made
    assert fence(store) == Fence(FENCE).moved(made)
    second = event()
    store.put_guarded(second, None, [fence(store)])
    assert fence(store) == Fence(FENCE).moved(made).moved(second)


def test_a_fence_remembers_no_more_than_the_last_writes(store: DynamoBulkStore) -> None:
    made = [event() for _ in range(RECENT + 2)]
    for each in made:
        store.put_guarded(each, None, [fence(store)])
    assert [entry.event_id for entry in fence(store).recent] == [each.id for each in reversed(made[2:])]


def test_a_fence_that_remembers_all_that_it_can_is_one_write_unit(
    store: DynamoBulkStore, dynamodb_runtime: Runtime
) -> None:
    for _ in range(RECENT + 1):
        store.put_guarded(event(), None, [fence(store)])
    client, table = dynamodb_runtime.clients.dynamodb, dynamodb_runtime.settings.events_table
    item = client.get_item(TableName=table, Key=keys.fence_key(OWNER, FENCE))["Item"]
    # Alone: DynamoDB Local reports no more than one item's units of a transaction.
    written = client.put_item(TableName=table, Item=item, ReturnConsumedCapacity="TOTAL")
    assert written["ConsumedCapacity"]["CapacityUnits"] == 1


def test_a_fence_that_cannot_be_read_stops_the_write(store: DynamoBulkStore, dynamodb_runtime: Runtime) -> None:
    store.put_guarded(event(), None, [fence(store)])
    broken = {"value": {"S": new_id()}, "recent": {"L": [{"S": "AAAA"}]}}
    put_item(dynamodb_runtime, keys.fence_key(OWNER, FENCE), **broken)
    with pytest.raises(ValueError, match="length"):
        fence(store)


@pytest.mark.parametrize("moved_before", [False, True])
def test_a_guarded_write_is_refused_whole_if_one_fence_has_moved(store: DynamoBulkStore, moved_before: bool) -> None:
    names = ["c15", "c00", "c01"]
    if moved_before:
        store.put_guarded(event(), None, store.read_guarded(OWNER, None, names)[1])
    _, fences, _ = store.read_guarded(OWNER, None, names)
    rival, made = event(), event()
    store.put_guarded(rival, None, fences[1:2])
    before = store.read_guarded(OWNER, None, names)
    with pytest.raises(Contended):
        store.put_guarded(made, None, fences)
    assert store.get(OWNER, made.id) is None
    assert store.read_guarded(OWNER, None, names) == before


def test_a_guarded_write_is_refused_whole_if_the_event_has_changed(store: DynamoBulkStore) -> None:
    first = event()
    store.put_guarded(first, None, [fence(store)])
    store.put(second := later(first, title="Rival"), first)
    before = fence(store)
    for previous in (first, None):
        with pytest.raises(Contended):
            store.put_guarded(later(first), previous, [before])
    assert (store.get(OWNER, first.id), fence(store)) == (second, before)


def test_an_event_of_366_days_moves_all_fences_in_one_transaction(store: DynamoBulkStore) -> None:
    start = Instant("2027-03-07T23:59:59Z")
    made = event(start, shifted(start, 366 * 86_400))
    names = fence_names(made.content.interval)
    assert len(names) == FENCES
    store.put_guarded(made, None, store.read_guarded(OWNER, None, names)[1])
    read, fences, _ = store.read_guarded(OWNER, made.id, names)
    assert read == made
    assert [(each.name, each.value) for each in fences] == [(name, made.history_id) for name in names]


def test_fences_of_another_calendar_stand_still(store: DynamoBulkStore) -> None:
    made = event()
    store.put_guarded(made, None, [fence(store)])
    assert store.read_guarded(ANOTHER, made.id, [FENCE]) == (None, [Fence(FENCE)], None)


def revision(fields: dict[str, str], **changes: Any) -> ConditionalUpdate:
    stamp = replace(event().stamp, type="update", version=0)
    return _update(ConditionalUpdate(stamp, stamp.history_id, fields), **changes)


def deletion(**changes: Any) -> ConditionalUpdate:
    stamp = replace(event().stamp, type="delete", version=0)
    return _update(ConditionalUpdate(stamp, stamp.history_id, {}, expires_at=1_900_000_000), **changes)


def _update(
    update: ConditionalUpdate, if_match: frozenset[HistoryId] | None = None, **changes: Any
) -> ConditionalUpdate:
    condition = UNCONDITIONAL if if_match is None else Precondition(Tags(strong=if_match))
    return replace(update, condition=condition, **changes)


def test_a_revision_changes_fields_and_counts_the_version_up(store: DynamoBulkStore) -> None:
    first = replace(event(), stamp=replace(event().stamp, reason="why", rolled_back_to=new_id()))
    store.put(first, None)
    change = revision({"title": "Revised", "location": "Room 5"})
    content = replace(first.content, title="Revised", location="Room 5")
    expected = replace(first, content=content, stamp=replace(change.stamp, version=2))
    assert store.update(OWNER, first.id, change) == (True, expected)
    assert store.get(OWNER, first.id) == expected


# A value that each field of a stamp with a default can have beside that one.
SAID: dict[str, Any] = {
    "reason": "why",
    "on_conflict": "allow",
    "rolled_back_to": new_id(),
    "operation_size": 25,
    "occurrence": "20270322T090000",
}


def test_every_optional_field_of_a_stamp_is_known_here() -> None:
    named = {"type", "changed_by", "operation_id", "history_id", "version"}
    assert SAID.keys() == {each.name for each in fields(Stamp)} - named


@pytest.mark.parametrize("name", SAID)
def test_what_a_change_says_of_itself_stays_with_its_own_version(store: DynamoBulkStore, name: str) -> None:
    first = event()
    first = replace(first, stamp=replace(first.stamp, **{name: SAID[name]}))
    store.put(first, None)
    assert store.get(OWNER, first.id) == first
    for change in (revision({"title": "Revised"}), deletion()):
        _, after = store.update(OWNER, first.id, change)
        assert after is not None
        assert replace(after.stamp, version=0) == change.stamp
        assert after == store.get(OWNER, first.id)


@pytest.mark.parametrize("name", SAID)
def test_a_change_without_a_read_says_all_that_it_has_to_say(store: DynamoBulkStore, name: str) -> None:
    first = event()
    store.put(first, None)
    for change in (revision({"title": "Revised"}), deletion()):
        stamp = replace(change.stamp, history_id=new_id(), **{name: SAID[name]})
        applied, after = store.update(OWNER, first.id, replace(change, stamp=stamp, below=stamp.history_id))
        assert applied
        assert after is not None
        assert replace(after.stamp, version=0) == stamp


def test_a_revision_of_an_item_of_a_script_is_its_first_version(
    store: DynamoBulkStore, dynamodb_runtime: Runtime
) -> None:
    made = event()
    said = {"id": made.id, "calendar_id": OWNER, "start": START, "end": END}
    bare = {name: {"S": value} for name, value in said.items()}
    put_item(dynamodb_runtime, keys.event_key(OWNER, made.id), **bare)
    applied, after = store.update(OWNER, made.id, revision({"title": "Revised"}))
    assert applied
    assert after is not None
    assert (after.stamp.version, after.content.title) == (1, "Revised")


def test_a_refused_revision_shows_what_it_met(store: DynamoBulkStore) -> None:
    first = event()
    store.put(first, None)
    refused = [
        revision({"title": first.content.title}),
        revision({"title": "x"}, below=first.history_id),
        revision({"title": "x"}, if_match=frozenset({new_id()})),
        revision({"title": "x"}, if_match=frozenset()),
        deletion(if_match=frozenset({new_id()})),
        deletion(below=first.history_id),
    ]
    for each in refused:
        assert store.update(OWNER, first.id, each) == (False, first)
    assert store.update(OWNER, EventId(new_id()), revision({"title": "x"})) == (False, None)
    assert store.update(ANOTHER, first.id, revision({"title": "x"})) == (False, None)
    assert store.get(OWNER, first.id) == first


def test_a_revision_may_name_a_hundred_versions(store: DynamoBulkStore) -> None:
    first = event()
    store.put(first, None)
    tags = frozenset({first.history_id, *(new_id() for _ in range(99))})
    applied, after = store.update(OWNER, first.id, revision({"title": "x"}, if_match=tags))
    assert applied
    assert after is not None
    assert store.update(OWNER, first.id, deletion(if_match=frozenset({after.history_id, *tags} - {first.history_id})))[
        0
    ]


def test_a_deletion_leaves_a_tombstone_that_nothing_revises(store: DynamoBulkStore) -> None:
    first = event()
    store.put(first, None)
    applied, tombstone = store.update(OWNER, first.id, deletion())
    assert applied
    assert tombstone is not None
    assert (tombstone.deleted, tombstone.expires_at, tombstone.stamp.version) == (True, 1_900_000_000, 2)
    assert tombstone.content == first.content
    for each in (deletion(), revision({"title": "x"})):
        assert store.update(OWNER, first.id, each) == (False, tombstone)
    restored = later(tombstone)
    store.put(replace(restored, expires_at=None), tombstone)
    assert store.get(OWNER, first.id) == replace(restored, expires_at=None)


@pytest.mark.parametrize("count", [1, 25, 26, 130])
def test_all_are_put_and_read_back_together(store: DynamoBulkStore, count: int) -> None:
    made = [event(title=str(number)) for number in range(count)]
    assert store.put_all(made, DEADLINE) == {}
    assert store.get_many(OWNER, [each.id for each in made]) == {each.id: each for each in made}
    assert store.get_many(ANOTHER, [each.id for each in made]) == {}
