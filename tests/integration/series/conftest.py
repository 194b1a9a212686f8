"""What the tests of series share: the wire to the database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.runtime import use
from tests.harness.botocore_faults import Unrepeated, Wire
from tests.harness.deployment import Deployment


@pytest.fixture
def wire(dynamodb_deployment: Deployment, dynamodb_endpoint: str) -> Iterator[Wire]:
    """All calls to DynamoDB Local, none of which is repeated."""
    clients = Unrepeated(dynamodb_endpoint)
    with use(replace(dynamodb_deployment.runtime, clients=clients)), Wire(clients) as wired:
        yield wired
