"""What the tests share: a runtime of their own, on tables made from template.yaml."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from shared.runtime import Runtime, use
from shared.settings import Settings
from shared.store.client import Clients
from tests.template import create_tables

SECRET = "a secret of no deployment, long enough for HS256"  # noqa: S105 nothing is signed with it elsewhere
BUCKET = "unreadable"


def settings_for(tables: dict[str, str], **changes: str) -> Settings:
    """Settings as the template's variables give them to functions, for `tables` by logical id."""
    return Settings.of(
        {
            "EVENTS_TABLE": tables["EventsTable"],
            "HISTORY_TABLE": tables["HistoryTable"],
            "USERS_TABLE": tables["UsersTable"],
            "UNREADABLE_BUCKET": BUCKET,
            "SIGNING_SECRET_ARN": "signing",
            **changes,
        }
    )


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and a region that are nobody's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def runtime(aws: None) -> Iterator[Runtime]:  # noqa: ARG001 set up for the clients
    """A runtime on moto: the template's tables, its bucket and its secret, all fresh."""
    with mock_aws():
        clients = Clients()
        tables = create_tables(clients.dynamodb)
        clients.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        clients.secretsmanager.create_secret(Name="signing", SecretString=SECRET)
        with use(Runtime(settings_for(tables), clients)) as runtime:
            yield runtime
