"""A redrive: what lies in the bucket becomes versions, and then goes."""

import json
from typing import Any

import pytest

from shared.errors import Unavailable
from tests.harness.deployment import BUCKET
from tests.harness.gateway import Api, Context, invoke, payload
from tests.harness.stream import Record
from tests.integration.history.history_deployment import HistoryDeployment, no_deadline

LAMBDA_KEY = payload("redrive_history")["detail"]["object"]["key"]


def records_of(deployment: HistoryDeployment, count: int) -> list[Record]:
    """Records of new events."""
    event = {"start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z"}
    events = [{**event, "title": str(number)} for number in range(count)]
    assert Api()("POST", "/events/bulk", {"events": events}).status == 201
    return deployment.new_records()


def invocation_record(records: list[Record]) -> dict[str, Any]:
    """What the event source mapping puts into the bucket when it gives up.

    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    return {
        "requestContext": {
            "requestId": "316aa6d0-8154-4c7a-9af7-85d5f4a6bc81",
            "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:record-history",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 1001,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-11-22T08:59:58.717Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000001763798400000-8e2a5c1f",
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "approximateArrivalOfFirstRecord": "2026-11-21T08:59:58Z",
            "approximateArrivalOfLastRecord": "2026-11-21T08:59:58Z",
            "batchSize": len(records),
            "streamArn": "arn:aws:dynamodb:eu-central-1:123456789012:table/Events/stream/2026-11-22T00:00:00.000",
        },
        "payload": json.dumps({"Records": records}),
    }


def redrive(event: dict[str, Any] | None = None, milliseconds: int = 900_000) -> dict[str, Any]:
    answer: dict[str, Any] = invoke("redrive_history", event or {}, Context(milliseconds=milliseconds))
    return answer


def own_key(number: int) -> str:
    return f"unreadable/{number:064x}.json"


def test_what_lambda_has_given_up_on_is_replayed_when_s3_tells_of_it(deployment: HistoryDeployment) -> None:
    deployment.put_object(LAMBDA_KEY, invocation_record(records_of(deployment, 60)))
    answer = redrive(payload("redrive_history"))
    assert answer == {
        "complete": True,
        "objects": 1,
        "replayed": 1,
        "gone": 0,
        "left": 0,
        "failed_objects": 0,
        "unreadable": [],
        "failed": [],
        "token": None,
    }
    assert len(deployment.versions_by_key()) == 60
    assert deployment.objects() == {}


def test_a_notification_of_s3_does_as_well(deployment: HistoryDeployment) -> None:
    """Its keys are encoded as in a URL."""
    deployment.put_object("aws/lambda/a b+c", invocation_record(records_of(deployment, 2)))
    event = {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": "aws/lambda/a+b%2Bc"}}}]}
    assert redrive(event)["replayed"] == 1
    assert len(deployment.versions_by_key()) == 2


def test_it_may_be_told_twice(deployment: HistoryDeployment) -> None:
    deployment.put_object(LAMBDA_KEY, invocation_record(records_of(deployment, 2)))
    assert redrive(payload("redrive_history"))["replayed"] == 1
    before = deployment.versions_by_key()
    assert redrive(payload("redrive_history"))["gone"] == 1
    assert deployment.versions_by_key() == before


def test_a_batch_with_one_unreadable_record_stays_whole_and_the_rest_is_written(deployment: HistoryDeployment) -> None:
    records = records_of(deployment, 30)
    del records[3]["dynamodb"]["NewImage"]["start"]
    document = invocation_record(records)
    deployment.put_object(LAMBDA_KEY, document)
    for _ in range(2):
        answer = redrive()
        assert (answer["objects"], answer["replayed"], answer["left"]) == (1, 0, 1)
        assert answer["unreadable"][0]["key"] == LAMBDA_KEY
        assert "1 of 30" in answer["unreadable"][0]["why"]
        assert deployment.objects() == {LAMBDA_KEY: document}
        assert len(deployment.versions_by_key()) == 29


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b"\xff",
        b"[]",
        b"null",
        b"7",
        b'"Records"',
        b"{}",
        b'{"Records": 7}',
        b'{"Records": ["dynamodb"]}',
        b'{"Records": [7]}',
        b'{"payload": 7}',
        b'{"payload": "no JSON"}',
        b'{"DDBStreamBatchInfo": {"shardId": "1"}}',
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_an_object_that_holds_no_records_stays_and_is_named(deployment: HistoryDeployment, body: bytes) -> None:
    deployment.clients.s3.put_object(Bucket=BUCKET, Key=own_key(1), Body=body)
    deployment.put_object(own_key(2), records_of(deployment, 1)[0])
    answer = redrive()
    assert (answer["objects"], answer["replayed"], answer["left"]) == (2, 1, 1)
    assert [each["key"] for each in answer["unreadable"]] == [own_key(1)]
    assert deployment.clients.s3.get_object(Bucket=BUCKET, Key=own_key(1))["Body"].read() == body


def test_those_named_by_hand_and_no_others(deployment: HistoryDeployment) -> None:
    for number, record in enumerate(records_of(deployment, 3)):
        deployment.put_object(own_key(number), record)
    answer = redrive({"keys": [own_key(2), own_key(0), "never/there"]})
    assert (answer["replayed"], answer["gone"]) == (2, 1)
    assert deployment.objects().keys() == {own_key(1)}


def test_all_of_them_however_many_and_on_from_where_the_time_was_up(deployment: HistoryDeployment) -> None:
    records = records_of(deployment, 60)
    del records[0]["dynamodb"]["NewImage"]["start"]
    for number, record in enumerate(records):
        deployment.put_object(own_key(number), record)
    deployment.put_object(LAMBDA_KEY, invocation_record(records_of(deployment, 3)))

    class Hurried(Context):
        """Its time is up after two looks at the clock."""

        def get_remaining_time_in_millis(self) -> int:
            self.milliseconds -= 1
            return 900_000 if self.milliseconds > 0 else 0

    answers = [invoke("redrive_history", {}, Hurried(milliseconds=2))]
    while not answers[-1]["complete"]:
        answers.append(invoke("redrive_history", {"token": answers[-1]["token"]}, Hurried(milliseconds=2)))
    assert len(answers) == 4
    assert sum(answer["objects"] for answer in answers) == 61
    assert sum(answer["left"] for answer in answers) == 1
    assert deployment.objects().keys() == {own_key(0)}
    assert len(deployment.versions_by_key()) == 62


def test_an_object_goes_only_when_its_versions_are_there(
    deployment: HistoryDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.put_object(LAMBDA_KEY, invocation_record(records_of(deployment, 30)))
    with monkeypatch.context() as patch:
        patch.setattr("shared.wiring.maintenance.deadline", no_deadline)
        patch.setattr("shared.store.versions.batch_write", lambda *arguments: list(arguments[2]))
        answer = redrive()
        assert (answer["replayed"], answer["failed_objects"], answer["failed"]) == (0, 1, [LAMBDA_KEY])
        # Told by S3 it raises: Lambda tries an asynchronous invocation again.
        with pytest.raises(Unavailable):
            redrive(payload("redrive_history"))
    assert deployment.objects().keys() == {LAMBDA_KEY}
    assert redrive()["replayed"] == 1
    assert len(deployment.versions_by_key()) == 30
