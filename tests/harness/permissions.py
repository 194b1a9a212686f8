"""IAM's answer to a function's calls of DynamoDB: the policies of the template, evaluated on recorded calls.

The local stack enforces actions and tables, but knows nothing of partition keys (`dynamodb:LeadingKeys`).
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from shared.store.client import Clients
from tests.harness.template import resources

Json = dict[str, Any]
_TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


@dataclass(frozen=True, slots=True)
class Access:
    """What IAM is asked: an action, on a table or on one of its indexes, with the partition keys that it is for.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """

    action: str
    table: str
    index: str | None
    keys: frozenset[str]


@contextmanager
def accesses(clients: Clients) -> Iterator[list[Access]]:
    """Yields the list of what the calls of DynamoDB within the block are, which grows with each call."""
    found: list[Access] = []

    def note(params: Json, model: Any, **_: Any) -> None:
        found.extend(_accesses_of(model.name, params))

    emitters = [client.meta.events for client in (clients.dynamodb, clients.dynamodb_once)]
    for emitter in emitters:
        emitter.register("provide-client-params.dynamodb", note)
    try:
        yield found
    finally:
        for emitter in emitters:
            emitter.unregister("provide-client-params.dynamodb", note)


def _accesses_of(operation: str, request: Json) -> Iterator[Access]:
    match operation:
        case "TransactWriteItems":
            for each in request["TransactItems"]:
                ((kind, item),) = each.items()
                yield Access(_TRANSACTED[kind], item["TableName"], None, _keys([item]))
        case "BatchGetItem":
            for table, each in request["RequestItems"].items():
                yield Access(operation, table, None, _keys([{"Key": key} for key in each["Keys"]]))
        case "BatchWriteItem":
            for table, writes in request["RequestItems"].items():
                yield Access(operation, table, None, _keys([item for write in writes for item in write.values()]))
        case "Query":
            (name,) = re.findall(r"^\S+ = (:\w+)", request["KeyConditionExpression"])
            keys = frozenset({request["ExpressionAttributeValues"][name]["S"]})
            yield Access(operation, request["TableName"], request.get("IndexName"), keys)
        case "Scan":
            yield Access(operation, request["TableName"], request.get("IndexName"), frozenset())
        case _:
            yield Access(operation, request["TableName"], None, _keys([request]))


def _keys(items: Iterable[Json]) -> frozenset[str]:
    """Returns the partition keys of items, each given as `Key` or `Item`."""
    return frozenset((item.get("Key") or item["Item"])["pk"]["S"] for item in items)


def statements(function: str) -> list[Json]:
    """Returns the statements about tables in the policies of the function whose file is `function`."""
    (found,) = [
        each for each in resources("AWS::Serverless::Function").values() if each["Handler"] == f"{function}.handler"
    ]
    return [
        statement
        for policy in found.get("Policies", [])
        for statement in policy.get("Statement", [])
        if any(action.startswith("dynamodb:") for action in statement["Action"])
    ]


def allows(function: str, access: Access, logical_ids: dict[str, str]) -> bool:
    """Returns whether a statement of a function's policies allows `access`; `logical_ids` are those of the tables."""
    table = logical_ids[access.table]
    resource = {"Sub": f"${{{table}.Arn}}/index/{access.index}"} if access.index else {"GetAtt": f"{table}.Arn"}
    return any(
        f"dynamodb:{access.action}" in statement["Action"]
        and resource in (each if isinstance(each := statement["Resource"], list) else [each])
        and all(any(fnmatchcase(key, pattern) for pattern in patterns(statement)) for key in access.keys)
        for statement in statements(function)
    )


def patterns(statement: Json) -> list[str]:
    """Returns the patterns of partition keys that a statement is limited to: `*` if it is not.

    Raises:
        ValueError: The statement has another condition, which nothing here evaluates.
    """
    match statement.get("Condition"):
        case None:
            return ["*"]
        case {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [*found], **others}, **more} if not others | more:
            return [str(pattern) for pattern in found]
        case condition:
            raise ValueError(f"unknown condition: {condition}")
