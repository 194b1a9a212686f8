"""What the tests of the history share: the tables on DynamoDB Local, with their stream, and a bucket on moto."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from moto import mock_aws

from shared.runtime import Runtime, use
from shared.store.client import Clients
from tests.harness.botocore_faults import Wire
from tests.harness.deployment import BUCKET, settings_for
from tests.harness.signing_keys import SECRETS
from tests.harness.tables import empty
from tests.harness.template import create_tables
from tests.integration.history.history_deployment import HistoryDeployment
from tests.integration.history.upkeep import retaining

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient


class ClientsWithBucket(Clients):
    """Clients of DynamoDB Local, and of moto's S3 and Secrets Manager."""

    @cached_property
    def s3(self) -> "S3Client":
        return Clients().s3

    @cached_property
    def secretsmanager(self) -> "SecretsManagerClient":
        return Clients().secretsmanager


@pytest.fixture(scope="module")
def history_tables(dynamodb_endpoint: str) -> Iterator[tuple[Clients, dict[str, str]]]:
    """Clients and tables for the tests of one module; making tables takes longer than most tests."""
    with mock_aws(), pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", uuid4().hex)
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        clients = ClientsWithBucket(dynamodb_endpoint)
        clients.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        for name, text in SECRETS.items():
            clients.secretsmanager.create_secret(Name=name, SecretString=text)
        assert clients.dynamodb is not clients.dynamodb_once  # both made now, with this access key
        yield clients, create_tables(clients.dynamodb)


@pytest.fixture
def deployment(history_tables: tuple[Clients, dict[str, str]]) -> Iterator[HistoryDeployment]:
    """Empty tables with a stream, an empty bucket, a clock that stands, and pauses that take no time."""
    clients, tables = history_tables
    deployment = HistoryDeployment.of(Runtime(settings_for(tables), clients))
    empty(clients, tables.values())
    for key in deployment.object_keys():
        clients.s3.delete_object(Bucket=BUCKET, Key=key)
    deployment.new_records()
    with use(deployment.runtime):
        yield deployment


@pytest.fixture
def kept(deployment: HistoryDeployment) -> Iterator[HistoryDeployment]:
    """A deployment in which superseded versions are kept for ten days."""
    kept = retaining(deployment, days=10)
    kept.new_records()
    with use(kept.runtime):
        yield kept


@pytest.fixture
def history_wire(kept: HistoryDeployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The wire between the functions and the database; the SDK's own pauses take no time."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with Wire(kept.clients) as made:
        yield made
