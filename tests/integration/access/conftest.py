from collections.abc import Iterator

import pytest

from tests.harness.deployment import Deployment
from tests.harness.whole_api import whole_api
from tests.integration.access.matrix import Cast


@pytest.fixture(scope="module")
def whole_deployment(dynamodb_endpoint: str) -> Iterator[Deployment]:
    """One for all tests of a module, which register users of their own."""
    with whole_api(dynamodb_endpoint) as deployment:
        yield deployment


@pytest.fixture
def cast(whole_deployment: Deployment) -> Cast:
    """Two users, and all callers."""
    return Cast(whole_deployment)
