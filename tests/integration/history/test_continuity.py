"""The continuity check, on histories that have lost versions."""

import json
from random import Random
from typing import Any

import pytest

from shared.errors import InvalidCursor
from tests.harness.gateway import Api, Context, invoke, payload
from tests.integration.history.history_deployment import HistoryDeployment

OWNER = "01998f00-0000-7000-8000-000000000001"
EVENT = {"title": "Review", "start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z"}
GRACE = 15 * 60


def made(deployment: HistoryDeployment, versions: int) -> str:
    """An event with so many versions, all recorded, and so old that nothing of it can be on its way."""
    event_id: str = Api()("POST", "/events", EVENT, on_conflict="allow").body["id"]
    for number in range(versions - 1):
        deployment.clock.forward(1)
        assert Api()("PATCH", f"/events/{event_id}", {"title": f"Review {number}"}).status == 200
    assert deployment.deliver() == []
    return event_id


def lose(deployment: HistoryDeployment, event_id: str, *numbers: int) -> None:
    """Lose versions of an event."""
    deployment.forget(
        key
        for key, item in deployment.versions_by_key().items()
        if key[0].endswith(event_id) and int(item["version"]["N"]) in numbers
    )


def check(event: dict[str, Any] | None = None, context: Context | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = invoke("check_history", event or {}, context or Context(milliseconds=900_000))
    return answer


def check_one(event_id: str) -> dict[str, Any]:
    return check({"calendar_id": OWNER, "event_id": event_id})


def missing(answer: dict[str, Any]) -> dict[str, list[tuple[int, int]]]:
    return {gap["event_id"]: [tuple(each) for each in gap["missing"]] for gap in answer["gaps"]}


@pytest.mark.parametrize(
    ("lost", "found"),
    [
        ((), []),
        ((1,), [(1, 1)]),
        ((3,), [(3, 3)]),
        ((6,), [(6, 6)]),
        ((2, 3, 5), [(2, 3), (5, 5)]),
        ((1, 2, 3, 4, 5, 6), [(1, 6)]),
        ((4, 5, 6), [(4, 6)]),
    ],
)
def test_it_names_the_numbers_that_are_missing(
    deployment: HistoryDeployment, lost: tuple[int, ...], found: list[tuple[int, int]]
) -> None:
    other, event_id = made(deployment, 3), made(deployment, 6)
    lose(deployment, event_id, *lost)
    deployment.clock.forward(GRACE + 1)
    answer = check_one(event_id)
    assert missing(answer) == ({event_id: found} if found else {})
    assert answer["missing"] == len(lost)
    table = check(payload("check_history"))
    assert table["complete"]
    assert table["missing"] == len(lost)
    assert table["versions"] == 9 - len(lost)
    assert table["events"] == 2
    # Over the table, a gap below and one above the newest recorded version are found in different passes.
    numbers = {n for first, last in missing_of(table, event_id) for n in range(first, last + 1)}
    assert numbers == set(lost)
    assert missing_of(table, other) == []


def missing_of(answer: dict[str, Any], event_id: str) -> list[tuple[int, int]]:
    return [tuple(each) for gap in answer["gaps"] if gap["event_id"] == event_id for each in gap["missing"]]


def test_what_may_still_be_on_its_way_is_not_missing(deployment: HistoryDeployment) -> None:
    event_id = made(deployment, 3)
    lose(deployment, event_id, 2, 3)
    deployment.clock.forward(GRACE - 1)
    assert check()["missing"] == 0
    assert check_one(event_id)["missing"] == 0
    deployment.clock.forward(2)
    assert check()["missing"] == 2
    assert check_one(event_id)["missing"] == 2


def test_changes_around_the_api_leave_no_gap_whatever_number_they_write(deployment: HistoryDeployment) -> None:
    event_id = made(deployment, 3)
    table = deployment.runtime.settings.events_table
    (item,) = [each for each in deployment.scan(table) if each["sk"]["S"].startswith("EVENT#")]
    for number in ("3", "40", "2"):
        by_hand = {"version": {"N": number}, "title": {"S": f"{number} by hand"}}
        deployment.clients.dynamodb.put_item(TableName=table, Item=item | by_hand)
        assert deployment.deliver() == []
    deployment.clock.forward(24 * 3600 * 3650)
    assert Api()("PATCH", f"/events/{event_id}", {"title": "Retro"}).body["version"] == 3
    assert deployment.deliver() == []
    deployment.clock.forward(GRACE + 1)
    assert deployment.numbers(event_id) == [1, 2, 3, 3, 40, 2, 3]
    assert check()["missing"] == 0
    lose(deployment, event_id, 1)
    assert check()["missing"] == 1


def test_a_version_lost_before_a_change_around_the_api_is_missing(deployment: HistoryDeployment) -> None:
    event_id = made(deployment, 3)
    table = deployment.runtime.settings.events_table
    (item,) = [each for each in deployment.scan(table) if each["sk"]["S"].startswith("EVENT#")]
    lost = [key for key, each in deployment.versions_by_key().items() if each["version"] == {"N": "3"}]
    deployment.clients.dynamodb.put_item(TableName=table, Item=item | {"title": {"S": "by a script"}})
    assert deployment.deliver() == []
    deployment.forget(lost)  # its number is there all the same: that of the script's change
    deployment.clock.forward(24 * 3600 * 3650)
    assert missing(check_one(event_id)) == {event_id: [(3, 3)]}
    assert check()["missing"] == 1


def test_a_deleted_event_is_checked_too_and_one_that_is_gone(deployment: HistoryDeployment) -> None:
    event_id = made(deployment, 2)
    assert Api()("DELETE", f"/events/{event_id}").status == 204
    assert deployment.deliver() == []
    lose(deployment, event_id, 2)
    deployment.clock.forward(GRACE + 1)
    assert missing(check()) == {event_id: [(2, 2)]}
    deployment.empty(deployment.runtime.settings.events_table)
    assert missing(check()) == {event_id: [(2, 2)]}


def test_it_publishes_how_many_are_missing_also_when_none_is(
    deployment: HistoryDeployment, capsys: pytest.CaptureFixture[str]
) -> None:
    event_id = made(deployment, 4)
    deployment.clock.forward(GRACE + 1)

    def published(event: dict[str, Any] | None = None) -> list[Any]:
        capsys.readouterr()
        check(event)
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [(line["FunctionName"], line["HistoryGaps"]) for line in lines if "_aws" in line]

    assert published() == [("function", [0.0])]
    lose(deployment, event_id, 2, 4)
    assert published() == [("function", [2.0])]
    assert published({"calendar_id": OWNER, "event_id": event_id}) == []


class Hurried(Context):
    """Its time is up after two looks at the clock."""

    def get_remaining_time_in_millis(self) -> int:
        self.milliseconds -= 1
        return 900_000 if self.milliseconds > 0 else 0


def test_it_goes_on_from_where_the_time_was_up(deployment: HistoryDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(4)  # noqa: S311 the same each time
    events = [made(deployment, 5) for _ in range(12)]
    lost = {event_id: random.sample(range(1, 6), k=number % 3) for number, event_id in enumerate(events)}
    for event_id, numbers in lost.items():
        lose(deployment, event_id, *numbers)
    deployment.clock.forward(GRACE + 1)
    scan = deployment.clients.dynamodb.scan
    monkeypatch.setattr(deployment.clients.dynamodb, "scan", lambda **arguments: scan(**arguments, Limit=7))
    token: str | None = None
    parts: list[dict[str, Any]] = []
    while not parts or not parts[-1]["complete"]:
        parts.append(check({"token": token} if token else {}, Hurried(milliseconds=2)))
        token = parts[-1]["token"]
    assert len(parts) > 5
    assert parts[-1]["missing"] == sum(map(len, lost.values()))
    assert parts[-1]["events"] == 12
    found: dict[str, set[int]] = {}
    for part in parts:
        for gap in part["gaps"]:
            numbers_of = found.setdefault(gap["event_id"], set())
            numbers_of.update(n for first, last in gap["missing"] for n in range(first, last + 1))
    assert found == {event_id: set(numbers) for event_id, numbers in lost.items() if numbers}


@pytest.mark.parametrize("token", ["", "x", "eyJxdWVyeSI6ImNoZWNrIn0", "W10"])
def test_a_token_of_something_else_is_refused(deployment: HistoryDeployment, token: str) -> None:
    made(deployment, 1)
    with pytest.raises(InvalidCursor):
        check({"token": token})
