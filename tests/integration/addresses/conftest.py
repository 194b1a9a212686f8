"""What the tests of mails, addresses and resets share: a mailbox, and users of a deployment on DynamoDB Local."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from tests.harness.botocore_faults import as_handler, document, reply
from tests.harness.deployment import Deployment
from tests.harness.mailbox import Mailbox
from tests.harness.signing_keys import SECRETS
from tests.integration.addresses.people import People


@pytest.fixture
def mailbox(dynamodb_deployment: Deployment) -> Iterator[Mailbox]:
    with Mailbox(dynamodb_deployment.runtime) as made:
        yield made


@pytest.fixture
def people(dynamodb_deployment: Deployment, mailbox: Mailbox) -> Iterator[People]:
    """Users, in a deployment whose secrets are read from the tests: DynamoDB Local has none."""

    def secret(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        return reply(200, {"SecretString": SECRETS[document(request.body)["SecretId"]]})

    events = dynamodb_deployment.runtime.clients.secretsmanager.meta.events
    events.register("before-send.secretsmanager", as_handler(secret))
    yield People(dynamodb_deployment, mailbox)
    events.unregister("before-send.secretsmanager", as_handler(secret))
