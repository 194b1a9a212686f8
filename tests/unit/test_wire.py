"""What goes over the wire, held against botocore's own conversion by its model of the service."""

import json
from functools import lru_cache
from io import BytesIO
from typing import Any
from zlib import crc32

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel
from botocore.parsers import ResponseParserFactory
from botocore.serialize import JSONSerializer

from shared.errors import AnswerLost
from shared.store.client import UNANSWERED, Clients
from shared.store.faults import store_faults
from shared.store.wire import AsIsParser, AsIsParsers, AsIsSerializer

KEY = {"pk": {"S": "CAL#1"}, "sk": {"S": "EVENT#1"}}
ITEM = {
    **KEY,
    "title": {"S": "Café ☕ \u2028 \x7f"},
    "version": {"N": "12345678901234567890123456789012345678"},
    "gone": {"NULL": True},
    "recent": {"L": [{"M": {"event_id": {"S": "1"}, "open": {"BOOL": False}}}]},
    "tags": {"SS": ["a", "b"]},
}
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("GetItem", {"TableName": "events", "Key": KEY, "ConsistentRead": True}),
    ("PutItem", {"TableName": "events", "Item": ITEM, "ConditionExpression": "attribute_not_exists(pk)"}),
    ("UpdateItem", {"TableName": "events", "Key": KEY, "ExpressionAttributeValues": {":one": {"N": "1"}}}),
    ("DeleteItem", {"TableName": "users", "Key": KEY}),
    ("Query", {"TableName": "events", "Limit": 50, "ScanIndexForward": False, "ExclusiveStartKey": KEY}),
    ("Scan", {"TableName": "events", "Segment": 0, "TotalSegments": 4}),
    ("BatchGetItem", {"RequestItems": {"events": {"Keys": [KEY], "ConsistentRead": True}}}),
    ("BatchWriteItem", {"RequestItems": {"events": [{"PutRequest": {"Item": ITEM}}, {"DeleteRequest": {"Key": KEY}}]}}),
    (
        "TransactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "events", "Item": ITEM}}], "ClientRequestToken": "a token"},
    ),
]
ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("GetItem", {}),
    ("GetItem", {"Item": ITEM}),
    ("GetItem", {"Item": ITEM, "ConsumedCapacity": None}),
    ("UpdateItem", {"Attributes": ITEM}),
    ("Query", {"Items": [ITEM, ITEM], "Count": 2, "ScannedCount": 3, "LastEvaluatedKey": KEY}),
    ("Query", {"Items": [], "Count": 0, "ScannedCount": 0, "LastEvaluatedKey": None}),
    ("BatchGetItem", {"Responses": {"events": [ITEM]}, "UnprocessedKeys": {"events": {"Keys": [KEY]}}}),
    ("BatchWriteItem", {"UnprocessedItems": {"events": [{"PutRequest": {"Item": ITEM}}]}}),
    ("TransactWriteItems", {}),
]
REASONS = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": ITEM, "Message": "failed"}]
ERRORS: list[tuple[str, int, bytes]] = [
    ("PutItem", 400, b'{"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "Item": {}}'),
    ("TransactWriteItems", 400, json.dumps({"__type": "x#TransactionCanceledException", "message": "m"}).encode()),
    (
        "TransactWriteItems",
        400,
        json.dumps({"__type": "x#TransactionCanceledException", "CancellationReasons": REASONS}).encode(),
    ),
    ("GetItem", 500, b"<html>unavailable</html>"),
    ("GetItem", 503, b""),
]


@lru_cache(maxsize=1)
def session() -> botocore.session.Session:
    return botocore.session.get_session()


def operation(name: str, service: str = "dynamodb") -> OperationModel:
    return session().get_service_model(service).operation_model(name)


def response(status: int, body: bytes) -> dict[str, Any]:
    headers = {"x-amzn-requestid": "a request", "Content-Type": "application/x-amz-json-1.0"}
    return {"status_code": status, "headers": headers, "body": body, "context": {}}


@pytest.mark.parametrize(("name", "parameters"), REQUESTS, ids=[name for name, _ in REQUESTS])
def test_a_request_says_what_botocores_says(name: str, parameters: dict[str, Any]) -> None:
    ours = AsIsSerializer().serialize_to_request(parameters, operation(name))
    theirs = JSONSerializer().serialize_to_request(parameters, operation(name))
    assert json.loads(ours.pop("body")) == json.loads(theirs.pop("body")) == parameters
    assert ours == theirs


