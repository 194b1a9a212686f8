"""What the functions that keep the history do when the database is busy, does not answer, or refuses."""

import json
from collections.abc import Callable

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError

from tests.harness.botocore_faults import FAULTS, Handler, Wire, document, refusal, refused, reply
from tests.harness.stream import Record
from tests.integration.history.history_deployment import HistoryDeployment
from tests.integration.history.upkeep import DAY, bulk, check, lose, made, redrive, sweep

SOME_TRIES = 3  # those that the SDK makes of one call


@pytest.fixture
def wire(history_wire: Wire) -> Wire:
    """The wire between the functions and the database."""
    return history_wire


# A write may also be in the way of another one, or of a transaction.
WRITE_FAULTS = {**FAULTS, "contended": refused("TransactionConflictException")}


def lay_out(wire: Wire, operation: str, fault: Handler, times: int) -> None:
    """Let the next calls of `operation` fail; the one behind them is served."""
    wire.forget()
    for _ in range(times):
        wire.then(operation, fault)
    wire.calls.clear()


@pytest.mark.parametrize("operation", ["Scan", "Query", "GetItem", "BatchGetItem"])
def test_a_check_asks_again(kept: HistoryDeployment, wire: Wire, operation: str) -> None:
    event_id, _ = made(kept, 4)
    lose(kept, event_id, 2, 4)
    kept.clock.forward(DAY)
    for name, fault in FAULTS.items():
        lay_out(wire, operation, fault, SOME_TRIES)
        answer = check()
        assert (answer["complete"], answer["missing"]) == (True, 2), name
        assert wire.calls[operation] > SOME_TRIES, name


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", ["Scan", "PutItem"])
def test_a_sweep_asks_again(kept: HistoryDeployment, wire: Wire, operation: str, fault: str) -> None:
    event_id, _ = made(kept, 3)
    kept.clock.forward(100 * DAY)
    lay_out(wire, operation, FAULTS[fault], SOME_TRIES)
    assert sweep()["swept"] == 2
    assert wire.calls[operation] == SOME_TRIES + 1
    assert kept.numbers(event_id) == [3]
    assert ("SWEPT", "SWEPT") in kept.versions_by_key()


@pytest.mark.parametrize("fault", WRITE_FAULTS)
def test_a_sweep_deletes_again_what_may_be_left(kept: HistoryDeployment, wire: Wire, fault: str) -> None:
    event_id, _ = made(kept, 3)
    kept.clock.forward(100 * DAY)
    lay_out(wire, "BatchWriteItem", WRITE_FAULTS[fault], 1)
    assert sweep()["swept"] == 2
    assert wire.calls["BatchWriteItem"] == 2
    assert kept.numbers(event_id) == [3]


def only_first(count: int) -> Callable[[AWSPreparedRequest, Wire], AWSResponse]:
    """The database takes the first `count` of a batch, and leaves the others unprocessed."""

    def handler(request: AWSPreparedRequest, wire: Wire) -> AWSResponse:
        ((table, asked),) = wire.requests["BatchWriteItem"][-1]["RequestItems"].items()
        body = json.dumps({"RequestItems": {table: asked[:count]}}).encode()
        request.body = body
        request.headers["Content-Length"] = str(len(body))
        assert wire.send(request).status_code == 200
        return reply(200, {"UnprocessedItems": {table: asked[count:]}})

    return handler


def test_a_sweep_deletes_what_the_database_has_left_unprocessed(kept: HistoryDeployment, wire: Wire) -> None:
    event_id, _ = made(kept, 8)
    kept.clock.forward(100 * DAY)
    take_two = only_first(2)
    wire.always["BatchWriteItem"] = lambda request: take_two(request, wire)
    wire.requests.clear()
    assert sweep()["swept"] == 7
    batches = [next(iter(each["RequestItems"].values())) for each in wire.requests["BatchWriteItem"]]
    assert [len(each) for each in batches] == [7, 5, 3, 1]
    assert kept.numbers(event_id) == [8]


