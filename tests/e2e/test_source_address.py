"""The address that the API takes a request to come from is that of its connection, whatever the request claims."""

import io
import zipfile
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.harness.sources import session_from
from tests.harness.stack_process import Running

CODE = """
def handler(event, _context):
    return {"statusCode": 200, "body": event["requestContext"]["identity"]["sourceIp"]}
"""


@pytest.fixture
def mirror(running: Running) -> Iterator[str]:
    """The URL of another API of the stack, which answers with the source address of the request."""
    lambda_, gateway = running.stack.client("lambda"), running.stack.client("apigateway")
    name = f"mirror-{uuid4().hex}"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("index.py", CODE)
    role = running.stack.client("iam").list_roles()["Roles"][0]["Arn"]
    function = lambda_.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    api = gateway.create_rest_api(name=name)["id"]
    (root,) = gateway.get_resources(restApiId=api)["items"]
    method = {"restApiId": api, "resourceId": root["id"], "httpMethod": "GET"}
    gateway.put_method(**method, authorizationType="NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    gateway.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=api, stageName="v1")
    yield f"{running.stack.endpoint}/_aws/execute-api/{api}/v1/"
    gateway.delete_rest_api(restApiId=api)
    lambda_.delete_function(FunctionName=name)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
@pytest.mark.parametrize("claimed", [{}, {"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}], ids=str)
def test_it_is_the_address_of_the_connection(mirror: str, address: str, claimed: dict[str, str]) -> None:
    with session_from(address) as session:
        answer = session.get(mirror, headers=claimed, timeout=60)
    assert (answer.status_code, answer.text) == (200, address)
