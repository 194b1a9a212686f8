"""The local AWS enforces the policies of the template, so every test here is a run with them; and that it does."""

from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.harness.stack_process import Running
from tools.access import REGION

DENIED: Final = "AccessDeniedException"
# Functions that change events: the access table grants what they hold to, and they must not change that.
OF_EVENTS: Final = ("Events", "BulkCreate", "Rollback", "Undo", "History", "FindTime")
KEY: Final = {"pk": {"S": "CAL#01998f00-0000-7000-8000-00000000000b"}, "sk": {"S": "MEMBER#nobody"}}


def as_function(running: Running, function: str) -> Any:
    """A client of the database with the credentials of a function's role."""
    stack = running.stack
    roles = [role for page in stack.client("iam").get_paginator("list_roles").paginate() for role in page["Roles"]]
    (arn,) = (role["Arn"] for role in roles if f"-{function}FunctionRole-" in role["RoleName"])
    given = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="policies")["Credentials"]
    session = boto3.session.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name=REGION
    )
    return session.client("dynamodb", endpoint_url=stack.endpoint)


def table_of(running: Running, logical: str) -> str:
    """The name of a deployed table."""
    names: list[str] = running.stack.client("dynamodb").list_tables()["TableNames"]
    return next(name for name in names if f"-{logical}-" in name)


def refusal(call: Any, **arguments: Any) -> str:
    """Why a call is refused; empty if it is not."""
    try:
        call(**arguments)
    except ClientError as fault:
        return str(fault.response["Error"]["Code"])
    return ""


@pytest.mark.parametrize("function", OF_EVENTS)
def test_functions_of_events_cannot_write_grants(running: Running, function: str) -> None:
    database, table = as_function(running, function), table_of(running, "AccessTable")
    role = {**KEY, "role": {"S": "owner"}}
    assert refusal(database.put_item, TableName=table, Item=role) == DENIED
    assert refusal(database.delete_item, TableName=table, Key=KEY) == DENIED
    assert refusal(database.batch_write_item, RequestItems={table: [{"PutRequest": {"Item": role}}]}) == DENIED
    put = {"Put": {"TableName": table, "Item": role}}
    assert refusal(database.transact_write_items, TransactItems=[put]) == DENIED
    update = {"UpdateExpression": "SET #role = :role", "ExpressionAttributeNames": {"#role": "role"}}
    values = {"ExpressionAttributeValues": {":role": {"S": "owner"}}}
    assert refusal(database.update_item, TableName=table, Key=KEY, **update, **values) == DENIED
    # They may read them: so it is not for another reason that the rest is refused.
    keys = {"RequestItems": {table: {"Keys": [KEY], "ConsistentRead": True}}}
    assert refusal(database.batch_get_item, **keys) == ""


def test_functions_of_members_may_write_grants(running: Running) -> None:
    """The same call is allowed to who needs it: what refuses it above is the policy."""
    database, table = as_function(running, "Members"), table_of(running, "AccessTable")
    assert refusal(database.put_item, TableName=table, Item={**KEY, "role": {"S": "owner"}}) == ""
    assert refusal(database.delete_item, TableName=table, Key=KEY) == ""


def test_functions_of_members_cannot_write_events(running: Running) -> None:
    database, table = as_function(running, "Members"), table_of(running, "EventsTable")
    event = {"pk": KEY["pk"], "sk": {"S": "EVENT#01998f00-0000-7000-8000-00000000000c"}}
    assert refusal(database.put_item, TableName=table, Item=event) == DENIED
