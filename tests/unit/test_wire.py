"""What goes over the wire, held against botocore's own conversion by its model of the service."""

import json
from functools import lru_cache
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import HTTPClientError
from botocore.model import OperationModel
from botocore.parsers import ResponseParserFactory
from botocore.serialize import JSONSerializer

from shared.store.client import Clients
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


@pytest.mark.parametrize("body", [b'{"Item": {"pk"', b"<html>", b"\xff"])
def test_a_success_cut_short_is_a_lost_answer(body: bytes) -> None:
    shape = operation("GetItem").output_shape
    assert shape is not None
    with pytest.raises(HTTPClientError):
        AsIsParser().parse(response(200, body), shape)


def test_other_protocols_are_botocores() -> None:
    assert type(AsIsParsers().create_parser("rest-xml")) is type(ResponseParserFactory().create_parser("rest-xml"))


def test_the_clients_speak_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    clients = Clients("http://127.0.0.1:1")
    for client in (clients.dynamodb, clients.dynamodb_once):
        # Private names of botocore's: should an upgrade rename them, all would still work, and be slow.
        own: Any = client
        assert isinstance(own._serializer, AsIsSerializer)
        assert isinstance(own._endpoint._response_parser_factory, AsIsParsers)
