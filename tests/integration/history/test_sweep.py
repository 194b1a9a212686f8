"""Retention: what was superseded long ago goes, the newest version never, and no replay brings anything back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from shared.runtime import use
from tests.harness.deployment import settings_for
from tests.harness.gateway import Api, Context, invoke, payload
from tests.harness.stream import Record
from tests.integration.history.history_deployment import HistoryDeployment, no_deadline

EVENT = {"title": "Review", "start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z"}
DAY = 24 * 3600
RETENTION_DAYS = 10


@pytest.fixture
def kept(deployment: HistoryDeployment) -> Iterator[HistoryDeployment]:
    """A place where superseded versions are kept for ten days."""
    tables = {
        "EventsTable": deployment.runtime.settings.events_table,
        "HistoryTable": deployment.runtime.settings.history_table,
        "UsersTable": deployment.runtime.settings.users_table,
        "AccessTable": deployment.runtime.settings.access_table,
        "DirectoryTable": deployment.runtime.settings.directory_table,
    }
    settings = settings_for(tables, HISTORY_RETENTION_DAYS=str(RETENTION_DAYS))
    with use(replace(deployment.runtime, settings=settings)) as runtime:
        deployment = replace(deployment, runtime=runtime)
        deployment.new_records()  # those of other tests
        yield deployment


def create() -> str:
    event_id: str = Api()("POST", "/events", EVENT, on_conflict="allow").body["id"]
    return event_id


def change(event_id: str, title: str) -> None:
    assert Api()("PATCH", f"/events/{event_id}", {"title": title}).status == 200


def sweep(event: dict[str, Any] | None = None, context: Context | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = invoke(
        "sweep_history", event or payload("sweep_history"), context or Context(milliseconds=900_000)
    )
    return answer


def check() -> int:
    missing: int = invoke("check_history", {}, Context(milliseconds=900_000))["missing"]
    return missing


def test_a_version_goes_when_it_was_superseded_longer_ago_than_the_retention(kept: HistoryDeployment) -> None:
    event_id = create()
    kept.clock.forward(100 * DAY)
    change(event_id, "second")
    kept.clock.forward(4 * DAY)
    change(event_id, "third")
    assert kept.deliver() == []
    kept.clock.forward(RETENTION_DAYS * DAY - 4 * DAY - 1)
    assert sweep()["swept"] == 0  # the first one was what the event was until just within the retention
    kept.clock.forward(2)
    assert sweep()["swept"] == 1
    assert kept.numbers(event_id) == [2, 3]
    kept.clock.forward(4 * DAY)
    assert sweep()["swept"] == 1
    assert kept.numbers(event_id) == [3]
    kept.clock.forward(1000 * DAY)
    assert sweep() == {"read": 1, "swept": 0, "erased": 0, "token": None, "complete": True}
    assert kept.numbers(event_id) == [3]


def test_what_an_event_was_within_the_retention_can_still_be_told(kept: HistoryDeployment) -> None:
    event_id = create()
    kept.clock.forward(100 * DAY)
    change(event_id, "second")
    assert kept.deliver() == []
    kept.clock.forward(5 * DAY)
    assert sweep()["swept"] == 0
    as_of = "2027-03-01T00:00:00Z"  # ninety-nine days after the event was made
    assert Api()("GET", f"/events/{event_id}", as_of=as_of).body["title"] == "Review"


def test_a_deleted_event_keeps_its_deletion(kept: HistoryDeployment) -> None:
    event_id = create()
    assert Api()("DELETE", f"/events/{event_id}").status == 204
    assert kept.deliver() == []
    kept.clock.forward(1000 * DAY)
    assert sweep()["swept"] == 1
    assert kept.numbers(event_id) == [2]


def test_without_a_retention_everything_stays(deployment: HistoryDeployment) -> None:
    event_id = create()
    change(event_id, "second")
    assert deployment.deliver() == []
    deployment.clock.forward(10_000 * DAY)
    assert sweep() == {"read": 2, "swept": 0, "erased": 0, "token": None, "complete": True}
    assert deployment.numbers(event_id) == [1, 2]


def old_records(kept: HistoryDeployment) -> tuple[str, list[Record]]:
    """An event of four versions, of which a sweep has removed three, and its records."""
    event_id = create()
    for title in ("second", "third", "fourth"):
        kept.clock.forward(DAY)
        change(event_id, title)
    records = kept.new_records()
    assert kept.deliver(records) == []
    kept.clock.forward(100 * DAY)
    assert sweep()["swept"] == 3
    assert kept.numbers(event_id) == [4]
    return event_id, records


def test_a_replay_does_not_undo_it(kept: HistoryDeployment) -> None:
    event_id, records = old_records(kept)
    for replayed in (records, records[:2], records[1:], list(reversed(records))):
        assert kept.deliver(replayed) == []
        assert kept.numbers(event_id) == [4]


def test_a_redrive_does_not_undo_it(kept: HistoryDeployment) -> None:
    event_id, records = old_records(kept)
    for number, record in enumerate(records):
        kept.put_object(f"unreadable/{number}.json", record)
    answer = invoke("redrive_history", {}, Context(milliseconds=900_000))
    assert answer["replayed"] == 4
    assert kept.objects() == {}
    assert kept.numbers(event_id) == [4]


def test_a_version_that_comes_late_is_recorded_if_nothing_newer_of_its_event_is_that_old(
    kept: HistoryDeployment,
) -> None:
    event_id = create()
    first = kept.new_records()
    kept.clock.forward(100 * DAY)
    change(event_id, "second")
    second = kept.new_records()
    assert kept.deliver(second) == []
    assert kept.deliver(first) == []
    assert kept.numbers(event_id) == [1, 2]
    kept.clock.forward(100 * DAY)
    assert sweep()["swept"] == 1
    assert kept.deliver(first) == []
    assert kept.numbers(event_id) == [2]


def test_the_newest_comes_back_however_old_it_is(kept: HistoryDeployment) -> None:
    event_id, records = old_records(kept)
    kept.empty(kept.runtime.settings.history_table)
    assert kept.deliver(records[3:]) == []
    assert kept.numbers(event_id) == [4]


def test_only_records_older_than_the_retention_cost_a_look(kept: HistoryDeployment) -> None:
    _, records = old_records(kept)
    create()
    fresh = kept.new_records()
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    kept.clients.dynamodb_once.meta.events.register("before-call.dynamodb", note)
    try:
        assert kept.deliver(fresh) == []
        assert sorted(calls) == ["BatchWriteItem", "UpdateItem"]
        calls.clear()
        assert kept.deliver(records + fresh) == []
        # One for the retention of the event, and one for the version that stays: whether it is erased.
        assert sorted(calls) == ["BatchWriteItem", "Query", "Query", "UpdateItem"]
    finally:
        kept.clients.dynamodb_once.meta.events.unregister("before-call.dynamodb", note)


def test_what_was_swept_is_not_missing_also_when_the_retention_has_changed(
    kept: HistoryDeployment, deployment: HistoryDeployment
) -> None:
    event_id, _ = old_records(kept)
    assert check() == 0
    with use(deployment.runtime):  # kept for ever, from now on
        assert check() == 0
    change(event_id, "fifth")
    change(event_id, "sixth")
    assert kept.deliver() == []
    kept.forget(key for key, item in kept.versions_by_key().items() if item.get("version") == {"N": "5"})
    kept.clock.forward(DAY)
    assert check() == 1


class Hurried(Context):
    """Its time is up after two looks at the clock."""

    def get_remaining_time_in_millis(self) -> int:
        self.milliseconds -= 1
        return 900_000 if self.milliseconds > 0 else 0


def test_it_goes_on_from_where_the_time_was_up(kept: HistoryDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [create() for _ in range(10)]
    for event_id in events:
        for number in range(4):
            kept.clock.forward(1)
            change(event_id, str(number))
    assert kept.deliver() == []
    kept.clock.forward(100 * DAY)
    scan = kept.clients.dynamodb.scan
    monkeypatch.setattr(kept.clients.dynamodb, "scan", lambda **arguments: scan(**arguments, Limit=7))
    parts = [sweep(context=Hurried(milliseconds=2))]
    while not parts[-1]["complete"]:
        parts.append(sweep({"token": parts[-1]["token"]}, Hurried(milliseconds=2)))
    monkeypatch.undo()
    assert len(parts) > 5
    assert sum(part["swept"] for part in parts) == 40
    assert [kept.numbers(event_id) for event_id in events] == [[5]] * 10


def test_it_stops_where_the_database_is_too_busy(kept: HistoryDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    event_id = create()
    change(event_id, "second")
    assert kept.deliver() == []
    kept.clock.forward(100 * DAY)
    with monkeypatch.context() as patch:
        patch.setattr("shared.wiring.maintenance.deadline", no_deadline)
        patch.setattr("shared.store.versions.batch_delete", lambda *arguments: list(arguments[2]))
        answer = sweep()
        assert (answer["swept"], answer["complete"]) == (0, False)
    assert sweep({"token": answer["token"]})["swept"] == 1
    assert kept.numbers(event_id) == [2]


@contextmanager
def after_first(client: Any, operation: str, action: Callable[[], object]) -> Iterator[None]:
    """Run `action` once, when the first call of `operation` has been answered."""
    answered = []

    def act(**_: Any) -> None:
        answered.append(True)
        if len(answered) == 1:
            action()

    client.meta.events.register(f"after-call.dynamodb.{operation}", act)
    try:
        yield
    finally:
        client.meta.events.unregister(f"after-call.dynamodb.{operation}", act)
    assert answered


def test_a_record_written_while_its_successor_comes_is_swept_by_the_next_sweep(kept: HistoryDeployment) -> None:
    """record_history looks, and finds nothing newer; the newer version comes, a sweep passes; then it writes."""
    event_id = create()
    old = kept.new_records()
    change(event_id, "second")
    newer = kept.new_records()
    kept.clock.forward(100 * DAY)

    def meanwhile() -> None:
        assert kept.deliver(newer) == []
        assert sweep()["swept"] == 0

    with after_first(kept.clients.dynamodb_once, "Query", meanwhile):
        assert kept.deliver(old) == []
    assert kept.numbers(event_id) == [1, 2]
    assert sweep()["swept"] == 1
    assert kept.numbers(event_id) == [2]
    assert check() == 0


def test_what_goes_during_a_check_is_not_missing(kept: HistoryDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    event_id = create()
    for title in ("second", "third", "fourth"):
        kept.clock.forward(DAY)
        change(event_id, title)
    assert kept.deliver() == []
    kept.clock.forward(100 * DAY)
    scan = kept.clients.dynamodb.scan
    monkeypatch.setattr(kept.clients.dynamodb, "scan", lambda **arguments: scan(**arguments, Limit=1))
    with after_first(kept.clients.dynamodb, "Scan", sweep):
        assert check() == 0
    assert kept.numbers(event_id) == [4]
