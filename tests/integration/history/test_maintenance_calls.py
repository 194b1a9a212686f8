"""What the functions that keep the history read: how consistent, page by page, and what another hand wrote."""

import pytest

from shared.runtime import use
from tests.harness.botocore_faults import Wire
from tests.harness.gateway import Api
from tests.integration.history.history_deployment import HistoryDeployment
from tests.integration.history.upkeep import DAY, check, item_of, lose, made, put, redrive, retaining, sweep
from tests.integration.reads import Read, reads

MARKS: Read = ("Query", "history", None, True)
LIVE: Read = ("GetItem", "events", None, True)
SWEPT: Read = ("GetItem", "history", None, True)
RECORDED: Read = ("BatchGetItem", "history", None, True)
ALL_VERSIONS: Read = ("Scan", "history", None, False)
ALL_EVENTS: Read = ("Scan", "events", None, False)


@pytest.fixture
def wire(history_wire: Wire) -> Wire:
    """The wire between the functions and the database."""
    return history_wire


class TestReads:
    """No local database serves a stale read, so the requests themselves are looked at."""

    def test_of_a_check_are_strong_where_they_decide(self, kept: HistoryDeployment, wire: Wire) -> None:
        event_id, _ = made(kept, 6)
        lose(kept, event_id, 3, 6)
        kept.clock.forward(DAY)
        wire.requests.clear()
        assert check(event_id)["missing"] == 2
        assert reads(wire, kept.runtime.settings) == {MARKS, LIVE, SWEPT}
        wire.requests.clear()
        assert check()["missing"] == 2
        assert reads(wire, kept.runtime.settings) == {ALL_VERSIONS, ALL_EVENTS, RECORDED, MARKS, LIVE, SWEPT}

    def test_of_a_sweep_are_of_the_keys_alone(self, kept: HistoryDeployment, wire: Wire) -> None:
        made(kept, 3)
        kept.clock.forward(100 * DAY)
        wire.requests.clear()
        assert sweep()["swept"] == 2
        # A version that a stale page lacks is swept by the next sweep, and none is swept without its successor.
        assert reads(wire, kept.runtime.settings) == {ALL_VERSIONS}

    def test_of_records_as_old_as_the_retention_are_strong(self, kept: HistoryDeployment, wire: Wire) -> None:
        _, records = made(kept, 3)
        kept.clock.forward(100 * DAY)
        assert sweep()["swept"] == 2
        wire.requests.clear()
        assert kept.deliver(records) == []
        assert reads(wire, kept.runtime.settings) == {MARKS}
        kept.put_object("unreadable/1.json", records[0])
        wire.requests.clear()
        assert redrive()["replayed"] == 1
        assert reads(wire, kept.runtime.settings) == {MARKS}
        assert len(kept.versions()) == 2  # the newest version, and how far sweeps have gone


def in_pages_of(wire: Wire, operation: str, limit: int) -> None:
    """Let the database end each page of `operation` after `limit` items, as it does after 1 MB."""
    wire.rewrite(operation, lambda request: request.update(Limit=limit))


@pytest.mark.parametrize("limit", [1, 2, 5, 6])
def test_the_versions_of_an_event_are_checked_page_by_page(kept: HistoryDeployment, wire: Wire, limit: int) -> None:
    event_id, _ = made(kept, 8)
    lose(kept, event_id, 3, 6)
    kept.clock.forward(DAY)
    in_pages_of(wire, "Query", limit)
    wire.calls.clear()
    answer = check(event_id)
    assert [tuple(each) for gap in answer["gaps"] for each in gap["missing"]] == [(3, 3), (6, 6)]
    assert (answer["versions"], wire.calls["Query"]) == (6, 6 // limit + 1)


def test_the_number_before_a_change_around_the_api_is_read(kept: HistoryDeployment) -> None:
    """Version 3 is lost, and the hand's version has the same number: only what it followed tells."""
    event_id, _ = made(kept, 3)
    lose(kept, event_id, 3)
    put(kept, item_of(kept, event_id) | {"title": {"S": "by a script"}})
    assert kept.deliver() == []
    kept.clock.forward(3650 * DAY)  # the stream's clock is the machine's
    assert kept.numbers(event_id) == [1, 2, 3]
    for answer in (check(event_id), check()):
        assert [gap["missing"] for gap in answer["gaps"]] == [[(3, 3)]]


def test_an_id_that_a_script_has_made_up_is_no_version_to_look_for(kept: HistoryDeployment) -> None:
    """It sorts behind the version that the stream made of the script's change, and before what is too young."""
    event_id, _ = made(kept, 1)
    kept.clock.forward(3650 * DAY)
    assert Api()("PATCH", f"/events/{event_id}", {"title": "ten years later"}).status == 200
    item = item_of(kept, event_id)
    made_up = item["history_id"]["S"][:-1]
    kept.new_records()
    kept.empty(kept.runtime.settings.events_table)
    kept.new_records()
    put(kept, item | {"history_id": {"S": made_up}, "version": {"N": "5"}})
    assert kept.deliver() == []
    kept.clock.forward(DAY)
    assert [version["version"] for version in kept.versions_by_key().values()] == [{"N": "1"}, {"N": "5"}]
    assert max(version["history_id"]["S"] for version in kept.versions_by_key().values()) < made_up
    assert check(event_id)["gaps"] == []
    assert check()["gaps"] == []


def test_how_far_sweeps_have_gone_never_goes_back(kept: HistoryDeployment) -> None:
    """What was swept is not missing, also when versions are kept for longer from then on."""
    event_id, _ = made(kept, 4)
    kept.clock.forward(100 * DAY)
    assert sweep()["swept"] == 3
    assert Api()("PATCH", f"/events/{event_id}", {"title": "fifth"}).status == 200
    assert kept.deliver() == []
    kept.clock.forward(DAY)
    with use(retaining(kept, 1_000).runtime):
        assert sweep()["swept"] == 0
        assert check(event_id)["missing"] == 0
        assert check()["missing"] == 0


def test_a_replay_mends_also_the_newest_version_that_is_older_than_the_retention(kept: HistoryDeployment) -> None:
    _, records = made(kept, 2)
    kept.clock.forward(100 * DAY)
    assert sweep()["swept"] == 1
    before = kept.versions_by_key()
    ((key, newest),) = [(key, item) for key, item in before.items() if key[1] != "SWEPT"]
    kept.clients.dynamodb.put_item(
        TableName=kept.runtime.settings.history_table, Item={**newest, "title": {"S": "spoilt"}}
    )
    assert kept.versions_by_key()[key]["title"] == {"S": "spoilt"}
    assert kept.deliver(records) == []
    assert kept.versions_by_key() == before
