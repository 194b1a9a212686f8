"""A deployment in which requests take the whole way: tokens, authorizer, function and a real database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import uuid4

import pytest
from moto import mock_aws
from moto.core.config import DefaultConfig

from shared.runtime import Runtime, use
from shared.store.client import Clients
from tests.harness.deployment import BUCKET, Deployment, settings_for
from tests.harness.signing_keys import SECRETS
from tests.harness.template import create_tables
from tools.local_stack import HOST

REGION: Final = "eu-central-1"


@contextmanager
def whole_api(dynamodb_endpoint: str) -> Iterator[Deployment]:
    """Yields a deployment with tables of its own on DynamoDB Local, and with moto's bucket and secrets.

    Its clock is set to 2026-11-22T09:00:00Z.
    """
    passthrough: DefaultConfig = {"core": {"passthrough": {"urls": [rf"^https?://{HOST}.*"]}}}
    with mock_aws(config=passthrough), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", uuid4().hex)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        clients, simulated = Clients(dynamodb_endpoint), Clients()
        clients.__dict__.update(s3=simulated.s3, secretsmanager=simulated.secretsmanager)
        clients.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for name, text in SECRETS.items():
            clients.secretsmanager.create_secret(Name=name, SecretString=text)
        assert clients.dynamodb is not clients.dynamodb_once  # both made now, with this access key
        deployment = Deployment.of(Runtime(settings_for(create_tables(clients.dynamodb)), clients))
        with use(deployment.runtime):
            yield deployment