@pytest.mark.parametrize(("name", "answer"), ANSWERS)
def test_an_answer_says_what_botocores_says(name: str, answer: dict[str, Any]) -> None:
    given, shape = response(200, json.dumps(answer).encode()), operation(name).output_shape
    assert shape is not None
    theirs = ResponseParserFactory().create_parser("json").parse(given, shape)
    assert AsIsParser().parse(given, shape) == theirs
    assert theirs["ResponseMetadata"]["RequestId"] == "a request"


@pytest.mark.parametrize(("name", "status", "body"), ERRORS)
def test_an_error_is_botocores(name: str, status: int, body: bytes) -> None:
    shape, given = operation(name).output_shape, response(status, body)
    assert shape is not None
    theirs = ResponseParserFactory().create_parser("json").parse(given, shape)
    assert AsIsParser().parse(given, shape) == theirs
    assert theirs["Error"]["Code"]


def test_binary_goes_as_base64_both_ways() -> None:
    item = {**KEY, "extra": {"B": "AP8="}}
    sent = AsIsSerializer().serialize_to_request({"TableName": "events", "Item": item}, operation("PutItem"))
    theirs = JSONSerializer().serialize_to_request(
        {"TableName": "events", "Item": {**KEY, "extra": {"B": b"\x00\xff"}}}, operation("PutItem")
    )
    assert json.loads(sent["body"]) == json.loads(theirs["body"])
    shape = operation("GetItem").output_shape
    assert shape is not None
    assert AsIsParser().parse(response(200, json.dumps({"Item": item}).encode()), shape)["Item"] == item


BROKEN = [b'{"Item": {"pk"', b"<html>", b"\xff", b"", b"null", b"[]"]


class Raw(BytesIO):
    """A body as botocore reads it from urllib3."""

    def stream(self, **_: Any) -> Any:
        yield self.read()


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Clients:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "eu-central-1")
    return Clients("http://127.0.0.1:1")


def answering(client: Any, *bodies: bytes, **headers: str) -> tuple[list[bytes], list[Any]]:
    """Let `client` get `bodies`, one a try, with no network.

    Gives the bodies that it has not asked for, the last one kept, and those that it has sent.
    """
    left, sent = [*bodies], []

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.append(json.loads(request.body))
        body = left.pop(0) if len(left) > 1 else left[0]
        return AWSResponse("", 200, HTTPHeaders.from_dict(headers), Raw(body))

    client.meta.events.register("before-send.dynamodb", answer)
    return left, sent


@pytest.mark.parametrize("body", BROKEN)
def test_a_success_cut_short_is_a_lost_answer(clients: Clients, body: bytes) -> None:
    answering(clients.dynamodb_once, body)
    with pytest.raises(AnswerLost), store_faults():
        clients.dynamodb_once.batch_write_item(RequestItems={})


@pytest.mark.parametrize("body", BROKEN)
def test_a_read_that_is_cut_short_is_made_again(clients: Clients, body: bytes) -> None:
    whole = json.dumps({"Item": ITEM}).encode()
    # By the checksum that DynamoDB sends botocore knows that something is missing, and tries again.
    left, _ = answering(clients.dynamodb, body, whole, b"", **{"x-amz-crc32": str(crc32(whole))})
    answer = clients.dynamodb.get_item(TableName="events", Key=KEY)
    assert answer["Item"] == ITEM
    assert left == [b""]
    assert UNANSWERED in answer["ResponseMetadata"]


def test_other_protocols_are_botocores() -> None:
    assert type(AsIsParsers().create_parser("rest-xml")) is type(ResponseParserFactory().create_parser("rest-xml"))


def test_the_clients_send_requests_as_they_are(clients: Clients) -> None:
    """Should an upgrade of botocore not use `_serializer` any more, calls would be slow, and binary encoded twice."""
    item = {**KEY, "extra": {"B": "AP8="}}
    for client in (clients.dynamodb, clients.dynamodb_once):
        _, sent = answering(client, b"{}")
        client.put_item(TableName="events", Item=item)
        assert sent == [{"TableName": "events", "Item": item}]


def test_the_clients_give_answers_as_they_are(clients: Clients) -> None:
    """Botocore would decode the binary."""
    item = {**KEY, "extra": {"B": "AP8="}}
    for client in (clients.dynamodb, clients.dynamodb_once):
        answering(client, json.dumps({"Item": item}).encode())
        assert client.get_item(TableName="events", Key=KEY)["Item"] == item
