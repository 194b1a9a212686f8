from collections.abc import Iterator

import pytest

from shared.runtime import use
from tests.harness.deployment import Deployment
from tests.harness.whole_api import whole_api
from tests.integration.sharing.people import People


@pytest.fixture(scope="module")
def whole_deployment(dynamodb_endpoint: str) -> Iterator[Deployment]:
    """One for all tests of a module, each of which has a calendar of its own."""
    with whole_api(dynamodb_endpoint) as deployment:
        yield deployment


@pytest.fixture
def people(dynamodb_deployment: Deployment) -> Iterator[People]:
    """Users on DynamoDB Local."""
    with use(dynamodb_deployment.runtime):
        yield People(dynamodb_deployment)
