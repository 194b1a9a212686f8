"""Records that cannot be made into versions: each goes whole into the bucket, alone, and the rest go on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.history.changes import UnreadableRecordError
from shared.runtime import use
from shared.store import stream
from shared.store.client import Clients
from tests.harness.gateway import Api, Context, invoke, payload
from tests.harness.stream import Record
from tests.integration.history.history_deployment import HistoryDeployment

HOUR = [f"2027-03-01T{hour:02d}:00:00Z" for hour in range(24)]


def hundred(deployment: HistoryDeployment) -> list[Record]:
    """A batch of a hundred records of new events."""
    events = [{"title": str(number), "start": HOUR[9], "end": HOUR[10]} for number in range(100)]
    assert Api()("POST", "/events/bulk", {"events": events}).status == 201
    return deployment.new_records()


def title_of(record: Record) -> str:
    title: str = record["dynamodb"]["NewImage"]["title"]["S"]
    return title


def titles(deployment: HistoryDeployment) -> set[str]:
    return {item["title"]["S"] for item in deployment.versions_by_key().values()}


def redrive(event: dict[str, Any] | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = invoke("redrive_history", event or {}, Context(milliseconds=900_000))
    return answer


def told(key: str) -> dict[str, Any]:
    """What EventBridge says when an object has been put."""
    event = payload("redrive_history")
    event["detail"]["object"]["key"] = key
    return event


def metrics(printed: str) -> list[dict[str, Any]]:
    """The metrics in what a function has printed, in the embedded metric format."""
    return [line for line in map(json.loads, printed.splitlines()) if "_aws" in line]


def test_one_in_a_batch_of_a_hundred(deployment: HistoryDeployment, capsys: pytest.CaptureFixture[str]) -> None:
    records = hundred(deployment)
    sound = deepcopy(records[41])
    del records[41]["dynamodb"]["NewImage"]["start"]
    capsys.readouterr()
    assert deployment.deliver(records) == []
    assert titles(deployment) == {str(number) for number in range(100)} - {title_of(sound)}
    assert len(deployment.versions_by_key()) == 99
    ((key, kept),) = deployment.objects().items()
    assert kept == records[41]
    (metric,) = metrics(capsys.readouterr().out)
    assert metric["UnreadableRecord"] == [1.0]
    assert metric["FunctionName"] == "function"

    # EventBridge tells of the new object: nothing has changed, so it stays, and no other is made.
    answer = redrive(told(key))
    assert (answer["replayed"], answer["left"]) == (0, 1)
    assert answer["unreadable"][0]["key"] == key
    assert deployment.objects() == {key: records[41]}

    # Somebody mends the object in its place, and EventBridge tells of that.
    deployment.put_object(key, sound)
    answer = redrive(told(key))
    assert (answer["replayed"], answer["left"]) == (1, 0)
    assert deployment.objects() == {}
    assert titles(deployment) == {str(number) for number in range(100)}
    assert len(deployment.versions_by_key()) == 100


def test_the_fix_may_be_a_function_that_can_read_it(
    deployment: HistoryDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = hundred(deployment)
    change_in = stream.change_in

    def unable(record: Record) -> Any:
        if title_of(record) == "41":
            raise UnreadableRecordError("KeyError: 'a field that this version of the function does not know'")
        return change_in(record)

    with monkeypatch.context() as before_the_fix:
        before_the_fix.setattr("shared.store.stream.change_in", unable)
        assert deployment.deliver(records) == []
        assert len(deployment.versions_by_key()) == 99
        assert redrive()["left"] == 1
    assert redrive()["replayed"] == 1
    assert len(deployment.versions_by_key()) == 100
    assert deployment.objects() == {}
    assert redrive()["objects"] == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.pop("eventName"),
        lambda record: record.pop("dynamodb"),
        lambda record: record["dynamodb"].pop("Keys"),
        lambda record: record["dynamodb"].pop("NewImage"),
        lambda record: record["dynamodb"].update(Keys={"pk": {"S": "CAL#x"}, "sk": {"N": "1"}}),
        lambda record: record["dynamodb"]["NewImage"].update(end={"N": "1"}),
        lambda record: record["dynamodb"]["NewImage"].update(version={"S": "one"}),
        lambda record: record["dynamodb"]["NewImage"].update(version={"N": "one"}),
        lambda record: record["dynamodb"]["NewImage"].update(extra={"B": "no base64!"}),
        lambda record: record["dynamodb"]["NewImage"].update(extra={"X": "no type"}),
        lambda record: record["dynamodb"]["NewImage"].update(extra="no attribute value"),
        lambda record: record["dynamodb"]["NewImage"].update(extra={"S": "a", "N": "1"}),
        lambda record: record["dynamodb"]["NewImage"].update(extra={"N": "no number"}),
        lambda record: record["dynamodb"]["NewImage"].update(span={"S": ""}),
        lambda record: record["dynamodb"]["NewImage"].update(extra={"S": "x" * 400 * 1024}),
        lambda record: record["dynamodb"]["NewImage"].update(extra={"SS": []}),
    ],
)
def test_whatever_is_wrong_with_it_its_neighbours_go_on(deployment: HistoryDeployment, spoil: Any) -> None:
    records = hundred(deployment)[:30]
    spoil(records[7])
    assert deployment.deliver(records) == []
    assert len(deployment.versions_by_key()) == 29
    assert list(deployment.objects().values()) == [records[7]]
    assert deployment.deliver(records) == []
    assert list(deployment.objects().values()) == [records[7]]


class NoBucket(Clients):
    """Clients whose S3 does not answer, or refuses."""

    def __init__(self, clients: Clients, fault: Exception) -> None:
        super().__init__(clients.dynamodb.meta.endpoint_url)
        self._fault = fault

    @property
    def s3(self) -> Any:
        return self

    def put_object(self, **_: Any) -> None:
        raise self._fault


@contextmanager
def without_bucket(deployment: HistoryDeployment, fault: Exception) -> Iterator[None]:
    with use(replace(deployment.runtime, clients=NoBucket(deployment.clients, fault))):
        yield


@pytest.mark.parametrize(
    "fault",
    [
        ClientError({"Error": {"Code": "SlowDown", "Message": "Reduce your request rate"}}, "PutObject"),
        EndpointConnectionError(endpoint_url="s3"),
    ],
    ids=["refused", "unreachable"],
)
def test_without_the_bucket_it_is_reported_and_nothing_is_lost(deployment: HistoryDeployment, fault: Exception) -> None:
    records = hundred(deployment)
    for number in (41, 42):
        del records[number]["dynamodb"]["NewImage"]["start"]
    with without_bucket(deployment, fault):
        failed = deployment.deliver(records)
    assert failed == [records[number]["dynamodb"]["SequenceNumber"] for number in (41, 42)]
    assert len(deployment.versions_by_key()) == 98
    assert deployment.deliver(records[41:]) == []
    assert len(deployment.objects()) == 2


def test_without_a_number_to_report_it_by_the_whole_batch_fails(deployment: HistoryDeployment) -> None:
    records = hundred(deployment)
    del records[41]["dynamodb"]
    with without_bucket(deployment, EndpointConnectionError(endpoint_url="s3")):
        # An empty identifier: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
        assert deployment.deliver(records) == [""]
    assert len(deployment.versions_by_key()) == 99
