from collections.abc import Iterator

import pytest

from shared.runtime import use
from tests.harness.deployment import Deployment
from tests.integration.sharing.people import People


@pytest.fixture
def people(dynamodb_deployment: Deployment) -> Iterator[People]:
    """Users on DynamoDB Local."""
    with use(dynamodb_deployment.runtime):
        yield People(dynamodb_deployment)