@pytest.mark.parametrize("fault", WRITE_FAULTS)
def test_a_batch_of_versions_is_written_again(kept: HistoryDeployment, wire: Wire, fault: str) -> None:
    records = bulk(kept, 30)
    lay_out(wire, "BatchWriteItem", WRITE_FAULTS[fault], 1)
    assert kept.deliver(records) == []
    assert wire.calls["BatchWriteItem"] == 3
    assert len(kept.versions()) == 30


@pytest.mark.parametrize("fault", FAULTS)
def test_whether_a_version_has_outlived_its_retention_is_asked_again(
    kept: HistoryDeployment, wire: Wire, fault: str
) -> None:
    event_id, records = made(kept, 3)
    kept.clock.forward(100 * DAY)
    assert sweep()["swept"] == 2
    lay_out(wire, "Query", FAULTS[fault], 1)
    assert kept.deliver(records) == []
    assert wire.calls["Query"] == 3  # and once whether the one that stays was erased
    assert kept.numbers(event_id) == [3]


class TestOutOfTime:
    """What the database did not take is reported, by its sequence number and no other: Lambda delivers it again."""

    def numbers(self, records: list[Record]) -> list[str]:
        return [record["dynamodb"]["SequenceNumber"] for record in records]

    @pytest.mark.parametrize("fault", WRITE_FAULTS)
    def test_a_batch_that_failed_is_reported_whole(self, kept: HistoryDeployment, wire: Wire, fault: str) -> None:
        records = bulk(kept, 30)
        lay_out(wire, "BatchWriteItem", WRITE_FAULTS[fault], 1)
        failed = kept.deliver(records, milliseconds=0)
        assert len(failed) in {5, 25}  # whichever of the two batches came first
        assert set(failed) <= {*self.numbers(records)}
        assert len(kept.versions()) == 30 - len(failed)
        assert kept.deliver(records) == []
        assert len(kept.versions()) == 30

    def test_of_a_batch_taken_in_part_the_rest_is_reported(self, kept: HistoryDeployment, wire: Wire) -> None:
        records = bulk(kept, 20)
        take_some = only_first(12)
        wire.then("BatchWriteItem", lambda request: take_some(request, wire))
        assert kept.deliver(records, milliseconds=0) == self.numbers(records)[12:]
        assert len(kept.versions()) == 12

    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_version_that_may_have_outlived_its_retention_is_reported(
        self, kept: HistoryDeployment, wire: Wire, fault: str
    ) -> None:
        event_id, records = made(kept, 3)
        kept.clock.forward(100 * DAY)
        assert sweep()["swept"] == 2
        fresh = bulk(kept, 3)
        lay_out(wire, "Query", FAULTS[fault], 1)
        assert kept.deliver(records + fresh, milliseconds=0) == self.numbers(records)
        assert kept.numbers(event_id) == [3]
        assert len(kept.versions()) == 1 + 3 + 1


@pytest.mark.parametrize("code", ["ValidationException", "SerializationException"])
def test_a_version_that_the_database_refuses_for_good_is_put_aside(
    kept: HistoryDeployment, wire: Wire, code: str
) -> None:
    records = bulk(kept, 30)
    bad = records[7]["dynamodb"]["NewImage"]["history_id"]["S"]

    def refuse(request: AWSPreparedRequest) -> AWSResponse | None:
        return refusal(code) if bad in json.dumps(document(request.body)) else None

    wire.always["BatchWriteItem"] = refuse
    assert kept.deliver(records) == []
    assert list(kept.objects().values()) == [records[7]]
    assert len(kept.versions()) == 29
    answer = redrive()
    assert (answer["replayed"], answer["left"]) == (0, 1)
    assert code in answer["unreadable"][0]["why"]


def test_a_fault_that_is_neither_passes_and_nothing_is_put_aside(kept: HistoryDeployment, wire: Wire) -> None:
    """A denied action, a missing table: a defect of the deployment, and no fault of any record."""
    records = bulk(kept, 3)
    lay_out(wire, "BatchWriteItem", refused("AccessDeniedException"), 1)
    with pytest.raises(ClientError, match="AccessDenied"):
        kept.deliver(records)
    assert kept.objects() == {}
