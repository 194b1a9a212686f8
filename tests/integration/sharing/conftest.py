from collections.abc import Iterator

import pytest

from tests.harness.deployment import Deployment
from tests.harness.whole_api import whole_api


@pytest.fixture(scope="module")
def whole_deployment(dynamodb_endpoint: str) -> Iterator[Deployment]:
    """One for all tests of a module, each of which has a calendar of its own."""
    with whole_api(dynamodb_endpoint) as deployment:
        yield deployment
