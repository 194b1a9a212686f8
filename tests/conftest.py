"""What the tests share: a runtime of their own, on tables made from template.yaml."""

from collections.abc import Iterator
from functools import lru_cache
from uuid import uuid4

import pytest
from moto import mock_aws

from shared.runtime import Runtime, use
from shared.settings import Settings
from shared.store.client import Clients
from tests.deployment import Deployment
from tests.dynamodb_local import dynamodb_local
from tests.template import create_tables

SECRET = "a secret of no deployment, long enough for HS256"
BUCKET = "unreadable"


def variables_for(tables: dict[str, str]) -> dict[str, str]:
    """The environment variables that template.yaml gives every function, for `tables` by logical id."""
    return {
        "EVENTS_TABLE": tables["EventsTable"],
        "HISTORY_TABLE": tables["HistoryTable"],
        "USERS_TABLE": tables["UsersTable"],
        "UNREADABLE_BUCKET": BUCKET,
        "SIGNING_SECRET_ARN": "signing",
        "CORS_ORIGIN": "*",
        "ACCESS_TOKEN_SECONDS": "900",
        "REFRESH_TOKEN_DAYS": "30",
        "DELETED_EVENT_DAYS": "30",
        "HISTORY_RETENTION_DAYS": "0",
    }


def settings_for(tables: dict[str, str], **changes: str) -> Settings:
    """Settings as the template's variables give them to functions, for `tables` by logical id."""
    return Settings.of({**variables_for(tables), **changes})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and a region that are nobody's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@lru_cache(maxsize=2)
def _clients(endpoint: str | None = None) -> Clients:
    """Made once: making three clients takes twenty times as long as filling moto anew."""
    return Clients(endpoint)


@pytest.fixture
def runtime(aws: None) -> Iterator[Runtime]:  # noqa: ARG001 set up for the clients
    """A runtime on moto: the template's tables, its bucket and its secret, all fresh."""
    with mock_aws():
        clients = _clients()
        tables = create_tables(clients.dynamodb)
        clients.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        clients.secretsmanager.create_secret(Name="signing", SecretString=SECRET)
        with use(Runtime(settings_for(tables), clients)) as runtime:
            yield runtime


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    """The endpoint of a real DynamoDB (DynamoDB Local), one server for all tests; they fail when there is none."""
    with dynamodb_local() as endpoint:
        yield endpoint


@pytest.fixture
def dynamodb_runtime(aws: None, dynamodb_endpoint: str) -> Iterator[Runtime]:  # noqa: ARG001 set up for the clients
    """A runtime on DynamoDB Local: the template's tables, under names of their own. It has no bucket and no secret."""
    clients = _clients(dynamodb_endpoint)
    tables = create_tables(clients.dynamodb, prefix=f"{uuid4().hex}-")
    with use(Runtime(settings_for(tables), clients)) as runtime:
        yield runtime
    for table in tables.values():
        clients.dynamodb.delete_table(TableName=table)


@pytest.fixture
def deployment(runtime: Runtime) -> Iterator[Deployment]:
    """A deployment on moto, its clock at 2026-11-22T09:00:00Z."""
    made = Deployment.of(runtime)
    with use(made.runtime):
        yield made


@pytest.fixture
def dynamodb_deployment(dynamodb_runtime: Runtime, dynamodb_endpoint: str) -> Iterator[Deployment]:
    """A deployment on DynamoDB Local, its clock at 2026-11-22T09:00:00Z."""
    made = Deployment.of(dynamodb_runtime, dynamodb_endpoint)
    with use(made.runtime):
        yield made
