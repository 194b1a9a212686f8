"""What the tests of mails, addresses and resets share: a mailbox, and users of a deployment on DynamoDB Local."""

from collections.abc import Iterator

import pytest

from tests.harness.deployment import Deployment
from tests.harness.mailbox import Mailbox
from tests.integration.addresses.people import People


@pytest.fixture
def mailbox(dynamodb_deployment: Deployment) -> Iterator[Mailbox]:
    with Mailbox(dynamodb_deployment.runtime) as made:
        yield made


@pytest.fixture
def people(dynamodb_deployment: Deployment, mailbox: Mailbox) -> People:
    return People(dynamodb_deployment, mailbox)
